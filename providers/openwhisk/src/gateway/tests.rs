//! Requests and results as the controller writes and reads them.

use http_body_util::BodyExt as _;
use isobar::http::RebuiltQuery;

use super::*;

async fn content(request: Request) -> Bytes {
    request.into_body().collect().await.unwrap().to_bytes()
}

/// The published example of a raw web action.
const PUBLISHED: &str = r#"{
    "__ow_method": "post",
    "__ow_query": "name=Jane",
    "__ow_body": "eyJuYW1lIjoiSmFuZSJ9",
    "__ow_headers": {
        "accept": "*/*",
        "connection": "close",
        "content-length": "15",
        "content-type": "application/json",
        "host": "172.17.0.1",
        "user-agent": "curl/7.43.0"
    },
    "__ow_path": ""
}"#;

#[tokio::test]
async fn the_published_example_is_the_request_that_it_was() {
    let request = WebAction.decode(PUBLISHED.as_bytes()).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "/?name=Jane");
    assert_eq!(request.headers()["host"], "172.17.0.1");
    assert!(request.extensions().get::<RebuiltQuery>().is_some());
    assert_eq!(content(request).await, &br#"{"name":"Jane"}"#[..]);
}

#[tokio::test]
async fn text_is_told_as_it_is_and_parameters_of_the_action_are_passed_over() {
    let arguments = r#"{"greeting":"hi","__ow_method":"put","__ow_query":"","__ow_path":"/a%2Fb|c d",
        "__ow_headers":{"content-type":"text/plain"},"__ow_body":"AAAA","__ow_user":"guest"}"#;
    let request = WebAction.decode(arguments.as_bytes()).unwrap();
    assert_eq!(request.uri(), "/a%2Fb|c%20d");
    assert!(request.extensions().get::<RebuiltQuery>().is_none());
    assert_eq!(content(request).await, &b"AAAA"[..]);
}

#[test]
fn fields_keep_the_order_in_which_they_were_told() {
    let arguments =
        r#"{"__ow_method":"get","__ow_query":"","__ow_headers":{"y":"2","x":"1","z":"3"}}"#;
    let request = WebAction.decode(arguments.as_bytes()).unwrap();
    let names: Vec<_> = request.headers().keys().collect();
    assert_eq!(names, ["y", "x", "z"]);
}

#[test]
fn what_is_no_raw_request_says_what_is_wrong() {
    for (arguments, expected) in [
        ("{}", "no events"),
        ("[]", "not those of a web action"),
        (r#"["get",{},"/","",""]"#, "not those of a web action"),
        (r#"{"__ow_method":"get"}"#, "--web raw"),
        (r#"{"__ow_method":"","__ow_query":""}"#, "__ow_method"),
        (
            r#"{"__ow_method":"get","__ow_query":"","__ow_path":"a"}"#,
            "__ow_path or __ow_query is malformed",
        ),
        (
            r#"{"__ow_method":"get","__ow_query":"","__ow_headers":{"a b":""}}"#,
            "the header field \"a b\" is malformed",
        ),
        (
            r#"{"__ow_method":"get","__ow_query":"","__ow_body":"???"}"#,
            "__ow_body",
        ),
    ] {
        let error = WebAction.decode(arguments.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

fn encoded(content_type: Option<&str>, content: &[u8]) -> Result<serde_json::Value> {
    let mut response = Response::new(Bytes::copy_from_slice(content));
    let headers = response.headers_mut();
    if let Some(declared) = content_type {
        headers.insert("content-type", declared.parse().unwrap());
    }
    headers.append("set-cookie", "a=1".parse().unwrap());
    headers.append("set-cookie", "b=2".parse().unwrap());
    let answer = WebAction.encode(response)?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

#[test]
fn several_values_are_a_list_and_content_travels_as_its_type_says() {
    let answer = encoded(Some("text/plain"), "caf\u{e9}".as_bytes()).unwrap();
    assert_eq!(
        answer["headers"]["set-cookie"],
        serde_json::json!(["a=1", "b=2"])
    );
    assert_eq!(answer["body"], "caf\u{e9}");
    for (declared, expected) in [
        (Some("application/json"), "application/json"),
        (Some("image/png"), "image/png"),
        (None, "application/octet-stream"),
    ] {
        let answer = encoded(declared, b"{}").unwrap();
        assert_eq!(answer["headers"]["content-type"], expected);
        assert_eq!(answer["body"], "e30=");
    }
}

#[test]
fn what_cannot_travel_is_refused() {
    let error = encoded(Some("text/plain"), b"\xff").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let large = vec![b'x'; 800_000];
    let error = encoded(Some("image/png"), &large).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}
