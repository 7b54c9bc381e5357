//! Many reads or writes in one request; what DynamoDB leaves undone is sent again.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::operation::batch_write_item::builders::BatchWriteItemFluentBuilder;
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use isobar::document::{CollectionSchema, Consistency, Key};
use isobar::driver::document::{Action, Call, Existence, Fetch, Write, Written};
use isobar::driver::{Effect, Failure, Retries};
use isobar::{Error, ErrorKind, Result};

use super::DynamoStore;
use super::capacity;
use super::expression::Placeholders;
use super::projection;
use super::row::{self, Content, Item, KeyRef};
use crate::error::failure;

/// How often the rest of a batch is sent again; with the pauses between, some seconds.
const RETRIES: u32 = 7;

impl DynamoStore {
    /// The items of at most 100 distinct keys, in their order.
    pub(super) async fn read_batch(
        &self,
        schema: &CollectionSchema,
        (keys, fetch): (&[Key], &Fetch),
    ) -> Result<Vec<Option<Item>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut placeholders = Placeholders::default();
        let asked = (&fetch.projection, None);
        let projection = projection::expression(schema, asked, &mut placeholders);
        let consistent = fetch.consistency == Consistency::Strong;
        let places = keys.iter().enumerate();
        let places: HashMap<_, _> = places
            .map(|(place, key)| (KeyRef::of(key), place))
            .collect();
        let mut found: Vec<Option<Item>> = vec![None; keys.len()];
        let mut retries = self.retries(RETRIES);
        let mut left: Option<Vec<Item>> = None;
        loop {
            let ask = || async {
                let all = || keys.iter().map(|key| row::key_item(schema, key)).collect();
                let asked = KeysAndAttributes::builder()
                    .set_keys(Some(left.clone().unwrap_or_else(all)))
                    .consistent_read(consistent)
                    .set_projection_expression(projection.clone())
                    .set_expression_attribute_names(placeholders.names())
                    .build()?;
                let request = self.requests.batch_get_item();
                let request = request.set_return_consumed_capacity(capacity::asked());
                request.request_items(&schema.table, asked).send().await
            };
            let output = self.retried(ask).await?;
            capacity::consumed(output.consumed_capacity.iter().flatten());
            let answered = output.responses.unwrap_or_default().remove(&schema.table);
            for item in answered.unwrap_or_default() {
                let key = KeyRef::of_item(schema, &item);
                let place = key.and_then(|key| places.get(&key).copied());
                *place
                    .and_then(|place| found.get_mut(place))
                    .ok_or_else(stray)? = Some(item);
            }
            let rest = output.unprocessed_keys.unwrap_or_default();
            let rest: Vec<Item> = rest.into_values().flat_map(|rest| rest.keys).collect();
            if rest.is_empty() {
                retries.answered();
                return Ok(found);
            }
            left = Some(rest);
            wait(&mut retries).await?;
        }
    }

    /// As many results as writes; what asks nothing of the stored document goes as one batch.
    pub(super) async fn write_batch(
        &self,
        call: &Call<'_>,
        writes: &[Write],
    ) -> Vec<Result<Written>> {
        let mut results: Vec<Option<Result<Written>>> = Vec::new();
        let mut batch: HashMap<Key, (usize, WriteRequest)> = HashMap::new();
        for (index, write) in writes.iter().enumerate() {
            match plain_request(call, write) {
                Ok(Some(request)) => {
                    batch.insert(write.key.clone(), (index, request));
                    results.push(None);
                }
                Ok(None) => results.push(Some(self.write_one(call, write).await)),
                Err(error) => results.push(Some(Err(error))),
            }
        }
        for (index, outcome) in self.send_batch(call, batch).await {
            // The request failed as a whole, perhaps for one bad item: each by itself tells which.
            results[index] = Some(match outcome {
                Fate::Written => Ok(Written::default()),
                Fate::Rejected => self.replace(call, &writes[index], None).await,
                Fate::Lost(wait) => {
                    let failed = Some(lost(wait));
                    self.replace(call, &writes[index], failed).await
                }
                Fate::Throttled(wait) => Err(after(throttled(), wait)),
            });
        }
        results
            .into_iter()
            .map(|result| result.unwrap_or_else(|| Err(throttled())))
            .collect()
    }

    async fn send_batch(
        &self,
        call: &Call<'_>,
        mut batch: HashMap<Key, (usize, WriteRequest)>,
    ) -> Vec<(usize, Fate)> {
        let table = &call.schema.table;
        let mut outcomes = Vec::new();
        let mut retries = self.retries(RETRIES);
        while !batch.is_empty() {
            let requests = batch.values().map(|(_, request)| request.clone()).collect();
            let sent = self.requests.batch_write_item();
            let sent = sent.set_return_consumed_capacity(capacity::asked());
            let sent = sent.request_items(table, requests);
            let left = match send(sent, &mut retries).await {
                Ok(output) => output.unprocessed_items.unwrap_or_default().remove(table),
                Err(failure) => {
                    let error = &failure.error;
                    tracing::debug!(%error, "a batch is not written at once");
                    let fate = Fate::of(&failure);
                    outcomes.extend(batch.into_values().map(|(index, _)| (index, fate)));
                    return outcomes;
                }
            };
            let left = left.unwrap_or_default();
            let rest: HashMap<_, _> = left
                .iter()
                .filter_map(|request| batch.remove_entry(&key_of(call.schema, request)?))
                .collect();
            outcomes.extend(batch.into_values().map(|(index, _)| (index, Fate::Written)));
            batch = rest;
            if !batch.is_empty() && wait(&mut retries).await.is_err() {
                let fate = Fate::Throttled(None);
                outcomes.extend(batch.into_values().map(|(index, _)| (index, fate)));
                return outcomes;
            }
        }
        retries.answered();
        outcomes
    }
}

/// What became of one write of a batch.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Written,
    /// The request that it was part of was refused.
    Rejected,
    /// The answer was lost; with how long the service wants to be left alone.
    Lost(Option<Duration>),
    Throttled(Option<Duration>),
}

impl Fate {
    fn of(failure: &Failure) -> Self {
        let wait = failure.error.retry_after();
        match (failure.effect, failure.error.kind()) {
            (Effect::Unknown, _) => Self::Lost(wait),
            (Effect::None, ErrorKind::Throttled) => Self::Throttled(wait),
            (Effect::None, _) => Self::Rejected,
        }
    }
}

/// Sends a batch until it is carried out, or it is not known whether it was.
async fn send(
    request: BatchWriteItemFluentBuilder,
    retries: &mut Retries<'_>,
) -> Result<BatchWriteItemOutput, Failure> {
    loop {
        let failure = match request.clone().send().await {
            Ok(output) => {
                capacity::consumed(output.consumed_capacity.iter().flatten());
                return Ok(output);
            }
            Err(error) => failure(error),
        };
        let again = failure.effect == Effect::None && failure.error.retryable();
        let pause = again.then(|| retries.pause(&failure.error)).flatten();
        let Some(pause) = pause else {
            return Err(failure);
        };
        tokio::time::sleep(pause).await;
    }
}

/// The failure of a batch as that of each of its writes, which may have been made.
fn lost(wait: Option<Duration>) -> Failure {
    let error = Error::new(ErrorKind::Unavailable, "the answer to a batch was lost");
    Failure {
        error: after(error, wait),
        effect: Effect::Unknown,
    }
}

fn after(error: Error, wait: Option<Duration>) -> Error {
    match wait {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    }
}

/// The write as part of a batch, which cannot have conditions.
fn plain_request(call: &Call<'_>, write: &Write) -> Result<Option<WriteRequest>> {
    if write.existence != Existence::Any || !write.condition.is_empty() {
        return Ok(None);
    }
    let request = WriteRequest::builder();
    Ok(match &write.action {
        Action::Put { fields, expires_at } => {
            let content = Content {
                fields,
                version: &write.version,
                expires_at: *expires_at,
            };
            let item = row::item(call.schema, content)?;
            let put = PutRequest::builder().set_item(Some(item));
            Some(
                request
                    .put_request(put.build().map_err(incomplete)?)
                    .build(),
            )
        }
        Action::Delete => {
            let key = row::key_item(call.schema, &write.key);
            let delete = DeleteRequest::builder().set_key(Some(key));
            let delete = delete.build().map_err(incomplete)?;
            Some(request.delete_request(delete).build())
        }
        Action::Update { .. } | Action::Check => None,
    })
}

fn key_of(schema: &CollectionSchema, request: &WriteRequest) -> Option<Key> {
    let item = match (&request.put_request, &request.delete_request) {
        (Some(put), _) => &put.item,
        (None, Some(delete)) => &delete.key,
        (None, None) => return None,
    };
    row::key_of(schema, item).ok()
}

async fn wait(retries: &mut Retries<'_>) -> Result<()> {
    let pause = retries.pause(&throttled()).ok_or_else(throttled)?;
    tokio::time::sleep(pause).await;
    Ok(())
}

/// An item that was not asked for.
fn stray() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "a batch has an item with another key than was asked for",
    )
}

fn throttled() -> Error {
    let message = "DynamoDB left the batch or parts of it undone again and again";
    Error::new(ErrorKind::Throttled, message)
}

fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::new(ErrorKind::Internal, "a batch is not complete").with_source(error)
}
