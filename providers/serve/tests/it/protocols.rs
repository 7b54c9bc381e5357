//! HTTP/2 without TLS is spoken where it is asked for, and nowhere else.

use std::net::SocketAddr;
use std::time::Duration;

use isobar_serve::{Options, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{exchange, get_once, start, status};

const SHORT: Duration = Duration::from_millis(150);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn both_protocols_share_a_port_where_asked() {
    let server = start(Options::default().with_protocol(Protocol::Http1AndH2c)).await;
    assert_eq!(
        status(&exchange(server.address, &get_once("/", "")).await),
        "200"
    );
    // A SETTINGS frame answers an HTTP/2 preface; the client then sends a GOAWAY, after which the server closes.
    let goaway = [0, 0, 8, GOAWAY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let bytes = [PREFACE, &SETTINGS, &goaway].concat();
    let answer = raw_exchange(server.address, &bytes).await;
    assert_eq!(answer.get(3), Some(&4), "{answer:?}");
}

/// A SETTINGS frame without settings, and a PING (RFC 9113, 6.5 and 6.7).
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

#[tokio::test]
async fn an_idle_client_of_http2_is_told_before_its_connection_is_closed() {
    let options = Options::default().with_protocol(Protocol::Http1AndH2c);
    let server = start(options.with_head_timeout(SHORT)).await;
    let bytes = [PREFACE, &SETTINGS].concat();
    let answer = raw_exchange(server.address, &bytes).await;
    assert!(types(&answer).contains(&GOAWAY), "{answer:?}");
}

#[tokio::test]
async fn what_a_client_of_http2_says_between_requests_is_no_head() {
    let options = Options::default()
        .with_protocol(Protocol::Http1AndH2c)
        .with_head_timeout(SHORT)
        .with_idle_timeout(Some(Duration::from_mins(10)));
    let server = start(options).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let bytes = [PREFACE, &SETTINGS].concat();
    stream.write_all(&bytes).await.unwrap();
    for _ in 0..2 {
        // It takes as long as a head may.
        let answer = exchange(server.address, b"GET / HTTP/1.1\r\nHost: ").await;
        assert_eq!(status(&answer), "408", "{answer}");
    }
    stream.write_all(&PING).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(&PING[9..]) {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{answer:?}");
    }
    assert!(!types(&answer).contains(&GOAWAY), "{answer:?}");
}

/// The type of a frame that ends a connection (RFC 9113, 6.8).
const GOAWAY: u8 = 7;

/// The types of the frames.
fn types(mut frames: &[u8]) -> Vec<u8> {
    let mut types = Vec::new();
    while let [a, b, c, kind, ..] = frames {
        types.push(*kind);
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        frames = frames.get(9 + length..).unwrap_or_default();
    }
    types
}

#[tokio::test]
async fn http2_is_refused_where_it_was_not_asked_for() {
    let server = start(Options::default()).await;
    let answer = raw_exchange(server.address, PREFACE).await;
    assert!(!answer.starts_with(&[0]), "{answer:?}");
}

async fn raw_exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}
