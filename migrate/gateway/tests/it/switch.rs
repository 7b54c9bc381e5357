//! A group with a writer changes sides only when the old side has come to rest.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use isobar_migrate_gateway::control::InForce;
use isobar_migrate_gateway::record::Journal;
use isobar_migrate_gateway::{ErrorKind, Result};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::harness::{
    Running, application, echo, move_to, read_to_close, status, with_settings, within,
};

const ROUTES: &str = r#"
    GET /notes; effects = "none"; group = "notes"
    POST /notes; group = "notes"
    POST /notes/slow; group = "notes"
    POST /mail
"#;

/// A legacy application whose writers begin, say so, and end when they are told.
struct Slow {
    address: SocketAddr,
    begun: mpsc::UnboundedReceiver<()>,
    go_on: Arc<Semaphore>,
}

impl Slow {
    async fn start() -> Self {
        let (beginning, begun) = mpsc::unbounded_channel();
        let beginning_too = beginning.clone();
        let go_on = Arc::new(Semaphore::new(0));
        let told = Arc::clone(&go_on);
        let write = move || {
            // The head of the answer goes out at once, and the work ends with its body.
            beginning.send(()).unwrap();
            let work = futures_util::stream::once(written(Arc::clone(&told)));
            async { Body::from_stream(work) }
        };
        let (beginning, told) = (beginning_too, Arc::clone(&go_on));
        let silent = move || {
            beginning.send(()).unwrap();
            let work = written(Arc::clone(&told));
            async { work.await.unwrap() }
        };
        let router = Router::new()
            .route("/notes", get(async || "read by legacy").post(write.clone()))
            .route("/mail", axum::routing::post(write))
            .route("/notes/slow", axum::routing::post(silent));
        Self {
            address: application(router).await,
            begun,
            go_on,
        }
    }

    async fn gateway(&self, settings: &str) -> Running {
        let ported = echo("ported").await;
        Running::start(&with_settings(self.address, ported, settings, ROUTES)).await
    }
}

async fn written(told: Arc<Semaphore>) -> std::io::Result<Bytes> {
    told.acquire().await.unwrap().forget();
    Ok(Bytes::from_static(b"written by legacy"))
}

fn post(address: SocketAddr, target: &str) -> JoinHandle<String> {
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        read_to_close(&mut stream).await
    })
}

fn promote(gateway: &Running, routes: &'static [&'static str]) -> JoinHandle<Result<InForce>> {
    let places = gateway.places.clone();
    tokio::spawn(async move { Ok(move_to(&places, routes, "ported").await?.1) })
}

#[tokio::test]
async fn a_switch_waits_for_writers_under_way_and_holds_new_ones() {
    let mut legacy = Slow::start().await;
    let gateway = legacy.gateway("").await;
    let first = post(gateway.address, "/notes");
    within(legacy.begun.recv()).await.unwrap();
    let switch = promote(&gateway, &["notes"]);
    // Readers go on, on the side that is in force; they show that the switch has had its time.
    for _ in 0..20 {
        assert!(gateway.get("/notes").await.contains("read by legacy"));
    }
    let second = post(gateway.address, "/notes");
    for _ in 0..20 {
        assert!(gateway.get("/notes").await.contains("read by legacy"));
    }
    assert!(!switch.is_finished(), "acknowledged before it was in force");
    assert!(!second.is_finished() && legacy.begun.is_empty());
    legacy.go_on.add_permits(1);
    assert!(within(first).await.unwrap().contains("written by legacy"));
    assert_eq!(within(switch).await.unwrap().unwrap(), InForce::Now);
    let second = within(second).await.unwrap();
    assert!(second.contains("ported POST /notes"), "{second}");
    assert!(gateway.get("/notes").await.contains("ported GET /notes"));
}

#[tokio::test]
async fn a_switch_waits_for_the_answer_to_a_client_that_has_left() {
    let mut legacy = Slow::start().await;
    let gateway = legacy.gateway("").await;
    let client = post(gateway.address, "/notes/slow");
    within(legacy.begun.recv()).await.unwrap();
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    let switch = promote(&gateway, &["notes"]);
    for _ in 0..20 {
        assert!(gateway.get("/notes").await.contains("read by legacy"));
    }
    assert!(!switch.is_finished(), "the application still works");
    legacy.go_on.add_permits(1);
    assert_eq!(within(switch).await.unwrap().unwrap(), InForce::Now);
}

#[tokio::test]
async fn a_switch_for_which_writers_take_too_long_is_refused_and_changes_nothing() {
    let mut legacy = Slow::start().await;
    let gateway = legacy.gateway("[timeouts]\nswitch = \"50ms\"").await;
    let first = post(gateway.address, "/notes");
    within(legacy.begun.recv()).await.unwrap();
    let error = within(promote(&gateway, &["notes"]))
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(
        error
            .to_string()
            .starts_with("requests that may write notes were still under way after 50ms"),
        "{error}"
    );
    assert_eq!(Journal::read(&gateway.places.journal).unwrap().len(), 0);
    let second = post(gateway.address, "/notes");
    within(legacy.begun.recv()).await.unwrap();
    legacy.go_on.add_permits(2);
    for answer in [first, second] {
        let answer = within(answer).await.unwrap();
        assert_eq!(status(&answer), "200", "{answer}");
    }
    assert_eq!(
        within(promote(&gateway, &["notes"]))
            .await
            .unwrap()
            .unwrap(),
        InForce::Now
    );
}

#[tokio::test]
async fn writers_without_shared_state_hold_up_nothing() {
    let mut legacy = Slow::start().await;
    let gateway = legacy.gateway("").await;
    let mail = post(gateway.address, "/mail");
    within(legacy.begun.recv()).await.unwrap();
    let switches: [&'static [&'static str]; 2] = [&["notes"], &["POST /mail"]];
    for routes in switches {
        let switch = within(promote(&gateway, routes)).await.unwrap();
        assert_eq!(switch.unwrap(), InForce::Now);
    }
    legacy.go_on.add_permits(1);
    assert!(within(mail).await.unwrap().contains("written by legacy"));
}
