//! The events that Lambda's front doors make of requests, and the responses they make of answers, by their documents.

mod http_api;
mod load_balancer;
mod rest_api;

use std::fmt::Display;
use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use isobar_aws::FrontDoor;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::damage::NO_BASE64;
use super::{Piece, Pieces, WireRequest, WireResponse, WireStream};
use crate::Failure;

/// The address of every client.
pub(super) const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The domain of an API.
const API: &str = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";

/// The event for a request through this door.
pub(super) fn event(door: FrontDoor, request: &WireRequest) -> Value {
    match door {
        FrontDoor::FunctionUrl => http_api::of_function_url(request),
        FrontDoor::HttpApiV1 => rest_api::of_http_api(request),
        FrontDoor::RestApi => rest_api::event(request),
        FrontDoor::LoadBalancer => load_balancer::single(request),
        FrontDoor::LoadBalancerMulti => load_balancer::multi(request),
        _ => http_api::of_http_api(request),
    }
}

/// The event for a request with content that is not the Base64 that it is said to be.
pub(super) fn damaged(door: FrontDoor) -> Value {
    let request = WireRequest::new("POST", "/damaged")
        .header("content-type", "application/octet-stream")
        .body([0, 255]);
    let mut event = event(door, &request);
    event["body"] = NO_BASE64.into();
    event
}

/// The response that this door sends for an answer.
pub(super) fn response(door: FrontDoor, answer: &[u8]) -> Result<WireResponse, Failure> {
    match door {
        FrontDoor::HttpApiV1 | FrontDoor::RestApi => rest_api::response(answer),
        FrontDoor::LoadBalancer => load_balancer::single_response(answer),
        FrontDoor::LoadBalancerMulti => load_balancer::multi_response(answer),
        _ => http_api::response(answer),
    }
}

/// The response that a function URL sends for an answer that is streamed.
pub(super) fn streamed(answer: &[u8]) -> Result<WireResponse, Failure> {
    http_api::streamed(answer)
}

/// The same as it comes, once its head is there.
pub(super) async fn open(mut pieces: mpsc::Receiver<Piece>) -> Result<WireStream, Failure> {
    let mut begun = Vec::new();
    while !http_api::has_head(&begun) {
        match pieces.recv().await {
            Some(Piece::Content(content)) => begun.extend(content),
            Some(Piece::Broken(why)) => return Err(Failure::new(why)),
            None => break,
        }
    }
    let mut head = http_api::streamed(&begun)?;
    let first = std::mem::take(&mut head.body);
    Ok(WireStream::new(head, async move |passed: Pieces| {
        let first = (!first.is_empty()).then_some(Piece::Content(first));
        let mut next = first;
        loop {
            if let Some(piece) = next
                && passed.send(piece).await.is_err()
            {
                return;
            }
            next = pieces.recv().await;
            if next.is_none() {
                return;
            }
        }
    }))
}

fn split(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

/// The first value of a header.
fn header(request: &WireRequest, wanted: &str) -> Option<String> {
    let mut found = request.headers.iter();
    let found = found.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
}

fn has_text_type(request: &WireRequest) -> bool {
    header(request, "content-type").is_some_and(|declared| {
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

/// As text where it may be and is; else as Base64.
fn set_content(event: &mut Value, request: &WireRequest, may_be_text: bool) {
    if request.body.is_empty() {
        return;
    }
    let text = std::str::from_utf8(&request.body).ok();
    let text = text.filter(|_| may_be_text);
    event["isBase64Encoded"] = text.is_none().into();
    let body = text.map_or_else(|| STANDARD.encode(&request.body), str::to_owned);
    event["body"] = body.into();
}

fn content(text: String, is_base64: bool) -> Result<Vec<u8>, base64::DecodeError> {
    if is_base64 {
        STANDARD.decode(text)
    } else {
        Ok(text.into_bytes())
    }
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    value.as_str().map(|text| text.as_bytes().to_vec())
}

fn malformed(form: &'static str, answer: &[u8]) -> impl Fn(&dyn Display) -> Failure + use<> {
    let start = answer.get(..300).unwrap_or(answer);
    let start = String::from_utf8_lossy(start).into_owned();
    move |why| Failure::new(format!("the answer is not of {form}: {why}: {start}"))
}

/// All values of each name, in their order.
fn all(pairs: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        let values = all.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(value.into());
        }
    }
    all
}

/// The last value of each name.
fn last(pairs: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    let pairs = pairs.into_iter();
    pairs.map(|(name, value)| (name, value.into())).collect()
}

/// The keys and values of a query, as they stand there.
fn raw_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key.to_owned(), value.to_owned())
    })
}
