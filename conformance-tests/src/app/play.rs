//! Plays the steps of a scenario at one door.

use base64::Engine as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::answers::unexpected;
use super::differences::Difference;
use super::scenario::{Action, Content, Names, Scenario, Sent, Step, fill_json};
use crate::door::{Door, WireMessage, WireRequest, WireResponse};

/// What is not encoded of a value in a path or a query (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What happened.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// Each step that was played.
    pub(super) steps: Vec<PlayedStep>,
    /// What was saved.
    pub(super) names: Names,
    /// Why the steps after the last of those were not played.
    pub(super) ended: Option<String>,
}

/// One step.
#[derive(Debug)]
pub(super) struct PlayedStep {
    /// Nothing for an event.
    pub(super) answer: Option<WireResponse>,
    /// Where it is not what was expected.
    pub(super) unexpected: Vec<Difference>,
}

/// Plays all, or until there is no going on.
pub(super) async fn play(door: &dyn Door, scenario: &Scenario) -> Played {
    let mut played = Played::default();
    for (number, step) in scenario.steps.iter().enumerate() {
        if let Err(why) = play_step(door, step, &mut played).await {
            played.ended = Some(format!("step {}: {why}", number + 1));
            break;
        }
    }
    played
}

async fn play_step(door: &dyn Door, step: &Step, played: &mut Played) -> Result<(), String> {
    let answer = match &step.action {
        Action::Request(sent) => {
            let request = request(sent, &played.names)?;
            let answer = door.send(&request).await;
            Some(answer.map_err(|failure| failure.to_string())?)
        }
        Action::Tick(schedule) => {
            let done = door.tick(schedule).await;
            done.map_err(|failure| failure.to_string())?;
            None
        }
        Action::Message(message) => {
            let attributes = message.attributes.iter();
            let message_sent = WireMessage {
                body: message.body.fill(&played.names, str::to_owned),
                attributes: attributes
                    .map(|(name, value)| (name.clone(), value.fill(&played.names, str::to_owned)))
                    .collect(),
                group: None,
            };
            let done = door.deliver_to(&message.topic, &[message_sent]).await;
            done.map_err(|failure| failure.to_string())?;
            None
        }
    };
    let saved = answer
        .as_ref()
        .map_or(Ok(()), |answer| save(step, answer, &mut played.names));
    let names = &played.names;
    let unexpected = answer
        .as_ref()
        .map_or_else(Vec::new, |answer| unexpected(&step.expect, answer, names));
    played.steps.push(PlayedStep { answer, unexpected });
    saved
}

fn request(sent: &Sent, names: &Names) -> Result<WireRequest, String> {
    let encoded = |value: &str| utf8_percent_encode(value, ENCODED).to_string();
    let mut request = WireRequest::new(&sent.method.0, sent.path.0.fill(names, encoded));
    for (name, value) in &sent.headers.0 {
        let value = value.fill(names, str::to_owned);
        if value.contains(['\r', '\n', '\0']) {
            return Err(format!("the saved value in {name} has a line break in it"));
        }
        request = request.header(name, value);
    }
    let typed = |request: WireRequest| {
        let mut given = request.headers.iter();
        if given.any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            return request;
        }
        request.header("content-type", "application/json")
    };
    Ok(match &sent.content {
        None => request,
        Some(Content::Text(text)) => request.body(text.fill(names, str::to_owned)),
        Some(Content::Bytes(bytes)) => request.body(bytes.clone()),
        Some(Content::Json(json)) => typed(request).body(fill_json(json, names).to_string()),
    })
}

/// Keeps what the step saves.
fn save(step: &Step, answer: &WireResponse, names: &mut Names) -> Result<(), String> {
    if step.save.is_empty() {
        return Ok(());
    }
    let json: Result<Value, _> = serde_json::from_slice(&answer.body);
    let status = answer.status;
    let json = json.map_err(|_| {
        let start = answer.body.get(..80).unwrap_or(&answer.body);
        let start = String::from_utf8_lossy(start).into_owned();
        format!("nothing can be saved of an answer that is no JSON ({status}): {start}")
    })?;
    for (name, pointer) in &step.save {
        match json.pointer(&pointer.0) {
            Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
                names.insert(name.0.clone(), value.clone());
            }
            Some(_) => return Err(format!("{} is no text, number or bool", pointer.0)),
            None => return Err(format!("the answer ({status}) has no {}", pointer.0)),
        }
    }
    Ok(())
}

/// Bytes in reports.
pub(super) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
