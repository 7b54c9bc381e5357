//! Updates that DynamoDB cannot compute as we do: read, apply, write if nothing has changed.

use isobar::document::{Change, Condition, FieldPath, Update, Value};
use isobar::driver::document::{Action, Call, Existence, ExpiryChange, Record, Write, Written};
use isobar::driver::settle::Outcome;
use isobar::driver::{Effect, contention_pause, overtaken};
use isobar::{Error, Result};

use super::DynamoStore;
use super::row::{self, Content, Item};
use super::statement::{Setting, Statement};
use super::update::Stored;
use super::write::too_long;

/// How often an update reads again because another writer was faster.
const ROUNDS: u32 = 48;

impl DynamoStore {
    /// Reads, applies, and writes until nobody came between; `seen` saves the first read.
    pub(super) async fn rewrite(
        &self,
        call: &Call<'_>,
        write: &Write,
        mut seen: Option<Item>,
    ) -> Result<Written> {
        for round in 0..ROUNDS {
            let item = match seen.take() {
                Some(item) => Some(item),
                None => self.read(call.schema, &write.key).await?,
            };
            let plan = plan(call, write, item)?;
            match self.settle(call, write, plan.statement).await? {
                Outcome::Applied(_) => {
                    return Ok(Written {
                        existed: None,
                        record: Some(plan.record),
                    });
                }
                Outcome::Recognised(item) => {
                    let record = item.map(|item| row::record(call.schema, item));
                    return Ok(Written {
                        existed: None,
                        record: record.transpose()?,
                    });
                }
                Outcome::Refused(refusal) if refusal.earlier == Effect::Unknown => {
                    return Err(refusal.mark(overtaken()));
                }
                Outcome::Refused(refusal) => seen = refusal.row,
            }
            tokio::time::sleep(contention_pause(round)).await;
        }
        Err(overtaken())
    }

    /// Puts the sums of `f64` in place of the decimal ones that DynamoDB has made of a fraction.
    pub(super) async fn correct(
        &self,
        call: &Call<'_>,
        write: &Write,
        sums: &[FieldPath],
        record: &Record,
    ) -> Result<()> {
        let mut update = Update::new();
        for path in sums {
            if let Some(sum) = path.find(&record.fields) {
                update = update.set(path.clone(), sum.clone());
            }
        }
        let correction = Write {
            action: Action::Update {
                update,
                expiry: ExpiryChange::Keep,
            },
            existence: Existence::Any,
            condition: Condition::version(&write.version),
            idempotency: write.idempotency,
            key: write.key.clone(),
            version: write.version.clone(),
        };
        // A number in place of a number makes no document larger: there is nothing to be read.
        let mut schema = call.schema.clone();
        schema.native_limits = true;
        let schema = &schema;
        let call = &Call { schema, ..*call };
        let settled = async {
            let statement = Statement::of(call, &correction, Setting::Alone)?;
            let statement = statement.ok_or_else(too_long)?;
            self.settle(call, &correction, statement).await
        };
        // Refused: somebody has written since, and what was corrected is gone.
        settled.await.map(drop).map_err(uncorrected)
    }
}

/// The increment was made, whatever became of its correction: nobody may make it again.
fn uncorrected(error: Error) -> Error {
    let message = "the increment was made, but the last digits of its sum may be wrong";
    Error::new(error.kind(), message)
        .with_source(error)
        .with_outcome_unknown()
        .with_retryable(false)
}

/// An update that is ready to be sent, and the document it leaves.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) statement: Statement,
    pub(super) record: Record,
}

/// Judges and applies a write to what is stored.
pub(super) fn plan(call: &Call<'_>, write: &Write, item: Option<Item>) -> Result<Plan> {
    let before = row::live(call.schema, call.now, item.clone())?;
    write.judge(before.as_ref())?;
    let record = write.updated(call.schema, before.as_ref())?;
    call.schema
        .check_fields(&record.fields, DynamoStore::LIMITS)?;
    let statement = if let (Some(item), Some(before)) = (item, before) {
        let stored = Stored {
            item,
            before,
            after: record.fields.clone(),
        };
        Statement::on(call, write, &stored)?
    } else {
        let content = Content {
            fields: &record.fields,
            version: &write.version,
            expires_at: record.expires_at,
        };
        Statement::fresh(call, write, content)?
    };
    Ok(Plan { statement, record })
}

/// The increments whose old number was no whole one, so that DynamoDB has added decimals.
pub(super) fn inexact_sums(update: &Update, before: &Record) -> Vec<FieldPath> {
    update
        .changes()
        .iter()
        .filter(|(path, change)| {
            matches!(change, Change::Increment(_))
                && matches!(path.find(&before.fields), Some(Value::Float(_)))
        })
        .map(|(path, _)| path.clone())
        .collect()
}
