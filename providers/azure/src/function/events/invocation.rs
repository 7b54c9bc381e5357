//! What the host sends to a custom handler for a trigger that is not HTTP.
//!
//! The documents show strings as they are; the host that runs today writes them as JSON once more
//! (`ScriptInvocationContextExtensions.cs`), so that a text in quotes is read as what it quotes.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers#request-payload>

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use isobar::blob::{BlobEvent, BlobEventKind, BlobKey};
use isobar::driver::topic::text;
use isobar::function::{Message, Messages, Schedule, Trace};
use isobar::{Error, Result};
use isobar_serve::event::{Arrived, Delivery, instant, read};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::EVENTS;

/// The content of an invocation, of which only what its reader asks for is read further: each reader looks at its marks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content<'d> {
    #[serde(borrow)]
    data: BTreeMap<String, &'d RawValue>,
    metadata: &'d RawValue,
}

/// What is bound to the one binding of a function.
pub(super) struct Bound<'d> {
    /// The name that the function's name ends with.
    pub(super) name: String,
    binding: &'static str,
    value: &'d RawValue,
    invocation: Invocation,
}

/// What the host tells beside it.
struct Invocation {
    metadata: Map<String, Value>,
}

/// The invocation of a function whose name the path tells and whose binding is one of these.
pub(super) fn bound<'d>(delivery: &'d Delivery, bindings: &[&'static str]) -> Option<Bound<'d>> {
    let name = delivery.name.clone()?;
    let content: Content<'_> = serde_json::from_slice(&delivery.body).ok()?;
    let mut asked = bindings.iter();
    let (binding, value) =
        asked.find_map(|binding| Some((*binding, *content.data.get(*binding)?)))?;
    let metadata = serde_json::from_str(content.metadata.get()).ok()?;
    Some(Bound {
        name,
        binding,
        value,
        invocation: Invocation { metadata },
    })
}

impl Bound<'_> {
    /// The text of what is bound, which may be JSON itself.
    pub(super) fn text(&self) -> Result<Cow<'_, str>> {
        let json = self.value.get();
        if !json.starts_with('"') {
            return Ok(json.into());
        }
        let text: String = serde_json::from_str(json)
            .map_err(|error| malformed("what is bound is no text").with_source(error))?;
        Ok(unquoted(text).into())
    }
}

impl Invocation {
    /// A member of the metadata as text, whether it is a string, one that is written as JSON once more, or a number.
    fn told(&self, name: &str) -> Option<String> {
        match self.metadata.get(name)? {
            Value::String(text) => Some(unquoted(text.clone())),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// When the host called.
    fn called_at(&self) -> Result<SystemTime> {
        let told = self
            .metadata
            .get("sys")
            .and_then(|sys| sys["UtcNow"].as_str());
        let told = told.ok_or_else(|| malformed("it does not tell the time in sys.UtcNow"))?;
        instant(told)
    }
}

/// What a text in quotes quotes.
fn unquoted(text: String) -> String {
    let inner = text
        .starts_with('"')
        .then(|| serde_json::from_str(&text).ok());
    inner.flatten().unwrap_or(text)
}

pub(super) fn malformed(why: &str) -> Error {
    Error::invalid(format!(
        "the invocation by the Functions host is malformed: {why}"
    ))
}

/// A message of a queue of Azure Storage; it has no group, and attributes only from those who seal them.
pub(super) fn queue(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let Some(bound) = bound(delivery, &["queue", "queueBytes"]) else {
        return Ok(None);
    };
    let text = bound.text()?;
    let text = match bound.binding {
        "queueBytes" => {
            let bytes = STANDARD.decode(&*text).map_err(|error| {
                malformed("the body of the message is not Base64").with_source(error)
            })?;
            String::from_utf8(bytes).map_err(|not_text| Bytes::from(not_text.into_bytes()))
        }
        _ => Ok(text.into_owned()),
    };
    let (body, attributes) = match text {
        Ok(text) => text::open(text),
        Err(bytes) => (bytes, BTreeMap::new()),
    };
    let invocation = bound.invocation;
    let id = invocation.told("Id");
    let id = id.ok_or_else(|| malformed("the message has no Id"))?;
    let mut message = Message::new(&id, body);
    message.trace = Trace::of_attributes(&attributes);
    message.attributes = attributes;
    message.attempt = invocation
        .told("DequeueCount")
        .and_then(|count| count.parse().ok());
    let sent = invocation.told("InsertionTime");
    message.sent_at = sent.as_deref().map(instant).transpose()?;
    let arrived = Arrived::new(
        Messages::new(bound.name, vec![message]),
        delivery.body.clone(),
    );
    Ok(Some(vec![arrived.with_id(id)]))
}

/// A tick of a timer: due when its status says that it would be, or else when the host called.
pub(super) fn timer(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let Some(bound) = bound(delivery, &["timer"]) else {
        return Ok(None);
    };
    let name = &bound.name;
    let timer: Value = serde_json::from_str(bound.value.get())
        .map_err(|error| malformed("its timer cannot be read").with_source(error))?;
    let called = bound.invocation.called_at()?;
    let next = timer["ScheduleStatus"]["Next"].as_str();
    // A status without a zone, or one that is of the next tick already, does not tell.
    let due = next.and_then(|next| instant(next).ok());
    let due = due.filter(|due| *due <= called).unwrap_or(called);
    let seconds = due
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let id = format!("{name}@{seconds}");
    let arrived = Arrived::new(Schedule::new(bound.name, due), delivery.body.clone());
    Ok(Some(vec![arrived.with_id(id)]))
}

/// A blob that a blob trigger has found stored; its content comes too, and is left to the store.
pub(super) fn blob(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let Some(bound) = bound(delivery, &["blob"]) else {
        return Ok(None);
    };
    let (bucket, invocation) = (bound.name, bound.invocation);
    let key = invocation.told("name").ok_or_else(|| {
        malformed("the blob has no name: the path of its binding must end with /{name}")
    })?;
    let properties = invocation.metadata.get("Properties");
    let property = |name: &str| properties.and_then(|properties| properties.get(name));
    let modified = property("LastModified").and_then(Value::as_str);
    let at = match modified.and_then(|text| instant(text).ok()) {
        Some(modified) => modified,
        None => invocation.called_at()?,
    };
    let size = property("ContentLength").or_else(|| property("Length"));
    let size = size.and_then(Value::as_u64);
    let id = modified.map(|modified| format!("{bucket}/{key}@{modified}"));
    let mut event = BlobEvent::new(
        BlobEventKind::Stored,
        bucket,
        BlobKey::of_store(key),
        at.into(),
    );
    event.size = size;
    let mut arrived = Arrived::new(event, delivery.body.clone());
    arrived.id = id;
    Ok(Some(vec![arrived]))
}

/// The CloudEvent that an Event Grid trigger brings.
pub(super) fn event_grid(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let Some(bound) = bound(delivery, &["eventGrid"]) else {
        return Ok(None);
    };
    let event = bound.text()?.into_owned();
    let structured = HeaderValue::from_static("application/cloudevents+json");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, structured)]);
    read(&Delivery::new(headers, event.into()), &EVENTS).map(Some)
}
