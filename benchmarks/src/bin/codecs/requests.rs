//! Requests of clients: what front doors wrap them in, and the answers.

use anyhow::{Context as _, Result, ensure};
use axum::body::Bytes;
use axum::http::{HeaderValue, Request, Response};
use isobar::driver::gateway::GatewayDriver;
use isobar_aws::FrontDoor;
use isobar_azure::function::Invocation;
use isobar_openwhisk::WebAction;
use isobar_serve::Envelope;
use isobar_tencent::ApiGateway;
use serde_json::{Value, json};

use crate::cost::Cost;
use crate::{Coding, captured, report};

const KIB: usize = 1 << 10;

pub(crate) fn compare(coding: &Coding) -> Result<()> {
    doors(coding)?;
    beside_the_peer(coding)?;
    codec(coding, &WebAction, &web_action()?)?;
    codec(coding, &ApiGateway, &integration_request()?)?;
    invoked(coding)
}

/// Every front door of Lambda, with the event that AWS documents for it.
fn doors(coding: &Coding) -> Result<()> {
    for (door, fixture) in [
        (FrontDoor::HttpApi, "apigw-v2-request-no-authorizer.json"),
        (FrontDoor::RestApi, "apigw-request.json"),
        (
            FrontDoor::LoadBalancer,
            "alb-lambda-target-request-headers-only.json",
        ),
        (
            FrontDoor::LoadBalancerMulti,
            "alb-lambda-target-request-multivalue-headers.json",
        ),
    ] {
        let event = of_aws(fixture)?;
        let found = FrontDoor::read(&event)?.context("a request")?.0;
        ensure!(found == door, "{fixture} is of {found:?}");
        let name = door.provider();
        Cost::of(coding, || FrontDoor::read(&event)).tell(&format!("{name} event"));
        let answer = answer();
        Cost::of(coding, || door.encode(answer.clone())).tell(&format!("{name} answer"));
    }
    Ok(())
}

/// The event of an HTTP API with bodies of several sizes, beside lambda_http.
fn beside_the_peer(coding: &Coding) -> Result<()> {
    let event: Value = serde_json::from_slice(&of_aws("apigw-v2-request-no-authorizer.json")?)?;
    for (name, length, is_base64) in [
        ("1_kib", KIB, false),
        ("256_kib", 256 * KIB, false),
        ("256_kib_base64", 256 * KIB, true),
    ] {
        let mut event = event.clone();
        // Of base64, zeros are `A`s.
        let letter = if is_base64 { "A" } else { "x" };
        event["body"] = letter.repeat(length).into();
        event["isBase64Encoded"] = is_base64.into();
        let text = event.to_string();
        let bytes = Bytes::from(text.clone());
        let ours = Cost::of(coding, || FrontDoor::read(&bytes));
        let peer = Cost::of(coding, || lambda_http::request::from_str(&text));
        ours.tell(&format!("api-gateway-http event, body of {name}"));
        peer.tell(&format!("lambda_http event, body of {name}"));
        let ratio = ours.nanoseconds / peer.nanoseconds;
        let title = format!("codec_event_{name}_isobar_over_lambda_http");
        report::ratio(&title, ratio);
        let copies = ours.bytes_for_each_of(length);
        let program = format!("isobar, body of {name}");
        report::measured(&program, "bytes for each of it", copies);
    }
    Ok(())
}

fn codec(coding: &Coding, codec: &impl GatewayDriver, event: &[u8]) -> Result<()> {
    codec.decode(event)?;
    let name = codec.provider();
    Cost::of(coding, || codec.decode(event)).tell(&format!("{name} event"));
    let answer = answer();
    Cost::of(coding, || codec.encode(answer.clone())).tell(&format!("{name} answer"));
    Ok(())
}

/// What OpenWhisk's controller gives a raw web action.
fn web_action() -> Result<Vec<u8>> {
    let event = json!({
        "__ow_method": "post",
        "__ow_path": "/notes/7",
        "__ow_query": "a=1&b=2",
        "__ow_headers": { "accept": "*/*", "content-type": "application/json", "host": "notes.example",
                "user-agent": "curl/8.5.0", "x-forwarded-for": "192.0.2.1" },
        "__ow_body": "eyJ0ZXh0IjoiaGVsbG8ifQ==",
    });
    Ok(serde_json::to_vec(&event)?)
}

/// As Tencent documents it: <https://www.tencentcloud.com/document/product/583/12513>.
fn integration_request() -> Result<Vec<u8>> {
    let event = json!({
        "requestContext": {
            "serviceId": "service-f94sy04v", "path": "/notes/{id}", "httpMethod": "POST",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "sourceIp": "192.0.2.1", "stage": "release",
            "identity": { "secretId": "abdcdxxxxxxxsdfs" },
        },
        "headers": { "accept": "*/*", "content-type": "application/json", "host": "notes.example",
                "user-agent": "curl/8.5.0" },
        "body": "{\"text\":\"hello\"}",
        "pathParameters": { "id": "7" },
        "queryStringParameters": {},
        "headerParameters": {},
        "stageVariables": { "stage": "release" },
        "path": "/notes/7",
        "queryString": { "a": "1", "b": "2" },
        "httpMethod": "POST",
    });
    Ok(serde_json::to_vec(&event)?)
}

/// A request that Azure's host brings as an invocation, which it does where it forwards none.
fn invoked(coding: &Coding) -> Result<()> {
    let call = json!({
        "Data": { "req": {
            "Url": "https://notes.example/api/notes/7?a=1&b=2", "Method": "POST",
            "Query": { "a": "1", "b": "2" }, "Params": { "id": "7" }, "Identities": [],
            "Headers": { "Accept": ["*/*"], "Content-Type": ["application/json"], "Host": ["notes.example"],
                    "User-Agent": ["curl/8.5.0"], "X-Forwarded-For": ["192.0.2.1:4711"] },
            "Body": "{\"text\":\"hello\"}",
        } },
        "Metadata": {},
    });
    let call = Bytes::from(serde_json::to_vec(&call)?);
    let (parts, ()) = Request::post("/notes").body(())?.into_parts();
    Invocation.open(&parts, call.clone())?;
    let event = Cost::of(coding, || Invocation.open(&parts, call.clone()));
    event.tell("azure-functions-invoked event");
    let answer = answer();
    Invocation.seal(&answer)?;
    Cost::of(coding, || Invocation.seal(&answer)).tell("azure-functions-invoked answer");
    Ok(())
}

fn answer() -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from_static(br#"{"id":"7","text":"hello"}"#));
    let media = HeaderValue::from_static("application/json");
    answer.headers_mut().insert("content-type", media);
    answer
}

fn of_aws(fixture: &str) -> Result<Bytes> {
    captured(&format!("conformance-tests/fixtures/events/aws/{fixture}"))
}
