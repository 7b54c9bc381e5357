//! Bodies, events and tunnels pass as they come, and end when either end does.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

use crate::harness::{
    Running, application, configuration, nobody, read_to_close, read_until, status, within,
};

async fn before(router: Router) -> Running {
    let legacy = application(router).await;
    Running::start(&configuration(legacy, nobody().await, "")).await
}

async fn send(gateway: &Running, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn an_event_arrives_before_the_next_is_made() {
    let (sender, receiver) = mpsc::channel::<Result<Bytes, Infallible>>(1);
    let receiver = Arc::new(tokio::sync::Mutex::new(Some(receiver)));
    let events = get(move || async move {
        let mut receiver = receiver.lock().await.take().unwrap();
        let events = stream::poll_fn(move |cx| receiver.poll_recv(cx));
        (
            [("content-type", "text/event-stream")],
            Body::from_stream(events),
        )
    });
    let gateway = before(Router::new().route("/events", events)).await;
    let mut client = send(&gateway, "GET /events HTTP/1.1\r\nHost: t\r\n\r\n").await;
    for event in ["data: one\n\n", "data: two\n\n"] {
        sender
            .send(Ok(Bytes::from_static(event.as_bytes())))
            .await
            .unwrap();
        read_until(&mut client, event).await;
    }
}

#[tokio::test]
async fn a_slow_client_slows_the_application_down() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let endless = get(move || async move {
        let pieces = stream::repeat_with(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 16_384]))
        });
        Body::from_stream(pieces)
    });
    let gateway = before(Router::new().route("/endless", endless)).await;
    let mut client = send(&gateway, "GET /endless HTTP/1.1\r\nHost: t\r\n\r\n").await;
    read_until(&mut client, "x").await;
    // What is under way fills the buffers of two connections, and then nothing moves any more.
    let mut before = 0;
    let mut unchanged = 0;
    while unchanged < 20 {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        let now = made.load(Ordering::Relaxed);
        unchanged = if now == before { unchanged + 1 } else { 0 };
        before = now;
        assert!(
            now < 8_000,
            "{now} pieces of 16 KiB for a client that reads nothing"
        );
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_request_at_the_application() {
    struct Left(Arc<Notify>);
    impl Drop for Left {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (begun, left) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (entered, leaving) = (Arc::clone(&begun), Arc::clone(&left));
    let waiting = get(move || async move {
        let _left = Left(leaving);
        entered.notify_one();
        std::future::pending::<()>().await;
    });
    let gateway = before(Router::new().route("/wait", waiting)).await;
    let client = send(&gateway, "GET /wait HTTP/1.1\r\nHost: t\r\n\r\n").await;
    within(begun.notified()).await;
    drop(client);
    within(left.notified()).await;
}

#[tokio::test]
async fn the_body_is_taken_before_it_is_whole_and_expected_first() {
    let echo = post(|body: Body| async move { body });
    let gateway = before(Router::new().route("/echo", echo)).await;
    let head = "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 10\r\nConnection: close\r\n\r\n";
    let mut client = send(&gateway, head).await;
    read_until(&mut client, "HTTP/1.1 100 Continue\r\n\r\n").await;
    client.write_all(b"01234").await.unwrap();
    read_until(&mut client, "01234").await;
    client.write_all(b"56789").await.unwrap();
    assert!(read_to_close(&mut client).await.ends_with("56789"));
}

#[tokio::test]
async fn a_web_socket_is_tied_to_the_legacy_application() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let legacy = listener.local_addr().unwrap();
    let application = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = read_until(&mut stream, "\r\n\r\n").await;
        let switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";
        stream.write_all(switch.as_bytes()).await.unwrap();
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        (head, stream)
    });
    let routes = "GET /socket; effects = \"none\"; state = \"ported\"";
    let gateway = Running::start(&configuration(legacy, nobody().await, routes)).await;
    let mut client = send(
        &gateway,
        "GET /socket HTTP/1.1\r\nHost: t\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n",
    )
    .await;
    let head = read_until(&mut client, "\r\n\r\n").await;
    assert_eq!(status(&head), "101", "{head}");
    assert!(head.contains("sec-websocket-accept: x\r\n"), "{head}");
    client.write_all(b"hello").await.unwrap();
    assert_eq!(read_until(&mut client, "hello").await, "hello");
    let (seen, stream) = within(application).await.unwrap();
    assert!(
        seen.contains("upgrade: websocket\r\n") && seen.contains("connection: upgrade\r\n"),
        "{seen}"
    );
    drop(stream);
    assert_eq!(read_to_close(&mut client).await, "");
}

#[tokio::test]
async fn trailers_reach_a_client_that_takes_them() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let legacy = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_until(&mut stream, "\r\n\r\n").await;
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        read_to_close(&mut stream).await;
    });
    let gateway = Running::start(&configuration(legacy, nobody().await, "")).await;
    let request = "GET / HTTP/1.1\r\nHost: t\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n";
    let answer = read_to_close(&mut send(&gateway, request).await).await;
    assert!(answer.to_ascii_lowercase().contains("x-sum: 7"), "{answer}");
}
