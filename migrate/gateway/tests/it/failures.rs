//! Whatever fails, the client gets an answer that says who failed.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use isobar_migrate_gateway::{ErrorKind, Gateway, GatewayOptions, Places};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::timeout;

use crate::harness::{
    Running, application, assert_refused, configuration, echo, exchange, nobody, status,
    with_settings,
};

async fn answer_of(legacy: SocketAddr, settings: &str, request: &[u8]) -> String {
    let gateway = Running::start(&with_settings(legacy, nobody().await, settings, "")).await;
    exchange(gateway.address, request).await
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";

/// An application that reads a request, says `words`, and closes.
async fn saying(words: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            assert_ne!(stream.read(&mut request).await.unwrap(), 0);
            stream.write_all(words.as_bytes()).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn an_application_that_is_not_there() {
    assert_refused(
        &answer_of(nobody().await, "", GET).await,
        "502",
        "unreachable",
        "legacy",
    );
}

#[tokio::test]
async fn an_application_that_hangs() {
    let hanging = application(Router::new().route("/", get(std::future::pending::<()>))).await;
    let answer = answer_of(hanging, "timeouts = { response = \"200ms\" }", GET).await;
    assert_refused(&answer, "504", "no_answer", "legacy");
}

#[tokio::test]
async fn an_application_that_breaks_off_or_does_not_speak_http() {
    for words in [
        "",
        "HTTP/1.1 200",
        "220 smtp ready\r\n",
        "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
    ] {
        let answer = answer_of(saying(words).await, "", GET).await;
        assert_refused(&answer, "502", "broken_answer", "legacy");
    }
}

#[tokio::test]
async fn an_application_that_breaks_off_in_its_body_ends_the_connection() {
    let legacy = saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await;
    let answer = answer_of(legacy, "", GET).await;
    assert!(
        answer.ends_with("\r\n\r\nhalf") && answer.contains("content-length: 10"),
        "{answer}"
    );
}

#[tokio::test]
async fn requests_that_are_too_large_or_not_http() {
    let legacy = echo("legacy").await;
    let limits = "limits = { body = 10, head = 1000 }";
    let target = format!("GET /{} HTTP/1.1\r\nHost: t\r\n\r\n", "x".repeat(2000));
    let field = format!(
        "GET / HTTP/1.1\r\nHost: t\r\nX: {}\r\n\r\n",
        "x".repeat(2000)
    );
    let announced = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n\r\n".to_owned();
    let chunked = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n".to_owned();
    for (request, expected) in [
        (target, "431"),
        (field, "431"),
        (announced, "413"),
        (chunked, "413"),
        ("?\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = answer_of(legacy, limits, request.as_bytes()).await;
        assert_eq!(status(&answer), expected, "{answer}");
    }
}

#[tokio::test]
async fn requests_that_are_too_slow() {
    let legacy = echo("legacy").await;
    let timeouts = "timeouts = { request-head = \"200ms\", request-body = \"200ms\" }";
    for request in [
        "GET / HTT",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhel",
    ] {
        let answer = answer_of(legacy, timeouts, request.as_bytes()).await;
        assert_eq!(status(&answer), "408", "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer() {
    let much = || async { vec![b'x'; 16 * 1_024 * 1_024] };
    let legacy = application(Router::new().route("/", get(much))).await;
    let timeouts = "timeouts = { response-body = \"200ms\" }";
    let settings = with_settings(legacy, nobody().await, timeouts, "");
    let gateway = Running::start(&settings).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut client = socket.connect(gateway.address).await.unwrap();
    client.write_all(GET).await.unwrap();
    // The system tells of the end though nothing is read.
    let ended = client.ready(Interest::ERROR);
    let ended = timeout(Duration::from_secs(20), ended).await;
    assert!(ended.unwrap().unwrap().is_error());
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("migration.toml");
    std::fs::write(&path, configuration(nobody().await, nobody().await, "")).unwrap();
    let mut options = GatewayOptions::default();
    options.listen = Some(taken.local_addr().unwrap().to_string());
    let error = Gateway::open(&Places::of(&path), options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("another process uses it"), "{cause}");
}

#[tokio::test]
async fn a_configuration_that_cannot_be_meant_is_named_with_its_place() {
    let sides = "legacy = { url = \"http://a:1\" }\nported = { url = \"http://b:2\" }\n";
    for (text, expected) in [
        (
            "format = 2\nlegacy = {}\nported = {}",
            "it has format 2, this version reads 1",
        ),
        (
            "format = 1\nlegacy = {}\nported = {}",
            "[legacy] says neither url nor command",
        ),
        (
            "format = 1\nlegacy = { url = \"https://a\" }\nported = {}",
            "does not begin with http://",
        ),
        (
            "format = 1\nlegacy = { url = \"http://a/x\" }\nported = {}",
            "has a path",
        ),
        (
            "format = 1\nlegacy = { command = [] }\nported = {}",
            "legacy.command is empty",
        ),
        ("format = 1\nlisten = 1", "it does not follow the format"),
    ] {
        let error = parse(text);
        assert!(error.contains(expected), "{error}");
    }
    for (routes, expected) in [
        (
            "[[route]]\nmethod = \"GET\"\npath = \"/a\"\nstate = \"gone\"",
            "no state is called \"gone\"",
        ),
        (
            "[[route]]\nmethod = \"GET\"\npath = \"/a\"\n[[route]]\nmethod = \"get\"\npath = \"/a\"",
            "GET /a is listed twice",
        ),
        ("[[route]]\nmethod = \"GET\"", "has neither path nor regex"),
        (
            "[[route]]\nmethod = \"GET\"\npath = \"/(\"",
            "GET /( cannot be matched",
        ),
        (
            "[[route]]\nmethod = \"GET\"\npath = \"/a\"\nstate = \"shadow\"",
            "only routes with effects = \"none\" can be shadowed",
        ),
        (
            "[[route]]\nmethod = \"GET\"\npath = \"/a\"\nlegacy-only = \"files\"\nstate = \"ported\"",
            "does not have it: files",
        ),
        ("[[group]]\nname = \"g\"", "the group g has no route"),
        (
            "[[route]]\nmethod = \"GET\"\npath = \"/a\"\ngroup = \"g\"\nstate = \"ported\"\n[[route]]\nmethod = \"POST\"\npath = \"/a\"\ngroup = \"g\"",
            "both applications would write g",
        ),
    ] {
        let error = parse(&format!("format = 1\n{sides}{routes}"));
        assert!(error.contains(expected), "{error}");
    }
}

/// The error of a configuration, with its causes.
fn parse(text: &str) -> String {
    use isobar_migrate_gateway::{config::Migration, table::Table};
    let checked = Migration::parse(text, std::path::Path::new(".")).and_then(|migration| {
        let table = Table::new(&migration)?;
        table.check(&table.initial_states())
    });
    let error = checked.unwrap_err();
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        said.extend([": ", &inner.to_string()]);
        cause = inner.source();
    }
    said
}
