//! Several writes of one partition as one DynamoDB transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use isobar::document::{Key, Version};
use isobar::driver::document::{Action, Call, Fetch, Write};
use isobar::driver::{Effect, contention_pause, doubtful, overtaken, precondition};
use isobar::{Error, ErrorKind, Result};

use super::DynamoStore;
use super::capacity;
use super::rewrite::plan;
use super::row;
use super::statement::{Setting, Statement};
use super::write::RETRIES;
use crate::error::{failure, service_kind};

/// How often a set is sent when others write the same documents.
const ROUNDS: u32 = 24;
/// How often a conflict with another transaction is waited out; its caller may know better.
const CONFLICTS: u32 = 4;

/// What became of one attempt.
#[derive(Debug)]
pub(super) enum Answer {
    Committed,
    /// The document at this place has changed since it was read, or must be read first.
    Read(usize),
    /// Another writer has hold of one of the documents.
    Busy(Error),
    Final(Error),
}

impl Answer {
    /// The answer to an attempt before which the set may have been committed: it may then not be
    /// sent under another token.
    fn after(self, earlier: Effect) -> Self {
        match (earlier, self) {
            (Effect::None, answer) => answer,
            (Effect::Unknown, Self::Committed) => Self::Committed,
            (Effect::Unknown, Self::Final(error)) => Self::Final(doubtful(error, earlier)),
            (Effect::Unknown, Self::Read(_) | Self::Busy(_)) => {
                Self::Final(doubtful(overtaken(), earlier))
            }
        }
    }
}

impl DynamoStore {
    pub(super) async fn write_together(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        let mut read_first = vec![false; writes.len()];
        let mut conflicts = 0;
        for round in 0..ROUNDS {
            let statements = self.statements(call, writes, &mut read_first).await?;
            match self.settle_set(call, writes, statements).await {
                Answer::Committed => return Ok(()),
                Answer::Final(error) => return Err(error),
                Answer::Busy(error) if conflicts == CONFLICTS => return Err(error),
                Answer::Busy(_) => conflicts += 1,
                Answer::Read(index) => read_first[index] = true,
            }
            tokio::time::sleep(contention_pause(round)).await;
        }
        let message = "other writers changed the documents between each read and write";
        Err(Error::new(ErrorKind::Contention, message))
    }

    /// All writes as statements; those that need it are computed from what is stored now.
    async fn statements(
        &self,
        call: &Call<'_>,
        writes: &[Write],
        read_first: &mut [bool],
    ) -> Result<Vec<TransactWriteItem>> {
        let mut statements: Vec<Option<Statement>> = Vec::with_capacity(writes.len());
        for (index, write) in writes.iter().enumerate() {
            let at = |error: Error| error.with_index(index);
            let statement = if read_first[index] {
                None
            } else {
                Statement::of(call, write, Setting::Transaction).map_err(at)?
            };
            read_first[index] = statement.is_none();
            statements.push(statement);
        }
        let missing = || (0..writes.len()).filter(|index| read_first[*index]);
        let keys: Vec<Key> = missing().map(|index| writes[index].key.clone()).collect();
        let items = self
            .read_batch(call.schema, (&keys, &Fetch::default()))
            .await?;
        for (index, item) in missing().zip(items) {
            let plan = plan(call, &writes[index], item).map_err(|error| error.with_index(index))?;
            statements[index] = Some(plan.statement);
        }
        statements
            .into_iter()
            .flatten()
            .map(Statement::into_transaction)
            .collect()
    }

    /// Sends a set until it is known what became of it. Under one token it happens once at most,
    /// however often it is sent within ten minutes ("ClientRequestToken" of `TransactWriteItems`);
    /// it gets another one only where it is known not to have happened.
    async fn settle_set(
        &self,
        call: &Call<'_>,
        writes: &[Write],
        statements: Vec<TransactWriteItem>,
    ) -> Answer {
        let request = self
            .requests
            .transact_write_items()
            .set_transact_items(Some(statements))
            .client_request_token(Version::generate().as_str());
        let mut earlier = Effect::None;
        let mut retries = self.retries(RETRIES);
        loop {
            let Err(error) = send(request.clone()).await else {
                retries.answered();
                return Answer::Committed;
            };
            let (answer, effect, again) = understood(call, writes, error);
            earlier = earlier.max(effect);
            if earlier == Effect::Unknown && self.is_committed(call, writes).await {
                return Answer::Committed;
            }
            let pause = match &answer {
                Answer::Final(error) if again => retries.pause(error),
                _ => None,
            };
            let Some(pause) = pause else {
                return answer.after(earlier);
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Whether one of the documents carries the version that the set gives it (rule R21).
    async fn is_committed(&self, call: &Call<'_>, writes: &[Write]) -> bool {
        let leaves_version =
            |write: &&Write| matches!(write.action, Action::Put { .. } | Action::Update { .. });
        let Some(write) = writes.iter().find(leaves_version) else {
            return false;
        };
        let stored = self.read(call.schema, &write.key).await;
        !call.schema.adopted
            && stored
                .is_ok_and(|item| item.is_some_and(|item| row::has_version(&item, &write.version)))
    }
}

/// Sends one attempt.
pub(super) async fn send(
    request: TransactWriteItemsFluentBuilder,
) -> Result<(), SdkError<TransactWriteItemsError, HttpResponse>> {
    let request = request.set_return_consumed_capacity(capacity::asked());
    let output = request.send().await?;
    capacity::consumed(output.consumed_capacity.iter().flatten());
    Ok(())
}

/// What a failed attempt means, what it may have done, and whether the same one may be sent again.
pub(super) fn understood(
    call: &Call<'_>,
    writes: &[Write],
    error: SdkError<TransactWriteItemsError, HttpResponse>,
) -> (Answer, Effect, bool) {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    {
        let reasons = cancelled.cancellation_reasons().to_vec();
        let answer = explain(call, writes, &reasons).unwrap_or_else(|| refused(error, &reasons));
        return (answer, Effect::None, false);
    }
    let failure = failure(error);
    if failure.error.kind() == ErrorKind::Contention {
        return (Answer::Busy(failure.error), failure.effect, false);
    }
    let again = failure.effect == Effect::Unknown || failure.error.retryable();
    (Answer::Final(failure.error), failure.effect, again)
}

/// What the reasons say of the portable writes; nothing where they are only DynamoDB's own.
fn explain(call: &Call<'_>, writes: &[Write], reasons: &[CancellationReason]) -> Option<Answer> {
    let with_code = |code: &'static str| {
        reasons
            .iter()
            .zip(writes)
            .enumerate()
            .filter(move |(_, (reason, _))| reason.code() == Some(code))
    };
    if let Some((index, (reason, write))) = with_code("ConditionalCheckFailed").next() {
        let item = reason.item.clone().filter(|item| !item.is_empty());
        let judged =
            row::live(call.schema, call.now, item).and_then(|record| write.judge(record.as_ref()));
        return Some(match (judged, &write.action) {
            (Err(error), _) => Answer::Final(error.with_index(index)),
            (Ok(()), Action::Update { .. }) => Answer::Read(index),
            (Ok(()), _) => Answer::Final(precondition().with_index(index)),
        });
    }
    // An update's path that is not there: what is stored tells what it means.
    let invalid_update = with_code("ValidationError")
        .find(|(_, (_, write))| matches!(write.action, Action::Update { .. }));
    invalid_update.map(|(index, _)| Answer::Read(index))
}

/// The error of a transaction that DynamoDB gave up for a reason of its own.
fn refused(
    error: SdkError<TransactWriteItemsError, HttpResponse>,
    reasons: &[CancellationReason],
) -> Answer {
    let mut found = reasons.iter().enumerate();
    let found = found.find(|(_, reason)| !matches!(reason.code(), None | Some("None")));
    let classified = failure(error).error;
    let Some((index, reason)) = found else {
        return Answer::Final(classified);
    };
    let code = reason.code().unwrap_or_default();
    let kind = match code {
        "TransactionConflict" => ErrorKind::Contention,
        "ProvisionedThroughputExceeded" | "ThrottlingError" => ErrorKind::Throttled,
        "ItemCollectionSizeLimitExceeded" => ErrorKind::LimitExceeded,
        "ValidationError" => service_kind(Some("ValidationException"), reason.message(), 400),
        "AccessDenied" => ErrorKind::PermissionDenied,
        _ => ErrorKind::Internal,
    };
    let message = format!(
        "DynamoDB gave up the transaction: {code}: {}",
        reason.message().unwrap_or("no message")
    );
    let error = Error::new(kind, message)
        .with_index(index)
        .with_provider_code(Some(code), classified.request_id())
        .with_source(classified);
    if kind == ErrorKind::Contention {
        Answer::Busy(error)
    } else {
        Answer::Final(error)
    }
}
