//! A client that is too slow loses its connection and is told why.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use isobar_serve::{Options, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::harness::{exchange, read_to_close, read_until, start, start_with, status};

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn half_a_head_is_408() {
    let server = start(Options::default().with_head_timeout(SHORT)).await;
    let answer = exchange(server.address, b"GET / HTTP/1.1\r\nHost: ").await;
    assert_eq!(status(&answer), "408", "{answer}");
}

#[tokio::test]
async fn half_a_second_head_on_a_connection_is_408() {
    let server = start(Options::default().with_head_timeout(SHORT)).await;
    let requests = b"GET / HTTP/1.1\r\nHost: t\r\n\r\nGET / HTT";
    let answer = exchange(server.address, requests).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.contains("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn half_a_head_that_came_with_the_request_before_it_has_the_time_of_a_head() {
    for protocol in [Protocol::Http1, Protocol::Http1AndH2c] {
        let options = Options::default()
            .with_protocol(protocol)
            .with_head_timeout(SHORT)
            .with_idle_timeout(Some(Duration::from_mins(10)));
        let server = start(options).await;
        let requests = b"GET / HTTP/1.1\r\nHost: t\r\n\r\nGET / HTT";
        let answer = exchange(server.address, requests).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
        assert!(answer.contains("HTTP/1.1 408 "), "{answer}");
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed_without_a_word() {
    let server = start(Options::default().with_head_timeout(SHORT)).await;
    assert_eq!(exchange(server.address, b"").await, "");
}

#[tokio::test]
async fn half_a_protocol_preface_does_not_hold_a_connection() {
    let options = Options::default().with_head_timeout(SHORT);
    let server = start(options.with_protocol(Protocol::Http1AndH2c)).await;
    assert_eq!(exchange(server.address, b"PRI * HT").await, "");
}

#[tokio::test]
async fn a_body_that_stops_is_408_whatever_the_handler_makes_of_it() {
    let server = start(Options::default().with_body_idle_timeout(SHORT)).await;
    for target in ["/echo", "/swallow"] {
        let request = format!("POST {target} HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhel");
        let answer = exchange(server.address, request.as_bytes()).await;
        assert_eq!(status(&answer), "408", "{answer}");
        assert!(answer.contains(r#""code":"body_too_slow""#), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_a_handler_never_reads_does_not_matter() {
    let server = start(Options::default().with_body_idle_timeout(SHORT)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = b"POST /deaf HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhel";
    stream.write_all(request).await.unwrap();
    let answer = read_until(&mut stream, "did not read").await;
    assert_eq!(status(&answer), "200");
    read_to_close(&mut stream).await;
}

/// Takes longer than a head may.
async fn a_while(address: SocketAddr) {
    for _ in 0..2 {
        let answer = exchange(address, b"GET / HTTP/1.1\r\nHost: ").await;
        assert_eq!(status(&answer), "408", "{answer}");
    }
}

#[tokio::test]
async fn a_connection_may_be_idle_for_longer_than_a_head_may_take() {
    for protocol in [Protocol::Http1, Protocol::Http1AndH2c] {
        let options = Options::default()
            .with_protocol(protocol)
            .with_head_timeout(SHORT)
            .with_idle_timeout(Some(Duration::from_mins(10)));
        let server = start(options).await;
        let mut idle = TcpStream::connect(server.address).await.unwrap();
        for _ in 0..3 {
            let request = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n";
            idle.write_all(request).await.unwrap();
            let answer = read_until(&mut idle, "hello").await;
            assert_eq!(status(&answer), "200", "{answer}");
            a_while(server.address).await;
        }
    }
}

#[tokio::test]
async fn a_connection_that_was_looked_at_is_closed_when_it_has_been_idle_for_long() {
    let options = Options::default().with_head_timeout(SHORT);
    let server = start(options.with_idle_timeout(Some(SHORT * 3))).await;
    let answer = exchange(server.address, b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").await;
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn a_body_may_be_read_for_longer_than_its_request_is_answered() {
    let (tell, told) = oneshot::channel();
    let tell = Arc::new(Mutex::new(Some(tell)));
    let read_later = move |body: Body| {
        let tell = tell.lock().unwrap().take().unwrap();
        tokio::spawn(async move {
            let whole = axum::body::to_bytes(body, usize::MAX).await;
            tell.send(whole.unwrap()).unwrap();
        });
        std::future::ready("later")
    };
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/later", post(read_later));
    let server = start_with(router, Options::default().with_head_timeout(SHORT)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = b"POST /later HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n01234";
    stream.write_all(request).await.unwrap();
    read_until(&mut stream, "later").await;
    a_while(server.address).await;
    stream.write_all(b"56789").await.unwrap();
    assert_eq!(told.await.unwrap(), "0123456789");
}

#[tokio::test]
async fn a_body_that_never_stops_and_hardly_comes_is_408() {
    let options = Options::default().with_body_idle_timeout(Duration::from_secs(1));
    let server = start(options.with_least_body_rate(1_000_000)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    let dribble = async {
        while writing.write_all(b"x").await.is_ok() {
            pace.tick().await;
        }
    };
    let mut answer = String::new();
    tokio::select! {
        read = reading.read_to_string(&mut answer) => { read.unwrap(); }
        () = dribble => {}
    }
    assert_eq!(status(&answer), "408", "{answer}");
    assert!(answer.contains("1000000 bytes a second"), "{answer}");
}
