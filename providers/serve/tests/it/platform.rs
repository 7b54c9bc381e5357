//! A platform on the server: what its table says holds for every request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use isobar::driver::function::FunctionDriver as _;
use isobar::function::Context;
use isobar::http::{Body, Routes};
use isobar::{App, Capabilities, Capability, Environment};
use isobar_serve::event::EventFacts;
use isobar_serve::{
    DeadlineRule, FrontLimits, Interface, LocationFacts, LogReader, PlatformFacts, PlatformSetup,
    Protocol, TraceHeader, Unit,
};
use tokio::net::TcpStream;

use crate::harness::{exchange, get_once, status};

pub(crate) static FACTS: PlatformFacts = PlatformFacts {
    name: "made-up",
    title: "a platform of this test",
    markers: &[],
    interface: Interface::Loopback,
    port_variables: &["A_PORT"],
    default_port: None,
    protocol: Protocol::Http1AndH2c,
    request_id_headers: &["x-platform-id"],
    trace: TraceHeader::CloudTrace,
    deadline: DeadlineRule {
        variable: Some(("A_TIME", Unit::Seconds)),
        fixed: None,
        header: Some(("x-time", Unit::Milliseconds)),
    },
    trusted_hops: 1,
    location: LocationFacts::AS_SENT,
    limits: FrontLimits {
        request: Some(1_000),
        response: Some(1_000),
        response_head: Some(500),
        ..FrontLimits::NONE
    },
    idle: None,
    grace: Duration::from_secs(1),
    runs_between: true,
    logs: LogReader::Anybody,
    own_calls: &[],
    events: EventFacts::OWN,
    front_doors: &[],
    capabilities: Capabilities::of(&[
        Capability::Schedules,
        Capability::Messages,
        Capability::BlobEvents,
        Capability::ReplyEvents,
    ]),
    sources: &[],
};

async fn start(variables: &'static [(&'static str, &'static str)]) -> SocketAddr {
    let lookup = move |name: &str| {
        let found = variables.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let platform = PlatformSetup::new(&FACTS).bind(&lookup).await.unwrap();
    let address = platform.local_addr();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let routes = Routes::new()
        .get("/id", async |context: Context| {
            context.id().as_str().to_owned()
        })
        .get("/client", async |context: Context| {
            format!("{:?}", context.remote_address())
        })
        .get("/fields", async |headers: http::HeaderMap| {
            format!("{headers:?}")
        })
        .get("/pending", async || std::future::pending::<()>().await)
        .get("/long", async || "x".repeat(1_001))
        .get("/many", async || ([("x-many", "y".repeat(600))], ""))
        .get("/stream", async || Body::from_stream(pieces()));
    let app = App::new("test", |_: &Environment| Ok(())).routes(routes);
    let app = app.build(&environment).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    address
}

/// 3,000 bytes whose number nobody tells beforehand.
fn pieces() -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    let pieces = (0..6).map(|_| Ok(Bytes::from("z".repeat(500))));
    futures_util::stream::iter(pieces)
}

const FREE: &[(&str, &str)] = &[("A_PORT", "0")];

#[tokio::test]
async fn requests_have_the_platforms_id_or_that_of_its_trace() {
    let address = start(FREE).await;
    let table = [
        ("x-platform-id: p-1\r\n", "p-1"),
        (
            "x-cloud-trace-context: 105445aa7843bc8bf206b12000100000/1\r\n",
            "105445aa7843bc8bf206b12000100000",
        ),
        (
            "x-cloud-trace-context: 105445aa7843bc8bf206b12000100000/1\r\nx-platform-id: p-2\r\n",
            "p-2",
        ),
    ];
    for (fields, expected) in table {
        let answer = exchange(address, &get_once("/id", fields)).await;
        assert!(answer.ends_with(expected), "{answer}");
        assert!(
            answer.contains(&format!("x-request-id: {expected}\r\n")),
            "{answer}"
        );
    }
    let traced = "x-cloud-trace-context: 105445aa7843bc8bf206b12000100000/10;o=1\r\n";
    let answer = exchange(address, &get_once("/fields", traced)).await;
    let expected = "00-105445aa7843bc8bf206b12000100000-000000000000000a-01";
    assert!(answer.contains(expected), "{answer}");
}

#[tokio::test]
async fn a_request_is_cut_when_the_platform_would_cut_it() {
    let address = start(&[("A_PORT", "0"), ("A_TIME", "0.4")]).await;
    assert_eq!(
        status(&exchange(address, &get_once("/pending", "")).await),
        "504"
    );
    let address = start(FREE).await;
    let answer = exchange(address, &get_once("/pending", "x-time: 400\r\n")).await;
    assert_eq!(status(&answer), "504");
}

#[tokio::test]
async fn clients_come_from_where_the_trusted_proxy_saw_them() {
    let spoofed = get_once("/client", "x-forwarded-for: 192.0.2.66, 198.51.100.7\r\n");
    let told = exchange(start(FREE).await, &spoofed).await;
    assert!(told.ends_with("Some(198.51.100.7)"), "{told}");
    for (hops, expected) in [("0", "127.0.0.1"), ("2", "192.0.2.66")] {
        let variables: &[_] = match hops {
            "0" => &[("A_PORT", "0"), ("ISOBAR_TRUSTED_HOPS", "0")],
            _ => &[("A_PORT", "0"), ("ISOBAR_TRUSTED_HOPS", "2")],
        };
        let told = exchange(start(variables).await, &spoofed).await;
        assert!(told.ends_with(&format!("Some({expected})")), "{told}");
    }
}

#[tokio::test]
async fn responses_that_the_front_end_would_not_pass_on_become_502() {
    let address = start(FREE).await;
    for path in ["/long", "/many"] {
        let answer = exchange(address, &get_once(path, "x-platform-id: p-1\r\n")).await;
        assert_eq!(status(&answer), "502");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("\"requestId\":\"p-1\""), "{answer}");
    }
    let answer = exchange(address, &get_once("/stream", "")).await;
    // Broken off, before or after its head: the last chunk, which says that nothing is missing, does not come.
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    assert!(answer.matches('z').count() <= 1_000, "{answer}");
}

#[tokio::test]
async fn a_variable_that_is_wrong_is_named() {
    let table = [
        (("A_PORT", "99999"), "A_PORT"),
        (("A_TIME", "soon"), "A_TIME"),
        (("ISOBAR_TRUSTED_HOPS", "-1"), "ISOBAR_TRUSTED_HOPS"),
    ];
    for ((name, value), expected) in table {
        let lookup = move |asked: &str| match asked {
            asked if asked == name => Some(value.to_owned()),
            "A_PORT" => Some("0".to_owned()),
            _ => None,
        };
        let error = PlatformSetup::new(&FACTS).bind(&lookup).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = PlatformSetup::new(&FACTS)
        .bind(&|_| None)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("A_PORT"), "{error}");
}

#[tokio::test]
async fn what_listens_elsewhere_keeps_the_platforms_port_unless_told() {
    let table = [
        ("127.0.0.2", "127.0.0.2:"),
        ("[::1]:0", "[::1]:"),
        ("127.0.0.1:0", "127.0.0.1:"),
    ];
    for (listen, expected) in table {
        let lookup = move |name: &str| match name {
            "ISOBAR_LISTEN" => Some(listen.to_owned()),
            "A_PORT" => Some("0".to_owned()),
            _ => None,
        };
        let platform = PlatformSetup::new(&FACTS).bind(&lookup).await.unwrap();
        let address = platform.local_addr().to_string();
        assert!(address.starts_with(expected), "{address}");
    }
}

#[tokio::test]
async fn handlers_see_host_and_cookies_over_http2_as_over_http1() {
    let address = start(FREE).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut client, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://example.com:81/fields")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(Empty::<Bytes>::new());
    let response = client.send_request(request.unwrap()).await.unwrap();
    let content = response.into_body().collect().await.unwrap().to_bytes();
    let content = String::from_utf8_lossy(&content);
    assert!(
        content.contains("\"host\": \"example.com:81\""),
        "{content}"
    );
    assert!(content.contains("\"cookie\": \"a=1; b=2\""), "{content}");
}
