//! What Function Compute asks itself, and what clients may ask.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

use std::future::{poll_fn, ready};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use isobar::driver::function::FunctionDriver as _;
use isobar::function::Outcome;
use isobar::{App, BucketSpec, Environment};
use isobar_alibaba::function::{FUNCTION_COMPUTE, bind};
use isobar_serve::{HttpPlatform, PlatformSetup};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn variables(name: &str) -> Option<String> {
    (name == "ISOBAR_LISTEN").then(|| "127.0.0.1:0".to_owned())
}

/// A process that is told, too, whose events it takes.
fn naming(name: &str) -> Option<String> {
    let named = (name == "ISOBAR_EVENT_ACCOUNTS").then(|| "164901546557000".to_owned());
    named.or_else(|| variables(name))
}

async fn start() -> SocketAddr {
    serve(bind(&variables).await.unwrap())
}

const BUCKET: BucketSpec = BucketSpec::new("fc-with-oss-trigger");

/// The platform with an application that answers everything with its own word.
fn serve(platform: HttpPlatform) -> SocketAddr {
    let address = platform.local_addr();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let routes = isobar::http::Routes::new().fallback(async || "the application");
    let app = App::new("told", |_: &Environment| Ok(()))
        .routes(routes)
        .on_blob(&BUCKET, |(), _| ready(Ok(Outcome::Ack)))
        .schedule("nightly", "0 3 * * *", |(), _| ready(Ok(Outcome::Ack)))
        .schedule("often", "* * * * *", |(), _| {
            ready(Ok(Outcome::Retry(None)))
        })
        .schedule("broken", "* * * * *", |(), _| poll_fn(|_| panics()));
    let app = app.build(&environment).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    address
}

#[expect(clippy::panic, reason = "the fault that is provoked")]
fn panics() -> Poll<isobar::Result<Outcome>> {
    panic!("as it was told to")
}

/// The whole answer, in lower case.
async fn ask(address: SocketAddr, request: &str, fields: &str) -> String {
    send(address, request, fields, "").await
}

async fn send(address: SocketAddr, request: &str, fields: &str, content: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("{request} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n{fields}\r\n{content}");
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

const CALL: &str = "x-fc-control-path: /invoke\r\nx-fc-request-id: r-2\r\ncontent-type: application/octet-stream\r\n";

const TICK: &str = r#"{"triggerTime":"2026-11-30T03:00:00Z","triggerName":"nightly","payload":""}"#;

async fn invoke(address: SocketAddr, event: &str) -> String {
    let fields = format!("{CALL}content-length: {}\r\n", event.len());
    send(address, "POST /invoke", &fields, event).await
}

#[tokio::test]
async fn an_event_is_handed_over_without_a_secret_path_and_answered_by_the_convention() {
    let address = start().await;
    let answer = invoke(address, TICK).await;
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(answer.contains("x-fc-status: 200"), "{answer}");
    assert!(answer.contains("x-request-id: r-2"), "{answer}");
    let again = invoke(address, &TICK.replace("nightly", "often")).await;
    for (answer, code) in [
        (again, "event_not_done"),
        (
            invoke(address, &TICK.replace("nightly", "never")).await,
            "event_failed",
        ),
        (
            invoke(address, "{\"taskId\":\"1\"}").await,
            "event_unsupported",
        ),
        (
            invoke(address, &TICK.replace("T03", "")).await,
            "event_malformed",
        ),
    ] {
        assert!(answer.starts_with("http/1.1 404"), "{answer}");
        assert!(answer.contains("x-fc-status: 404"), "{answer}");
        assert!(answer.contains(code), "{code}: {answer}");
    }
    let answer = ask(address, "POST /invoke", "").await;
    assert!(answer.ends_with("the application"), "{answer}");
}

#[tokio::test]
async fn an_event_that_is_not_taken_whole_is_answered_by_the_convention() {
    let address = start().await;
    let most = 32 << 20;
    let fields = format!("{CALL}transfer-encoding: chunked\r\n");
    let content = format!("{:x}\r\n{}", most + 1, "x".repeat(most + 1));
    let answer = send(address, "POST /invoke", &fields, &content).await;
    assert!(answer.starts_with("http/1.1 404"), "{answer}");
    assert!(answer.contains("x-fc-status: 404"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn an_event_that_stops_arriving_is_answered_by_the_convention() {
    let slow = PlatformSetup::new(&FUNCTION_COMPUTE);
    let slow = slow.with_body_idle_timeout(Duration::from_millis(150));
    let address = serve(slow.bind(&variables).await.unwrap());
    let fields = format!("{CALL}content-length: 10\r\n");
    let answer = send(address, "POST /invoke", &fields, "{\"tri").await;
    assert!(answer.starts_with("http/1.1 404"), "{answer}");
    assert!(answer.contains("x-fc-status: 404"), "{answer}");
    assert!(answer.contains("body_too_slow"), "{answer}");
}

#[tokio::test]
async fn an_event_whose_handler_panics_is_answered_by_the_convention_and_the_next_is_handled() {
    let address = start().await;
    let answer = invoke(address, &TICK.replace("nightly", "broken")).await;
    assert!(answer.starts_with("http/1.1 404"), "{answer}");
    assert!(answer.contains("x-fc-status: 404"), "{answer}");
    assert!(answer.contains("event_failed"), "{answer}");
    assert!(!answer.contains("as it was told to"), "{answer}");
    let answer = invoke(address, TICK).await;
    assert!(answer.contains("x-fc-status: 200"), "{answer}");
}

/// The server sees these before anything that knows of events.
#[tokio::test]
async fn what_the_server_refuses_is_told_by_the_convention_of_an_event_and_by_its_status_of_a_request()
 {
    let address = start().await;
    let large = format!("content-length: {}\r\n", (32 << 20) + 1);
    let long = format!("POST /invoke?{}", "x".repeat(9_000));
    for (request, fields, status, code) in [
        ("POST /invoke", large.as_str(), "413", "body_too_large"),
        (&long, "content-length: 0\r\n", "414", "target_too_long"),
    ] {
        let answer = ask(address, request, &format!("{CALL}{fields}")).await;
        assert!(answer.starts_with("http/1.1 404"), "{answer}");
        assert!(answer.contains("x-fc-status: 404"), "{answer}");
        assert!(answer.contains("x-request-id: r-2"), "{answer}");
        assert!(answer.contains(code), "{answer}");
        let answer = ask(address, request, fields).await;
        assert!(
            answer.starts_with(&format!("http/1.1 {status}")),
            "{answer}"
        );
        assert!(answer.contains(code), "{answer}");
        assert!(!answer.contains("x-fc-status"), "{answer}");
    }
}

#[tokio::test]
async fn a_process_without_room_says_so_by_the_convention_and_to_clients_by_429() {
    let full = PlatformSetup::new(&FUNCTION_COMPUTE).with_most_under_way(Some(0));
    let address = serve(full.bind(&variables).await.unwrap());
    let answer = invoke(address, "{}").await;
    assert!(answer.starts_with("http/1.1 404"), "{answer}");
    assert!(answer.contains("x-fc-status: 404"), "{answer}");
    let answer = ask(address, "GET /", "").await;
    assert!(answer.starts_with("http/1.1 429"), "{answer}");
}

#[tokio::test]
async fn only_a_call_of_function_compute_itself_brings_an_event() {
    let address = start().await;
    let twice = format!("{CALL}x-fc-control-path: /invoke\r\n");
    for (request, fields) in [
        ("POST /invoke", twice.as_str()),
        ("PUT /invoke", CALL),
        ("POST /other", CALL),
    ] {
        let answer = ask(address, request, fields).await;
        assert!(answer.ends_with("the application"), "{request}: {answer}");
        assert!(!answer.contains("x-fc-status"), "{answer}");
    }
}

const OSS: &str = include_str!("../../src/function/events/tests/oss.json");

#[tokio::test]
async fn an_event_of_another_account_than_the_functions_is_not_taken_unless_it_is_named() {
    let call = |address, account: &str| {
        let fields = format!("{CALL}{account}content-length: {}\r\n", OSS.len());
        async move { send(address, "POST /invoke", &fields, OSS).await }
    };
    let address = start().await;
    for taken in ["x-fc-account-id: 229814243474603096\r\n", ""] {
        let answer = call(address, taken).await;
        assert!(answer.contains("x-fc-status: 200"), "{answer}");
    }
    let other = call(address, "x-fc-account-id: 1\r\n").await;
    assert!(other.contains("x-fc-status: 404"), "{other}");
    assert!(!other.contains("event_not_done"), "{other}");

    let address = serve(bind(&naming).await.unwrap());
    let own = call(address, "x-fc-account-id: 229814243474603096\r\n").await;
    assert!(own.contains("x-fc-status: 200"), "{own}");
    for refused in ["x-fc-account-id: 1\r\n", ""] {
        let answer = call(address, refused).await;
        assert!(answer.contains("x-fc-status: 404"), "{answer}");
    }
}

#[tokio::test]
async fn an_event_of_another_account_is_refused_alike_at_the_path_whatever_it_comes_in() {
    let at_path = |name: &str| {
        let path = (name == "ISOBAR_EVENTS_PATH").then(|| "/events-4711-0815-4711".to_owned());
        path.or_else(|| variables(name))
    };
    let address = serve(bind(&at_path).await.unwrap());
    let cloud = r#"{"specversion":"1.0","id":"1","source":"acs:mns:cn-hangzhou:2:queues/notes","type":"isobar.topic.messages"}"#;
    let list = format!("[{cloud}]");
    for (media, content) in [
        ("application/json", OSS),
        ("application/json", cloud),
        ("application/json", &list),
        ("application/cloudevents+json", cloud),
        ("application/cloudevents-batch+json", &list),
    ] {
        let length = content.len();
        let fields =
            format!("x-fc-account-id: 1\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n");
        let answer = send(address, "POST /events-4711-0815-4711", &fields, content).await;
        assert!(answer.starts_with("http/1.1 403"), "{media}: {answer}");
        assert!(answer.contains("event_of_another"), "{answer}");
    }
}
