//! Where an event of the log comes from, and the id that its handler knows.

use isobar::Result;
use isobar::document::Timestamp;
use isobar::function::{EventData, Messages, Schedule};
use isobar::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::blob::events as blobs;
use crate::document::events as changes;
use crate::topic::queue::{self, Resource};
use crate::topic::row::MessageRow;

/// The tick of a schedule, as the body of a message.
#[derive(Debug, Serialize, Deserialize)]
struct Tick {
    /// Microseconds since 1970.
    at: i64,
}

/// The source of the events of a queue, as their handlers see it.
pub(crate) fn of_queue(queue: &str) -> String {
    match Resource::of(queue) {
        Resource::Topic(name) => format!("topic/{name}"),
        Resource::Bucket(name) => format!("bucket/{name}"),
        Resource::Collection(name) => format!("collection/{name}"),
        Resource::Schedule(name) => format!("schedule/{name}"),
    }
}

/// The id of the event that a message tells; one that cannot be read has that of its message.
pub(crate) fn event_id(queue: &str, row: &MessageRow) -> String {
    let told = match Resource::of(queue) {
        Resource::Topic(_) | Resource::Bucket(_) => None,
        Resource::Collection(_) => changes::id(&row.body).ok(),
        Resource::Schedule(name) => due(row).ok().map(|due| tick_id(name, due)),
    };
    told.unwrap_or_else(|| row.id.to_string())
}

/// What a message of this queue says but for its content, of which its type and its subject are made; nothing where it
/// cannot be read.
pub(crate) fn envelope(queue: &str, row: &MessageRow) -> Option<EventData> {
    match Resource::of(queue) {
        Resource::Topic(name) => Some(Messages::new(name, Vec::new()).into()),
        Resource::Bucket(_) => blobs::event(&row.body).ok().map(EventData::from),
        Resource::Collection(_) => changes::event(&row.body, None).ok().map(EventData::from),
        Resource::Schedule(name) => {
            let due = due(row).ok()?;
            Some(Schedule::new(name, due.into()).into())
        }
    }
}

/// The id of the tick of a schedule.
pub(crate) fn tick_id(name: &str, due: Timestamp) -> String {
    format!("{name}@{}", shown(due))
}

/// The message by which a delivery of the tick of a schedule is kept, and its queue.
pub(crate) fn tick(name: &str, due: Timestamp, attempt: u32) -> Result<(String, MessageRow)> {
    let body = serde_json::to_vec(&Tick {
        at: due.as_micros(),
    });
    let unwritten = |error| Error::new(ErrorKind::Internal, "no tick").with_source(error);
    let row = MessageRow {
        id: Uuid::new_v4(),
        attempts: attempt,
        not_before: due,
        sent_at: due,
        group: None,
        attributes: [].into(),
        body: body.map_err(unwritten)?.into(),
    };
    Ok((queue::of_schedule(name), row))
}

/// When the tick was due that a message tells.
pub(crate) fn due(row: &MessageRow) -> Result<Timestamp> {
    let tick: Tick = serde_json::from_slice(&row.body).map_err(|error| {
        let message = "the tick of a schedule in the local store is not one";
        Error::new(ErrorKind::Corrupt, message).with_source(error)
    })?;
    Ok(Timestamp::from_micros(tick.at))
}

/// An instant as RFC 3339 has it, in UTC; microseconds where no year of four digits reaches so far.
pub(crate) fn shown(at: Timestamp) -> String {
    let instant = jiff::Timestamp::from_microsecond(at.as_micros());
    instant.map_or_else(
        |_| at.as_micros().to_string(),
        |instant| instant.to_string(),
    )
}
