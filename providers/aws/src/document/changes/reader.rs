//! One page of changes: the shards of a place in turn, until the page is full.

use std::collections::VecDeque;

use aws_sdk_dynamodbstreams::types::Record;
use isobar::Result;
use isobar::driver::document::{Call, RecordChange};

use super::super::DynamoStore;
use super::place::{Place, ShardPlace};
use super::{APART, Stream, Streams, record};

/// The most records of one request ("GetRecords").
const MOST_RECORDS: usize = 1_000;
/// After how many answers without records a shard is left for the next page. There may be more
/// behind them: a place between two records that are far apart is passed in several requests.
const EMPTY: u32 = 3;
/// How many requests one page takes at the most; the next one begins with other shards.
const MOST_REQUESTS: u32 = 100;
/// After how many seconds it is looked up whether a shard without changes is still open.
const LONG: i64 = 3_600;

pub(super) struct Reader<'r> {
    store: &'r DynamoStore,
    streams: &'r Streams,
    stream: &'r Stream,
    call: &'r Call<'r>,
    requests: u32,
    /// What was read.
    pub(super) changes: Vec<RecordChange>,
    /// Whether there is more to read at once.
    pub(super) more: bool,
}

/// Where reading goes on after a shard.
enum Next {
    /// There, on the next page.
    Later(ShardPlace),
    /// It is closed and read to its end: in those that follow it.
    Following(Vec<ShardPlace>),
}

impl<'r> Reader<'r> {
    pub(super) fn new(
        store: &'r DynamoStore,
        streams: &'r Streams,
        stream: &'r Stream,
        call: &'r Call<'r>,
    ) -> Self {
        Self {
            store,
            streams,
            stream,
            call,
            requests: 0,
            changes: Vec::new(),
            more: false,
        }
    }

    /// Reads at most `limit` changes, and returns the place after them.
    pub(super) async fn read(&mut self, place: Place, limit: usize) -> Result<Place> {
        let mut waiting = place.shards;
        let mut seen = VecDeque::new();
        while self.has_room(limit) {
            let Some(shard) = waiting.pop_front() else {
                break;
            };
            match self.next(shard, limit).await? {
                Next::Later(shard) => seen.push_back(shard),
                Next::Following(shards) => waiting.extend(shards),
            }
        }
        self.more |= !waiting.is_empty();
        waiting.append(&mut seen);
        Ok(Place {
            shards: waiting,
            ..place
        })
    }

    fn has_room(&self, limit: usize) -> bool {
        self.changes.len() < limit && self.requests < MOST_REQUESTS
    }

    async fn next(&mut self, mut shard: ShardPlace, limit: usize) -> Result<Next> {
        if self.read_shard(&mut shard, limit).await? {
            return Ok(Next::Later(shard));
        }
        let (shards, _) = self.store.shards(self.streams, &self.stream.arn).await?;
        let following = shards.after(&shard.shard);
        let following: Vec<_> = following.map(|next| shard.following(next)).collect();
        // Those that follow are not told yet, or the stream was closed for good.
        let none = following.is_empty();
        Ok(if none {
            Next::Later(shard)
        } else {
            Next::Following(following)
        })
    }

    /// Reads a shard until the page is full or nothing more comes, and moves the place along;
    /// whether more may come from it.
    async fn read_shard(&mut self, place: &mut ShardPlace, limit: usize) -> Result<bool> {
        let at = |place: &ShardPlace| self.streams.kept(&self.stream.arn, place);
        let mut iterator = match at(place) {
            Some(kept) => kept,
            None => self.fresh(place).await?,
        };
        let mut empty = 0;
        while empty < EMPTY && self.has_room(limit) {
            let room = (limit - self.changes.len()).min(MOST_RECORDS);
            let room = i32::try_from(room).unwrap_or(i32::MAX);
            self.requests += 1;
            let answer = self.store.records(self.streams, (&iterator, room)).await?;
            let Some(answer) = answer else {
                iterator = self.fresh(place).await?;
                continue;
            };
            let records = answer.records.unwrap_or_default();
            empty = if records.is_empty() { empty + 1 } else { 0 };
            for record in records {
                self.take(place, record)?;
            }
            match answer.next_shard_iterator {
                Some(next) => iterator = next,
                None => return Ok(false),
            }
        }
        self.more |= empty < EMPTY;
        if empty == EMPTY && self.stream.now.saturating_sub(place.seen) > LONG {
            self.see(place).await?;
        }
        self.streams.keep(&self.stream.arn, place, iterator);
        Ok(true)
    }

    /// Notes that nothing is left from before now in a shard that is open and had nothing to read.
    /// Those that will follow it have nothing from before either.
    async fn see(&self, place: &mut ShardPlace) -> Result<()> {
        let (shards, now) = self.store.shards(self.streams, &self.stream.arn).await?;
        if shards.is_open(&place.shard) {
            place.seen = now.saturating_sub(APART);
        }
        Ok(())
    }

    async fn fresh(&self, place: &ShardPlace) -> Result<String> {
        let at = (self.stream.arn.as_str(), place);
        self.store.iterator(self.streams, at).await
    }

    /// Adds a record, unless it is from before the place that was asked for.
    fn take(&mut self, place: &mut ShardPlace, record: Record) -> Result<()> {
        if place.pass(record::sequence(&record), record::second(&record)) {
            self.changes.push(record::change(self.call, record)?);
        }
        Ok(())
    }
}
