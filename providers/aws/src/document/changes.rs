//! Changes of a collection, read from the stream of its table.
//!
//! A stream is many shards, which follow each other, and is read shard by shard: those that follow
//! one are begun when nothing more comes from it. The place after a page is a place in each shard
//! that is not read to its end.

mod place;
mod reader;
mod record;
mod shards;
mod streams;

use isobar::document::CollectionSchema;
use isobar::driver::document::{Call, ChangesFrom, ChangesRequest, RecordChanges};
use isobar::{Capability, Error, ErrorKind, Result};

use super::DynamoStore;
use crate::date::AnswerDate;
use place::{Place, ShardPlace};
use reader::Reader;
use shards::Shards;
pub(super) use streams::Streams;
use streams::unsaid;

/// How far the clocks of the servers that make records may be apart from the one that said what
/// "now" was.
const APART: i64 = 5;
/// How old the oldest change may be, in seconds: an hour less than what a stream keeps, in which a
/// reader who begins with it is to come to all shards.
const OLDEST: i64 = place::KEPT - 3_600;

impl DynamoStore {
    pub(super) async fn read_changes(
        &self,
        call: &Call<'_>,
        request: &ChangesRequest,
    ) -> Result<RecordChanges> {
        let streams = self.streams.as_ref();
        let streams = streams.ok_or_else(|| Error::unsupported(Capability::ChangeFeed))?;
        let stream = self.stream(call.schema).await?;
        let place = match &request.from {
            ChangesFrom::Oldest => {
                let (shards, now) = self.shards(streams, &stream.arn).await?;
                let seen = now.saturating_sub(OLDEST);
                let oldest = shards.oldest();
                stream.begin(oldest.map(|shard| ShardPlace::start(shard, seen)))
            }
            ChangesFrom::Now => {
                let place = self.newest(streams, &stream).await?;
                return Ok(RecordChanges {
                    changes: Vec::new(),
                    next: place.bytes().into(),
                    more: false,
                });
            }
            ChangesFrom::After(bytes) => {
                let place = Place::parse(bytes)?;
                let lacks = place.shards.iter().any(|shard| shard.may_lack(stream.now));
                if place.label != stream.label || lacks {
                    return Err(no_longer_kept());
                }
                place
            }
        };
        let limit = request.limit as usize;
        let mut reader = Reader::new(self, streams, &stream, call);
        let next = reader.read(place, limit).await?;
        Ok(RecordChanges {
            changes: reader.changes,
            next: next.bytes().into(),
            more: reader.more,
        })
    }

    /// The place after all that there is: what is written from now on is in the newest shards or in
    /// those that will follow them.
    ///
    /// There is no number for it before something is written. Its second, by the service's own
    /// clock, is what is kept of it; in this process, reading goes on exactly there.
    async fn newest(&self, streams: &Streams, stream: &Stream) -> Result<Place> {
        let (shards, now) = self.shards(streams, &stream.arn).await?;
        let since = now.saturating_sub(APART);
        let newest = shards.newest().map(|shard| ShardPlace {
            since: Some(since),
            ..ShardPlace::start(shard, since)
        });
        let place = stream.begin(newest);
        for shard in &place.shards {
            let latest = self.latest(streams, (&stream.arn, &shard.shard)).await?;
            streams.keep_first(&stream.arn, shard, latest);
        }
        Ok(place)
    }

    /// The stream of a table as it is now.
    async fn stream(&self, schema: &CollectionSchema) -> Result<Stream> {
        let (request, date) = (self.requests.describe_table(), AnswerDate::default());
        let request = request.table_name(&schema.table);
        let send = || request.clone().customize().interceptor(date.clone()).send();
        let told = self.retried(send).await?.table;
        let now = date.get().ok_or_else(|| unsaid("what time it is"))?;
        let stream = told.and_then(|table| {
            let enabled = table.stream_specification?.stream_enabled;
            let named = table.latest_stream_arn.zip(table.latest_stream_label);
            named.filter(|_| enabled)
        });
        let (arn, label) = stream.ok_or_else(|| {
            let message = "the table has no stream: enable one with new and old images, or call \
                           ensure in development";
            Error::new(ErrorKind::Internal, message)
        })?;
        let now = now.secs();
        Ok(Stream { arn, label, now })
    }
}

/// Which stream is read.
struct Stream {
    arn: String,
    label: String,
    /// The second at which the service told of it.
    now: i64,
}

impl Stream {
    fn begin(&self, shards: impl Iterator<Item = ShardPlace>) -> Place {
        Place {
            label: self.label.clone(),
            shards: shards.collect(),
        }
    }
}

fn no_longer_kept() -> Error {
    let message = "what follows the cursor is no longer kept: read the documents, and go on from \
                   the oldest change";
    Error::new(ErrorKind::NotFound, message)
}
