//! A CloudEvent, and the attributes that each mode reads it from.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use isobar::function::EventAttributes;
use isobar::{Error, ErrorKind, Result};

/// A CloudEvent of version 1.0.
///
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloudEvent {
    /// With its source, the same for every delivery of the event.
    pub id: String,
    /// Where it happened, a URI reference.
    pub source: String,
    /// What kind of event it is.
    pub event_type: String,
    /// What it is about, in the source's own words.
    pub subject: Option<String>,
    /// When it happened.
    pub time: Option<SystemTime>,
    /// The media type of the data.
    pub data_content_type: Option<String>,
    /// The schema of the data, a URI.
    pub data_schema: Option<String>,
    /// All other attributes.
    pub extensions: BTreeMap<String, String>,
    /// The data: in structured mode the text of a JSON value, or what a string of another media type holds.
    pub data: Bytes,
    /// The bytes it came in: the content of its request, or its part of a batch.
    pub raw: Bytes,
}

impl CloudEvent {
    /// What a handler is told beside id, source, type and time. What has no name of an extension is none, and stays in the
    /// bytes that came.
    pub fn attributes(&self) -> EventAttributes {
        EventAttributes::default()
            .with_subject(self.subject.clone())
            .with_data_content_type(self.data_content_type.clone())
            .with_data_schema(self.data_schema.clone())
            .with_extensions(self.extensions.clone())
    }
}

/// How many attributes an event may have; those of the specification are eight.
const MOST_ATTRIBUTES: usize = 128;
const VERSION: &str = "1.0";

/// Attributes by their names, as a mode tells them.
#[derive(Debug, Default)]
pub(super) struct Attributes(BTreeMap<String, String>);

impl Attributes {
    /// Refuses what is told twice.
    pub(super) fn add(&mut self, name: &str, value: String) -> Result<()> {
        if self.0.len() == MOST_ATTRIBUTES {
            let what = "the number of attributes of a CloudEvent";
            let (limit, measured) = (MOST_ATTRIBUTES as u64, MOST_ATTRIBUTES as u64 + 1);
            let kind = ErrorKind::LimitExceeded;
            return Err(Error::over_limit(kind, what, limit, measured));
        }
        match self.0.insert(name.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(Error::invalid(format!(
                "the CloudEvent tells its attribute {name:?} twice"
            ))),
        }
    }

    /// The media type of the data, where it is told.
    pub(super) fn content_type(&self) -> Option<&str> {
        self.0.get("datacontenttype").map(String::as_str)
    }

    /// The event, once it is one: of this version, with the attributes that each must have.
    pub(super) fn into_event(mut self, data: Bytes, raw: Bytes) -> Result<CloudEvent> {
        let version = self.required("specversion")?;
        if version != VERSION {
            let message = format!("CloudEvents of version {version:?} are not known here");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let mut optional = |name| self.0.remove(name).filter(|value| !value.is_empty());
        let time = optional("time");
        let subject = optional("subject");
        let data_content_type = optional("datacontenttype");
        let data_schema = optional("dataschema");
        Ok(CloudEvent {
            id: self.required("id")?,
            source: self.required("source")?,
            event_type: self.required("type")?,
            subject,
            time: time.map(|text| instant(&text)).transpose()?,
            data_content_type,
            data_schema,
            extensions: self.0,
            data,
            raw,
        })
    }

    fn required(&mut self, name: &str) -> Result<String> {
        let value = self.0.remove(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| Error::invalid(format!("the CloudEvent has no attribute {name:?}")))
    }
}

/// A time as RFC 3339 writes it; `InvalidArgument` where it is none.
pub fn instant(text: &str) -> Result<SystemTime> {
    let parsed = text.parse().map_err(|error: jiff::Error| {
        Error::invalid(format!("{text:?} is no time as RFC 3339 writes it")).with_source(error)
    });
    parsed.map(|time: jiff::Timestamp| time.into())
}

/// The media type before its parameters.
pub(super) fn media_type(content_type: &str) -> String {
    let bare = content_type.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

/// Whether data of this media type is JSON; without one it is.
pub(super) fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|content_type| {
        let media = media_type(content_type);
        media.ends_with("/json") || media.ends_with("+json")
    })
}
