//! What an Application Load Balancer makes of requests and answers, in both modes of its target group.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
//!
//! Header names are in lower case; paths and queries are passed on as the client sent them. Content is Base64 unless
//! its type is one of text and it is not packed. Without `lambda.multi_value_headers.enabled` the last value of a name
//! counts, in requests and responses.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::rest_api::values;
use super::{
    CLIENT, all, bytes, content, has_text_type, header, last, malformed, raw_pairs, set_content,
    split,
};
use crate::Failure;
use crate::door::{WireRequest, WireResponse};

/// What it takes of a function, at most.
const MOST: usize = 1_024 * 1_024;
const FORM: &str = "a target of a load balancer";

pub(super) fn single(request: &WireRequest) -> Value {
    let mut event = event(request);
    event["headers"] = last(headers(request)).into();
    event["queryStringParameters"] = last(raw_pairs(split(&request.target).1)).into();
    event
}

pub(super) fn multi(request: &WireRequest) -> Value {
    let mut event = event(request);
    event["multiValueHeaders"] = all(headers(request)).into();
    event["multiValueQueryStringParameters"] = all(raw_pairs(split(&request.target).1)).into();
    event
}

fn event(request: &WireRequest) -> Value {
    let arn =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/probe/49e9d65c45c6791a";
    let mut event = json!({
        "requestContext": { "elb": { "targetGroupArn": arn } },
        "httpMethod": request.method,
        "path": split(&request.target).0,
        "body": "",
        "isBase64Encoded": false,
    });
    let is_packed = header(request, "content-encoding").is_some();
    set_content(&mut event, request, has_text_type(request) && !is_packed);
    event
}

/// With those that the load balancer adds; its own `X-Forwarded-For` is behind the client's.
fn headers(request: &WireRequest) -> Vec<(String, String)> {
    let forwarded = "x-forwarded-for";
    let given = request.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value).into_owned();
        (name.to_ascii_lowercase(), value)
    });
    let mut headers: Vec<(String, String)> = given.collect();
    let has = |headers: &[(String, String)], name: &str| headers.iter().any(|(own, _)| own == name);
    if !has(&headers, "host") {
        let own = "probe-1234567.us-east-1.elb.amazonaws.com";
        headers.push(("host".to_owned(), own.to_owned()));
    }
    let mut fields = headers.iter_mut().rev();
    match fields.find(|(name, _)| name == forwarded) {
        Some((_, value)) => *value = format!("{value}, {CLIENT}"),
        None => headers.push((forwarded.to_owned(), CLIENT.to_string())),
    }
    headers.push(("x-forwarded-proto".to_owned(), "https".to_owned()));
    headers
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    status_description: String,
    headers: Option<Map<String, Value>>,
    multi_value_headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Of a target group without multi-value headers.
pub(super) fn single_response(answer: &[u8]) -> Result<WireResponse, Failure> {
    let malformed = malformed(FORM, answer);
    let answer = parsed(answer)?;
    if answer.multi_value_headers.is_some() {
        return Err(malformed(&"its headers are of the other mode"));
    }
    let headers = answer.headers.clone().unwrap_or_default();
    let headers = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), bytes(value)?)));
    of(answer, headers.collect())
}

/// Of a target group with multi-value headers.
pub(super) fn multi_response(answer: &[u8]) -> Result<WireResponse, Failure> {
    let malformed = malformed(FORM, answer);
    let answer = parsed(answer)?;
    if answer.headers.is_some() {
        return Err(malformed(&"its headers are of the other mode"));
    }
    let headers = values(&answer.multi_value_headers.clone().unwrap_or_default());
    of(answer, headers)
}

fn parsed(answer: &[u8]) -> Result<Answer, Failure> {
    let malformed = malformed(FORM, answer);
    if answer.len() > MOST {
        return Err(malformed(&"it is larger than 1 MB"));
    }
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| malformed(&error))?;
    let number = format!("{} ", answer.status_code);
    if !answer.status_description.starts_with(&number) {
        return Err(malformed(&"its description is of another status"));
    }
    Ok(answer)
}

fn of(answer: Answer, headers: Vec<(String, Vec<u8>)>) -> Result<WireResponse, Failure> {
    let text = answer.body.unwrap_or_default();
    let body = content(text, answer.is_base64_encoded);
    let body = body.map_err(|error| Failure::new(format!("the content is not Base64: {error}")))?;
    Ok(WireResponse {
        status: answer.status_code,
        headers,
        body,
    })
}
