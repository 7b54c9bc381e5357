//! CloudEvents of Isobar's own types, which any broker may deliver.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use isobar::blob::{BlobEvent, BlobEventKind, BlobKey, VersionId};
use isobar::document::Version;
use isobar::function::{EventData, Message, Messages, Schedule, Trace};
use isobar::{Capability, Error, Result};
use serde::Deserialize;

use super::cloud_event::instant;
use super::{CloudEvent, EventForm, EventSource};

const MESSAGES: &str = "isobar.topic.messages";
const TICK: &str = "isobar.schedule.tick";
const STORED: &str = "isobar.blob.stored";
const DELETED: &str = "isobar.blob.deleted";
const ATTRIBUTES_CHANGED: &str = "isobar.blob.attributes-changed";

/// Isobar's own types, which every platform that is an HTTP server takes.
pub const OWN: [EventSource; 3] = [
    own(Capability::Messages, &[MESSAGES], messages),
    own(Capability::Schedules, &[TICK], tick),
    own(
        Capability::BlobEvents,
        &[STORED, DELETED, ATTRIBUTES_CHANGED],
        blob,
    ),
];

const fn own(
    wakes: Capability,
    types: &'static [&'static str],
    read: fn(&CloudEvent) -> Result<EventData>,
) -> EventSource {
    EventSource {
        wakes,
        sender: "anybody",
        form: EventForm::CloudEvents { types, read },
    }
}

/// What follows this in the source.
fn named<'e>(event: &'e CloudEvent, before: &str) -> Result<&'e str> {
    let name = event.source.strip_prefix(before);
    name.filter(|name| !name.is_empty()).ok_or_else(|| {
        let (source, kind) = (&event.source, &event.event_type);
        Error::invalid(format!(
            "the source of a CloudEvent of type {kind:?} is {before}NAME, not {source:?}"
        ))
    })
}

#[derive(Debug, Deserialize)]
struct Batch {
    messages: Vec<Sent>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    id: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_base64: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    group: Option<String>,
    #[serde(default, rename = "sentAt")]
    at: Option<String>,
}

fn messages(event: &CloudEvent) -> Result<EventData> {
    let topic = named(event, "topic/")?;
    let batch: Batch = data(event)?;
    if batch.messages.is_empty() {
        return Err(Error::invalid("the CloudEvent has no messages"));
    }
    let messages = batch.messages.into_iter().map(message);
    Ok(Messages::new(topic, messages.collect::<Result<_>>()?).into())
}

fn message(sent: Sent) -> Result<Message> {
    let body = match (sent.body, sent.body_base64) {
        (Some(text), None) => Bytes::from(text),
        (None, Some(text)) => STANDARD.decode(text).map(Bytes::from).map_err(|error| {
            Error::invalid("the body of a message is not Base64").with_source(error)
        })?,
        (None, None) => Bytes::new(),
        (Some(_), Some(_)) => return Err(Error::invalid("a message has two bodies")),
    };
    let mut message = Message::new(sent.id, body);
    message.trace = Trace::of_attributes(&sent.attributes);
    message.attributes = sent.attributes;
    message.group = sent.group;
    message.sent_at = sent.at.as_deref().map(instant).transpose()?;
    Ok(message)
}

fn tick(event: &CloudEvent) -> Result<EventData> {
    let due = event.time.ok_or_else(|| {
        Error::invalid("the CloudEvent does not tell in `time` when the tick was due")
    })?;
    Ok(Schedule::new(named(event, "schedule/")?, due).into())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Object {
    size: Option<u64>,
    version: Option<String>,
    version_id: Option<String>,
}

fn blob(event: &CloudEvent) -> Result<EventData> {
    let kind = match event.event_type.as_str() {
        STORED => BlobEventKind::Stored,
        DELETED => BlobEventKind::Deleted,
        _ => BlobEventKind::AttributesChanged,
    };
    let key = event.subject.as_deref().ok_or_else(|| {
        Error::invalid("the CloudEvent does not tell the blob's key in `subject`")
    })?;
    let at = event
        .time
        .ok_or_else(|| Error::invalid("the CloudEvent does not tell when it happened"))?;
    let object: Object = if event.data.is_empty() {
        Object::default()
    } else {
        data(event)?
    };
    let key = BlobKey::of_store(key);
    let mut blob = BlobEvent::new(kind, named(event, "bucket/")?, key, at.into());
    blob.size = object.size;
    blob.version = object.version.map(Version::parse).transpose()?;
    blob.version_id = object.version_id.map(VersionId::new);
    Ok(blob.into())
}

/// The data of an event, which is JSON.
fn data<T: serde::de::DeserializeOwned>(event: &CloudEvent) -> Result<T> {
    serde_json::from_slice(&event.data).map_err(|error| {
        let kind = &event.event_type;
        Error::invalid(format!(
            "the data of a CloudEvent of type {kind:?} is malformed"
        ))
        .with_source(error)
    })
}
