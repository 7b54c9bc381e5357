//! How far a stream has been read, as a cursor keeps it.
//!
//! Text, so that it can be looked at: the label of the stream, and a line for each shard that is
//! not read to its end. It comes back from clients, who may have changed it.

use std::collections::VecDeque;
use std::fmt::Write as _;

use isobar::{Error, Result};

/// A place in each shard from which anything may still come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Tells a stream of a table from one it had before.
    pub(super) label: String,
    /// Those that have waited longest for a page come first.
    pub(super) shards: VecDeque<ShardPlace>,
}

/// How far one shard has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShardPlace {
    pub(super) shard: String,
    /// The sequence number of the last record that was read.
    pub(super) read: Option<String>,
    /// The second of the epoch before which records are passed over.
    pub(super) since: Option<i64>,
    /// A second from before which nothing is left to be read.
    pub(super) seen: i64,
}

impl ShardPlace {
    /// All of a shard, in which nothing is from before this second.
    pub(super) fn start(shard: impl Into<String>, seen: i64) -> Self {
        Self {
            shard: shard.into(),
            read: None,
            since: None,
            seen,
        }
    }

    /// All of a shard that follows this one, once this one is read to its end.
    pub(super) fn following(&self, shard: &str) -> Self {
        Self {
            since: self.since,
            ..Self::start(shard, self.seen)
        }
    }

    /// Whether records that were not read yet may be kept no more. Of those that follow another the
    /// service says so itself.
    pub(super) fn may_lack(&self, now: i64) -> bool {
        self.read.is_none() && now.saturating_sub(self.seen) >= KEPT
    }

    /// Moves behind a record; whether it is one that was asked for.
    ///
    /// Once one was, so are all that follow: records of a shard are in the order of the writes.
    pub(super) fn pass(&mut self, number: Option<&str>, second: Option<i64>) -> bool {
        if let Some(number) = number {
            self.read = Some(number.to_owned());
        }
        let since = self.since.unwrap_or(i64::MIN);
        let is_asked_for = second.is_none_or(|second| second >= since);
        if is_asked_for {
            self.since = None;
        }
        self.seen = self.seen.max(second.unwrap_or(i64::MIN));
        is_asked_for
    }
}

/// How long a stream keeps a record, in seconds ("DynamoDB Streams": 24 hours).
pub(super) const KEPT: i64 = 24 * 3_600;
/// As `DescribeStream` and `GetRecords` limit them: 65 characters of a shard's id, 40 digits of a
/// sequence number ("Amazon DynamoDB Streams API Reference").
const SHARD: usize = 65;
const SEQUENCE: usize = 40;

impl Place {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).ok();
        text.and_then(parsed)
            .ok_or_else(|| Error::invalid("the cursor is not one of ours: start without one"))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut text = self.label.clone();
        for place in &self.shards {
            let ShardPlace {
                shard,
                read,
                since,
                seen,
            } = place;
            let read = read.as_deref().unwrap_or_default();
            let since = since.map(|since| since.to_string()).unwrap_or_default();
            let _ = write!(text, "\n{shard} {read} {since} {seen}");
        }
        text.into_bytes()
    }
}

fn parsed(text: &str) -> Option<Place> {
    let mut lines = text.split('\n');
    let label = lines.next().filter(|label| !label.is_empty())?.to_owned();
    let shards = lines.map(shard_place).collect::<Option<VecDeque<_>>>()?;
    Some(Place { label, shards })
}

fn shard_place(line: &str) -> Option<ShardPlace> {
    let mut words = line.split(' ');
    let (shard, read) = (words.next()?, words.next()?);
    let (since, seen) = (words.next()?, words.next()?.parse().ok()?);
    let since = (!since.is_empty()).then(|| since.parse());
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let sound = (1..=SHARD).contains(&shard.len())
        && shard.bytes().all(is_id)
        && read.len() <= SEQUENCE
        && read.bytes().all(|byte| byte.is_ascii_digit())
        && words.next().is_none();
    let since = since.transpose().ok()?;
    sound.then(|| ShardPlace {
        shard: shard.to_owned(),
        read: (!read.is_empty()).then(|| read.to_owned()),
        since,
        seen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_bytes() {
        let shard = |read: Option<&str>, since| ShardPlace {
            shard: "shardId-00000001414576573621-f55eea83".to_owned(),
            read: read.map(str::to_owned),
            since,
            seen: 1_764_464_400,
        };
        let number = "0".repeat(40);
        let place = Place {
            label: "2026-11-30T00:50:15.123".to_owned(),
            shards: VecDeque::from([
                shard(None, None),
                shard(Some(&number), None),
                shard(None, Some(-1)),
                shard(Some("7"), Some(1_764_464_400)),
            ]),
        };
        assert_eq!(Place::parse(&place.bytes()).unwrap(), place);
        let empty = Place {
            shards: VecDeque::new(),
            ..place
        };
        assert_eq!(Place::parse(&empty.bytes()).unwrap(), empty);
    }

    #[test]
    fn records_from_before_the_second_that_was_asked_for_are_passed_over() {
        let mut place = ShardPlace {
            since: Some(100),
            ..ShardPlace::start("s", 90)
        };
        let seconds = [98, 99, 100, 99, 101];
        let told = seconds.map(|second| place.pass(Some(&second.to_string()), Some(second)));
        assert_eq!(told, [false, false, true, true, true]);
        assert_eq!(place.read.as_deref(), Some("101"));
        assert_eq!((place.since, place.seen), (None, 101));
    }

    /// A reader who comes back after more than a day may have missed what was in a shard that he
    /// had not begun.
    #[test]
    fn a_shard_that_was_not_begun_for_a_day_may_lack_records() {
        let mut place = ShardPlace::start("s", 1_000);
        assert!(!place.may_lack(1_000 + KEPT - 1));
        assert!(place.may_lack(1_000 + KEPT));
        place.pass(Some("7"), Some(2_000));
        assert!(!place.may_lack(i64::MAX));
        let child = place.following("t");
        assert_eq!(child, ShardPlace::start("t", 2_000));
    }

    #[test]
    fn what_was_made_up_is_refused() {
        let long = format!("l\n{} 1  2", "s".repeat(66));
        let many = format!("l\ns {}  2", "1".repeat(41));
        let lines = [
            "",
            "\ns 1  2",
            "l\n",
            "l\ns",
            "l\n 1  2",
            "l\ns x  2",
            "l\ns 1 x 2",
            "l\ns 1  x",
            "l\ns 1 2",
            "l\ns 1 2 3 4",
            "l\ns/ 1  2",
            &long,
            &many,
        ];
        for text in lines {
            let error = Place::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), isobar::ErrorKind::InvalidArgument, "{text:?}");
        }
        assert!(Place::parse(b"\xff").is_err());
    }
}
