//! The ids by which messages are known again, for five minutes each.

use std::collections::HashMap;
use std::time::Duration;

use isobar::document::Timestamp;
use isobar::{Error, ErrorKind};
use redb::ReadableTable as _;
use uuid::Uuid;

use super::row::MessageRow;
use crate::committer::Group;
use crate::engine::Wrote;
use crate::error::{Fault, Stop};
use crate::wire::{Malformed, Reader, put_signed, seal, unseal};

/// How long a message is known again, as SQS and SNS have it ("Exactly-once processing in Amazon SQS").
const WINDOW: Duration = Duration::from_mins(5);
/// How many rows that nobody needs any more one publication removes at most.
const REMOVED: usize = 1_000;

/// A message that was sent under an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SentRow {
    at: Timestamp,
    message: Uuid,
}

impl SentRow {
    fn encode(self, topic: &str, id: &str) -> Vec<u8> {
        let mut body = Vec::with_capacity(32);
        put_signed(&mut body, self.at.as_micros());
        body.extend(self.message.as_bytes());
        seal(&[topic.as_bytes(), id.as_bytes()], &body)
    }

    /// `Corrupt` where the record is not the one that was written there.
    pub(crate) fn decode(topic: &str, id: &str, sealed: &[u8]) -> Result<Self, Error> {
        Self::parse(topic, id, sealed).map_err(|Malformed| {
            let message = format!(
                "an id of a message of {topic:?} does not match its checksum: \
                 run `isobar local check` on the store"
            );
            Error::new(ErrorKind::Corrupt, message)
        })
    }

    fn parse(topic: &str, id: &str, sealed: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(unseal(&[topic.as_bytes(), id.as_bytes()], sealed)?);
        Ok(Self {
            at: Timestamp::from_micros(reader.signed()?),
            message: Uuid::from_bytes(reader.array()?),
        })
    }

    /// When it was sent, as the table of instants has it.
    pub(crate) fn micros(self) -> i64 {
        self.at.as_micros()
    }

    /// Whether a message that is sent now is the same; a clock that was set back does not matter.
    fn is_known(self, now: Timestamp) -> bool {
        let apart = now.as_micros().abs_diff(self.at.as_micros());
        u128::from(apart) < WINDOW.as_micros()
    }
}

/// Those of the messages that were not sent before, and the id of the message that each of all is.
pub(super) fn once(
    group: &mut Group<'_>,
    topic: &str,
    messages: impl Iterator<Item = (MessageRow, Option<String>)>,
    now: Timestamp,
) -> Result<(Vec<MessageRow>, Vec<Uuid>), Stop> {
    let (mut new, mut ids) = (Vec::new(), Vec::new());
    let mut under: HashMap<String, Uuid> = HashMap::new();
    for (row, known_by) in messages {
        let Some(known_by) = known_by else {
            ids.push(row.id);
            new.push(row);
            continue;
        };
        let earlier = match under.get(&known_by) {
            Some(message) => Some(*message),
            None => known(group, topic, &known_by, now)?,
        };
        ids.push(earlier.unwrap_or(row.id));
        if earlier.is_none() {
            under.insert(known_by, row.id);
            new.push(row);
        }
    }
    // Nothing is written before all has been read.
    if !under.is_empty() {
        forget(group, now)?;
    }
    for (id, message) in under {
        note(group, topic, &id, SentRow { at: now, message })?;
    }
    Ok((new, ids))
}

fn known(
    group: &mut Group<'_>,
    topic: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<Uuid>, Stop> {
    let Some(stored) = group.tables.sent.open()?.get((topic, id))? else {
        return Ok(None);
    };
    match SentRow::decode(topic, id, stored.value()) {
        Ok(row) => Ok(row.is_known(now).then_some(row.message)),
        // It is written anew: refused, it would be so for ever.
        Err(error) => {
            tracing::error!(target: "isobar", ?error, "a message may be sent twice");
            Ok(None)
        }
    }
}

fn note(group: &mut Group<'_>, topic: &str, id: &str, row: SentRow) -> Result<(), Fault> {
    let encoded = row.encode(topic, id);
    group.tables.sent.open()?.insert((topic, id), &*encoded)?;
    let at = row.at.as_micros();
    group
        .tables
        .sent_times
        .open()?
        .insert((at, topic, id), ())?;
    group.wrote = Wrote::Something;
    Ok(())
}

/// Removes what nobody needs any more, so that there is never much more than what was sent in five
/// minutes.
fn forget(group: &mut Group<'_>, now: Timestamp) -> Result<(), Fault> {
    let window = i64::try_from(WINDOW.as_micros()).unwrap_or(i64::MAX);
    let until = now.as_micros().saturating_sub(window);
    let mut old = Vec::new();
    let times = group.tables.sent_times.open()?;
    for entry in times.range(..(until, "", ""))?.take(REMOVED) {
        let (key, _) = entry?;
        let (at, topic, id) = key.value();
        old.push((at, topic.to_owned(), id.to_owned()));
    }
    for (at, topic, id) in &old {
        times.remove((*at, topic.as_str(), id.as_str()))?;
    }
    let sent = group.tables.sent.open()?;
    for (at, topic, id) in &old {
        let key = (topic.as_str(), id.as_str());
        let again = sent.get(key)?.is_some_and(|stored| {
            // It was sent again since, and has another entry.
            SentRow::decode(topic, id, stored.value()).is_ok_and(|row| row.at.as_micros() != *at)
        });
        if !again {
            sent.remove(key)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written_and_at_its_own_place_only() {
        let row = SentRow {
            at: Timestamp::from_micros(-7),
            message: Uuid::from_u128(7),
        };
        let sealed = row.encode("jobs", "a");
        assert_eq!(SentRow::decode("jobs", "a", &sealed).unwrap(), row);
        for (topic, id) in [("jobs", "b"), ("job", "a"), ("jobsa", "")] {
            let error = SentRow::decode(topic, id, &sealed).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn a_message_is_known_for_five_minutes_also_by_a_clock_that_was_set_back() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let message = Uuid::from_u128(7);
        let row = SentRow {
            at: at(1_000),
            message,
        };
        for (now, known) in [
            (1_000, true),
            (1_299, true),
            (1_300, false),
            (990, true),
            (700, false),
        ] {
            assert_eq!(row.is_known(at(now)), known, "{now}");
        }
    }

    #[tokio::test]
    async fn a_row_that_is_damaged_refuses_no_message() {
        let store = crate::LocalStore::in_memory().unwrap();
        let topics = store.topics();
        let sent = [isobar::function::OutgoingMessage::new("text").deduplication("a")];
        let first = topics.publish("jobs", &sent).await.unwrap();
        let damage = store.submit(0, |group| {
            let damaged = &b"no row"[..];
            group.tables.sent.open()?.insert(("jobs", "a"), damaged)?;
            group.wrote = Wrote::Something;
            Ok(())
        });
        damage.await.unwrap();
        let second = topics.publish("jobs", &sent).await.unwrap();
        let third = topics.publish("jobs", &sent).await.unwrap();
        let id = |sent: &[isobar::Result<String>]| sent[0].as_ref().unwrap().clone();
        assert_ne!(id(&second), id(&first));
        assert_eq!(id(&third), id(&second));
    }
}
