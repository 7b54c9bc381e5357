//! The requests of DynamoDB Streams, and the iterators that the next page may go on with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodbstreams::operation::get_records::GetRecordsOutput;
use aws_sdk_dynamodbstreams::types::ShardIteratorType;
use aws_sdk_dynamodbstreams::{Client, Config};
use isobar::{Error, ErrorKind, Result};

use super::super::DynamoStore;
use super::place::ShardPlace;
use super::{Shards, no_longer_kept};
use crate::date::AnswerDate;

/// How many iterators are kept, of which each is good for 15 minutes.
const MOST_KEPT: usize = 1_000;

/// A client of DynamoDB Streams, made when it is first used: a function that reads no changes is not
/// to start later for it.
///
/// From a place between two records that are far apart it takes several requests to get to the
/// next one, each from where the last one ended, which only an iterator tells.
#[derive(Debug, Clone)]
pub(in super::super) struct Streams {
    config: Config,
    client: Arc<OnceLock<Client>>,
    iterators: Arc<Mutex<HashMap<Kept, String>>>,
}

/// Stream, shard, the last record that was read of it, and the second that was asked for.
type Kept = (String, String, Option<String>, Option<i64>);

fn kept(stream: &str, place: &ShardPlace) -> Kept {
    let ShardPlace {
        shard, read, since, ..
    } = place;
    (stream.to_owned(), shard.clone(), read.clone(), *since)
}

impl Streams {
    pub(in super::super) fn new(config: Config) -> Self {
        Self {
            config,
            client: Arc::default(),
            iterators: Arc::default(),
        }
    }

    /// Without the SDK's retries, as core decides on them.
    fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            let config = self.config.to_builder();
            let config = config.retry_config(RetryConfig::disabled());
            Client::from_conf(config.build())
        })
    }

    /// Keeps where the next page of a place is to go on.
    pub(super) fn keep(&self, stream: &str, place: &ShardPlace, iterator: String) {
        self.iterators().insert(kept(stream, place), iterator);
    }

    /// Keeps where the first page of a place is to begin, unless that is known: of two that were
    /// asked for in one second, which have one name, the earlier one loses nothing.
    pub(super) fn keep_first(&self, stream: &str, place: &ShardPlace, iterator: String) {
        let mut iterators = self.iterators();
        iterators.entry(kept(stream, place)).or_insert(iterator);
    }

    pub(super) fn kept(&self, stream: &str, place: &ShardPlace) -> Option<String> {
        self.iterators().get(&kept(stream, place)).cloned()
    }

    fn iterators(&self) -> MutexGuard<'_, HashMap<Kept, String>> {
        let iterators = self.iterators.lock();
        let mut iterators = iterators.unwrap_or_else(PoisonError::into_inner);
        if iterators.len() >= MOST_KEPT {
            iterators.clear();
        }
        iterators
    }
}

impl DynamoStore {
    /// All shards of a stream, and the second at which the service told them.
    pub(super) async fn shards(&self, streams: &Streams, stream: &str) -> Result<(Shards, i64)> {
        let (mut shards, mut start, mut now) = (Shards::default(), None, None);
        loop {
            let date = AnswerDate::default();
            let request = streams.client().describe_stream().stream_arn(stream);
            let request = request.set_exclusive_start_shard_id(start);
            let send = || request.clone().customize().interceptor(date.clone()).send();
            let told = self.retried(send).await.map_err(trimmed)?;
            let told = told.stream_description;
            let told = told.ok_or_else(|| unsaid("what the stream is"))?;
            shards.extend(told.shards.unwrap_or_default());
            // Of the first answer, as later ones may tell of later shards.
            now = now.or_else(|| date.get());
            start = told.last_evaluated_shard_id;
            if start.is_none() {
                let now = now.ok_or_else(|| unsaid("what time it is"))?;
                return Ok((shards, now.secs()));
            }
        }
    }

    /// What reads a shard from a place on.
    pub(super) async fn iterator(
        &self,
        streams: &Streams,
        (stream, place): (&str, &ShardPlace),
    ) -> Result<String> {
        let from = match &place.read {
            None => ShardIteratorType::TrimHorizon,
            Some(_) => ShardIteratorType::AfterSequenceNumber,
        };
        self.begin(streams, (stream, &place.shard), (from, place.read.clone()))
            .await
    }

    /// What reads a shard from what is written from now on.
    pub(super) async fn latest(&self, streams: &Streams, at: (&str, &str)) -> Result<String> {
        self.begin(streams, at, (ShardIteratorType::Latest, None))
            .await
    }

    async fn begin(
        &self,
        streams: &Streams,
        (stream, shard): (&str, &str),
        (from, number): (ShardIteratorType, Option<String>),
    ) -> Result<String> {
        let request = streams
            .client()
            .get_shard_iterator()
            .stream_arn(stream)
            .shard_id(shard)
            .shard_iterator_type(from)
            .set_sequence_number(number);
        let told = self.retried(|| request.clone().send()).await;
        let told = told.map_err(trimmed)?;
        told.shard_iterator
            .ok_or_else(|| unsaid("how the shard is read"))
    }

    /// At most `limit` records; `None` where the iterator is too old.
    pub(super) async fn records(
        &self,
        streams: &Streams,
        (iterator, limit): (&str, i32),
    ) -> Result<Option<GetRecordsOutput>> {
        let request = streams.client().get_records();
        let request = request.shard_iterator(iterator).limit(limit);
        match self.retried(|| request.clone().send()).await {
            Ok(told) => Ok(Some(told)),
            Err(error) if error.provider_code() == Some("ExpiredIteratorException") => Ok(None),
            Err(error) => Err(trimmed(error)),
        }
    }
}

/// A stream keeps its records for 24 hours, and its shards not much longer.
fn trimmed(error: Error) -> Error {
    match error.provider_code() {
        Some("TrimmedDataAccessException" | "ResourceNotFoundException") => {
            no_longer_kept().with_source(error)
        }
        _ => error,
    }
}

pub(super) fn unsaid(what: &str) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the service did not say {what}"),
    )
}
