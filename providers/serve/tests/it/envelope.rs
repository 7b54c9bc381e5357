//! Requests and responses that a platform wraps.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use isobar::driver::function::FunctionDriver as _;
use isobar::http::routing::any;
use isobar::http::{Body, Request, Response, Routes};
use isobar::{App, Environment, Result};
use isobar_serve::{Envelope, PlatformSetup};

use crate::harness::exchange;
use crate::platform::FACTS;

/// A call says `METHOD PATH`, its answer `STATUS CONTENT`.
#[derive(Debug)]
struct Words;

impl Envelope for Words {
    fn open(&self, _: &Parts, content: Bytes) -> Result<Request> {
        let text = String::from_utf8_lossy(&content);
        let (method, path) = text.split_once(' ').unwrap();
        let request = http::Request::builder().method(method).uri(path);
        Ok(request.body(Body::empty()).unwrap())
    }

    fn seal(&self, response: &http::Response<Bytes>) -> Result<Response> {
        let content = String::from_utf8_lossy(response.body());
        let sealed = format!("{} {content}", response.status().as_u16());
        Ok(Response::new(Body::from(sealed)))
    }
}

async fn start() -> SocketAddr {
    let setup = PlatformSetup::new(&FACTS).with_envelope(Words);
    let port = |name: &str| (name == "A_PORT").then(|| "0".to_owned());
    let platform = setup.bind(&port).await.unwrap();
    let address = platform.local_addr();
    let clock = Arc::new(isobar_serve::clock());
    let environment = Environment::builder(platform.describe(), clock).build();
    let told = |status: u16| any(async move || (StatusCode::from_u16(status).unwrap(), "content"));
    let routes = Routes::new()
        .route("/200", told(200))
        .route("/204", told(204))
        .route("/304", told(304));
    let app = App::new("test", |_: &Environment| Ok(())).routes(routes);
    let app = app.build(&environment).unwrap();
    tokio::spawn(async move { platform.serve(app).await.unwrap() });
    address
}

#[tokio::test]
async fn a_response_has_content_only_where_its_status_and_the_method_let_it() {
    let address = start().await;
    for (call, expected) in [
        ("GET /200", "200 content"),
        ("GET /204", "204 "),
        ("GET /304", "304 "),
        ("HEAD /200", "200 "),
    ] {
        let length = call.len();
        let head = "POST / HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length:";
        let answer = exchange(address, format!("{head} {length}\r\n\r\n{call}").as_bytes()).await;
        let (_, content) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(content, expected, "{call}: {answer}");
    }
}
