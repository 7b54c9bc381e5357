//! What Function Compute asks itself, and what clients may ask.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

use std::net::SocketAddr;
use std::sync::Arc;

use isobar::driver::function::FunctionDriver as _;
use isobar::{App, Environment};
use isobar_alibaba::function::bind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The platform with an application that answers everything with its own word.
async fn start() -> SocketAddr {
    let platform = bind(&|name| (name == "ISOBAR_LISTEN").then(|| "127.0.0.1:0".to_owned()));
    let platform = platform.await.unwrap();
    let address = platform.local_addr();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let routes = isobar::http::Routes::new().fallback(async || "the application");
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
async fn hooks_are_answered_where_function_compute_asks_and_reach_the_application_otherwise() {
    let address = start().await;
    for (method, path) in [
        ("POST", "/initialize"),
        ("GET", "/pre-freeze"),
        ("GET", "/pre-stop"),
    ] {
        let request = format!("{method} {path}");
        let control = format!("x-fc-control-path: {path}\r\nx-fc-request-id: r-1\r\n");
        let answer = ask(address, &request, &control).await;
        assert!(answer.starts_with("http/1.1 200"), "{answer}");
        assert!(!answer.contains("the application"), "{answer}");
        assert!(answer.contains("x-request-id: r-1"), "{answer}");
        for client in ["", "x-fc-control-path: /http-invoke\r\n"] {
            let answer = ask(address, &request, client).await;
            assert!(answer.ends_with("the application"), "{answer}");
        }
    }
}

#[tokio::test]
async fn an_event_is_refused_as_a_failure_of_the_function() {
    let address = start().await;
    let answer = ask(address, "POST /invoke", "x-fc-control-path: /invoke\r\n").await;
    assert!(answer.starts_with("http/1.1 501"), "{answer}");
    assert!(answer.contains("x-fc-status: 404"), "{answer}");
    let answer = ask(address, "POST /invoke", "").await;
    assert!(answer.ends_with("the application"), "{answer}");
}
