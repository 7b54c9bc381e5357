//! The events that API Gateway's HTTP APIs and Lambda's function URLs make of requests, and the
//! responses they make of answers: payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//!
//! Header names are in lower case; values of one name are joined with commas; cookies are taken
//! out into a list; content that is not text is Base64. Function URLs pass the path on as the client sent it; HTTP
//! APIs decode it (decision record 0070).

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{API, CLIENT, bytes, content, has_text_type, malformed, set_content, split};
use crate::Failure;
use crate::door::{WireRequest, WireResponse};

const URL: &str = "a1b2c3d4e5.lambda-url.us-east-1.on.aws";

/// Of a function URL, which has no stages.
pub(super) fn of_function_url(request: &WireRequest) -> Value {
    match request.stage {
        Some(_) => of_http_api(request),
        None => event(request, URL, split(&request.target).0),
    }
}

/// Of an HTTP API.
pub(super) fn of_http_api(request: &WireRequest) -> Value {
    let path = split(&request.target).0;
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let decoded = decoded.split('?').next().unwrap_or_default();
    match &request.stage {
        Some(stage) => event(request, API, &format!("/{stage}{decoded}")),
        None => event(request, API, decoded),
    }
}

fn event(request: &WireRequest, domain: &str, raw_path: &str) -> Value {
    let query = split(&request.target).1;
    let stage = request.stage.as_deref().unwrap_or("$default");
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": headers(request, domain),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": domain,
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
    set_content(&mut event, request, has_text_type(request));
    event
}

fn headers(request: &WireRequest, domain: &str) -> Map<String, Value> {
    let mut headers: Map<String, Value> = Map::new();
    headers.insert("host".to_owned(), domain.into());
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
    let malformed = malformed("payload format 2.0", answer);
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| malformed(&error))?;
    let headers = fields(&answer).ok_or_else(|| malformed(&"a header is no text"))?;
    let text = answer.body.unwrap_or_default();
    let body = content(text, answer.is_base64_encoded).map_err(|error| malformed(&error))?;
    Ok(WireResponse {
        status: answer.status_code,
        headers,
        body,
    })
}

/// The headers of the response, its cookies last; nothing where one is no text.
fn fields(answer: &Answer) -> Option<Vec<(String, Vec<u8>)>> {
    let headers = answer.headers.iter();
    let headers = headers.map(|(name, value)| Some((name.to_ascii_lowercase(), bytes(value)?)));
    let cookies = answer.cookies.iter();
    let cookies =
        cookies.map(|cookie| Some(("set-cookie".to_owned(), cookie.clone().into_bytes())));
    headers.chain(cookies).collect()
}

/// Whether the head of a streamed response is whole.
pub(super) fn has_head(begun: &[u8]) -> bool {
    begun.windows(8).any(|window| window == [0; 8])
}

/// The response that the gateway sends while an answer is streamed: a head in JSON, eight zero bytes, the content.
pub(super) fn streamed(answer: &[u8]) -> Result<WireResponse, Failure> {
    let malformed = malformed("a streamed response", answer);
    let end = answer.windows(8).position(|window| window == [0; 8]);
    let end = end.ok_or_else(|| malformed(&"nothing ends its head"))?;
    let (head, rest) = answer.split_at(end);
    let head: Answer = serde_json::from_slice(head).map_err(|error| malformed(&error))?;
    let headers = fields(&head).ok_or_else(|| malformed(&"a header is no text"))?;
    Ok(WireResponse {
        status: head.status_code,
        headers,
        body: rest.get(8..).unwrap_or_default().to_vec(),
    })
}
