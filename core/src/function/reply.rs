//! An event that answers another.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use super::Trace;
use crate::error::{Error, Result};

/// A CloudEvent by which a handler answers the event that it was given, on platforms that declare
/// [`ReplyEvents`](crate::Capability::ReplyEvents). An application that relies on it
/// [requires](super::App::require) that, so that it does not start elsewhere.
///
/// Its id is made of the source and the id of the event it answers, so that a delivery that is repeated is answered by
/// the same event; two handlers that answer one event should therefore have two sources. It goes on with the trace of the
/// invocation.
///
/// A broker hands it to whoever waits for events of its type. Where that is the handler itself it is woken by its own
/// answers, until the broker ends that (Knative's after 255 rounds): answer by a type that the handler does not wait for.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyEvent {
    /// What kind of event it is, such as `com.example.note.indexed`.
    pub event_type: String,
    /// Where it happened, a URI reference.
    pub source: String,
    /// What it is about, in the source's own words.
    pub subject: Option<String>,
    /// Other attributes, with names of lower-case letters and digits; `traceparent` and `tracestate` are there already
    /// where the handler has not set them itself.
    pub extensions: BTreeMap<String, String>,
    /// The media type of the data.
    pub content_type: Option<String>,
    /// The schema of the data, a URI.
    pub data_schema: Option<String>,
    /// The data. Not everybody passes on events of more than 64 KiB, attributes included (section "Size Limits" of
    /// CloudEvents 1.0).
    pub data: Bytes,
}

impl ReplyEvent {
    /// An event without data.
    pub fn new(event_type: impl Into<String>, source: impl Into<String>) -> Self {
        Self {
            event_type: event_type.into(),
            source: source.into(),
            subject: None,
            extensions: BTreeMap::new(),
            content_type: None,
            data_schema: None,
            data: Bytes::new(),
        }
    }

    /// About this.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// With another attribute.
    #[must_use]
    pub fn with_extension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extensions.insert(name.into(), value.into());
        self
    }

    /// With these data.
    #[must_use]
    pub fn with_data(mut self, content_type: impl Into<String>, data: impl Into<Bytes>) -> Self {
        self.content_type = Some(content_type.into());
        self.data = data.into();
        self
    }

    /// With data that follow this schema, a URI.
    #[must_use]
    pub fn with_data_schema(mut self, schema: impl Into<String>) -> Self {
        self.data_schema = Some(schema.into());
        self
    }

    /// With this value as JSON; `InvalidArgument` where it is none.
    pub fn with_json(self, value: &impl Serialize) -> Result<Self> {
        let data = serde_json::to_vec(value);
        let data = data.map_err(|error| {
            Error::invalid("the reply cannot be written as JSON").with_source(error)
        })?;
        Ok(self.with_data("application/json", data))
    }

    /// The same as part of a trace, unless it is part of one already.
    ///
    /// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/distributed-tracing.md>
    pub(super) fn going_on(mut self, trace: &Trace) -> Self {
        if self.extensions.contains_key("traceparent") {
            return self;
        }
        for (name, value) in trace.named(["traceparent", "tracestate"]) {
            self.extensions.entry(name).or_insert(value);
        }
        self
    }
}

/// Without what may be personal.
impl fmt::Debug for ReplyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyEvent")
            .field("event_type", &self.event_type)
            .field("source", &self.source)
            .field("bytes", &self.data.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_goes_on_with_the_trace_once() {
        let trace = Trace::start();
        let reply = ReplyEvent::new("com.example.done", "/notes").going_on(&trace);
        let parent = trace.parent_of_calls();
        assert_eq!(reply.extensions["traceparent"], parent.to_str().unwrap());
        assert_eq!(reply.extensions.len(), 1);
        let again = reply.clone().going_on(&Trace::start());
        assert_eq!(again, reply);
    }
}
