//! The search for messages that are due: among those that were seen by their times, then among the others.

use std::collections::HashSet;

use isobar::document::Timestamp;
use isobar::{Error, Result};
use redb::{ReadableTable as _, Table};

use super::waiting::Waiting;
use super::{ATTEMPTS, Held, Taken, pause};
use crate::committer::Group;
use crate::error::Fault;
use crate::topic::row::{Head, MessageRow};

/// Messages that one search takes out because nobody can be given them.
const MOST_OUT: usize = 10_000;
/// Bytes of rows that one search reads that nobody has seen, 8 MiB: meanwhile nothing else is written.
const MOST_READ: usize = 8 << 20;

/// A search for messages that are due.
#[derive(Default)]
pub(super) struct Search {
    pub(super) taken: Taken,
    /// The numbers of those that go out, with their bytes where they are damaged.
    pub(super) out: Vec<(u64, Option<Vec<u8>>)>,
    /// The numbers of all that were found.
    found: HashSet<u64>,
    read: usize,
}

type Messages<'t> = Table<'t, (&'static str, u64), &'static [u8]>;

impl Search {
    pub(super) fn of(
        group: &mut Group<'_>,
        topic: &str,
        (limit, now): (usize, Timestamp),
    ) -> Result<Self, Fault> {
        let mut search = Self::default();
        let messages = group.tables.messages.open()?;
        let waiting = group.known.waiting.entry(topic.to_owned()).or_default();
        waiting.begin(now);
        search.among_seen((messages, topic), waiting, (limit, now))?;
        search.among_others((messages, topic), waiting, (limit, now))?;
        // In a batch, too, each comes after those that were sent before it.
        search.taken.held.sort_by_key(|held| held.number);
        Ok(search)
    }

    fn is_full(&self, limit: usize) -> bool {
        self.taken.held.len() >= limit || self.out.len() >= MOST_OUT
    }

    /// Finds what is due of those that were seen, each with those of its group that follow.
    fn among_seen(
        &mut self,
        (messages, topic): (&Messages<'_>, &str),
        waiting: &Waiting,
        (limit, now): (usize, Timestamp),
    ) -> Result<(), Fault> {
        let mut first = None;
        while let Some(due) = waiting.due_after(first, now) {
            first = Some(due);
            let mut next = Some(due.1);
            while let Some(number) = next.filter(|_| !self.is_full(limit)) {
                self.read_again((messages, topic), number)?;
                next = waiting.follower(number, now);
            }
            if self.is_full(limit) {
                self.go_on(limit, now);
                break;
            }
        }
        Ok(())
    }

    fn read_again(
        &mut self,
        (messages, topic): (&Messages<'_>, &str),
        number: u64,
    ) -> Result<(), Fault> {
        if let Some(stored) = messages.get((topic, number))? {
            let row = MessageRow::decode(topic, number, stored.value());
            self.add((topic, number), row, stored.value());
        } else {
            self.put_out(number, None);
        }
        Ok(())
    }

    /// Looks at those that nobody has seen, in their order.
    fn among_others(
        &mut self,
        (messages, topic): (&Messages<'_>, &str),
        waiting: &mut Waiting,
        (limit, now): (usize, Timestamp),
    ) -> Result<(), Fault> {
        for entry in messages.range((topic, waiting.passed())..=(topic, u64::MAX))? {
            if self.is_full(limit) || self.read >= MOST_READ {
                self.go_on(limit, now);
                break;
            }
            let (key, stored) = entry?;
            let (_, number) = key.value();
            waiting.pass(number);
            if waiting.contains(number) {
                continue;
            }
            self.read = self.read.saturating_add(stored.value().len());
            match self.due((topic, number), stored.value(), (waiting, now)) {
                Ok(None) => {}
                Ok(Some(row)) => self.add((topic, number), Ok(row), stored.value()),
                Err(error) => self.add((topic, number), Err(error), stored.value()),
            }
        }
        Ok(())
    }

    /// Where it ends before it has seen all, others find the rest at once.
    fn go_on(&mut self, limit: usize, now: Timestamp) {
        if self.taken.held.len() < limit {
            self.taken.next = Some(now);
        }
    }

    /// The message where it is due, and none of its group waits before it; it waits with the others from now on.
    fn due(
        &self,
        (topic, number): (&str, u64),
        sealed: &[u8],
        (waiting, now): (&mut Waiting, Timestamp),
    ) -> Result<Option<MessageRow>> {
        let head = Head::decode(topic, number, sealed)?;
        let is_found = |number| self.found.contains(&number);
        let due = due(&head, now, || {
            let row = MessageRow::decode(topic, number, sealed)?;
            Ok(row.is_paused())
        })?;
        let is_due = due <= now && !waiting.blocks(head.group.as_deref(), number, is_found);
        waiting.insert(number, due, head.group);
        if is_due {
            return MessageRow::decode(topic, number, sealed).map(Some);
        }
        Ok(None)
    }

    fn add(&mut self, (topic, number): (&str, u64), row: Result<MessageRow>, sealed: &[u8]) {
        let mut row = match row {
            Ok(row) => row,
            Err(error) => {
                log_damage(&error, topic, number);
                self.put_out(number, Some(sealed.to_vec()));
                return;
            }
        };
        if row.attempts >= ATTEMPTS {
            self.put_out(number, None);
            self.taken.given_up.push(row);
        } else {
            self.found.insert(number);
            row.attempts = row.attempts.saturating_add(1);
            self.taken.held.push(Held { number, row });
        }
    }

    fn put_out(&mut self, number: u64, damaged: Option<Vec<u8>>) {
        self.found.insert(number);
        self.out.push((number, damaged));
    }
}

/// When a message is due, also where the clock was set back after its row was written: the time for which a handler asked
/// holds, and no other wait is longer than it would be from now on.
fn due(head: &Head, now: Timestamp, is_paused: impl FnOnce() -> Result<bool>) -> Result<Timestamp> {
    // What was never delivered waits for nothing but its group.
    if head.attempts == 0 {
        return Ok(head.not_before.min(now));
    }
    let longest = now.plus(pause(head.attempts));
    if head.not_before > longest && is_paused()? {
        return Ok(longest);
    }
    Ok(head.not_before)
}

fn log_damage(error: &Error, topic: &str, number: u64) {
    tracing::error!(
        target: "isobar", ?error, number,
        "a message of {topic:?} is damaged, and was put aside: it cannot be delivered"
    );
}
