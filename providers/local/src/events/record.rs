//! Writing the log of events, in the transactions in which they are taken and settled.

use bytes::Bytes;
use isobar::document::Timestamp;
use isobar::{Error, ErrorKind};
use redb::{ReadableTable as _, ReadableTableMetadata as _};

use super::limits::EventLimits;
use super::row::{EventRow, EventState};
use crate::committer::Group;
use crate::engine::Wrote;
use crate::error::{Fault, Stop};
use crate::topic::row::MessageRow;

/// The name of the fact how many bytes the rows have.
pub(crate) const BYTES: &str = "event-bytes";
/// Events that stay beyond the limits, at most, until they were delivered again.
const SPARED: usize = 1_000;
/// Bytes of the text of an error that are kept.
const ERROR_BYTES: usize = 4_096;

/// An event that is handed to an application.
#[derive(Debug, Clone)]
pub(crate) struct Handed<'h> {
    pub(crate) queue: &'h str,
    pub(crate) id: &'h str,
    pub(crate) request_id: &'h str,
    pub(crate) message: &'h MessageRow,
    pub(crate) document: Option<Bytes>,
}

/// What became of a delivery.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) state: EventState,
    /// When the event comes again by itself.
    pub(crate) next: Option<Timestamp>,
    pub(crate) error: Option<(String, String)>,
}

/// The kind of an error and what it says, with its causes.
pub(crate) fn told(error: &Error) -> (String, String) {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text.truncate(text.floor_char_boundary(ERROR_BYTES));
    (format!("{:?}", error.kind()), text)
}

/// Notes that an event is with its handler, and lets the oldest go where there are too many.
pub(crate) fn handed_over(
    group: &mut Group<'_>,
    limits: EventLimits,
    handed: Handed<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    if limits.are_off() {
        return Ok(());
    }
    let known = find_intact(group, handed.queue, handed.id)?;
    let earlier = known.as_ref().map(|(_, row)| row);
    let row = EventRow {
        state: EventState::Delivering,
        queue: handed.queue.to_owned(),
        id: handed.id.to_owned(),
        request_id: handed.request_id.to_owned(),
        attempt: handed.message.attempts,
        deliveries: earlier.map_or(0, |row| row.deliveries).saturating_add(1),
        replays: earlier.map_or(0, |row| row.replays),
        first_delivered: earlier.map_or(now, |row| row.first_delivered),
        delivered: now,
        settled: None,
        next: None,
        error: None,
        // A later write has it gone from the store, and not from here.
        document: handed
            .document
            .or_else(|| earlier.and_then(|row| row.document.clone())),
        message: handed.message.clone(),
    };
    match known {
        Some((number, _)) => put(group, number, &row)?,
        None => append(group, &row)?,
    }
    trim(group, limits)
}

/// Notes what became of a delivery, where the log still has the event.
pub(crate) fn settled(
    group: &mut Group<'_>,
    (queue, id): (&str, &str),
    ended: &Ended,
    now: Timestamp,
) -> Result<(), Fault> {
    let Some((number, mut row)) = find_intact(group, queue, id)? else {
        return Ok(());
    };
    row.state = ended.state;
    row.next = ended.next;
    row.error.clone_from(&ended.error);
    row.settled = Some(now);
    put(group, number, &row)
}

/// The event of this queue and id, with its number.
pub(crate) fn find(
    group: &mut Group<'_>,
    queue: &str,
    id: &str,
) -> Result<Option<(u64, EventRow)>, Stop> {
    let Some(number) = group.tables.event_ids.open()?.get((id, queue))? else {
        return Ok(None);
    };
    let number = number.value();
    let Some(stored) = group.tables.events.open()?.get(number)? else {
        let message = "an event is listed and not there: run `isobar local check` on the store";
        return Err(Error::new(ErrorKind::Corrupt, message).into());
    };
    let row = EventRow::decode(number, stored.value())?;
    // What listed one that was damaged may lead to another.
    let found = Some((number, row));
    Ok(found.filter(|(_, row)| row.id == id && row.queue == queue))
}

/// The same, but nothing where the row is damaged: a log must not hold deliveries up.
pub(crate) fn find_intact(
    group: &mut Group<'_>,
    queue: &str,
    id: &str,
) -> Result<Option<(u64, EventRow)>, Fault> {
    match find(group, queue, id) {
        Ok(found) => Ok(found),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Refused(error)) => {
            tracing::error!(target: "isobar", ?error, id, "an event of the log cannot be read");
            Ok(None)
        }
    }
}

/// Puts an event behind all others.
pub(crate) fn append(group: &mut Group<'_>, row: &EventRow) -> Result<(), Fault> {
    let last = group.tables.events.open()?.last()?;
    let number = last.map_or(0, |(number, _)| number.value().saturating_add(1));
    let ids = group.tables.event_ids.open()?;
    ids.insert((row.id.as_str(), row.queue.as_str()), number)?;
    put(group, number, row)
}

fn put(group: &mut Group<'_>, number: u64, row: &EventRow) -> Result<(), Fault> {
    let sealed = row.encode(number);
    let before = group.tables.events.open()?.insert(number, &*sealed)?;
    let before = before.map_or(0, |before| before.value().len());
    count(group, sealed.len(), before)
}

/// Takes an event out.
pub(crate) fn remove(group: &mut Group<'_>, number: u64) -> Result<(), Fault> {
    let Some(removed) = group.tables.events.open()?.remove(number)? else {
        return Ok(());
    };
    let bytes = removed.value().len();
    // Of a damaged one nobody knows the id, under which there is nothing then.
    if let Ok(row) = EventRow::decode(number, removed.value()) {
        let ids = group.tables.event_ids.open()?;
        ids.remove((row.id.as_str(), row.queue.as_str()))?;
    }
    drop(removed);
    count(group, 0, bytes)
}

fn count(group: &mut Group<'_>, added: usize, removed: usize) -> Result<(), Fault> {
    group.wrote = Wrote::Something;
    if added == removed {
        return Ok(());
    }
    let bytes = bytes(group)?.saturating_add(added as u64);
    let bytes = bytes.saturating_sub(removed as u64);
    group.tables.meta.open()?.insert(BYTES, bytes)?;
    Ok(())
}

fn bytes(group: &mut Group<'_>) -> Result<u64, Fault> {
    let stored = group.tables.meta.open()?.get(BYTES)?;
    Ok(stored.map_or(0, |bytes| bytes.value()))
}

/// Has the log be within its limits when an application starts; where it is off nothing is left of it.
pub(crate) fn begin(group: &mut Group<'_>, limits: EventLimits) -> Result<(), Fault> {
    if !limits.are_off() {
        return trim(group, limits);
    }
    let events = group.tables.events.open()?;
    if events.is_empty()? {
        return Ok(());
    }
    events.retain(|_, _| false)?;
    group.tables.event_ids.open()?.retain(|_, _| false)?;
    group.tables.meta.open()?.insert(BYTES, 0)?;
    group.wrote = Wrote::Something;
    Ok(())
}

/// Lets the oldest go where there are too many, but for some that are yet to be delivered again.
fn trim(group: &mut Group<'_>, limits: EventLimits) -> Result<(), Fault> {
    let (mut from, mut spared) = (0, 0);
    while group.tables.events.open()?.len()? > limits.events || bytes(group)? > limits.bytes {
        let Some((number, waits)) = oldest(group, from)? else {
            return Ok(());
        };
        if waits && spared < SPARED {
            spared += 1;
            from = number.saturating_add(1);
        } else {
            remove(group, number)?;
        }
    }
    Ok(())
}

/// The first event from this number on, and whether it is to be delivered again because somebody asked.
fn oldest(group: &mut Group<'_>, from: u64) -> Result<Option<(u64, bool)>, Fault> {
    let Some(first) = group.tables.events.open()?.range(from..)?.next() else {
        return Ok(None);
    };
    let (number, stored) = first?;
    let number = number.value();
    let row = EventRow::decode(number, stored.value());
    let waits = row.is_ok_and(|row| row.state == EventState::Waiting);
    Ok(Some((number, waits)))
}

#[cfg(test)]
mod tests;
