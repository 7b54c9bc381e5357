//! What a front door sends reaches the handler to the byte (cases G-200 to G-208, G-250).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{echo, event, get, seen};

#[tokio::test]
async fn paths_and_queries_reach_the_handler_as_they_were_sent() {
    let function = echo().await;
    for path in [
        "/a%2Fb",
        "/a%25b",
        "/a+b",
        "/a%20b",
        "//a",
        "/./a",
        "/a/../b",
        "/a;b=c",
        "/%F0%9F%98%80",
    ] {
        let seen = seen(&function, get(path)).await;
        assert_eq!(seen["uri"], path);
        assert_eq!(seen["original"], path);
    }
    for query in ["a=1&a=2", "a=", "a", "a[]=1", "q=%2B+%20"] {
        let event = event(&[("rawQueryString", query.into())]);
        assert_eq!(seen(&function, event).await["uri"], format!("/?{query}"));
    }
    let long = format!("/{}", "x".repeat(8_191));
    assert_eq!(seen(&function, get(&long)).await["uri"], long);
}

#[tokio::test]
async fn the_stage_is_stripped_and_the_original_kept() {
    let function = echo().await;
    let event = event(&[
        ("rawPath", "/prod/a b".into()),
        (
            "requestContext",
            json!({
                "domainName": "id.execute-api.eu-central-1.amazonaws.com",
                "http": { "method": "GET" },
                "stage": "prod",
            }),
        ),
    ]);
    let seen = seen(&function, event).await;
    assert_eq!(
        (&seen["uri"], &seen["original"]),
        (&json!("/a%20b"), &json!("/prod/a%20b"))
    );
}

#[tokio::test]
async fn headers_cookies_and_methods_reach_the_handler() {
    let function = echo().await;
    let fifty: Vec<_> = (0..50).map(|n| format!("c{n}=\"{n}=\"")).collect();
    for cookies in [vec![], vec!["a=1".to_owned()], fifty] {
        let event = event(&[
            ("cookies", json!(cookies)),
            ("headers", json!({ "x-many": "1,2, 3", "x-empty": "" })),
        ]);
        let mut expected = vec![json!(["x-many", "1,2, 3"]), json!(["x-empty", ""])];
        if !cookies.is_empty() {
            expected.push(json!(["cookie", cookies.join("; ")]));
        }
        assert_eq!(
            seen(&function, event).await["headers"],
            Value::Array(expected)
        );
    }
    for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PURGE"] {
        let context = json!({ "http": { "method": method }, "stage": "$default" });
        let event = event(&[("requestContext", context)]);
        assert_eq!(seen(&function, event).await["method"], method);
    }
}

#[tokio::test]
async fn bodies_reach_the_handler_to_the_byte() {
    let function = echo().await;
    let all: Vec<u8> = (0..=255).collect();
    let large = vec![b'\xfe'; 1_024 * 1_024];
    for body in [Vec::new(), all, "\u{feff}{}".into(), large] {
        let event = event(&[
            ("body", STANDARD.encode(&body).into()),
            ("isBase64Encoded", true.into()),
        ]);
        let seen = seen(&function, event).await;
        let echoed = STANDARD.decode(seen["body"].as_str().unwrap()).unwrap();
        assert!(echoed == body, "{} bytes", body.len());
    }
    let text = event(&[("body", "text\u{0}ü".into())]);
    assert_eq!(
        seen(&function, text).await["body"],
        STANDARD.encode("text\u{0}ü")
    );
}

#[tokio::test]
async fn the_invocations_id_and_time_are_those_of_lambda() {
    let function = echo().await;
    let seen = seen(&function, get("/")).await;
    assert_eq!(seen["id"], "invocation-0");
    assert_eq!(seen["hasDeadline"], true);
    assert_eq!(seen["greeting"], "hello");
}
