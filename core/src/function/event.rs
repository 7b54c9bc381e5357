//! What wakes a function besides HTTP, in the shape of a CloudEvent.

use std::time::SystemTime;

use bytes::Bytes;

use super::{Context, EventAttributes, Messages};
use crate::blob::{BlobEvent, BlobEventKind};
use crate::document::{ChangeKind, DocumentChange, Key, SortKey};
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
    /// What kind of event it is: one of Isobar's own types on every platform, and the sender's where a message
    /// came as a CloudEvent of a type that Isobar does not know.
    pub event_type: String,
    /// When it happened.
    pub time: SystemTime,
    /// What else it says of itself.
    pub attributes: EventAttributes,
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
    /// has an id of the event itself sets it. Its subject is the key of the blob, or that of the document
    /// as `PARTITION` or `PARTITION/SORT`, with a sort key of bytes in hexadecimal digits.
    pub fn new(data: impl Into<EventData>, context: Context) -> Self {
        let data = data.into();
        let (source, event_type) = data.attributes();
        Self {
            id: context.id().as_str().to_owned(),
            source,
            event_type: event_type.to_owned(),
            time: data.time().unwrap_or_else(|| context.clock().now()),
            attributes: EventAttributes::default().with_subject(data.subject()),
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

    /// With what its sender tells; where that is no subject, the one of the data stays.
    #[must_use]
    pub fn with_attributes(mut self, attributes: EventAttributes) -> Self {
        let own = std::mem::replace(&mut self.attributes, attributes);
        if self.attributes.subject().is_none() {
            let subject = own.subject().map(str::to_owned);
            self.attributes = self.attributes.with_subject(subject);
        }
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
    /// What it is about: in the words of its sender, else as [`new`](Event::new) has it.
    pub fn subject(&self) -> Option<&str> {
        self.attributes.subject()
    }

    /// The media type of the data, where its sender tells one.
    pub fn data_content_type(&self) -> Option<&str> {
        self.attributes.data_content_type()
    }

    /// The schema of the data, where its sender tells one.
    pub fn data_schema(&self) -> Option<&str> {
        self.attributes.data_schema()
    }

    /// An attribute that CloudEvents itself does not have, where its sender tells it.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.attributes.extension(name)
    }

    /// The same event with what `take` makes of its data.
    pub(super) fn carrying<U>(self, take: impl FnOnce(T) -> Result<U>) -> Result<Event<U>> {
        Ok(Event {
            data: take(self.data)?,
            id: self.id,
            source: self.source,
            event_type: self.event_type,
            time: self.time,
            attributes: self.attributes,
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

    /// The type of an event that says this.
    pub fn event_type(&self) -> &'static str {
        self.attributes().1
    }

    /// The subject of an event that says this, where nobody tells another.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::Schedule(_) | Self::Messages(_) => None,
            Self::Blob(blob) => Some(blob.key.as_str().to_owned()),
            Self::Change(event) => Some(of_document(&event.change.key)),
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

fn of_document(key: &Key) -> String {
    let partition = &key.partition;
    match &key.sort {
        None => partition.clone(),
        Some(SortKey::Str(text)) => format!("{partition}/{text}"),
        Some(SortKey::I64(number)) => format!("{partition}/{number}"),
        Some(SortKey::Bytes(bytes)) => format!("{partition}/{bytes:x}"),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::blob::BlobKey;
    use crate::document::Timestamp;
    use crate::driver::SystemClock;
    use crate::function::RequestId;

    fn event() -> Event {
        let clock = SystemClock(|_| Box::pin(std::future::pending()));
        let context = Context::new(RequestId::from_platform("r"), None, Arc::new(clock));
        let key = BlobKey::of_store("a/b.png");
        let at = Timestamp::from_micros(7);
        Event::new(
            BlobEvent::new(BlobEventKind::Stored, "files", key, at),
            context,
        )
    }

    #[test]
    fn the_subject_is_the_senders_else_the_key() {
        assert_eq!(event().subject(), Some("a/b.png"));
        let told = EventAttributes::default().with_data_schema(Some("s".to_owned()));
        let event_of = |told: EventAttributes| event().with_attributes(told);
        let kept = event_of(told.clone());
        assert_eq!(
            (kept.subject(), kept.data_schema()),
            (Some("a/b.png"), Some("s"))
        );
        let told = told.with_subject(Some("objects/a/b.png".to_owned()));
        assert_eq!(event_of(told).subject(), Some("objects/a/b.png"));
    }

    #[test]
    fn the_subject_of_a_change_is_the_key_of_its_document() {
        let sorted = |sort: SortKey| Key::from(("ada", sort));
        for (key, expected) in [
            (Key::partition("ada"), "ada"),
            (sorted(SortKey::Str("x/y".to_owned())), "ada/x/y"),
            (sorted(SortKey::I64(-7)), "ada/-7"),
            (
                sorted(SortKey::Bytes(Bytes::from_static(&[0, 255]))),
                "ada/00ff",
            ),
        ] {
            assert_eq!(of_document(&key), expected);
        }
    }
}
