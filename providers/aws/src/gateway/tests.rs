//! Events in, requests out, to the byte; responses in, answers out.

use bytes::Bytes;
use http::Response;
use isobar::driver::gateway::GatewayDriver;
use isobar::http::RemoteAddress;
use serde_json::{Value, json};

use super::FrontDoor;

mod doors;
mod published;

/// The request line with the original target, the headers, and the body.
fn shown(event: &[u8]) -> String {
    let request = match FrontDoor::read(&Bytes::copy_from_slice(event)) {
        Ok(Some((_, request))) => request,
        Ok(None) => return "no request".to_owned(),
        Err(error) => return format!("{:?}: {error}", error.kind()),
    };
    let original = request.extensions().get::<axum::extract::OriginalUri>();
    let original = original.map(|uri| uri.0.to_string()).unwrap_or_default();
    let (parts, body) = request.into_parts();
    let mut lines = vec![format!(
        "{} {} {:?}",
        parts.method, parts.uri, parts.version
    )];
    if original != parts.uri.to_string() {
        lines.push(format!("was {original}"));
    }
    for (name, value) in &parts.headers {
        lines.push(format!(
            "{name}: {}",
            String::from_utf8_lossy(value.as_bytes())
        ));
    }
    let body = ready(axum::body::to_bytes(body, usize::MAX));
    if !body.is_empty() {
        lines.push(format!("\n{}", body.escape_ascii()));
    }
    lines.join("\n")
}

/// The bodies here are all in memory.
fn ready<T, E: std::fmt::Debug>(work: impl Future<Output = Result<T, E>>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(work).poll(&mut context) {
        std::task::Poll::Ready(result) => result.unwrap(),
        std::task::Poll::Pending => panic!("the body is not in memory"),
    }
}

fn event(members: Value) -> Value {
    let mut event = json!({
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {},
        "requestContext": { "http": { "method": "GET" }, "stage": "$default" },
        "isBase64Encoded": false,
    });
    let Value::Object(members) = members else {
        panic!("members are an object")
    };
    for (name, value) in members {
        event[name] = value;
    }
    event
}

fn check(members: Value, expected: &str) {
    let event = serde_json::to_vec(&event(members)).unwrap();
    assert_eq!(shown(&event), expected);
}

#[test]
fn a_path_comes_as_the_gateway_had_it() {
    for path in [
        "/a%2Fb",
        "/a%25b",
        "/a+b",
        "/a%20b",
        "//a//b",
        "/./a/../b",
        "/a;b=c,d",
        "/%F0%9F%98%80",
        "/a%zz",
        "/\"{}|\\^[]'()*!$&=:@",
        "/",
    ] {
        check(json!({ "rawPath": path }), &format!("GET {path} HTTP/1.1"));
    }
    let long = format!("/{}", "x".repeat(8_192));
    check(json!({ "rawPath": long }), &format!("GET {long} HTTP/1.1"));
}

#[test]
fn the_address_of_the_client_is_that_of_the_event() {
    let address = |source: &str| {
        let http = json!({ "method": "GET", "sourceIp": source });
        let event = event(json!({ "requestContext": { "http": http } }));
        let request = FrontDoor::HttpApi.decode(&serde_json::to_vec(&event).unwrap());
        let request = request.unwrap();
        let address = request.extensions().get::<RemoteAddress>();
        address.map(|address| address.0.to_string())
    };
    assert_eq!(address("192.0.2.1").as_deref(), Some("192.0.2.1"));
    assert_eq!(address("2001:db8::1").as_deref(), Some("2001:db8::1"));
    assert_eq!(address("test-invoke-source-ip"), None);
}

#[test]
fn what_a_gateway_has_decoded_is_encoded_again_where_a_uri_needs_it() {
    check(
        json!({ "rawPath": "/a b/ü?#<>`\u{7f}" }),
        "GET /a%20b/%C3%BC%3F%23%3C%3E%60%7F HTTP/1.1",
    );
}

#[test]
fn a_query_comes_as_the_client_sent_it() {
    for query in [
        "a=1&a=2",
        "a=",
        "a",
        "a[]=1&b%5B%5D=2",
        "q=%2B+%20",
        "=",
        "&&",
        "a='x'|{}^`",
    ] {
        check(
            json!({ "rawQueryString": query }),
            &format!("GET /?{query} HTTP/1.1"),
        );
    }
    check(
        json!({ "rawQueryString": "a=#b c" }),
        "GET /?a=%23b%20c HTTP/1.1",
    );
}

#[test]
fn cookies_are_one_field_again() {
    check(
        json!({ "cookies": ["a=1", "b=\"2=3\"", "c"], "headers": { "accept": "*/*" } }),
        "GET / HTTP/1.1\naccept: */*\ncookie: a=1; b=\"2=3\"; c",
    );
    check(
        json!({ "cookies": [], "headers": { "cookie": "a=1; b=2" } }),
        "GET / HTTP/1.1\ncookie: a=1; b=2",
    );
}

#[test]
fn headers_keep_their_values_and_order() {
    check(
        json!({ "headers": { "X-B": "1,2", "a": "", "name": "ümläut" } }),
        "GET / HTTP/1.1\nx-b: 1,2\na: \nname: ümläut",
    );
}

#[test]
fn a_body_is_text_or_base64_as_the_event_says() {
    check(
        json!({ "body": "a\u{0}é" }),
        "GET / HTTP/1.1\n\na\\x00\\xc3\\xa9",
    );
    check(
        json!({ "body": "AP+A/w==", "isBase64Encoded": true }),
        "GET / HTTP/1.1\n\n\\x00\\xff\\x80\\xff",
    );
    check(json!({ "body": "AP+A/w==" }), "GET / HTTP/1.1\n\nAP+A/w==");
    check(
        json!({ "body": null, "cookies": null, "headers": null, "rawQueryString": null }),
        "GET / HTTP/1.1",
    );
}

#[test]
fn methods_and_versions_are_those_of_the_client() {
    let http = |method: &str, protocol: &str| json!({ "requestContext": { "http": { "method": method, "protocol": protocol } } });
    check(http("PURGE", "HTTP/1.1"), "PURGE / HTTP/1.1");
    check(http("OPTIONS", "HTTP/2.0"), "OPTIONS / HTTP/2.0");
}

#[test]
fn the_stage_is_stripped_once_and_only_at_the_apis_own_domain() {
    let at = |path: &str, stage: &str, domain: Option<&str>| {
        json!({
            "rawPath": path,
            "requestContext": {
                "http": { "method": "GET" }, "stage": stage, "domainName": domain,
            },
        })
    };
    let own = Some("id.execute-api.eu-central-1.amazonaws.com");
    check(at("/prod/a", "prod", own), "GET /a HTTP/1.1\nwas /prod/a");
    check(
        at("/prod/prod/a", "prod", None),
        "GET /prod/a HTTP/1.1\nwas /prod/prod/a",
    );
    check(at("/prod", "prod", own), "GET / HTTP/1.1\nwas /prod");
    check(at("/product", "prod", own), "GET /product HTTP/1.1");
    check(at("/prod/a", "$default", own), "GET /prod/a HTTP/1.1");
    check(
        at("/prod/a", "prod", Some("api.example.org")),
        "GET /prod/a HTTP/1.1",
    );
}

#[test]
fn a_malformed_event_names_the_member_that_is_wrong() {
    let refused = |members: Value, expected: &str| {
        let event = serde_json::to_vec(&event(members)).unwrap();
        let shown = shown(&event);
        assert!(shown.starts_with("InvalidArgument: "), "{shown}");
        assert!(shown.contains(expected), "{shown}");
    };
    refused(json!({ "version": "1.0" }), "payload format \"1.0\"");
    refused(json!({ "rawPath": 5 }), "rawPath: invalid type: integer");
    refused(json!({ "rawPath": "no-slash" }), "rawPath");
    refused(json!({ "headers": { "a": 1 } }), "headers.a: invalid type");
    refused(json!({ "headers": { "a b": "x" } }), "headers.a b");
    refused(json!({ "headers": { "a": "x\ny" } }), "headers.a");
    refused(json!({ "cookies": ["a\nb"] }), "cookies");
    refused(
        json!({ "requestContext": { "http": {} } }),
        "requestContext.http",
    );
    refused(
        json!({ "requestContext": { "http": { "method": "G T" } } }),
        "requestContext.http.method",
    );
    refused(
        json!({ "body": "not base64!", "isBase64Encoded": true }),
        "body",
    );
    assert!(shown(b"{").starts_with("InvalidArgument: "));
    assert!(shown(b"[]").starts_with("InvalidArgument: "));
}

fn answer(response: http::response::Builder, body: &'static [u8]) -> String {
    let response = response.body(Bytes::from_static(body)).unwrap();
    String::from_utf8(FrontDoor::HttpApi.encode(response).unwrap().to_vec()).unwrap()
}

#[test]
fn text_travels_as_text_and_anything_else_as_base64() {
    let body = |headers: &[(&str, &str)], body: &'static [u8]| {
        let mut response = Response::builder();
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let answer: Value = serde_json::from_str(&answer(response, body)).unwrap();
        let encoded = if answer["isBase64Encoded"] == true {
            "base64 "
        } else {
            ""
        };
        format!("{encoded}{}", answer["body"].as_str().unwrap())
    };
    let json = ("content-type", "application/json");
    assert_eq!(body(&[json], b"{\"a\":1}"), "{\"a\":1}");
    assert_eq!(
        body(&[("content-type", "text/html; charset=utf-8")], b"<p>"),
        "<p>"
    );
    assert_eq!(
        body(&[("content-type", "application/problem+json")], b"{}"),
        "{}"
    );
    assert_eq!(
        body(&[("content-type", "image/svg+xml")], b"<svg>"),
        "<svg>"
    );
    assert_eq!(
        body(&[("content-type", "image/png")], b"abc"),
        "base64 YWJj"
    );
    assert_eq!(body(&[], b"abc"), "base64 YWJj");
    assert_eq!(body(&[json], b"\xff\x00"), "base64 /wA=");
    assert_eq!(
        body(&[json, ("content-encoding", "gzip")], b"abc"),
        "base64 YWJj"
    );
    assert_eq!(body(&[json], b""), "");
    assert_eq!(
        body(&[json], "\u{0}\"\\\u{1f600}".as_bytes()),
        "\u{0}\"\\\u{1f600}"
    );
}

#[test]
fn cookies_stay_apart_and_other_fields_are_joined() {
    let response = Response::builder()
        .status(201)
        .header("set-cookie", "a=1; Path=/")
        .header("vary", "accept")
        .header("set-cookie", "b=2, 3")
        .header("vary", "origin")
        .header("content-type", "text/plain")
        .header("content-length", "2");
    assert_eq!(
        answer(response, b"ok"),
        r#"{"statusCode":201,"headers":{"vary":"accept, origin","content-type":"text/plain"},"cookies":["a=1; Path=/","b=2, 3"],"isBase64Encoded":false,"body":"ok"}"#
    );
}

#[test]
fn what_belongs_to_the_connection_is_left_out() {
    let response = Response::builder()
        .header("connection", "close, X-Hop")
        .header("transfer-encoding", "chunked")
        .header("keep-alive", "timeout=5")
        .header("x-hop", "1")
        .header("x-end", "1");
    assert_eq!(
        answer(response, b""),
        r#"{"statusCode":200,"headers":{"x-end":"1"},"cookies":[],"isBase64Encoded":false,"body":""}"#
    );
}

#[test]
fn there_is_no_content_where_http_allows_none() {
    for status in [204, 304, 103] {
        let response = Response::builder()
            .status(status)
            .header("content-type", "text/plain");
        let answer = answer(response, b"surplus");
        assert!(answer.contains(r#""body":"""#), "{answer}");
    }
}

#[test]
fn a_response_that_lambda_would_not_take_is_refused() {
    let response = Response::builder().header("content-type", "text/plain");
    let response = response
        .body(Bytes::from(vec![b'x'; 6 * 1_024 * 1_024]))
        .unwrap();
    let error = FrontDoor::HttpApi.encode(response).unwrap_err();
    assert_eq!(error.kind(), isobar::ErrorKind::TooLarge);
    assert_eq!(error.limit(), Some(6_291_456));
}

mod properties {
    //! Whatever the bytes are, they come out as they went in, and nothing panics.

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn content(answer: &[u8]) -> Vec<u8> {
        let answer: Value = serde_json::from_slice(answer).unwrap();
        let body = answer["body"].as_str().unwrap();
        if answer["isBase64Encoded"] == true {
            STANDARD.decode(body).unwrap()
        } else {
            body.as_bytes().to_vec()
        }
    }

    proptest! {
        #[test]
        fn bytes_out_are_bytes_in(
            body in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..64),
                "\\PC*".prop_map(String::into_bytes),
            ],
            media_type in proptest::option::of("[a-z]{1,4}/(json|plain|[a-z]{1,3}\\+xml|png)"),
            encoded in any::<bool>(),
        ) {
            let mut response = Response::builder();
            if let Some(media_type) = media_type {
                response = response.header("content-type", media_type);
            }
            if encoded {
                response = response.header("content-encoding", "br");
            }
            let response = response.body(Bytes::from(body.clone())).unwrap();
            prop_assert_eq!(content(&FrontDoor::HttpApi.encode(response).unwrap()), body);
        }

        #[test]
        fn any_text_in_a_path_is_a_request_or_an_error(path in "/\\PC*", query in "\\PC*") {
            let event = event(json!({ "rawPath": path, "rawQueryString": query }));
            let event = serde_json::to_vec(&event).unwrap();
            if let Ok(request) = FrontDoor::HttpApi.decode(&event) {
                prop_assert!(request.uri().path().starts_with('/'));
            }
        }

        #[test]
        fn a_damaged_event_is_an_error_and_no_panic(at in 0_usize..400, byte in any::<u8>()) {
            let mut event = serde_json::to_vec(&event(json!({ "cookies": ["a"] }))).unwrap();
            let at = at % event.len();
            event[at] = byte;
            let _ = FrontDoor::HttpApi.decode(&event);
        }
    }
}
