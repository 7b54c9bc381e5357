//! Invocations as the host writes them, and answers as it reads them.

use http_body_util::BodyExt as _;

use super::*;

fn opened(req: &str) -> Result<Request> {
    let sys =
        r#""sys":{"MethodName":"notes","UtcNow":"2026-11-30T03:00:00Z","RandGuid":"24ad4c06"}"#;
    let invocation = format!(r#"{{"Data":{{"req":{req}}},"Metadata":{{{sys}}}}}"#);
    let parts = http::Request::new(()).into_parts().0;
    Invocation.open(&parts, invocation.into())
}

async fn content_of(request: Request) -> Bytes {
    request.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn a_request_is_what_the_host_says_of_it() {
    let request = opened(
        r#"{"Url":"https://notes.example/notes/a%20b?x=1&x=%C3%A9","Method":"PUT","Query":"{\"x\":\"1,\u00e9\"}",
            "Headers":{"Host":["notes.example"],"Content-Type":["text/plain"],"Content-Length":["5"],
            "X-List":["a","b, c"],"X-Forwarded-For":["198.51.100.7:50123"]},
            "Params":{},"Identities":"[]","Body":"caf\u00e9"}"#,
    )
    .unwrap();
    assert_eq!(request.method(), "PUT");
    assert_eq!(request.uri(), "/notes/a%20b?x=1&x=%C3%A9");
    let list: Vec<_> = request.headers().get_all("x-list").iter().collect();
    assert_eq!(list, ["a", "b, c"]);
    assert_eq!(request.headers()["host"], "notes.example");
    assert_eq!(request.headers()["content-length"], "5");
    assert_eq!(content_of(request).await, "café");
}

#[test]
fn a_target_may_have_what_clients_do_not_escape() {
    let request = opened(r#"{"Url":"https://notes.example/a?x=<\"b\">","Method":"GET"}"#);
    assert_eq!(request.unwrap().uri(), "/a?x=%3C%22b%22%3E");
    for (url, target) in [("", "/"), ("?x=1", "/?x=1"), ("#x", "/"), ("/a?", "/a?")] {
        let req = format!(r#"{{"Url":"https://notes.example{url}","Method":"GET"}}"#);
        assert_eq!(opened(&req).unwrap().uri(), target, "{url}");
    }
    let kind = |req: &str| opened(req).unwrap_err().kind();
    let wrong = kind(r#"{"Url":"https://notes.example/a b","Method":"GET"}"#);
    assert_eq!(wrong, ErrorKind::Unsupported);
    assert_eq!(kind("null"), ErrorKind::InvalidArgument);
}

#[track_caller]
fn check_content(content_type: &str, body: &str, expected: Option<&[u8]>) {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]);
    let body: Value = serde_json::from_str(body).unwrap();
    let content = content(Some(body), &headers).ok();
    assert_eq!(content.as_deref(), expected, "{content_type}");
}

#[test]
fn content_is_bytes_where_the_host_reads_bytes() {
    check_content("application/octet-stream", r#""AP8=""#, Some(&[0, 255]));
    let form = "Multipart/form-data; boundary=x";
    check_content(form, r#""AP8=""#, Some(&[0, 255]));
    check_content("application/octet-stream", r#""*""#, None);
    check_content("text/plain", r#""AP8=""#, Some(b"AP8="));
    check_content("application/json", r#"{"a":1}"#, Some(br#"{"a":1}"#));
    check_content("application/json", r#""{\"a\":1}""#, Some(br#"{"a":1}"#));
    check_content("text/plain", "null", Some(b""));
}

#[test]
fn what_is_no_request_is_refused_and_says_why() {
    for (req, expected) in [
        ("null", "Data.req"),
        (r#"{"Url":"/a"}"#, "Data.req"),
        (r#"{"Url":"https://h/a b","Method":"GET"}"#, "its Url"),
        (r#"{"Url":"https://h/","Method":"G T"}"#, "its Method"),
        (
            r#"{"Url":"https://h/","Method":"GET","Headers":{"a b":["c"]}}"#,
            "a b",
        ),
        (
            r#"{"Url":"https://h/","Method":"GET","Headers":{"a":["c\n"]}}"#,
            "\"a\"",
        ),
        (
            r#"{"Url":"https://h/","Method":"GET","Headers":{"a":[1]}}"#,
            "\"a\"",
        ),
    ] {
        let error = opened(req).unwrap_err();
        let kind = if expected == "Data.req" {
            ErrorKind::InvalidArgument
        } else {
            ErrorKind::Unsupported
        };
        assert_eq!(error.kind(), kind, "{req}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

async fn sealed(response: http::Response<Bytes>) -> Result<Value> {
    let answer = Invocation.seal(&response)?;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let content = answer.into_body().collect().await.unwrap().to_bytes();
    Ok(serde_json::from_slice(&content).unwrap())
}

#[tokio::test]
async fn a_response_has_its_status_and_fields_in_the_output() {
    let response = http::Response::builder()
        .status(404)
        .header("content-type", "text/plain; charset=utf-8")
        .header("content-length", "5")
        .header("set-cookie", "a=1")
        .header("vary", "a")
        .header("vary", "b");
    let answer = sealed(response.body("café".into()).unwrap()).await.unwrap();
    let res = &answer["Outputs"]["res"];
    assert_eq!(res["statusCode"], "404");
    assert_eq!(res["body"], "café");
    let expected = json!({
        "content-type": "text/plain; charset=utf-8",
        "set-cookie": "a=1",
        "vary": "a, b",
    });
    assert_eq!(res["headers"], expected);
    assert_eq!(answer["Logs"], json!([]));
}

#[tokio::test]
async fn what_the_host_would_change_is_not_handed_to_it() {
    let cookies = http::Response::builder()
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2")
        .body(Bytes::new());
    let bytes = http::Response::new(Bytes::from_static(&[0, 255]));
    let field = http::Response::builder()
        .header("x-name", HeaderValue::from_bytes(b"caf\xe9").unwrap())
        .body(Bytes::new());
    for response in [cookies.unwrap(), bytes, field.unwrap()] {
        let error = sealed(response).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn a_mode_that_is_none_is_named() {
    let mode = |value: &'static str| {
        HttpMode::from_variables(&move |name| (name == HTTP_MODE).then(|| value.to_owned()))
    };
    assert_eq!(mode("").unwrap(), HttpMode::Forwarded);
    assert_eq!(mode("FORWARDED").unwrap(), HttpMode::Forwarded);
    assert_eq!(mode("INVOKED").unwrap(), HttpMode::Invoked);
    let error = mode("invoked").unwrap_err().to_string();
    assert!(error.contains(HTTP_MODE), "{error}");
}
