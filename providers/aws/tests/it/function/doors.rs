//! REST APIs and load balancers through a process; what of a request no door would let through; traces; several
//! invocations at once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{answer, echo, event, get, seen};
use crate::runtime_api::{Function, Reply};

fn rest(path: &str) -> Value {
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "POST",
        "headers": { "X-List": "b" },
        "multiValueHeaders": { "X-List": ["a", "b"] },
        "multiValueQueryStringParameters": { "a": ["1", "ü"] },
        "pathParameters": { "proxy": path.trim_start_matches('/') },
        "requestContext": { "path": format!("/prod{path}"), "stage": "prod" },
        "body": "AP8=",
        "isBase64Encoded": true,
    })
}

fn balanced(path: &str, headers: &str) -> Value {
    let mut event = json!({
        "requestContext": { "elb": { "targetGroupArn": "arn" } },
        "httpMethod": "GET",
        "path": path,
        "body": "",
        "isBase64Encoded": false,
    });
    event[headers] = json!({});
    event
}

#[tokio::test]
async fn a_request_through_a_rest_api_reaches_the_handler() {
    let function = echo().await;
    let event = rest("/a%2Fb").to_string().into_bytes();
    let answer = answer(&function, event).await;
    assert_eq!(answer["headers"], Value::Null, "{answer}");
    assert_eq!(
        answer["multiValueHeaders"]["content-type"],
        json!(["application/json"])
    );
    let seen: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(seen["uri"], "/a%2Fb?a=1&a=%C3%BC");
    assert_eq!(seen["original"], "/prod/a%2Fb?a=1&a=%C3%BC");
    assert_eq!(seen["headers"], json!([["x-list", "a"], ["x-list", "b"]]));
    assert_eq!(
        (&seen["method"], &seen["body"]),
        (&json!("POST"), &json!("AP8="))
    );
}

#[tokio::test]
async fn a_load_balancer_is_answered_in_the_mode_of_its_event() {
    let function = echo().await;
    let single = balanced("/cookies", "headers").to_string();
    let single = answer(&function, single.into_bytes()).await;
    assert_eq!(single["statusDescription"], "200 OK");
    assert_eq!(single["headers"]["Set-cookie"], "b=2");
    assert_eq!(single["multiValueHeaders"], Value::Null);
    let multi = balanced("/cookies", "multiValueHeaders").to_string();
    let multi = answer(&function, multi.into_bytes()).await;
    assert_eq!(
        multi["multiValueHeaders"]["set-cookie"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(multi["headers"], Value::Null);
}

#[tokio::test]
async fn a_response_that_a_load_balancer_would_not_pass_on_is_a_502_that_says_so() {
    let function = echo().await;
    for (size, status) in [(1_000_000, 200), (1_048_576, 502), (5_000_000, 502)] {
        let event = balanced(&format!("/large/{size}"), "headers").to_string();
        let answer = answer(&function, event.into_bytes()).await;
        assert_eq!(answer["statusCode"], status, "{size}");
    }
}

#[tokio::test]
async fn what_a_door_would_not_let_through_is_refused_as_everywhere() {
    let function = echo().await;
    let mut large = balanced("/", "headers");
    large["body"] = "x".repeat(1_048_577).into();
    let mut wide = rest("/");
    wide["multiValueHeaders"]["x-wide"] = json!(["v".repeat(17_000), "v".repeat(17_000)]);
    let mut wider = balanced("/", "headers");
    wider["headers"]["x-wide"] = "v".repeat(33_000).into();
    let long = balanced(&format!("/{}", "p".repeat(8_192)), "headers");
    for (event, status, code) in [
        (large, 413, "body_too_large"),
        (wide, 431, "head_too_large"),
        (wider, 431, "head_too_large"),
        (long, 414, "target_too_long"),
    ] {
        let answer = answer(&function, event.to_string().into_bytes()).await;
        assert_eq!(answer["statusCode"], status);
        let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(
            (&problem["code"], &problem["failed"]),
            (&json!(code), &json!("client"))
        );
        assert!(
            problem["requestId"]
                .as_str()
                .unwrap()
                .starts_with("invocation-")
        );
    }
}

#[tokio::test]
async fn a_websocket_api_is_refused_and_the_function_goes_on() {
    let function = echo().await;
    let context = json!({ "connectionId": "x=", "eventType": "CONNECT", "routeKey": "$connect" });
    let event = json!({ "requestContext": context, "isBase64Encoded": false }).to_string();
    let refused = answer(&function, event.into_bytes()).await;
    assert_eq!(refused["statusCode"], 501, "{refused}");
    let problem: Value = serde_json::from_str(refused["body"].as_str().unwrap()).unwrap();
    assert_eq!(problem["code"], "websocket_unsupported");
    assert_eq!(
        answer(&function, get("/status/200")).await["statusCode"],
        200
    );
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_in_the_form_of_its_door_and_the_function_goes_on() {
    let function = echo().await;
    let mut options = balanced("*", "headers");
    options["httpMethod"] = "OPTIONS".into();
    let refused = answer(&function, options.to_string().into_bytes()).await;
    assert_eq!(refused["statusDescription"], "400 Bad Request", "{refused}");
    let problem: Value = serde_json::from_str(refused["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&problem["code"], &problem["failed"]),
        (&json!("request_malformed"), &json!("client"))
    );
    let mut field = rest("/");
    field["multiValueHeaders"]["a b"] = json!(["1"]);
    let refused = answer(&function, field.to_string().into_bytes()).await;
    assert_eq!(refused["statusCode"], 400, "{refused}");
    assert_eq!(
        answer(&function, get("/status/200")).await["statusCode"],
        200
    );
}

#[tokio::test]
async fn the_client_is_whom_the_door_names_unless_proxies_stand_before_it() {
    let forwarded = "192.0.2.66, 203.0.113.9, 198.51.100.7";
    let through_url = event(&[("headers", json!({ "x-forwarded-for": forwarded }))]);
    let context = json!({ "stage": "$default", "domainName": "api.example.org",
        "http": { "method": "GET", "sourceIp": "198.51.100.7" } });
    let through =
        |headers: Value| event(&[("headers", headers), ("requestContext", context.clone())]);
    let through_api = through(json!({ "x-forwarded-for": forwarded }));
    let mut through_balancer = balanced("/", "headers");
    through_balancer["headers"]["x-forwarded-for"] = forwarded.into();
    let through_balancer = through_balancer.to_string().into_bytes();
    let own = echo().await;
    let two = [("ECHO_GREETING", "hello"), ("ISOBAR_TRUSTED_HOPS", "2")];
    let behind = Function::start(&two).await;
    for (function, event, expected) in [
        (&own, through_api.clone(), "198.51.100.7"),
        (&own, through_balancer.clone(), "198.51.100.7"),
        (&behind, through_api, "203.0.113.9"),
        (&behind, through_balancer, "203.0.113.9"),
        (&behind, through(json!({})), "198.51.100.7"),
        // A URL keeps what clients write there.
        (&behind, through_url, "192.0.2.1"),
    ] {
        assert_eq!(seen(function, event).await["remote"], expected);
    }
}

#[tokio::test]
async fn the_segment_of_x_ray_is_the_trace_of_w3c() {
    let function = echo().await;
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let told = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    let Reply::Response(answer) = function.invoke_traced(get("/"), trace).await else {
        panic!("no response")
    };
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let headers = body["headers"].as_array().unwrap();
    assert!(
        headers.contains(&json!(["traceparent", told])),
        "{headers:?}"
    );
    let own = event(&[("headers", json!({ "traceparent": "00-mine" }))]);
    assert_eq!(
        seen(&function, own).await["headers"],
        json!([["traceparent", "00-mine"]])
    );
}

#[tokio::test]
async fn as_many_invocations_run_at_once_as_lambda_says() {
    let concurrency = ("AWS_LAMBDA_MAX_CONCURRENCY", "4");
    let function = Function::start(&[("ECHO_GREETING", "hello"), concurrency]).await;
    // The process is there, and so is its runtime.
    assert_eq!(
        answer(&function, get("/status/200")).await["statusCode"],
        200
    );
    let slow = || answer(&function, get("/slow/1500"));
    let begun = Instant::now();
    let (one, two, three, four) = tokio::join!(slow(), slow(), slow(), slow());
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    for answer in [one, two, three, four] {
        assert_eq!(answer["body"], "done");
    }
}
