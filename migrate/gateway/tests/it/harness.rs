//! A gateway between two small applications, and a client that sends exact bytes.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use isobar_migrate_gateway::change::{Change, Wish};
use isobar_migrate_gateway::control::{self, InForce};
use isobar_migrate_gateway::{Gateway, GatewayHandle, GatewayOptions, Occasion, Places, Result};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) places: Places,
    pub(crate) handle: GatewayHandle,
    pub(crate) folder: TempDir,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Running {
    /// Starts a gateway with `configuration` as its migration.toml.
    pub(crate) async fn start(configuration: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("migration.toml"), configuration).unwrap();
        Self::start_in(folder).await
    }

    pub(crate) async fn start_in(folder: TempDir) -> Self {
        let places = Places::of(&folder.path().join("migration.toml"));
        let gateway = open(&places).await.unwrap();
        let address = gateway.local_addr();
        let handle = gateway.handle();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(gateway.run_until(async {
            // An error means that the test has ended and dropped the sender.
            let _ = stopped.await;
        }));
        Self {
            address,
            places,
            handle,
            folder,
            stop,
            ended,
        }
    }

    pub(crate) async fn stop(self) -> TempDir {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
        self.folder
    }

    /// Sends one request and returns the whole answer.
    pub(crate) async fn get(&self, target: &str) -> String {
        exchange(self.address, &get_once(target, "")).await
    }

    /// Moves routes through the control socket.
    pub(crate) async fn move_to(&self, routes: &[&str], state: &str) -> Result<(Change, InForce)> {
        move_to(&self.places, routes, state).await
    }
}

pub(crate) async fn open(places: &Places) -> Result<Gateway> {
    let mut options = GatewayOptions::default();
    options.listen = Some("127.0.0.1:0".to_owned());
    Gateway::open(places, options).await
}

pub(crate) async fn move_to(
    places: &Places,
    routes: &[&str],
    state: &str,
) -> Result<(Change, InForce)> {
    let routes = routes.iter().map(|&route| route.to_owned()).collect();
    let wish = Wish {
        routes,
        to: state.parse().unwrap(),
    };
    let occasion = Occasion {
        who: "tester".to_owned(),
        why: "a test".to_owned(),
    };
    control::change(places, wish, occasion).await
}

/// A migration.toml with both sides at URLs and these routes, one `METHOD path; key = value; …` a line.
pub(crate) fn configuration(legacy: SocketAddr, ported: SocketAddr, routes: &str) -> String {
    with_settings(legacy, ported, "", routes)
}

/// As [`configuration`], with lines that go before the routes.
pub(crate) fn with_settings(
    legacy: SocketAddr,
    ported: SocketAddr,
    settings: &str,
    routes: &str,
) -> String {
    let mut text = format!(
        "format = 1\nlegacy = {{ url = \"http://{legacy}\" }}\nported = {{ url = \"http://{ported}\" }}\n{settings}\n"
    );
    for line in routes
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (route, more) = line.split_once("; ").unwrap_or((line, ""));
        let (method, path) = route.split_once(' ').unwrap();
        text.extend([
            "[[route]]\nmethod = \"",
            method,
            "\"\npath = \"",
            path,
            "\"\n",
        ]);
        text.push_str(&more.replace("; ", "\n"));
        text.push('\n');
    }
    text
}

/// Serves `router` until the test ends.
pub(crate) async fn application(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// An application that says its name and what it was asked.
pub(crate) async fn echo(name: &'static str) -> SocketAddr {
    let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        let mut said = format!("{name} {method} {uri}\n");
        for (field, value) in &headers {
            said.extend([field.as_str(), ": ", value.to_str().unwrap(), "\n"]);
        }
        said + &String::from_utf8_lossy(&body)
    };
    application(Router::new().fallback(handler)).await
}

/// An address at which nothing listens.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
}

/// Sends `bytes` and reads until the other end closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read_to_close(&mut stream).await
}

pub(crate) async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = within(stream.read_to_end(&mut answer)).await;
    if let Err(error) = read {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads until `end` has come.
pub(crate) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while !answer
        .windows(end.len())
        .any(|window| window == end.as_bytes())
    {
        let count = within(stream.read(&mut piece)).await.unwrap();
        assert_ne!(
            count,
            0,
            "closed after {:?}",
            String::from_utf8_lossy(&answer)
        );
        answer.extend_from_slice(&piece[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// No step of a test takes this long unless something hangs.
pub(crate) async fn within<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), step)
        .await
        .expect("a step hangs")
}

/// A request for `target` after which the connection closes.
pub(crate) fn get_once(target: &str, fields: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{fields}\r\n").into_bytes()
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

/// Asserts on a refusal of the gateway: its status, its code, and whom it blames.
pub(crate) fn assert_refused(answer: &str, expected: &str, code: &str, failed: &str) {
    assert_eq!(status(answer), expected, "{answer}");
    assert!(answer.contains(&format!(r#""code":"{code}""#)), "{answer}");
    assert!(
        answer.contains(&format!(r#""failed":"{failed}""#)),
        "{answer}"
    );
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("x-request-id: "), "{answer}");
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
