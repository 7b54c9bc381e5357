//! The host waits for the handler, and clients may ask for the same path.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

use std::net::SocketAddr;
use std::sync::Arc;

use isobar::driver::function::FunctionDriver as _;
use isobar::{App, Environment};
use isobar_azure::function::bind;
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
async fn the_poll_of_the_host_is_answered_and_no_client_is_taken_for_it() {
    let address = start().await;
    let poll = ask(address, "GET /", "").await;
    assert!(poll.starts_with("http/1.1 200"), "{poll}");
    assert!(!poll.contains("the application"), "{poll}");
    let invocation = "X-Azure-Functions-InvocationId: i-1\r\n";
    for request in ["GET /", "GET /?", "GET /?a=1", "POST /"] {
        let answer = ask(address, request, invocation).await;
        assert!(answer.ends_with("the application"), "{answer}");
        assert!(answer.contains("x-request-id: i-1"), "{answer}");
    }
    // Where the host forwards without its fields, only its own request is told by them.
    let answer = ask(address, "GET /notes", "").await;
    assert!(answer.ends_with("the application"), "{answer}");
}

#[tokio::test]
async fn without_the_port_that_the_host_tells_there_is_none() {
    let error = bind(&|_| None).await.unwrap_err().to_string();
    assert!(error.contains("FUNCTIONS_CUSTOMHANDLER_PORT"), "{error}");
    let wrong = bind(&|name| (name == "FUNCTIONS_CUSTOMHANDLER_PORT").then(|| "http".to_owned()));
    let error = wrong.await.unwrap_err().to_string();
    assert!(error.contains("FUNCTIONS_CUSTOMHANDLER_PORT"), "{error}");
}
