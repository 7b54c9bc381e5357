//! Requests that two parsers could read in two ways are refused, or framed anew so that there is only one way left.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::harness::{Running, assert_refused, configuration, exchange, nobody, status};

/// An application that writes down every byte and answers each head with an empty 200.
async fn witness() -> (std::net::SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(write_down(stream, Arc::clone(&all)));
        }
    });
    (address, seen)
}

async fn write_down(mut stream: TcpStream, all: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 4096];
    let mut own = Vec::new();
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        all.lock().await.extend_from_slice(&piece[..count]);
        own.extend_from_slice(&piece[..count]);
        if is_whole(&own) {
            own.clear();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .await
                .unwrap();
        }
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_ascii_lowercase();
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    let length = head
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    length.is_none_or(|length| body.len() >= length.parse::<usize>().unwrap())
}

/// Sends `request` and returns the answer and what the application saw.
async fn pass(request: &str) -> (String, String) {
    let (legacy, seen) = witness().await;
    let gateway = Running::start(&configuration(legacy, nobody().await, "")).await;
    let answer = exchange(gateway.address, request.as_bytes()).await;
    let seen = String::from_utf8(seen.lock().await.clone()).unwrap();
    (answer, seen)
}

async fn check_refused(request: &str, code: &str) {
    let (answer, seen) = pass(request).await;
    assert_refused(&answer, "400", code, "client");
    assert_eq!(seen, "", "the application saw a refused request");
}

/// The application must see one well-formed request with this body, and nothing of what came after.
async fn check_one(request: &str, body: &str) {
    let (answer, seen) = pass(request).await;
    assert_eq!(status(&answer), "200", "{answer}");
    assert_eq!(seen.matches(" HTTP/1.1\r\n").count(), 1, "{seen}");
    assert!(!seen.contains("GET /admin"), "{seen}");
    let (head, sent) = seen.split_once("\r\n\r\n").unwrap();
    let framings = head.to_ascii_lowercase();
    let framings = framings.matches("content-length:").count()
        + framings.matches("transfer-encoding:").count();
    assert!(framings <= 1, "{seen}");
    assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{seen:?}");
    assert_eq!(sent, body, "{seen}");
}

#[tokio::test]
async fn two_hosts_are_refused() {
    check_refused(
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "duplicate_host",
    )
    .await;
    check_refused(
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "duplicate_host",
    )
    .await;
}

#[tokio::test]
async fn a_target_for_another_host_is_refused() {
    check_refused("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "host_mismatch").await;
    check_refused(
        "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "host_mismatch",
    )
    .await;
}

#[tokio::test]
async fn a_request_without_a_proper_host_is_refused() {
    check_refused("GET / HTTP/1.1\r\n\r\n", "no_host").await;
    check_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "host").await;
    check_refused("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", "host").await;
}

#[tokio::test]
async fn what_is_no_path_is_refused() {
    check_refused("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "target").await;
    let (answer, seen) = pass("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n").await;
    assert_refused(&answer, "405", "connect", "client");
    assert_eq!(seen, "");
}

#[tokio::test]
async fn a_url_as_target_reaches_the_application_as_a_path() {
    let (answer, seen) =
        pass("GET http://a/x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&answer), "200", "{answer}");
    assert!(seen.starts_with("GET /x?y HTTP/1.1\r\n"), "{seen}");
}

#[tokio::test]
async fn a_length_beside_chunks_is_framed_anew() {
    check_one(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nabc\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
    )
    .await;
    check_one(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n\
         0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n",
        "0\r\n\r\n",
    )
    .await;
}

#[tokio::test]
async fn bare_line_feeds_and_extensions_of_chunks_do_not_pass() {
    check_one(
        "POST / HTTP/1.1\nHost: a\nConnection: close\nTransfer-Encoding: chunked\n\n3;x=y\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
    )
    .await;
}

#[tokio::test]
async fn lengths_and_codings_that_contradict_themselves_are_refused() {
    for request in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded: 1\r\n\r\n",
    ] {
        let (answer, seen) = pass(request).await;
        assert_eq!(status(&answer), "400", "{request:?}\n{answer}");
        assert_eq!(seen, "", "{request:?}");
    }
}

#[tokio::test]
async fn each_of_several_requests_on_a_connection_reaches_the_application_once() {
    let (answer, seen) = pass(
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
         GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "{answer}");
    assert!(seen.starts_with("POST /1 HTTP/1.1\r\n"), "{seen}");
    assert_eq!(seen.matches("GET /2 HTTP/1.1\r\n").count(), 1, "{seen}");
    assert_eq!(seen.matches(" HTTP/1.1\r\n").count(), 2, "{seen}");
}
