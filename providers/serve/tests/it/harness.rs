//! A server with a few handlers, and a client that sends exact bytes.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use isobar_serve::{Options, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Running {
    /// Asks the server to stop; the handle ends when it has.
    pub(crate) fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).expect("the server still runs");
        self.ended
    }
}

pub(crate) async fn start(options: Options) -> Running {
    start_with(app(), options).await
}

pub(crate) async fn start_with(router: Router, options: Options) -> Running {
    let server = Server::bind("127.0.0.1:0", options)
        .await
        .expect("a free port exists");
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(server.run_until(router, async {
        // An error means that the test has ended and dropped the sender.
        let _ = stopped.await;
    }));
    Running {
        address,
        stop,
        ended,
    }
}

fn app() -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/echo", post(|body: Bytes| async { body }))
        .route("/deaf", post(|| async { "did not read" }))
        .route("/swallow", post(swallow))
        .route("/panic", get(panic))
        .route(
            "/own-id",
            get(|| async { ([("x-request-id", "mine")], "") }),
        )
}

/// A handler that makes a success of a body it could not read.
async fn swallow(body: Body) -> impl IntoResponse {
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(_) => "read".to_owned(),
        Err(error) => format!("swallowed {error}"),
    }
}

async fn panic() -> StatusCode {
    panic!("the handler is broken")
}

/// Sends `bytes` and reads until the server closes the connection.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read_to_close(&mut stream).await
}

pub(crate) async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(20), reading).await;
    let read = read.expect("the server should have closed the connection");
    if let Err(error) = read {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    String::from_utf8(answer).unwrap()
}

/// Reads until `end` has come.
pub(crate) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    while !answer.ends_with(end.as_bytes()) {
        let count = stream.read(&mut piece).await.unwrap();
        assert_ne!(
            count,
            0,
            "closed after {:?}",
            String::from_utf8_lossy(&answer)
        );
        answer.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(answer).unwrap()
}

/// A request for `target` after which the connection closes.
pub(crate) fn get_once(target: &str, fields: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{fields}\r\n").into_bytes()
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}
