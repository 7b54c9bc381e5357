//! What API Gateway's REST APIs make of requests and answers, and its HTTP APIs with payload format 1.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
//!
//! Header names are as the client sent them; of each name there is the last value, and all of them. Queries are decoded
//! into keys and values. All content is Base64, as where `binaryMediaTypes` is `*/*`. REST APIs pass the path on as the
//! client sent it, without the stage; HTTP APIs decode it.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{API, CLIENT, all, bytes, content, last, malformed, raw_pairs, set_content, split};
use crate::Failure;
use crate::door::{WireRequest, WireResponse};

/// Of a REST API.
pub(super) fn event(request: &WireRequest) -> Value {
    let path = split(&request.target).0;
    let whole = match &request.stage {
        Some(stage) => format!("/{stage}{path}"),
        None => path.to_owned(),
    };
    of(request, path, &whole)
}

/// Of an HTTP API.
pub(super) fn of_http_api(request: &WireRequest) -> Value {
    let path = percent_decode_str(split(&request.target).0).decode_utf8_lossy();
    let path = path.split('?').next().unwrap_or_default();
    let whole = match &request.stage {
        Some(stage) => format!("/{stage}{path}"),
        None => path.to_owned(),
    };
    let mut event = of(request, &whole, &whole);
    event["version"] = "1.0".into();
    event["resource"] = "$default".into();
    event
}

fn of(request: &WireRequest, path: &str, whole: &str) -> Value {
    let host = ("Host".to_owned(), API.to_owned());
    let has_host = request.headers.iter().any(|(name, _)| name == "host");
    let given = request.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value).into_owned();
        (name.clone(), value)
    });
    let headers: Vec<_> = given.chain((!has_host).then_some(host)).collect();
    let query: Vec<_> = raw_pairs(split(&request.target).1)
        .map(|(key, value)| (decoded(&key), decoded(&value)))
        .collect();
    let mut event = json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": request.method,
        "headers": last(headers.clone()),
        "multiValueHeaders": all(headers),
        "queryStringParameters": some(last(query.clone())),
        "multiValueQueryStringParameters": some(all(query)),
        "pathParameters": { "proxy": path.trim_start_matches('/') },
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": API,
            "domainPrefix": "a1b2c3d4e5",
            "httpMethod": request.method,
            "identity": { "sourceIp": CLIENT.to_string(), "userAgent": "isobar-conformance" },
            "path": whole,
            "protocol": "HTTP/1.1",
            "requestId": "JKJaXmPLvHcESHA=",
            "resourcePath": "/{proxy+}",
            "stage": request.stage.as_deref().unwrap_or("$default"),
        },
        "body": null,
        "isBase64Encoded": false,
    });
    set_content(&mut event, request, false);
    event
}

fn some(members: Map<String, Value>) -> Option<Map<String, Value>> {
    Some(members).filter(|members| !members.is_empty())
}

fn decoded(part: &str) -> String {
    let spaced = part.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Anything else in an answer is refused by the gateway, with 502.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    multi_value_headers: Map<String, Value>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that the gateway sends for an answer: both kinds of headers, each pair of name and value once.
pub(super) fn response(answer: &[u8]) -> Result<WireResponse, Failure> {
    let malformed = malformed("payload format 1.0", answer);
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| malformed(&error))?;
    let mut headers = values(&answer.multi_value_headers);
    for (name, value) in &answer.headers {
        let field = bytes(value).map(|value| (name.to_ascii_lowercase(), value));
        let field = field.ok_or_else(|| malformed(&"a header is no text"))?;
        if !headers.contains(&field) {
            headers.push(field);
        }
    }
    let text = answer.body.unwrap_or_default();
    let body = content(text, answer.is_base64_encoded).map_err(|error| malformed(&error))?;
    Ok(WireResponse {
        status: answer.status_code,
        headers,
        body,
    })
}

/// The values of headers that have lists of them.
pub(super) fn values(headers: &Map<String, Value>) -> Vec<(String, Vec<u8>)> {
    let lists = headers
        .iter()
        .filter_map(|(name, values)| Some((name.to_ascii_lowercase(), values.as_array()?)));
    let fields = lists.flat_map(|(name, values)| {
        let values = values.iter().filter_map(bytes);
        values.map(move |value| (name.clone(), value))
    });
    fields.collect()
}
