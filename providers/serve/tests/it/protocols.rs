//! HTTP/2 without TLS is spoken where it is asked for, and nowhere else.

use isobar_serve::{Options, Protocol};

use crate::harness::{exchange, get_once, start, status};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn both_protocols_share_a_port_where_asked() {
    let server = start(Options::default().with_protocol(Protocol::Http1AndH2c)).await;
    assert_eq!(
        status(&exchange(server.address, &get_once("/", "")).await),
        "200"
    );
    // A SETTINGS frame (RFC 9113, 6.5) answers an HTTP/2 preface; the client then sends a
    // GOAWAY (6.8), after which the server closes.
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let bytes = [PREFACE, &settings, &goaway].concat();
    let answer = raw_exchange(server.address, &bytes).await;
    assert_eq!(answer.get(3), Some(&4), "{answer:?}");
}

#[tokio::test]
async fn http2_is_refused_where_it_was_not_asked_for() {
    let server = start(Options::default()).await;
    let answer = raw_exchange(server.address, PREFACE).await;
    assert!(!answer.starts_with(&[0]), "{answer:?}");
}

async fn raw_exchange(address: std::net::SocketAddr, bytes: &[u8]) -> Vec<u8> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}
