//! Structured mode: attributes and data in one JSON object, or in an array of them (the JSON event format).
//!
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use isobar::{Error, Result};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::cloud_event::{Attributes, is_json};
use super::{CloudEvent, elements};

/// How many events a batch may have.
const MOST_EVENTS: usize = 5_000;

pub(super) fn read(raw: &Bytes) -> Result<CloudEvent> {
    let members: Members<'_> = serde_json::from_slice(raw).map_err(|error| {
        Error::invalid("the content is not a CloudEvent in JSON").with_source(error)
    })?;
    let mut attributes = Attributes::default();
    let (mut json, mut base64) = (None, None);
    for (name, value) in members.0 {
        match name.as_str() {
            "data" => unique(&mut json, value, "data")?,
            "data_base64" => unique(&mut base64, value, "data_base64")?,
            _ => {
                if let Some(value) = scalar(&name, value)? {
                    attributes.add(&name, value)?;
                }
            }
        }
    }
    let base64 = base64.filter(|value| value.get() != "null");
    let data = match (json, base64) {
        (Some(_), Some(_)) => {
            let message = "the CloudEvent has data and data_base64, of which there may be one";
            return Err(Error::invalid(message));
        }
        (Some(value), None) => content(value, attributes.content_type())?,
        (None, Some(value)) => decoded(value)?,
        (None, None) => Bytes::new(),
    };
    attributes.into_event(data, raw.clone())
}

/// The events of a batch, which may be none; one that is malformed makes all of it so.
pub(super) fn read_batch(raw: &Bytes) -> Result<Vec<CloudEvent>> {
    let parts = elements(raw, MOST_EVENTS)?;
    parts.iter().map(read).collect()
}

/// The members of an object, also those that are there twice.
struct Members<'j>(Vec<(String, &'j RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

fn unique<'j>(place: &mut Option<&'j RawValue>, value: &'j RawValue, name: &str) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::invalid(format!("the CloudEvent has {name} twice"))),
    }
}

/// The value of an attribute in its canonical text: a string, an integer or a boolean; null is none.
fn scalar(name: &str, value: &RawValue) -> Result<Option<String>> {
    let refused = || {
        let message = format!("the attribute {name:?} of the CloudEvent is no string");
        Error::invalid(message)
    };
    if value.get().starts_with(['{', '[']) {
        return Err(refused());
    }
    let value: Value =
        serde_json::from_str(value.get()).map_err(|error| refused().with_source(error))?;
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Bool(truth) => Ok(Some(truth.to_string())),
        Value::Number(number) if number.is_i64() => Ok(Some(number.to_string())),
        _ => Err(refused()),
    }
}

/// Data of a media type that is not JSON is the text of a string; else it is the JSON that stands there.
fn content(value: &RawValue, content_type: Option<&str>) -> Result<Bytes> {
    let json = value.get();
    if is_json(content_type) || !json.starts_with('"') {
        return Ok(Bytes::copy_from_slice(json.as_bytes()));
    }
    let text: String = serde_json::from_str(json).map_err(|error| {
        Error::invalid("the data of the CloudEvent is not UTF-8").with_source(error)
    })?;
    Ok(text.into())
}

fn decoded(value: &RawValue) -> Result<Bytes> {
    let text: Result<String, _> = serde_json::from_str(value.get());
    let bytes = text.ok().and_then(|text| STANDARD.decode(text).ok());
    let bytes = bytes.ok_or_else(|| Error::invalid("data_base64 of the CloudEvent is not Base64"));
    bytes.map(Bytes::from)
}

#[cfg(test)]
mod tests;
