//! Requests that are too large are refused with the status that says which limit they passed.

use isobar_serve::Options;

use crate::harness::{exchange, get_once, start, status};

async fn check(options: Options, request: &[u8], expected: &str, code: Option<&str>) {
    let server = start(options).await;
    let answer = exchange(server.address, request).await;
    assert_eq!(status(&answer), expected, "{answer}");
    if let Some(code) = code {
        assert!(answer.contains(&format!(r#""code":"{code}""#)), "{answer}");
        assert!(answer.contains(r#""failed":"client""#), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_head_over_the_limit_is_431() {
    let field = format!("X-Large: {}\r\n", "x".repeat(4096));
    let options = Options::default().with_max_head_bytes(2048);
    check(options, &get_once("/", &field), "431", None).await;
}

#[tokio::test]
async fn too_many_fields_are_431() {
    let fields = "X-Field: 1\r\n".repeat(20);
    check(
        Options::default().with_max_headers(10),
        &get_once("/", &fields),
        "431",
        None,
    )
    .await;
    check(
        Options::default(),
        &get_once("/", &fields.repeat(6)),
        "431",
        None,
    )
    .await;
    check(
        Options::default().with_max_headers(200),
        &get_once("/", &fields.repeat(6)),
        "200",
        None,
    )
    .await;
}

#[tokio::test]
async fn a_target_over_the_limit_is_414() {
    let target = format!("/?{}", "x".repeat(100));
    let options = Options::default().with_max_target_bytes(100);
    check(
        options,
        &get_once(&target, ""),
        "414",
        Some("target_too_long"),
    )
    .await;
}

#[tokio::test]
async fn a_body_announced_over_the_limit_is_413_before_it_is_sent() {
    let request = b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n\r\n";
    let options = Options::default().with_max_body_bytes(10);
    check(options, request, "413", Some("body_too_large")).await;
}

#[tokio::test]
async fn a_path_may_take_bodies_of_any_size() {
    let options = || {
        let options = Options::default().with_max_body_bytes(4);
        options.with_unlimited_bodies_below("/ec")
    };
    let to = |target: &str| {
        format!(
            "POST {target} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789"
        )
    };
    check(options(), to("/echo").as_bytes(), "200", None).await;
    let refused = Some("body_too_large");
    check(options(), to("/swallow").as_bytes(), "413", refused).await;
}

#[tokio::test]
async fn a_body_of_the_limit_passes() {
    let request =
        b"POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789";
    check(
        Options::default().with_max_body_bytes(10),
        request,
        "200",
        None,
    )
    .await;
}

#[tokio::test]
async fn a_chunked_body_that_grows_over_the_limit_is_413_whatever_the_handler_makes_of_it() {
    for target in ["/echo", "/swallow"] {
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n\
             6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n"
        );
        let options = Options::default().with_max_body_bytes(10);
        check(options, request.as_bytes(), "413", Some("body_too_large")).await;
    }
}

#[tokio::test]
async fn what_is_not_http_is_400() {
    for request in [
        "NONSENSE\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nA B: c\r\n\r\n",
    ] {
        check(Options::default(), request.as_bytes(), "400", None).await;
    }
}
