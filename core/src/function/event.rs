//! What wakes a function besides HTTP, in the shape of a CloudEvent.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::Context;

/// An event: the attributes of CloudEvents 1.0, typed data, and the bytes it came in.
///
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// The same for every delivery of the same event.
    pub id: String,
    /// Where it happened.
    pub source: String,
    /// What kind of event it is.
    pub event_type: String,
    /// When it happened.
    pub time: SystemTime,
    /// What it says.
    pub data: EventData,
    /// The platform's own bytes.
    pub raw: Bytes,
    /// The invocation.
    pub context: Context,
}

impl Event {
    /// A tick of the schedule `name`; for platforms.
    pub fn schedule(name: &str, at: SystemTime, raw: Bytes, context: Context) -> Self {
        Self {
            id: context.id().as_str().to_owned(),
            source: format!("schedule/{name}"),
            event_type: "isobar.schedule.tick".to_owned(),
            time: at,
            data: EventData::Schedule(Schedule {
                name: name.to_owned(),
                at,
            }),
            raw,
            context,
        }
    }
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventData {
    /// A tick of a schedule.
    Schedule(Schedule),
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

/// What a handler says of an event (rule N12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Outcome {
    /// It is done.
    #[default]
    Ack,
    /// It should be delivered again, after this time where the platform can wait.
    Retry(Option<Duration>),
    /// It is of no use and should not come again.
    Discard,
    /// Of a batch, the messages with these ids should be delivered again.
    Partial(Vec<String>),
}
