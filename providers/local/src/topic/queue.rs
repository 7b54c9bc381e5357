//! The messages of a topic in their order: appended, taken, and settled.

pub(crate) mod damaged;
mod search;
pub(crate) mod waiting;

use std::time::Duration;

use isobar::document::Timestamp;
use redb::ReadableTable;
use tokio::sync::watch;

use super::row::MessageRow;
use crate::committer::Group;
use crate::engine::Wrote;
use crate::error::Fault;
use search::Search;
use waiting::Waiting;

/// How often a message is delivered before it is put aside.
pub(crate) const ATTEMPTS: u32 = 5;
/// How long a message that failed waits, the first time and at most.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What stands before the name of a bucket where its events wait; no topic begins so.
const BUCKET: &str = "\0bucket/";
/// The same for the changes of a collection.
const COLLECTION: &str = "\0collection/";

/// The same for the ticks of a schedule that are to be told again.
const SCHEDULE: &str = "\0schedule/";
/// What stands before a queue where that waits which is to be delivered again.
const REPLAY: &str = "\0replay/";

/// Where a queue's events wait that somebody wants again: beside it, so that they neither wait for
/// those of their group nor hold them back.
pub(crate) fn of_replays(queue: &str) -> String {
    format!("{REPLAY}{queue}")
}

/// Where the ticks of a schedule wait that somebody wants again.
pub(crate) fn of_schedule(name: &str) -> String {
    format!("{SCHEDULE}{name}")
}

/// What the events of a queue are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource<'q> {
    Topic(&'q str),
    Bucket(&'q str),
    Collection(&'q str),
    Schedule(&'q str),
}

impl<'q> Resource<'q> {
    pub(crate) fn of(queue: &'q str) -> Self {
        let of = |prefix: &str| queue.strip_prefix(prefix);
        let bucket = of(BUCKET).map(Self::Bucket);
        let collection = || of(COLLECTION).map(Self::Collection);
        let schedule = || of(SCHEDULE).map(Self::Schedule);
        let found = bucket.or_else(collection).or_else(schedule);
        found.unwrap_or(Self::Topic(queue))
    }
}

/// Where the events of a bucket wait.
pub(crate) fn of_bucket(bucket: &str) -> String {
    format!("{BUCKET}{bucket}")
}

/// Where the changes of a collection wait.
pub(crate) fn of_collection(collection: &str) -> String {
    format!("{COLLECTION}{collection}")
}

/// Where the messages of a topic, the events of a bucket, or the changes of a collection go that
/// failed too often: a topic as any other.
pub(crate) fn dead_letters(queue: &str) -> String {
    let (Resource::Topic(name)
    | Resource::Bucket(name)
    | Resource::Collection(name)
    | Resource::Schedule(name)) = Resource::of(queue.strip_prefix(REPLAY).unwrap_or(queue));
    format!("{name}-dead")
}

/// Tells those who wait for messages that there may be some.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arrivals(watch::Sender<()>);

impl Arrivals {
    pub(crate) fn announce(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

/// A message that is with the application.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) number: u64,
    pub(crate) row: MessageRow,
}

impl Held {
    /// Notes what its next delivery waits for.
    pub(crate) fn note(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Again(None) => self.row.note_pause(),
            Verdict::Again(Some(_)) => self.row.note_wait(),
            Verdict::Done | Verdict::Back => {}
        }
    }
}

/// What was found in a topic.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) held: Vec<Held>,
    /// When the next of those that are not yet due is.
    pub(crate) next: Option<Timestamp>,
    /// Those that were delivered as often as may be and not settled, as where their handler ends the process; they are out.
    pub(crate) given_up: Vec<MessageRow>,
}

/// What becomes of a message that was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    /// After this time, or one that grows with each failure.
    Again(Option<Duration>),
    /// As if it had not been delivered: its handler was not begun, or not let end.
    Back,
}

/// What a verdict means for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    Back,
    /// It comes again at this instant.
    Again(Timestamp),
    /// It goes to the topic of dead letters.
    Aside,
}

impl Fate {
    pub(crate) fn of(verdict: Verdict, attempts: u32, now: Timestamp) -> Self {
        match verdict {
            Verdict::Done => Self::Done,
            Verdict::Back => Self::Back,
            Verdict::Again(after) if attempts < ATTEMPTS => {
                Self::Again(now.plus(after.unwrap_or_else(|| pause(attempts))))
            }
            Verdict::Again(_) => Self::Aside,
        }
    }
}

/// Puts messages at the end of a topic.
pub(crate) fn append(group: &mut Group<'_>, topic: &str, rows: &[MessageRow]) -> Result<(), Fault> {
    let messages = group.tables.messages.open()?;
    // Below that number no search looks for a message that it has not seen.
    let passed = group.known.waiting.get(topic).map_or(0, Waiting::passed);
    let mut next = next_number(messages, topic)?.max(passed);
    for row in rows {
        messages.insert((topic, next), &*row.encode(topic, next))?;
        next = next.saturating_add(1);
    }
    group.wrote = Wrote::Something;
    Ok(())
}

fn next_number(
    messages: &impl ReadableTable<(&'static str, u64), &'static [u8]>,
    topic: &str,
) -> Result<u64, Fault> {
    let last = messages.range((topic, 0)..=(topic, u64::MAX))?.next_back();
    let last = last.transpose()?.map(|(key, _)| key.value().1);
    Ok(last.map_or(0, |last| last.saturating_add(1)))
}

/// Takes messages that are due, at most `limit`, and counts the delivery: first those that waited, as they were due, then
/// those that nobody has seen, in their order.
///
/// A message waits for those of its group that came before it. Those that are not due are passed over, however many they
/// are, and their rows are read once only, unless the clock is set back. Nobody else may hold messages of the topic. One that
/// was delivered too often is taken out, and one that is damaged put where nobody is given it.
pub(crate) fn take(
    group: &mut Group<'_>,
    topic: &str,
    limit: usize,
    now: Timestamp,
) -> Result<Taken, Fault> {
    let Search { mut taken, out, .. } = Search::of(group, topic, (limit, now))?;
    let messages = group.tables.messages.open()?;
    for Held { number, row } in &taken.held {
        messages.insert((topic, *number), &*row.encode(topic, *number))?;
        group.wrote = Wrote::Something;
    }
    let waiting = group.known.waiting.entry(topic.to_owned()).or_default();
    for (number, damaged) in out {
        waiting.remove(number);
        messages.remove((topic, number))?;
        group.wrote = Wrote::Something;
        if let Some(bytes) = damaged {
            damaged::keep(messages, (topic, number), &bytes)?;
        }
    }
    if taken.next.is_none() {
        taken.next = waiting.next(now);
    }
    Ok(taken)
}

/// Puts messages aside that were taken out.
pub(crate) fn put_aside(
    group: &mut Group<'_>,
    topic: &str,
    mut rows: Vec<MessageRow>,
) -> Result<(), Fault> {
    for row in &mut rows {
        row.attempts = 0;
    }
    append(group, &dead_letters(topic), &rows)
}

/// Removes messages that are done, and has the others delivered again, or puts them aside; says
/// whether there were any of those.
pub(crate) fn settle(
    group: &mut Group<'_>,
    topic: &str,
    settled: Vec<(Held, Fate)>,
) -> Result<bool, Fault> {
    let mut dead = Vec::new();
    let messages = group.tables.messages.open()?;
    let waiting = group.known.waiting.entry(topic.to_owned()).or_default();
    for (Held { number, mut row }, fate) in settled {
        match fate {
            Fate::Back => {
                row.attempts = row.attempts.saturating_sub(1);
                messages.insert((topic, number), &*row.encode(topic, number))?;
            }
            Fate::Again(at) => {
                row.not_before = at;
                messages.insert((topic, number), &*row.encode(topic, number))?;
                waiting.insert(number, at, row.group);
            }
            Fate::Done => {
                waiting.remove(number);
                messages.remove((topic, number))?;
            }
            Fate::Aside => {
                waiting.remove(number);
                messages.remove((topic, number))?;
                dead.push(row);
            }
        }
    }
    group.wrote = Wrote::Something;
    let any = !dead.is_empty();
    if any {
        put_aside(group, topic, dead)?;
    }
    Ok(any)
}

fn pause(attempts: u32) -> Duration {
    let doubled = 1_u32
        .checked_shl(attempts.saturating_sub(1))
        .unwrap_or(u32::MAX);
    PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
