//! A server that is asked to stop finishes what is under way and nothing else.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use isobar_serve::Options;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::harness::{Running, exchange, get_once, read_to_close, read_until, start, start_with};

/// A server whose handler has begun, and what lets the handler end.
async fn with_request_under_way(options: Options) -> (Running, TcpStream, Arc<Notify>) {
    let begun = Arc::new(Notify::new());
    let finish = Arc::new(Notify::new());
    let (entered, released) = (Arc::clone(&begun), Arc::clone(&finish));
    let handler = get(move || async move {
        entered.notify_one();
        released.notified().await;
        "finished"
    });
    let server = start_with(Router::new().route("/", handler), options).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
        .await
        .unwrap();
    begun.notified().await;
    (server, stream, finish)
}

#[tokio::test]
async fn a_request_under_way_is_answered_and_the_port_is_closed() {
    let (server, mut stream, finish) = with_request_under_way(Options::default()).await;
    let address = server.address;
    let stopped = server.stop();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    finish.notify_one();
    let answer = read_to_close(&mut stream).await;
    assert!(answer.ends_with("finished"), "{answer}");
    stopped.await.unwrap();
}

#[tokio::test]
async fn a_request_that_outlasts_the_grace_period_is_cut_off() {
    let options = Options::default().with_grace(Duration::from_millis(100));
    let (server, mut stream, _finish) = with_request_under_way(options).await;
    server.stop().await.unwrap();
    assert_eq!(read_to_close(&mut stream).await, "");
}

#[tokio::test]
async fn idle_connections_do_not_delay_the_end() {
    let server = start(Options::default()).await;
    let mut used = TcpStream::connect(server.address).await.unwrap();
    used.write_all(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut used, "hello").await;
    let mut fresh = TcpStream::connect(server.address).await.unwrap();
    server.stop().await.unwrap();
    assert_eq!(read_to_close(&mut used).await, "");
    assert_eq!(read_to_close(&mut fresh).await, "");
}

#[tokio::test]
async fn a_connection_over_the_limit_waits_for_its_turn() {
    let options = Options::default().with_max_connections(1);
    let (server, mut first, finish) = with_request_under_way(options).await;
    let request = get_once("/", "");
    let mut second = Box::pin(exchange(server.address, &request));
    let waited = tokio::time::timeout(Duration::from_millis(100), &mut second).await;
    assert!(
        waited.is_err(),
        "the second connection was served beside the first"
    );
    finish.notify_one();
    read_until(&mut first, "finished").await;
    drop(first);
    finish.notify_one();
    assert!(second.await.ends_with("finished"));
}
