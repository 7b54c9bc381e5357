//! What an event function does where SCF takes neither the answer to an event nor its failure.

use std::sync::Arc;

use isobar::driver::function::FunctionDriver as _;
use isobar::{App, Environment, ErrorKind};
use isobar_tencent::function::open_events;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const EVENT: &str =
    r#"{"Type":"Timer","TriggerName":"nightly","Time":"2026-11-30T03:00:00Z","Message":""}"#;

/// The next request's path, once it is there whole, and the answer to it.
async fn exchange(listener: &TcpListener, answer: impl Fn(&str) -> (u16, &'static str)) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = String::new();
    let path = loop {
        let mut piece = [0; 4_096];
        let length = stream.read(&mut piece).await.unwrap();
        request.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        let Some((head, content)) = request.split_once("\r\n\r\n") else {
            continue;
        };
        let mut fields = head.lines();
        let path = fields.next().unwrap().split(' ').nth(1).unwrap().to_owned();
        let announced = fields.find_map(|field| field.strip_prefix("content-length: "));
        if announced.map_or(0, |length| length.parse().unwrap()) == content.len() {
            break path;
        }
    };
    let (status, content) = answer(&path);
    let length = content.len();
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{content}");
    stream.write_all(answer.as_bytes()).await.unwrap();
    path
}

#[tokio::test]
async fn an_event_that_can_be_ended_by_nothing_ends_the_process() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let function = open_events(&|name| match name {
        "SCF_RUNTIME_API" => Some("127.0.0.1".to_owned()),
        "SCF_RUNTIME_API_PORT" => Some(port.clone()),
        _ => None,
    });
    let function = function.unwrap();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(function.describe(), clock).build();
    let app =
        App::new("told", |_: &Environment| Ok(())).schedule("nightly", "0 3 * * *", |(), _| {
            std::future::ready(Ok(isobar::function::Outcome::Ack))
        });
    let app = app.build(&environment).unwrap();
    let served = tokio::spawn(async move { function.serve(app).await });
    let mut asked = Vec::new();
    while asked.len() < 7 {
        // The failure of the first invocation is taken.
        let taken = asked.len() < 4;
        let path = exchange(&listener, |path| match path {
            "/runtime/invocation/next" => (200, EVENT),
            "/runtime/invocation/response" => (400, ""),
            "/runtime/invocation/error" if !taken => (400, ""),
            _ => (200, ""),
        });
        asked.push(path.await.rsplit('/').next().unwrap().to_owned());
    }
    let error = served.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        asked,
        [
            "ready", "next", "response", "error", "next", "response", "error"
        ]
    );
}
