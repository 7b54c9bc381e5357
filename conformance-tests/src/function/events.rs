//! Cases about CloudEvents, whoever sends them.

use std::collections::BTreeMap;

use isobar::Capability;
use isobar_serve::event::{AUDIENCE_VARIABLE, ISSUER_VARIABLE, SENDER_VARIABLE};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::door::{Door, WireRequest, WireResponse, percent_encoded};
use crate::probe::TOPIC;
use crate::probe::inbox::{ANSWERED, COMES_LATER, WAIT, answer, deliveries};
use crate::{Case, Context, Failure, expect, issuer};

/// Every case about CloudEvents.
pub(super) const CASES: &[Case] = &[
    Case::function(
        "G-265",
        "an event of a type that nobody knows is refused with its type, as is one that is malformed",
        "N11",
        |ctx| Box::pin(are_refused(ctx)),
    )
    .needs(&[Capability::CloudEvents]),
    Case::function(
        "G-268",
        "a CloudEvent says the same in binary, structured and batched mode",
        "N11",
        |ctx| Box::pin(say_the_same(ctx)),
    )
    .needs(&[Capability::CloudEvents]),
    Case::function(
        "G-408",
        "an event is answered by another, always the same one, as part of its trace, where whoever brings it takes one",
        "N12",
        |ctx| Box::pin(are_answered(ctx)),
    )
    .needs(REPLIES),
    Case::function(
        "G-437",
        "an event for which its handler asks again after a time is refused, and its sender told the time",
        "N12",
        |ctx| Box::pin(are_asked_for_later(ctx)),
    )
    .needs(&[Capability::CloudEvents]),
    Case::function(
        "G-410",
        "an event at any path but that of events is a request like others",
        "N11",
        |ctx| Box::pin(come_to_their_path(ctx)),
    )
    .needs(&[Capability::CloudEvents]),
    Case::function(
        "G-431",
        "where a sender is named, an event without a token of it is refused, also at the secret path",
        "N11",
        |ctx| Box::pin(are_signed(ctx)),
    )
    .needs(&[Capability::CloudEvents]),
];

const REPLIES: &[Capability] = &[Capability::CloudEvents, Capability::ReplyEvents];

const STRUCTURED: &str = "application/cloudevents+json; charset=UTF-8";

pub(super) fn event(id: &str) -> Value {
    json!({
        "specversion": "1.0",
        "id": id,
        "type": "com.example.made",
        "source": "/mine?a=b%20c",
        "subject": "Euro \u{20ac} \u{1f600} 100% \"x\" a+b%41",
        "time": "2026-11-30T03:00:00.5Z",
        "dataschema": "https://example.com/schema",
        "shade": "a  b, c",
    })
}

pub(super) fn structured(event: &Value) -> WireRequest {
    WireRequest::new("POST", "/")
        .header("content-type", STRUCTURED)
        .body(event.to_string())
}

/// The same in binary mode.
pub(super) fn binary(event: &Value, content_type: &str, data: &[u8]) -> WireRequest {
    let attributes = event.as_object().into_iter().flatten();
    let request = WireRequest::new("POST", "/").header("Content-Type", content_type);
    let request = attributes.fold(request, |request, (name, value)| {
        let value = percent_encoded(value.as_str().unwrap_or_default());
        request.header(&format!("CE-{name}"), value)
    });
    request.body(data)
}

pub(super) async fn brought(door: &dyn Door, request: &WireRequest) -> Result<(), Failure> {
    let response = door.bring(Some(TOPIC.name()), request).await?;
    let body = String::from_utf8_lossy(&response.body);
    let told = format!("the event is answered {}: {body}", response.status);
    expect::that((200..300).contains(&response.status), &told)
}

const TEXT: &str = "caf\u{e9}\r\n\t\"";
const BYTES: [u8; 4] = [0, 255, 13, 10];
const PROTOBUF: &str = "application/protobuf";

/// The events 1 to 4 with text, in binary and structured mode and two in a batch; 5 and 6 with bytes, in binary and
/// structured mode.
pub(crate) fn in_each_mode() -> [WireRequest; 5] {
    let with = |id: &str, members: &Value| {
        let mut event = event(id);
        for (name, value) in members.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    };
    let in_text = json!({ "datacontenttype": "text/plain", "data": TEXT });
    let in_bytes = json!({ "datacontenttype": PROTOBUF, "data_base64": "AP8NCg==" });
    let batch = Value::Array(vec![with("3", &in_text), with("4", &in_text)]);
    [
        binary(&event("1"), "text/plain", TEXT.as_bytes()),
        structured(&with("2", &in_text)),
        WireRequest::new("POST", "/")
            .header("content-type", "application/cloudevents-batch+json")
            .body(batch.to_string()),
        binary(&event("5"), PROTOBUF, &BYTES),
        structured(&with("6", &in_bytes)),
    ]
}

async fn say_the_same(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for request in in_each_mode() {
        brought(&*door, &request).await?;
    }
    let seen = deliveries(&*door, 6).await?;
    expect::equal("the number of deliveries", &seen.len(), &6)?;
    for (seen, number) in seen.iter().zip(1..) {
        expect::equal("the id", &seen.id, &number.to_string())?;
        let (content_type, body) = match number {
            1..=4 => ("text/plain", TEXT.as_bytes()),
            _ => (PROTOBUF, &BYTES[..]),
        };
        expect::equal("the data", &seen.body.as_slice(), &body)?;
        expect::equal(
            "the attributes",
            &seen.attributes,
            &attributes(content_type),
        )?;
    }
    Ok(())
}

/// What a message that was a CloudEvent has beside its data.
fn attributes(content_type: &str) -> BTreeMap<String, String> {
    let event = event("");
    let told = event.as_object().into_iter().flatten();
    let told = told.filter(|(name, _)| !["specversion", "id", "time"].contains(&name.as_str()));
    let told =
        told.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    let content_type = ("datacontenttype".to_owned(), content_type.to_owned());
    told.chain([content_type]).collect()
}

async fn are_refused(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let unknown = door.bring(None, &structured(&event("1"))).await?;
    expect::equal("the status", &unknown.status, &415)?;
    let problem: Value = serde_json::from_slice(&unknown.body).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or_default();
    expect::equal("the code", &code, &"event_unsupported")?;
    let detail = problem["detail"].as_str().unwrap_or_default();
    expect::that(detail.contains("com.example.made"), "the type is not told")?;
    for missing in ["id", "type", "source", "specversion"] {
        let mut event = event("2");
        event.as_object_mut().map(|event| event.remove(missing));
        for request in [structured(&event), binary(&event, "text/plain", b"x")] {
            let response = door.bring(Some(TOPIC.name()), &request).await?;
            let what = format!("the status of an event without {missing}");
            expect::equal(&what, &response.status, &400)?;
        }
    }
    brought(&*door, &structured(&event("3"))).await?;
    let seen = deliveries(&*door, 1).await?;
    let ids: Vec<_> = seen.iter().map(|seen| seen.id.as_str()).collect();
    expect::equal("what was delivered", &ids, &vec!["3"])
}

async fn come_to_their_path(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    brought(&*door, &structured(&event("1"))).await?;
    for target in ["/", "/events", "/probe-events-0123456789abcdee", "/jobs"] {
        let mut request = structured(&event("2"));
        target.clone_into(&mut request.target);
        let seen = crate::probe::seen(&*door, &request).await?;
        expect::equal("the path", &seen.path.as_str(), &target)?;
    }
    let seen = deliveries(&*door, 1).await?;
    expect::equal("the number of deliveries", &seen.len(), &1)
}

async fn are_asked_for_later(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let later = binary(&event("1"), "text/plain", COMES_LATER.as_bytes());
    let response = door.bring(Some(TOPIC.name()), &later).await?;
    expect::equal("the status", &response.status, &503)?;
    let told = response.joined("retry-after");
    expect::equal("the time", &told, &WAIT.as_secs().to_string())?;
    brought(&*door, &later).await?;
    let seen = deliveries(&*door, 2).await?;
    expect::equal("the number of deliveries", &seen.len(), &2)
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

async fn are_answered(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let traced = format!("00-{TRACE}-{PARENT}-01");
    let asked = |id: &str, text: &str| {
        let request = binary(&event(id), "text/plain", text.as_bytes());
        request
            .header("prefer", "reply")
            .header("traceparent", &traced)
    };
    let answered = door
        .bring(Some(TOPIC.name()), &asked("1", ANSWERED))
        .await?;
    if answered.status >= 500 {
        // Where it is refused, nobody but the operator is told why.
        let told = door.logged(Capability::ReplyEvents.name()).await?;
        let refused = told.iter().any(|line| line.contains("does not declare"));
        expect::that(refused, "the event failed, and not for want of replies")?;
        return Err(isobar::Error::unsupported(Capability::ReplyEvents).into());
    }
    let first = reply(&answered)?;
    let repeated = door
        .bring(Some(TOPIC.name()), &asked("1", ANSWERED))
        .await?;
    let other = door
        .bring(Some(TOPIC.name()), &asked("2", ANSWERED))
        .await?;
    expect::equal("the id of a repeated answer", &reply(&repeated)?, &first)?;
    let is_other = reply(&other)? != first;
    expect::that(is_other, "two events are answered by one")?;

    let plain = door.bring(Some(TOPIC.name()), &asked("3", "plain")).await?;
    expect::equal("the status without an answer", &plain.status, &200)?;
    expect::that(plain.body.is_empty(), "what answers nothing has content")?;
    let unasked = binary(&event("4"), "text/plain", ANSWERED.as_bytes());
    let unasked = door.bring(Some(TOPIC.name()), &unasked).await?;
    let failed = unasked.status >= 500;
    expect::that(failed, "an answer is lost, as nobody takes it")
}

/// Checks the answer to an event, and returns its id.
fn reply(response: &WireResponse) -> Result<String, Failure> {
    expect::equal("the status", &response.status, &200)?;
    let expected = answer();
    let told = |name: &str| {
        let value = response.joined(name);
        let decoded = percent_decode_str(&value).decode_utf8_lossy();
        decoded.into_owned()
    };
    let subject = expected.subject.as_deref().unwrap_or_default();
    let schema = expected.data_schema.as_deref().unwrap_or_default();
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-type", &*expected.event_type),
        ("ce-source", &*expected.source),
        ("ce-subject", subject),
        ("ce-shade", &*expected.extensions["shade"]),
        ("ce-dataschema", schema),
        ("content-type", "application/octet-stream"),
    ] {
        expect::equal(name, &told(name).as_str(), &value)?;
    }
    expect::equal("the data", &response.body.as_slice(), &&expected.data[..])?;
    let parent = told("ce-traceparent");
    let span = parent
        .strip_prefix("00-")
        .and_then(|rest| rest.strip_prefix(TRACE)?.strip_prefix('-'))
        .and_then(|rest| rest.strip_suffix("-01"));
    let goes_on = span.is_some_and(|span| span.len() == 16 && span != PARENT);
    expect::that(goes_on, &format!("the answer is part of {parent:?}"))?;
    let id = told("ce-id");
    expect::that(!id.is_empty(), "the answer has no id")?;
    Ok(id)
}

const AUDIENCE: &str = "https://probe.example/events";
const SENDER: &str = "sender@project.example";

/// The claims of the sender, but for these.
fn sender(change: Value) -> Value {
    let mut claims = json!({"aud": AUDIENCE, "sub": "1", "email": SENDER, "email_verified": true});
    if let Value::Object(change) = change {
        for (name, value) in change {
            claims[name] = value;
        }
    }
    claims
}

async fn are_signed(ctx: Context) -> Result<(), Failure> {
    let door = ctx
        .door_with(&[
            (AUDIENCE_VARIABLE, AUDIENCE.to_owned()),
            (SENDER_VARIABLE, SENDER.to_owned()),
            (ISSUER_VARIABLE, issuer::url()),
        ])
        .await?;
    let bring = async |id: &str, token: Option<String>| {
        let mut request = structured(&event(id));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        door.bring(Some(TOPIC.name()), &request).await
    };
    let good = issuer::token(&sender(json!({}))).await?;
    let response = bring("signed", Some(good)).await?;
    let done = (200..300).contains(&response.status);
    expect::that(
        done,
        &format!("a signed event is answered {}", response.status),
    )?;
    let missing = bring("missing", None).await?;
    expect::equal("the status without a token", &missing.status, &401)?;
    for (what, change) in [
        (
            "for another audience",
            json!({"aud": "https://other.example"}),
        ),
        (
            "of another sender",
            json!({"email": "other@project.example"}),
        ),
        (
            "of an address that nobody has verified",
            json!({"email_verified": false}),
        ),
        ("of another issuer", json!({"iss": "https://login.example"})),
        ("that has expired", json!({"exp": 1_700_000_000})),
    ] {
        let token = issuer::token(&sender(change)).await?;
        let response = bring("refused", Some(token)).await?;
        expect::equal(
            &format!("the status of a token {what}"),
            &response.status,
            &401,
        )?;
    }
    let seen = deliveries(&*door, 1).await?;
    expect::equal("how many came through", &seen.len(), &1)?;
    expect::equal("the event", &seen[0].id.as_str(), &"signed")
}
