//! What SCF passes on of responses.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

mod runtime_api;

use std::net::SocketAddr;
use std::sync::Arc;

use isobar::driver::function::FunctionDriver as _;
use isobar::{App, Environment};
use isobar_tencent::function::bind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The platform with an application that answers everything with its own word.
async fn start() -> SocketAddr {
    let platform = bind(&|name| (name == "ISOBAR_LISTEN").then(|| "127.0.0.1:0".to_owned()));
    let platform = platform.await.unwrap();
    let address = platform.local_addr();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let routes = isobar::http::Routes::new()
        .get("/small", async || "x".repeat(6 << 20))
        .get("/large", async || "x".repeat((6 << 20) + 1))
        .get("/many", async || {
            ([("x-long", "x".repeat(4_097))], "content")
        });
    let app = App::new("told", |_: &Environment| Ok(())).routes(routes);
    let app = app.build(&environment).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    address
}

/// The whole answer, in lower case.
async fn ask(address: SocketAddr, request: &str, fields: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{request} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_ascii_lowercase()
}

#[tokio::test]
async fn a_response_beyond_what_is_passed_on_is_a_502_that_says_so() {
    let address = start().await;
    let whole = ask(address, "GET /small", "").await;
    assert!(whole.starts_with("http/1.1 200") && whole.len() > 6 << 20);
    for (path, code) in [
        ("/large", "response_too_large"),
        ("/many", "response_head_too_large"),
    ] {
        let answer = ask(address, &format!("GET {path}"), "x-scf-request-id: s-1\r\n").await;
        assert!(answer.starts_with("http/1.1 502"), "{answer}");
        assert!(
            answer.contains(code) && answer.contains("x-request-id: s-1"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn content_beyond_the_limit_is_refused() {
    let length = format!("content-length: {}\r\n", (6 << 20) + 1);
    let answer = ask(start().await, "POST /small", &length).await;
    assert!(answer.starts_with("http/1.1 413"), "{answer}");
}
