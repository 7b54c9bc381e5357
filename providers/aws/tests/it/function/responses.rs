//! What a handler answers reaches the front door (cases G-101 to G-104, G-220 to G-229).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{answer, echo, event, get};

#[tokio::test]
async fn every_status_is_passed_on() {
    let function = echo().await;
    for status in [
        200, 204, 226, 299, 301, 304, 400, 404, 418, 429, 500, 503, 599,
    ] {
        let answer = answer(&function, get(&format!("/status/{status}"))).await;
        assert_eq!(answer["statusCode"], status);
        assert_eq!(answer["body"], "");
    }
}

#[tokio::test]
async fn cookies_stay_apart_and_hop_by_hop_fields_stay_behind() {
    let function = echo().await;
    let answer = answer(&function, get("/cookies")).await;
    assert_eq!(
        answer["cookies"],
        json!([
            "a=1; Path=/",
            "b=2",
            "c=3; Expires=Wed, 21 Oct 2026 07:28:00 GMT"
        ])
    );
    assert_eq!(
        answer["headers"],
        json!({ "vary": "x, x, x", "content-length": "0", "x-request-id": "invocation-0" })
    );
}

#[tokio::test]
async fn the_same_bytes_come_back_for_any_content_type() {
    let function = echo().await;
    let all: Vec<u8> = (0..=255).collect();
    for body in [b"plain".to_vec(), "ümläut".into(), all] {
        for (kind, encoding) in [
            (Some("text/plain"), None),
            (Some("text/html; charset=iso-8859-1"), None),
            (Some("text/html"), Some("gzip")),
            (Some("application/json"), None),
            (Some("image/png"), None),
            (None, None),
        ] {
            let headers = json!({ "answer-type": kind, "answer-encoding": encoding });
            let headers: Value = without_nulls(headers);
            let event = event(&[
                ("rawPath", "/bytes".into()),
                ("headers", headers),
                ("body", STANDARD.encode(&body).into()),
                ("isBase64Encoded", true.into()),
            ]);
            let answer = answer(&function, event).await;
            assert_eq!(decoded(&answer), body, "{kind:?} {encoding:?}");
        }
    }
}

fn without_nulls(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

fn decoded(answer: &Value) -> Vec<u8> {
    let body = answer["body"].as_str().expect("text");
    if answer["isBase64Encoded"] == true {
        STANDARD.decode(body).expect("base64")
    } else {
        body.as_bytes().to_vec()
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let function = echo().await;
    let context = json!({ "http": { "method": "HEAD" }, "stage": "$default" });
    let event = event(&[("requestContext", context), ("rawPath", "/large/5".into())]);
    let answer = answer(&function, event).await;
    assert_eq!(answer["body"], "");
    assert_eq!(answer["headers"]["content-length"], "5");
}

#[tokio::test]
async fn a_panic_is_one_500_with_the_requests_id_and_the_process_goes_on() {
    let function = echo().await;
    let panicked = answer(&function, get("/panic")).await;
    assert_eq!(panicked["statusCode"], 500);
    assert_eq!(panicked["headers"]["x-request-id"], "invocation-0");
    assert!(!panicked["body"].as_str().unwrap().contains("panicked"));
    assert_eq!(answer(&function, get("/")).await["statusCode"], 200);
}

#[tokio::test]
async fn a_response_that_is_too_large_is_a_502_that_says_so() {
    let function = echo().await;
    let fits = answer(&function, get("/large/6000000")).await;
    assert_eq!(fits["statusCode"], 200);
    for size in [6_291_456, 7_000_000] {
        let refused = answer(&function, get(&format!("/large/{size}"))).await;
        assert_eq!(refused["statusCode"], 502);
        assert_eq!(
            refused["headers"]["content-type"],
            "application/problem+json"
        );
        assert!(
            refused["body"].as_str().unwrap().contains("response"),
            "{refused}"
        );
    }
}
