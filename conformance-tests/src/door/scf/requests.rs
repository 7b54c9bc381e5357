//! What Tencent's API Gateway makes of requests and of integration responses.
//!
//! <https://www.tencentcloud.com/document/product/583/12513>
//!
//! Of fields of one name the last is told, and queries as keys and values, of one key as a list. Content is Base64 unless it
//! is text by its type, as where an API has `isBase64Encoded` with rules for the others. Names of fields are in lower case.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::door::damage::NO_BASE64;
use crate::door::{WireRequest, WireResponse};

/// The address of every client.
pub(super) const CLIENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 9);

pub(super) fn event(request: &WireRequest) -> Value {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let mut headers = Map::new();
    let host = "service-3ei3tii4-251000691.ap-guangzhou.apigw.tencentcs.com";
    let stage = request.stage.as_deref().unwrap_or("release");
    headers.insert("host".to_owned(), host.into());
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value).into_owned();
        headers.insert(name.to_ascii_lowercase(), value.into());
    }
    let text = std::str::from_utf8(&request.body).ok();
    let text = text.filter(|_| is_text(&headers));
    let body = text.map_or_else(|| STANDARD.encode(&request.body), str::to_owned);
    json!({
        "requestContext": {
            "serviceId": "service-f94sy04v",
            "path": "/",
            "httpMethod": "ANY",
            "identity": {},
            "sourceIp": CLIENT.to_string(),
            "stage": stage,
        },
        "headers": headers,
        "body": body,
        "isBase64Encoded": text.is_none(),
        "pathParameters": {},
        "queryStringParameters": {},
        "headerParameters": {},
        "stageVariables": { "stage": stage },
        "path": path,
        "queryString": pairs(query),
        "httpMethod": request.method,
    })
}

/// A request with content that is not the Base64 that it is said to be.
pub(super) fn damaged() -> Value {
    let request = WireRequest::new("POST", "/damaged")
        .header("content-type", "application/octet-stream")
        .body([0, 255]);
    let mut event = event(&request);
    event["body"] = NO_BASE64.into();
    event
}

fn is_text(headers: &Map<String, Value>) -> bool {
    let declared = headers.get("content-type").and_then(Value::as_str);
    declared.is_some_and(|declared| {
        declared.starts_with("text/") || declared.starts_with("application/json")
    })
}

/// Decoded keys with their values, several in a list.
fn pairs(query: &str) -> Map<String, Value> {
    let mut all = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = Value::from(decoded(value));
        let earlier = all.remove(&decoded(key));
        let told = match earlier {
            None => value,
            Some(Value::Array(mut values)) => {
                values.push(value);
                values.into()
            }
            Some(first) => json!([first, value]),
        };
        all.insert(decoded(key), told);
    }
    all
}

fn decoded(part: &str) -> String {
    let spaced = part.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Anything else in an answer is refused by the gateway.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answer {
    is_base64_encoded: bool,
    status_code: u16,
    headers: Map<String, Value>,
    body: String,
}

/// The response that a client gets for an answer.
pub(super) fn response(answer: &[u8]) -> Result<WireResponse, Failure> {
    let shown = || String::from_utf8_lossy(answer.get(..300).unwrap_or(answer)).into_owned();
    let malformed = |why: &str| {
        let message = format!("the answer is no integration response: {why}: {}", shown());
        Failure::new(message)
    };
    let told: Answer =
        serde_json::from_slice(answer).map_err(|error| malformed(&error.to_string()))?;
    let mut headers = Vec::new();
    for (name, value) in told.headers {
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        for value in values {
            let value = value
                .as_str()
                .ok_or_else(|| malformed("a field is no text"))?;
            headers.push((name.to_ascii_lowercase(), value.as_bytes().to_vec()));
        }
    }
    let body = if told.is_base64_encoded {
        let decoded = STANDARD.decode(told.body);
        decoded.map_err(|error| malformed(&error.to_string()))?
    } else {
        told.body.into_bytes()
    };
    Ok(WireResponse {
        status: told.status_code,
        headers,
        body,
    })
}
