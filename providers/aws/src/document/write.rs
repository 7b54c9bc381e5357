//! One write: sent, and after a lost answer recognised by its version, repeated, or given up.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use isobar::document::{Idempotency, Update};
use isobar::driver::document::{Action, Call, Write, Written};
use isobar::driver::settle::{Attempt, Found, Outcome, WriteRequest, settle};
use isobar::driver::{Effect, Failure, overtaken};
use isobar::{Error, ErrorKind, Result};

use super::DynamoStore;
use super::capacity;
use super::rewrite::inexact_sums;
use super::row::{self, Item};
use super::statement::{Effect as Verb, Setting, Statement};
use crate::error::failure;

/// How often a request is sent again, and after how long at most the first time.
pub(super) const RETRIES: u32 = 3;
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// A write on its way to DynamoDB.
struct Sending<'s> {
    store: &'s DynamoStore,
    call: &'s Call<'s>,
    write: &'s Write,
    statement: Statement,
}

impl DynamoStore {
    pub(super) async fn write_one(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        match &write.action {
            Action::Put { .. } | Action::Delete => self.replace(call, write, None).await,
            Action::Update { .. } if write.idempotency == Idempotency::Exact => {
                self.update_exactly(call, write).await
            }
            Action::Update { update, .. } => self.update(call, write, update).await,
            Action::Check => Err(Error::invalid("a check is part of a set of writes")),
        }
    }

    /// A put or delete; `failed` is how a batch failed that it was part of.
    pub(super) async fn replace(
        &self,
        call: &Call<'_>,
        write: &Write,
        failed: Option<Failure>,
    ) -> Result<Written> {
        let statement = Statement::of(call, write, Setting::Alone)?.ok_or_else(too_long)?;
        match self.settle_after(failed, call, write, statement).await? {
            Outcome::Applied(before) if matches!(write.action, Action::Delete) => Ok(Written {
                existed: Some(row::live(call.schema, call.now, before)?.is_some()),
                record: None,
            }),
            Outcome::Applied(_) | Outcome::Recognised(_) => Ok(Written::default()),
            Outcome::Refused(refusal) => {
                let record = row::live(call.schema, call.now, refusal.row.clone())?;
                let error = write.judge(record.as_ref()).err();
                Err(refusal.mark(error.unwrap_or_else(overtaken)))
            }
        }
    }

    async fn update(&self, call: &Call<'_>, write: &Write, update: &Update) -> Result<Written> {
        let Some(statement) = Statement::of(call, write, Setting::Alone)? else {
            return self.rewrite(call, write, None).await;
        };
        let outcome = match self.settle(call, write, statement).await {
            // An invalid path, or an item that would be too large: what is stored tells which.
            Err(error)
                if error.provider_code() == Some("ValidationException")
                    && !error.outcome_unknown() =>
            {
                return self.rewrite(call, write, None).await;
            }
            settled => settled?,
        };
        match outcome {
            Outcome::Applied(before) => {
                let before = row::live(call.schema, call.now, before)?;
                let record = write.updated(call.schema, before.as_ref())?;
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
                let record = row::live(call.schema, call.now, refusal.row.clone())?;
                write
                    .judge(record.as_ref())
                    .map_err(|error| refusal.mark(error))?;
                if refusal.earlier == Effect::Unknown {
                    return Err(refusal.mark(overtaken()));
                }
                self.rewrite(call, write, refusal.row).await
            }
        }
    }

    /// Sends a statement until it is known what became of it (rule R21).
    pub(super) async fn settle(
        &self,
        call: &Call<'_>,
        write: &Write,
        statement: Statement,
    ) -> Result<Outcome<Item>> {
        self.settle_after(None, call, write, statement).await
    }

    /// The same where an earlier request that did the same write has failed.
    async fn settle_after(
        &self,
        failed: Option<Failure>,
        call: &Call<'_>,
        write: &Write,
        statement: Statement,
    ) -> Result<Outcome<Item>> {
        let mut sending = Sending {
            store: self,
            call,
            write,
            statement,
        };
        settle(&mut sending, failed, self.retries(RETRIES)).await
    }

    /// What is stored after a lost answer.
    async fn look_back(&self, call: &Call<'_>, write: &Write) -> Found<Item> {
        if call.schema.adopted {
            return Found::Other;
        }
        let item = match self.read(call.schema, &write.key).await {
            Ok(item) => item,
            Err(error) => return Found::Unknown(error),
        };
        match (&item, &write.action) {
            // Under a condition, somebody else may have been the one to remove it.
            (None, Action::Delete) if write.condition.is_empty() => Found::Ours(None),
            (None, Action::Delete) => Found::Other,
            (None, _) => Found::Nothing,
            (Some(found), _) if is_ours(call, found, write) => Found::Ours(item),
            (Some(_), _) => Found::Other,
        }
    }

    /// Sends it, with this item where it is a put.
    async fn send(&self, statement: &Statement, item: Option<Item>) -> Attempt<Item> {
        match &statement.effect {
            Verb::Put(_) => self.send_put(statement, item).await,
            Verb::Update(expression) => self.send_update(statement, Some(expression)).await,
            // An update without an expression checks its condition and changes nothing.
            Verb::Check => self.send_update(statement, None).await,
            Verb::Delete => self.send_delete(statement).await,
        }
    }

    async fn send_put(&self, statement: &Statement, item: Option<Item>) -> Attempt<Item> {
        let conditional = statement.condition.is_some();
        let refused = conditional.then_some(ReturnValuesOnConditionCheckFailure::AllOld);
        let sent = self
            .requests
            .put_item()
            .table_name(&statement.table)
            .set_item(item)
            .set_condition_expression(statement.condition.clone())
            .set_expression_attribute_names(statement.placeholders.names())
            .set_expression_attribute_values(statement.placeholders.values())
            .set_return_values_on_condition_check_failure(refused)
            .set_return_consumed_capacity(capacity::asked())
            .send()
            .await;
        let sent = sent.map(|output| {
            capacity::consumed(&output.consumed_capacity);
            None
        });
        attempt(sent, |error| match error {
            PutItemError::ConditionalCheckFailedException(refused) => Some(refused.item.clone()),
            _ => None,
        })
    }

    async fn send_update(
        &self,
        statement: &Statement,
        expression: Option<&String>,
    ) -> Attempt<Item> {
        let sent = self
            .requests
            .update_item()
            .table_name(&statement.table)
            .set_key(Some(statement.key.clone()))
            .set_update_expression(expression.cloned())
            .set_condition_expression(statement.condition.clone())
            .set_expression_attribute_names(statement.placeholders.names())
            .set_expression_attribute_values(statement.placeholders.values())
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_return_consumed_capacity(capacity::asked())
            .send()
            .await;
        let sent = sent.map(|output| {
            capacity::consumed(&output.consumed_capacity);
            output.attributes
        });
        attempt(sent, |error| match error {
            UpdateItemError::ConditionalCheckFailedException(refused) => Some(refused.item.clone()),
            _ => None,
        })
    }

    async fn send_delete(&self, statement: &Statement) -> Attempt<Item> {
        let sent = self
            .requests
            .delete_item()
            .table_name(&statement.table)
            .set_key(Some(statement.key.clone()))
            .set_condition_expression(statement.condition.clone())
            .set_expression_attribute_names(statement.placeholders.names())
            .set_expression_attribute_values(statement.placeholders.values())
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .set_return_consumed_capacity(capacity::asked())
            .send()
            .await;
        let sent = sent.map(|output| {
            capacity::consumed(&output.consumed_capacity);
            output.attributes
        });
        attempt(sent, |error| match error {
            DeleteItemError::ConditionalCheckFailedException(refused) => Some(refused.item.clone()),
            _ => None,
        })
    }
}

impl WriteRequest for Sending<'_> {
    type Row = Item;

    async fn send(&mut self) -> Attempt<Item> {
        match self.statement.item(self.call, self.write) {
            Ok(item) => self.store.send(&self.statement, item).await,
            Err(error) => Attempt::Failed(Failure {
                error,
                effect: Effect::None,
            }),
        }
    }

    async fn look_back(&mut self) -> Found<Item> {
        self.store.look_back(self.call, self.write).await
    }

    fn is_ours(&self, row: &Item) -> bool {
        is_ours(self.call, row, self.write)
    }

    fn is_once(&self) -> bool {
        self.statement.once && !self.call.schema.adopted
    }

    fn over_nothing(&mut self) -> bool {
        if !self.statement.is_unconditional_put() {
            return false;
        }
        self.statement.over_nothing(self.call);
        true
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// What one request came to; `refused` finds the item that a condition did not hold of.
fn attempt<E>(
    sent: Result<Option<Item>, SdkError<E, HttpResponse>>,
    refused: impl FnOnce(&E) -> Option<Option<Item>>,
) -> Attempt<Item>
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

pub(super) fn too_long() -> Error {
    let message = "the conditions and changes are more than DynamoDB takes at once";
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
