//! The messages of a topic in their order: appended, taken, and settled.

use std::collections::HashSet;
use std::time::Duration;

use isobar::document::Timestamp;
use redb::ReadableTable as _;
use tokio::sync::watch;

use super::row::MessageRow;
use crate::committer::Group;
use crate::engine::Wrote;
use crate::error::{Fault, Stop};

/// How often a message is delivered before it is put aside.
pub(crate) const ATTEMPTS: u32 = 5;
/// Messages that one search for those that are due looks at.
const LOOKED_AT: usize = 10_000;
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
    /// At once, as if it had not been delivered: its handler was not let end.
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
    let last = messages.range((topic, 0)..=(topic, u64::MAX))?.next_back();
    let last = last.transpose()?.map(|(key, _)| key.value().1);
    let mut next = last.map_or(0, |last| last.saturating_add(1));
    for row in rows {
        messages.insert((topic, next), &*row.encode(topic, next))?;
        next = next.saturating_add(1);
    }
    group.wrote = Wrote::Something;
    Ok(())
}

/// Takes the first messages that are due, at most `limit`, and counts the delivery.
///
/// A message waits for those of its group that came before it. Nobody else may hold messages of
/// the topic. One that was delivered too often is taken out.
pub(crate) fn take(
    group: &mut Group<'_>,
    topic: &str,
    limit: usize,
    now: Timestamp,
) -> Result<Taken, Stop> {
    let mut taken = Taken::default();
    let mut over = Vec::new();
    let mut waiting: HashSet<String> = HashSet::new();
    let messages = group.tables.messages.open()?;
    for entry in messages
        .range((topic, 0)..=(topic, u64::MAX))?
        .take(LOOKED_AT)
    {
        let (key, stored) = entry?;
        let (_, number) = key.value();
        let mut row = MessageRow::decode(topic, number, stored.value())?;
        if row
            .group
            .as_ref()
            .is_some_and(|group| waiting.contains(group))
        {
            continue;
        }
        if row.not_before > now {
            taken.next = Some(
                taken
                    .next
                    .map_or(row.not_before, |next| next.min(row.not_before)),
            );
            waiting.extend(row.group);
            continue;
        }
        if row.attempts >= ATTEMPTS {
            over.push(number);
            taken.given_up.push(row);
            continue;
        }
        row.attempts = row.attempts.saturating_add(1);
        taken.held.push(Held { number, row });
        if taken.held.len() >= limit {
            break;
        }
    }
    for Held { number, row } in &taken.held {
        messages.insert((topic, *number), &*row.encode(topic, *number))?;
        group.wrote = Wrote::Something;
    }
    for number in over {
        messages.remove((topic, number))?;
        group.wrote = Wrote::Something;
    }
    Ok(taken)
}

/// Takes one that somebody wants again, as [`take`] does; one that is damaged is out, so that it holds nobody up.
pub(crate) fn take_replay(
    group: &mut Group<'_>,
    replays: &str,
    now: Timestamp,
) -> Result<Taken, Fault> {
    loop {
        match take(group, replays, 1, now) {
            Ok(taken) => return Ok(taken),
            Err(Stop::Fault(fault)) => return Err(fault),
            Err(Stop::Refused(error)) => {
                tracing::error!(
                    target: "isobar", ?error,
                    "an event that was to be delivered again is damaged, and is not: ask for it again"
                );
                remove_damaged(group, replays)?;
            }
        }
    }
}

fn remove_damaged(group: &mut Group<'_>, topic: &str) -> Result<(), Fault> {
    let messages = group.tables.messages.open()?;
    let mut damaged = Vec::new();
    for entry in messages.range((topic, 0)..=(topic, u64::MAX))? {
        let (key, stored) = entry?;
        let (_, number) = key.value();
        if MessageRow::decode(topic, number, stored.value()).is_err() {
            damaged.push(number);
        }
    }
    for number in damaged {
        messages.remove((topic, number))?;
    }
    group.wrote = Wrote::Something;
    Ok(())
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
    for (Held { number, mut row }, fate) in settled {
        match fate {
            Fate::Back => {
                row.attempts = row.attempts.saturating_sub(1);
                messages.insert((topic, number), &*row.encode(topic, number))?;
            }
            Fate::Again(at) => {
                row.not_before = at;
                messages.insert((topic, number), &*row.encode(topic, number))?;
            }
            Fate::Done => {
                messages.remove((topic, number))?;
            }
            Fate::Aside => {
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
