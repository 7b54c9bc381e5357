//! Finding an event of the log, and having it delivered again.

use isobar::document::Timestamp;
use isobar::{Error, ErrorKind};
use redb::ReadableTable;

use super::record;
use super::row::{EventRow, EventState};
use super::source::{of_queue, shown};
use crate::committer::Group;
use crate::error::Stop;
use crate::topic::queue;

/// An event with its number.
pub(crate) type Found = (u64, EventRow);

/// Has an event delivered again, as it was, with its deliveries counted anew.
pub(crate) fn request(
    group: &mut Group<'_>,
    id: &str,
    source: Option<&str>,
    now: Timestamp,
) -> Result<EventRow, Stop> {
    let tables = &mut group.tables;
    let (events, ids) = (tables.events.open()?, tables.event_ids.open()?);
    let (number, mut row) = find(events, ids, (id, source))?;
    let mut message = row.message.clone();
    message.attempts = 0;
    message.not_before = now;
    queue::append(group, &queue::of_replays(&row.queue), &[message])?;
    row.state = EventState::Waiting;
    row.replays = row.replays.saturating_add(1);
    row.attempt = 0;
    row.next = None;
    // As the newest it stays in the log until it is delivered, with what was told with it.
    record::remove(group, number)?;
    record::append(group, &row)?;
    Ok(row)
}

/// The one event with this id, or that was last delivered by the invocation with this id.
pub(crate) fn find(
    events: &impl ReadableTable<u64, &'static [u8]>,
    ids: &impl ReadableTable<(&'static str, &'static str), u64>,
    (id, source): (&str, Option<&str>),
) -> Result<Found, Stop> {
    let mut found = by_id(events, ids, id)?;
    if found.is_empty() {
        found = by_request(events, id)?;
    }
    let others: Vec<_> = found.iter().map(|(_, row)| named(row)).collect();
    if let Some(source) = source {
        found.retain(|(_, row)| of_queue(&row.queue) == source);
        if found.is_empty() && !others.is_empty() {
            let message = format!(
                "no event {id:?} of {source} is in the log, but {}",
                others.join(", ")
            );
            return Err(Error::new(ErrorKind::NotFound, message).into());
        }
    }
    if found.len() > 1 {
        let message = format!("{id:?} may be any of these events: {}", others.join(", "));
        return Err(Error::invalid(message).into());
    }
    match found.pop() {
        Some(found) => Ok(found),
        None => Err(unknown(events, id)?.into()),
    }
}

fn named(row: &EventRow) -> String {
    format!("{} of {}", row.id, of_queue(&row.queue))
}

fn by_id(
    events: &impl ReadableTable<u64, &'static [u8]>,
    ids: &impl ReadableTable<(&'static str, &'static str), u64>,
    id: &str,
) -> Result<Vec<Found>, Stop> {
    let (mut found, mut damaged) = (Vec::new(), None);
    for entry in ids.range((id, "")..)? {
        let (key, number) = entry?;
        let (listed, queue) = key.value();
        if listed != id {
            break;
        }
        let number = number.value();
        let Some(stored) = events.get(number)? else {
            continue;
        };
        match EventRow::decode(number, stored.value()) {
            Ok(row) if row.id == id && row.queue == queue => found.push((number, row)),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(target: "isobar", ?error, id, "an event of the log is passed over");
                damaged = Some(error);
            }
        }
    }
    match damaged {
        Some(error) if found.is_empty() => Err(error.into()),
        _ => Ok(found),
    }
}

fn by_request(
    events: &impl ReadableTable<u64, &'static [u8]>,
    request_id: &str,
) -> Result<Vec<Found>, Stop> {
    let mut found = Vec::new();
    for entry in events.iter()? {
        let (number, stored) = entry?;
        let number = number.value();
        let row = EventRow::decode(number, stored.value());
        if let Ok(row) = row
            && row.request_id == request_id
        {
            found.push((number, row));
        }
    }
    Ok(found)
}

fn unknown(events: &impl ReadableTable<u64, &'static [u8]>, id: &str) -> Result<Error, Stop> {
    let oldest = events.first()?;
    let oldest = oldest.and_then(|(number, stored)| {
        let row = EventRow::decode(number.value(), stored.value());
        row.ok().map(|row| shown(row.delivered))
    });
    let log = match (events.len()?, oldest) {
        (0, _) => "which is empty: an event is kept from its first delivery on".to_owned(),
        (1, Some(oldest)) => format!("which has one event, of {oldest}"),
        (count, Some(oldest)) => format!("which has {count} events and goes back to {oldest}"),
        (count, None) => format!("which has {count} events"),
    };
    let message = format!("no event {id:?} is in the log, {log}");
    Ok(Error::new(ErrorKind::NotFound, message))
}
