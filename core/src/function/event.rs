//! What wakes a function besides HTTP, in the shape of a CloudEvent.

use std::time::SystemTime;

use bytes::Bytes;

use super::{Context, Messages};
use crate::blob::{BlobEvent, BlobEventKind};
use crate::document::{ChangeKind, DocumentChange};
use crate::error::Result;

/// An event: the attributes of CloudEvents 1.0, typed data, and the bytes it came in.
///
/// Platforms make events of [`EventData`]; a handler gets the data of its own trigger.
///
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event<T = EventData> {
    /// The same for every delivery of the same event.
    pub id: String,
    /// Where it happened.
    pub source: String,
    /// What kind of event it is.
    pub event_type: String,
    /// When it happened.
    pub time: SystemTime,
    /// What it says.
    pub data: T,
    /// The platform's own bytes.
    pub raw: Bytes,
    /// The invocation.
    pub context: Context,
}

impl Event {
    /// An event that says no more than its data does; for platforms.
    ///
    /// Its id is that of the invocation, which is another one for each delivery: a platform that
    /// has an id of the event itself sets it.
    pub fn new(data: impl Into<EventData>, context: Context) -> Self {
        let data = data.into();
        let (source, event_type) = data.attributes();
        Self {
            id: context.id().as_str().to_owned(),
            source,
            event_type: event_type.to_owned(),
            time: data.time().unwrap_or_else(|| context.clock().now()),
            data,
            raw: Bytes::new(),
            context,
        }
    }

    /// With the id that every delivery of this event has.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// With the place where it happened, as the platform names it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// With the bytes that the platform sent.
    #[must_use]
    pub fn with_raw(mut self, raw: Bytes) -> Self {
        self.raw = raw;
        self
    }
}

impl<T> Event<T> {
    /// The same event with what `take` makes of its data.
    pub(super) fn carrying<U>(self, take: impl FnOnce(T) -> Result<U>) -> Result<Event<U>> {
        Ok(Event {
            data: take(self.data)?,
            id: self.id,
            source: self.source,
            event_type: self.event_type,
            time: self.time,
            raw: self.raw,
            context: self.context,
        })
    }
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventData {
    /// A tick of a schedule.
    Schedule(Schedule),
    /// Messages of a topic, one or more.
    Messages(Messages),
    /// Something that happened to a blob.
    Blob(BlobEvent),
    /// Something that happened to a document.
    Change(Box<DocumentChange>),
}

impl EventData {
    /// The source and the type of an event that the platform does not name itself.
    fn attributes(&self) -> (String, &'static str) {
        match self {
            Self::Schedule(tick) => (format!("schedule/{}", tick.name), "isobar.schedule.tick"),
            Self::Messages(batch) => (format!("topic/{}", batch.topic), "isobar.topic.messages"),
            Self::Blob(blob) => {
                let event_type = match blob.kind {
                    BlobEventKind::Stored => "isobar.blob.stored",
                    BlobEventKind::Deleted => "isobar.blob.deleted",
                    BlobEventKind::AttributesChanged => "isobar.blob.attributes-changed",
                };
                (format!("bucket/{}", blob.bucket), event_type)
            }
            Self::Change(event) => {
                let event_type = match event.change.kind {
                    ChangeKind::Upsert => "isobar.document.stored",
                    ChangeKind::Delete(_) => "isobar.document.deleted",
                };
                (format!("collection/{}", event.collection), event_type)
            }
        }
    }

    fn time(&self) -> Option<SystemTime> {
        match self {
            Self::Schedule(tick) => Some(tick.at),
            Self::Messages(batch) => batch.messages.first().and_then(|first| first.sent_at),
            Self::Blob(blob) => Some(blob.at.into()),
            Self::Change(event) => Some(event.change.at.into()),
        }
    }
}

impl From<Schedule> for EventData {
    fn from(tick: Schedule) -> Self {
        Self::Schedule(tick)
    }
}

impl From<Messages> for EventData {
    fn from(batch: Messages) -> Self {
        Self::Messages(batch)
    }
}

impl From<BlobEvent> for EventData {
    fn from(event: BlobEvent) -> Self {
        Self::Blob(event)
    }
}

impl From<DocumentChange> for EventData {
    fn from(event: DocumentChange) -> Self {
        Self::Change(Box::new(event))
    }
}

/// A tick of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// The name it was declared under.
    pub name: String,
    /// When it was due.
    pub at: SystemTime,
}

impl Schedule {
    /// A tick of the schedule `name`; for platforms.
    pub fn new(name: impl Into<String>, at: SystemTime) -> Self {
        let name = name.into();
        Self { name, at }
    }
}
