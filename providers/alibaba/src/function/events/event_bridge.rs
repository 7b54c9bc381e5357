//! CloudEvents that EventBridge brings without saying so in a content type.
//!
//! <https://www.alibabacloud.com/help/en/functioncompute/fc/mns-queue-triggers>: one event where each is delivered for
//! itself, a list of them where they come as a stream. Older samples of streams have each event as text in the list.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use isobar::{Error, Result};
use isobar_serve::event::{Arrived, Delivery, read};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::EVENTS;

const STRUCTURED: HeaderValue = HeaderValue::from_static("application/cloudevents+json");
/// As many as an event stream sends at once.
const MOST: usize = 10_000;

#[derive(Debug, Deserialize)]
struct Mark {
    #[serde(rename = "specversion")]
    _version: IgnoredAny,
}

/// The events, where all of them are known and whole.
pub(super) fn unpacked(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let content = &delivery.body;
    if super::members::<Mark>(content).is_some() {
        return one(delivery, content.clone()).map(Some);
    }
    if !content.trim_ascii_start().starts_with(b"[") {
        return Ok(None);
    }
    let Ok(parts) = serde_json::from_slice::<Vec<&RawValue>>(content) else {
        return Ok(None);
    };
    let parts: Vec<Bytes> = parts.into_iter().map(text_of).collect::<Result<_>>()?;
    let is_event = |part: &Bytes| super::members::<Mark>(part).is_some();
    if parts.is_empty() || !parts.iter().all(is_event) {
        return Ok(None);
    }
    if parts.len() > MOST {
        return Err(Error::invalid(format!(
            "the list has more than {MOST} events"
        )));
    }
    let mut arrived = Vec::new();
    for part in parts {
        arrived.extend(one(delivery, part)?);
    }
    Ok(Some(arrived))
}

fn text_of(part: &RawValue) -> Result<Bytes> {
    let json = part.get();
    if !json.starts_with('"') {
        return Ok(Bytes::copy_from_slice(json.as_bytes()));
    }
    let text: String = serde_json::from_str(json)
        .map_err(|error| Error::invalid("an event of the list is not UTF-8").with_source(error))?;
    Ok(text.into())
}

fn one(delivery: &Delivery, event: Bytes) -> Result<Vec<Arrived>> {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, STRUCTURED)]);
    let event = Delivery::new(headers, event).with_name(delivery.name.clone());
    read(&event, &EVENTS)
}
