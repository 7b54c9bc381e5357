//! The events that API Gateway's HTTP APIs and Lambda's function URLs make of requests, and the
//! responses they make of answers: payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//!
//! Header names are in lower case; values of one name are joined with commas; cookies are taken
//! out into a list; content that is not text is Base64. The raw path is as the client sent it.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{WireRequest, WireResponse};
use crate::Failure;

/// The address of every client.
pub(super) const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// The event for a request.
pub(super) fn event(request: &WireRequest) -> Value {
    let (path, query) = match request.target.split_once('?') {
        Some((path, query)) => (path, query),
        None => (request.target.as_str(), ""),
    };
    let stage = request.stage.as_deref().unwrap_or("$default");
    let raw_path = match &request.stage {
        Some(stage) => format!("/{stage}{path}"),
        None => path.to_owned(),
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": headers(request),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": request.method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": CLIENT.to_string(),
                "userAgent": "isobar-conformance",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": stage,
            "time": "21/Nov/2026:01:28:00 +0000",
            "timeEpoch": 1_795_224_480_000_u64,
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(request);
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    if !request.body.is_empty() {
        let text = if is_text(request) {
            std::str::from_utf8(&request.body).ok()
        } else {
            None
        };
        event["isBase64Encoded"] = text.is_none().into();
        let body = text.map_or_else(|| STANDARD.encode(&request.body), str::to_owned);
        event["body"] = body.into();
    }
    event
}

fn headers(request: &WireRequest) -> Map<String, Value> {
    let mut headers: Map<String, Value> = Map::new();
    headers.insert(
        "host".to_owned(),
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com".into(),
    );
    let mut given: Vec<&str> = Vec::new();
    for (name, value) in &request.headers {
        let lower = name.to_ascii_lowercase();
        let value = String::from_utf8_lossy(value);
        match headers.get_mut(&lower) {
            _ if lower == "cookie" => continue,
            Some(Value::String(joined)) if given.contains(&name.as_str()) => {
                joined.push(',');
                joined.push_str(&value);
            }
            _ => {
                headers.insert(lower, value.into());
            }
        }
        given.push(name);
    }
    if !request.body.is_empty() {
        let length = request.body.len().to_string();
        headers.insert("content-length".to_owned(), length.into());
    }
    headers
}

fn cookies(request: &WireRequest) -> Vec<String> {
    request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"))
        .flat_map(|(_, value)| {
            let value = String::from_utf8_lossy(value).into_owned();
            value.split("; ").map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

fn is_text(request: &WireRequest) -> bool {
    let mut types = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let declared = types
        .next()
        .map(|(_, value)| String::from_utf8_lossy(value));
    declared.is_some_and(|declared| {
        let media_type = declared.split(';').next().unwrap_or_default().trim();
        media_type.starts_with("text/")
            || [
                "application/json",
                "application/javascript",
                "application/xml",
            ]
            .contains(&media_type)
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that the gateway sends for an answer.
pub(super) fn response(answer: &[u8]) -> Result<WireResponse, Failure> {
    let malformed = |why: &dyn std::fmt::Display| {
        let answer = String::from_utf8_lossy(&answer[..answer.len().min(300)]);
        Failure::new(format!(
            "the answer is not of payload format 2.0: {why}: {answer}"
        ))
    };
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| malformed(&error))?;
    let mut headers = Vec::new();
    for (name, value) in &answer.headers {
        let text = value
            .as_str()
            .ok_or_else(|| malformed(&"a header is no text"))?;
        headers.push((name.to_ascii_lowercase(), text.as_bytes().to_vec()));
    }
    let cookies = answer.cookies.into_iter().map(String::into_bytes);
    headers.extend(cookies.map(|cookie| ("set-cookie".to_owned(), cookie)));
    let text = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded {
        STANDARD.decode(text).map_err(|error| malformed(&error))?
    } else {
        text.into_bytes()
    };
    Ok(WireResponse {
        status: answer.status_code,
        headers,
        body,
    })
}
