//! One write: sent, and after a lost answer recognised by its version, repeated, or given up.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use isobar::document::Update;
use isobar::driver::document::{Action, Call, Existence, Record, Write, Written};
use isobar::driver::jitter;
use isobar::{Error, ErrorKind, Result};

use super::DynamoStore;
use super::rewrite::{self, inexact_sums};
use super::row::{self, Item};
use super::statement::{Effect as Verb, Setting, Statement};
use crate::error::{Effect, Failure, doubtful, failure};

/// How often one statement is sent.
pub(super) const ATTEMPTS: u32 = 4;

/// What became of a statement.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was applied; the item from before, where it was asked for.
    Applied(Option<Item>),
    /// An earlier attempt of it had been applied; the item as it is now.
    Recognised(Option<Item>),
    /// Its condition did not hold of this item.
    Refused(Refusal),
}

#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) item: Option<Item>,
    /// Unknown where the answer to an earlier attempt was lost.
    pub(super) earlier: Effect,
}

impl Refusal {
    pub(super) fn mark(&self, error: Error) -> Error {
        doubtful(error, self.earlier)
    }
}

enum Attempt {
    Applied(Option<Item>),
    Refused(Option<Item>),
    Failed(Failure),
}

impl DynamoStore {
    pub(super) async fn write_one(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        match &write.action {
            Action::Put { .. } | Action::Delete => self.replace(call, write).await,
            Action::Update { update, .. } => self.update(call, write, update).await,
            Action::Check => Err(Error::invalid("a check is part of a set of writes")),
        }
    }

    async fn replace(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        let statement = Statement::of(call, write, Setting::Alone)?.ok_or_else(too_long)?;
        match self.settle(call, write, &statement).await? {
            Outcome::Applied(before) if matches!(write.action, Action::Delete) => Ok(Written {
                existed: Some(row::live(call.schema, call.now, before)?.is_some()),
                record: None,
            }),
            Outcome::Applied(_) | Outcome::Recognised(_) => Ok(Written::default()),
            Outcome::Refused(refusal) => {
                let record = row::live(call.schema, call.now, refusal.item.clone())?;
                let error = judge(write, record.as_ref()).err();
                Err(refusal.mark(error.unwrap_or_else(precondition)))
            }
        }
    }

    async fn update(&self, call: &Call<'_>, write: &Write, update: &Update) -> Result<Written> {
        let Some(statement) = Statement::of(call, write, Setting::Alone)? else {
            return self.rewrite(call, write, None).await;
        };
        let outcome = match self.settle(call, write, &statement).await {
            // An invalid path, or an item that would be too large: what is stored tells which.
            Err(error) if error.provider_code() == Some("ValidationException") => {
                return self.rewrite(call, write, None).await;
            }
            settled => settled?,
        };
        match outcome {
            Outcome::Applied(before) => {
                let before = row::live(call.schema, call.now, before)?;
                let record = rewrite::updated(call, write, before.as_ref())?;
                let sums = before.map_or_else(Vec::new, |before| inexact_sums(update, &before));
                if !sums.is_empty() {
                    self.correct(call, write, &sums, &record).await?;
                }
                Ok(Written {
                    existed: None,
                    record: Some(record),
                })
            }
            Outcome::Recognised(item) => recognised(call, item),
            Outcome::Refused(refusal) => {
                let record = row::live(call.schema, call.now, refusal.item.clone())?;
                judge(write, record.as_ref()).map_err(|error| refusal.mark(error))?;
                self.rewrite(call, write, refusal.item).await
            }
        }
    }

    /// Sends a statement until it is known what became of it (rule R21).
    pub(super) async fn settle(
        &self,
        call: &Call<'_>,
        write: &Write,
        statement: &Statement,
    ) -> Result<Outcome> {
        let mut earlier = Effect::None;
        let mut attempt = 1;
        loop {
            let failure = match self.send(statement).await {
                Attempt::Applied(before) => return Ok(Outcome::Applied(before)),
                Attempt::Refused(Some(item))
                    if earlier == Effect::Unknown && is_ours(call, &item, write) =>
                {
                    return Ok(Outcome::Recognised(Some(item)));
                }
                Attempt::Refused(item) => {
                    return Ok(Outcome::Refused(Refusal { item, earlier }));
                }
                Attempt::Failed(failure) => failure,
            };
            earlier = earlier.max(failure.effect);
            let again = match failure.effect {
                Effect::None => failure.error.retryable(),
                Effect::Unknown => match self.recognise(call, write).await {
                    Some(item) => return Ok(Outcome::Recognised(item)),
                    None => statement.repeatable && !call.schema.adopted,
                },
            };
            if !again || attempt == ATTEMPTS {
                return Err(doubtful(failure.error, earlier));
            }
            tracing::debug!(attempt, error = %failure.error, "a write is sent again");
            tokio::time::sleep(pause(&failure.error, attempt)).await;
            attempt += 1;
        }
    }

    /// After a lost answer: the item that shows that the write was applied, if it was.
    async fn recognise(&self, call: &Call<'_>, write: &Write) -> Option<Option<Item>> {
        if call.schema.adopted {
            return None;
        }
        let item = self.read(call.schema, &write.key).await.ok()?;
        match (&item, &write.action) {
            // Under a condition, somebody else may have been the one to remove it.
            (None, Action::Delete) => write.condition.is_empty().then_some(None),
            (Some(found), _) if is_ours(call, found, write) => Some(item),
            _ => None,
        }
    }

    async fn send(&self, statement: &Statement) -> Attempt {
        match &statement.effect {
            Verb::Put(item) => self.send_put(statement, item).await,
            Verb::Update(expression) => self.send_update(statement, Some(expression)).await,
            // An update without an expression checks its condition and changes nothing.
            Verb::Check => self.send_update(statement, None).await,
            Verb::Delete => self.send_delete(statement).await,
        }
    }

    async fn send_put(&self, statement: &Statement, item: &Item) -> Attempt {
        let sent = self
            .writes
            .put_item()
            .table_name(&statement.table)
            .set_item(Some(item.clone()))
            .set_condition_expression(statement.condition.clone())
            .set_expression_attribute_names(statement.placeholders.names())
            .set_expression_attribute_values(statement.placeholders.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        attempt(sent.map(|_| None), |error| match error {
            PutItemError::ConditionalCheckFailedException(refused) => Some(refused.item.clone()),
            _ => None,
        })
    }

    async fn send_update(&self, statement: &Statement, expression: Option<&String>) -> Attempt {
        let sent = self
            .writes
            .update_item()
            .table_name(&statement.table)
            .set_key(Some(statement.key.clone()))
            .set_update_expression(expression.cloned())
            .set_condition_expression(statement.condition.clone())
            .set_expression_attribute_names(statement.placeholders.names())
            .set_expression_attribute_values(statement.placeholders.values())
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        attempt(sent.map(|output| output.attributes), |error| match error {
            UpdateItemError::ConditionalCheckFailedException(refused) => Some(refused.item.clone()),
            _ => None,
        })
    }

    async fn send_delete(&self, statement: &Statement) -> Attempt {
        let sent = self
            .writes
            .delete_item()
            .table_name(&statement.table)
            .set_key(Some(statement.key.clone()))
            .set_condition_expression(statement.condition.clone())
            .set_expression_attribute_names(statement.placeholders.names())
            .set_expression_attribute_values(statement.placeholders.values())
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        attempt(sent.map(|output| output.attributes), |error| match error {
            DeleteItemError::ConditionalCheckFailedException(refused) => Some(refused.item.clone()),
            _ => None,
        })
    }
}

/// What one request came to; `refused` finds the item that a condition did not hold of.
fn attempt<E>(
    sent: Result<Option<Item>, SdkError<E, HttpResponse>>,
    refused: impl FnOnce(&E) -> Option<Option<Item>>,
) -> Attempt
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let error = match sent {
        Ok(before) => return Attempt::Applied(before.filter(|item| !item.is_empty())),
        Err(error) => error,
    };
    match error.as_service_error().and_then(refused) {
        Some(item) => Attempt::Refused(item.filter(|item| !item.is_empty())),
        None => Attempt::Failed(failure(error)),
    }
}

/// Whether existence and condition of a write hold of what is stored, in the contract's order.
pub(super) fn judge(write: &Write, stored: Option<&Record>) -> Result<()> {
    match (write.existence, stored) {
        (Existence::Required, None) => {
            let message = "there is no document at this key";
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        (Existence::Forbidden, Some(_)) => {
            let message = "there is a document at this key";
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        _ => {}
    }
    let condition = &write.condition;
    let holds = |record: &Record| {
        let version = condition.version.as_ref();
        version.is_none_or(|version| *version == record.version)
            && condition
                .fields
                .iter()
                .all(|field| field.holds(&record.fields))
    };
    if condition.is_empty() || stored.is_some_and(holds) {
        Ok(())
    } else {
        Err(precondition())
    }
}

pub(super) fn precondition() -> Error {
    let message = "the condition does not hold of the stored document";
    Error::new(ErrorKind::PreconditionFailed, message)
}

fn too_long() -> Error {
    let message = "the conditions are more than DynamoDB takes at once";
    Error::new(ErrorKind::LimitExceeded, message)
}

fn is_ours(call: &Call<'_>, item: &Item, write: &Write) -> bool {
    !call.schema.adopted && row::has_version(item, &write.version)
}

fn recognised(call: &Call<'_>, item: Option<Item>) -> Result<Written> {
    let record = item
        .map(|item| row::record(call.schema, item))
        .transpose()?;
    Ok(Written {
        existed: None,
        record,
    })
}

/// The longest pause before a request is sent again: 50 ms, doubling, or what the service asks.
pub(super) fn pause(error: &Error, attempt: u32) -> Duration {
    let most = Duration::from_millis(50 << attempt.min(5));
    error.retry_after().unwrap_or_default() + jitter(most)
}
