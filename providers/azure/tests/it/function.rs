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
async fn start(mode: &'static str) -> SocketAddr {
    let variable = move |name: &str| match name {
        "ISOBAR_LISTEN" => Some("127.0.0.1:0".to_owned()),
        "ISOBAR_AZURE_HTTP" => Some(mode.to_owned()),
        _ => None,
    };
    let platform = bind(&variable).await.unwrap();
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
    let address = start("FORWARDED").await;
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

/// A call of the host, which has this content.
async fn invoke(address: SocketAddr, content: &str) -> String {
    let fields = format!(
        "content-type: application/json\r\ncontent-length: {}\r\nX-Azure-Functions-InvocationId: i-2\r\n\r\n{content}",
        content.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("POST /told HTTP/1.1\r\nhost: t\r\nconnection: close\r\n{fields}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_ascii_lowercase()
}

#[tokio::test]
async fn a_request_comes_in_an_invocation_where_the_host_forwards_none() {
    let address = start("INVOKED").await;
    let poll = ask(address, "GET /", "").await;
    assert!(poll.starts_with("http/1.1 200"), "{poll}");
    let req = r#"{"Url":"https://notes.example/notes/1","Method":"GET","Headers":{"Host":["notes.example"]}}"#;
    let invocation = format!(r#"{{"Data":{{"req":{req}}},"Metadata":{{}}}}"#);
    let answer = invoke(address, &invocation).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(answer.contains(r#""body":"the application""#), "{answer}");
    assert!(answer.contains(r#""statuscode":"200""#), "{answer}");
    assert!(answer.contains(r#""x-request-id":"i-2""#), "{answer}");
    let req = r#"{"Url":"https://notes.example/a b","Method":"GET","Headers":{}}"#;
    let answer = invoke(address, &format!(r#"{{"Data":{{"req":{req}}}}}"#)).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(answer.contains(r#""statuscode":"400""#), "{answer}");
    // What is no invocation is a fault of the host's configuration, not a request.
    for wrong in ["", "{}", r#"{"Data":{"request":{}}}"#] {
        let answer = invoke(address, wrong).await;
        assert!(answer.starts_with("http/1.1 400"), "{answer}");
        assert!(answer.contains("data.req"), "{answer}");
    }
}

#[tokio::test]
async fn an_invocation_is_content_where_the_host_forwards_requests() {
    let address = start("FORWARDED").await;
    let req = r#"{"Url":"https://notes.example/","Method":"GET","Headers":{}}"#;
    let answer = invoke(address, &format!(r#"{{"Data":{{"req":{req}}}}}"#)).await;
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
