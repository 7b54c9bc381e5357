//! A client that is too slow loses its connection and is told why.

use std::time::Duration;

use isobar_serve::{Options, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
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

#[tokio::test]
async fn a_connection_may_be_idle_for_longer_than_a_head_may_take() {
    let options = Options::default().with_head_timeout(SHORT);
    let server = start(options.with_idle_timeout(Some(Duration::from_mins(10)))).await;
    let request = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n";
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(request).await.unwrap();
    read_until(&mut idle, "hello").await;
    // It takes as long as a head may.
    let answer = exchange(server.address, b"GET / HTTP/1.1\r\nHost: ").await;
    assert_eq!(status(&answer), "408", "{answer}");
    let answer = exchange(server.address, b"GET / HTTP/1.1\r\nHost: ").await;
    assert_eq!(status(&answer), "408", "{answer}");
    idle.write_all(request).await.unwrap();
    let answer = read_until(&mut idle, "hello").await;
    assert_eq!(status(&answer), "200", "{answer}");
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
