//! A client that is too slow loses its connection and is told why.

use std::time::Duration;

use isobar_serve::{Options, Protocol};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{exchange, read_to_close, read_until, start, status};

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
