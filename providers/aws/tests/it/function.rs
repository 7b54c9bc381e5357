//! Lambda: events of a front door through a runtime API to a real process, and back.

mod doors;
mod events;
mod lifecycle;
mod requests;
mod responses;
mod streams;

use serde_json::{Value, json};

use crate::runtime_api::{Function, Reply};

/// The echo, with the setting that it needs.
async fn echo() -> Function {
    Function::start(&[("ECHO_GREETING", "hello")]).await
}

/// An event in payload format 2.0, with some members of its own.
fn event(members: &[(&str, Value)]) -> Vec<u8> {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": { "host": "id.lambda-url.eu-central-1.on.aws" },
        "requestContext": {
            "domainName": "id.lambda-url.eu-central-1.on.aws",
            "http": { "method": "GET", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
            "requestId": "id",
            "stage": "$default",
        },
        "isBase64Encoded": false,
    });
    for (name, value) in members {
        event[*name] = value.clone();
    }
    event.to_string().into_bytes()
}

fn get(path: &str) -> Vec<u8> {
    event(&[("rawPath", path.into())])
}

async fn answer(function: &Function, event: Vec<u8>) -> Value {
    match function.invoke(event).await {
        Reply::Response(answer) => answer,
        Reply::Error { kind, message } => json!({ "error": kind, "message": message }),
        Reply::Stream(stream) => unreachable!("it was streamed: {stream:?}"),
    }
}

/// What the echo has seen.
async fn seen(function: &Function, event: Vec<u8>) -> Value {
    let answer = answer(function, event).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().expect("text")).expect("JSON")
}
