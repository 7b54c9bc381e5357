//! Requests by API Gateway, from their events to the answers that the runtime API gets.

use std::future::ready;
use std::time::Instant;

use http::HeaderValue;
use isobar::driver::function::FunctionDescription;
use isobar::function::Outcome;
use isobar::http::Routes;
use isobar::{App, BucketSpec, Environment};
use serde_json::{Value, json};

use super::*;

async fn remote(context: Context) -> String {
    context
        .remote_address()
        .map_or_else(String::new, |address| address.to_string())
}

async fn never() -> &'static str {
    std::future::pending().await
}

const BUCKET: BucketSpec = BucketSpec::new("fanyi");

fn invocations(set: &'static [(&'static str, &'static str)]) -> Invocations {
    let description = FunctionDescription {
        provider: EVENT_FUNCTION.name,
        capabilities: EVENT_FUNCTION.capabilities,
    };
    let environment = Environment::builder(description, Arc::new(clock())).build();
    let routes = Routes::new().get("/never", never).fallback(remote);
    let app = App::new("told", |_: &Environment| Ok(()))
        .routes(routes)
        .on_blob(&BUCKET, |(), _| ready(Ok(Outcome::Ack)));
    let settings = Settings::from_variables(&|name| {
        let found = set.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    Invocations {
        app: app.build(&environment).unwrap(),
        settings: settings.unwrap(),
    }
}

fn event(path: &str, members: &Value) -> Value {
    let mut event = json!({
        "httpMethod": "GET",
        "path": path,
        "headers": { "x-forwarded-for": "192.0.2.66, 203.0.113.9, 198.51.100.7" },
        "requestContext": { "serviceId": "s", "sourceIp": "198.51.100.7" },
    });
    for (name, value) in members.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    event
}

async fn answer(invocations: &Invocations, event: Value) -> Value {
    let mut headers = http::HeaderMap::new();
    headers.insert("time_limit_in_ms", HeaderValue::from_static("60000"));
    let event = event.to_string().into();
    let answer = invocations.run(Invocation { headers, event }).await;
    serde_json::from_slice(&answer.unwrap()).unwrap()
}

/// The status, and the code of a refusal.
async fn refused(invocations: &Invocations, event: Value) -> (u64, String) {
    let answer = answer(invocations, event).await;
    let body = answer["body"].as_str().unwrap();
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or_default();
    (answer["statusCode"].as_u64().unwrap(), code.to_owned())
}

#[tokio::test]
async fn the_configuration_may_give_a_request_less_time_than_scf() {
    let begun = Instant::now();
    let invocations = invocations(&[("ISOBAR_TIMEOUT", "500ms")]);
    let answer = answer(&invocations, event("/never", &Value::Null)).await;
    assert_eq!(answer["statusCode"], 504, "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn the_client_is_whom_api_gateway_names_unless_proxies_stand_before_it() {
    let get = || event("/", &Value::Null);
    let told = answer(&invocations(&[]), get()).await;
    assert_eq!(told["body"], "198.51.100.7");
    let behind = invocations(&[("ISOBAR_TRUSTED_HOPS", "2")]);
    assert_eq!(answer(&behind, get()).await["body"], "203.0.113.9");
    let alone = event("/", &json!({ "headers": {} }));
    assert_eq!(answer(&behind, alone).await["body"], "198.51.100.7");
}

#[tokio::test]
async fn what_a_server_would_not_take_is_refused_in_its_words() {
    let invocations = invocations(&[]);
    let long = format!("/{}", "p".repeat(8_192));
    let wide = json!({ "headers": { "x-wide": "v".repeat(33_000) } });
    let large = json!({ "body": "x".repeat(6 * 1_024 * 1_024 + 1) });
    for (event, status, code) in [
        (event(&long, &Value::Null), 414, "target_too_long"),
        (event("/", &wide), 431, "head_too_large"),
        (event("/", &large), 413, "body_too_large"),
    ] {
        let (found, named) = refused(&invocations, event).await;
        assert_eq!((found, &*named), (status, code));
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_its_clients_fault_and_damaged_content_is_not() {
    let invocations = invocations(&[]);
    let malformed = refused(&invocations, event("*", &Value::Null)).await;
    assert_eq!(malformed, (400, "request_malformed".to_owned()));
    let damaged = event("/", &json!({ "body": "?", "isBase64Encoded": true }));
    let invocation = Invocation {
        headers: http::HeaderMap::new(),
        event: damaged.to_string().into(),
    };
    let error = invocations.run(invocation).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

const COS: &str = include_str!("../events/tests/cos.json");

#[tokio::test]
async fn an_event_of_another_account_than_the_functions_is_not_taken_unless_it_is_named() {
    const OWN: &str = "1309725374";
    for (set, is_taken) in [
        (&[][..], true),
        (&[("TENCENTCLOUD_APPID", OWN)], true),
        (&[("TENCENTCLOUD_APPID", "1")], false),
        (&[("ISOBAR_EVENT_ACCOUNTS", "1")], false),
        (
            &[("TENCENTCLOUD_APPID", "1"), ("ISOBAR_EVENT_ACCOUNTS", OWN)],
            true,
        ),
    ] {
        let invocation = Invocation {
            headers: http::HeaderMap::new(),
            event: COS.into(),
        };
        let refused = invocations(set).run(invocation).await.err();
        let expected = (!is_taken).then_some(ErrorKind::PermissionDenied);
        assert_eq!(refused.map(|error| error.kind()), expected, "{set:?}");
    }
}
