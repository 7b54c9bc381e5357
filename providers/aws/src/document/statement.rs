//! One conditional statement of DynamoDB: what a portable write becomes.

use aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update as UpdateItem,
};
use isobar::driver::document::{Action, Call, Existence, Write};
use isobar::{Error, ErrorKind, Result};

use super::expression::{self, Placeholders};
use super::row::{self, Content, Item};
use super::update::{Assignments, Stored};

/// A statement that is ready to be sent, alone or within a transaction.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) table: String,
    pub(super) key: Item,
    pub(super) effect: Effect,
    pub(super) condition: Option<String>,
    pub(super) placeholders: Placeholders,
    /// Whether its condition keeps it from having its effect twice, however often it is sent
    /// (rule R21). That of a create does, unless somebody removes the document in between.
    pub(super) once: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Effect {
    Put(Item),
    Update(String),
    Delete,
    Check,
}

/// Where a statement will be sent, which decides what it may leave to DynamoDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    /// Alone: the old item comes back, so that its arithmetic can be checked.
    Alone,
    /// In a transaction, which returns no items.
    Transaction,
}

/// DynamoDB's limit for one expression, in bytes.
const EXPRESSION_BYTES: usize = 4_096;

impl Statement {
    /// The write as one statement; nothing where the document must be read first.
    pub(super) fn of(call: &Call<'_>, write: &Write, setting: Setting) -> Result<Option<Self>> {
        let (effect, added, mut placeholders) = match &write.action {
            Action::Put { fields, expires_at } => {
                let content = Content {
                    fields,
                    version: &write.version,
                    expires_at: *expires_at,
                };
                let item = row::item(call.schema, content)?;
                (Effect::Put(item), Vec::new(), Placeholders::default())
            }
            Action::Delete => (Effect::Delete, Vec::new(), Placeholders::default()),
            Action::Check => (Effect::Check, Vec::new(), Placeholders::default()),
            Action::Update { update, expiry } => {
                let assignments = Assignments {
                    call,
                    update,
                    expiry: *expiry,
                    version: &write.version,
                };
                match assignments.blind(setting)? {
                    None => return Ok(None),
                    Some(update) => (
                        Effect::Update(update.expression),
                        update.conditions,
                        update.placeholders,
                    ),
                }
            }
        };
        let mut parts = expression::of_write(call, write, &mut placeholders)?;
        let starts_fresh = matches!(effect, Effect::Update(_))
            && write.existence == Existence::Any
            && write.condition.is_empty();
        if starts_fresh {
            parts.extend(expression::unexpired(call, &mut placeholders));
        }
        parts.extend(added);
        let statement = Self {
            table: call.schema.table.clone(),
            key: row::key_item(call.schema, &write.key),
            effect,
            condition: expression::all(&parts),
            placeholders,
            once: is_once(write),
        };
        Ok(statement.fits().then_some(statement))
    }

    /// The update as a statement on what was read, which fails if that has changed.
    pub(super) fn on(call: &Call<'_>, write: &Write, stored: &Stored) -> Result<Self> {
        let Action::Update { update, expiry } = &write.action else {
            return Err(Error::new(
                ErrorKind::Internal,
                "only updates read before they write",
            ));
        };
        let assignments = Assignments {
            call,
            update,
            expiry: *expiry,
            version: &write.version,
        };
        let mut built = assignments.resolved(stored)?;
        let mut parts = std::mem::take(&mut built.conditions);
        if !built.guarded {
            parts.extend(expression::of_write(call, write, &mut built.placeholders)?);
        }
        let statement = Self {
            table: call.schema.table.clone(),
            key: row::key_item(call.schema, &write.key),
            once: built.guarded || built.expression.is_empty(),
            effect: if built.expression.is_empty() {
                Effect::Check
            } else {
                Effect::Update(built.expression)
            },
            condition: expression::all(&parts),
            placeholders: built.placeholders,
        };
        if statement.fits() {
            return Ok(statement);
        }
        assignments.whole(stored, statement)
    }

    /// The update of a document that is not there, or no longer: a put over nothing.
    pub(super) fn fresh(call: &Call<'_>, write: &Write, content: Content<'_>) -> Result<Self> {
        let mut placeholders = Placeholders::default();
        let condition = expression::absent(call, &mut placeholders);
        Ok(Self {
            table: call.schema.table.clone(),
            key: row::key_item(call.schema, &write.key),
            effect: Effect::Put(row::item(call.schema, content)?),
            condition: Some(condition),
            placeholders,
            once: true,
        })
    }

    pub(super) fn is_unconditional_put(&self) -> bool {
        matches!(self.effect, Effect::Put(_)) && self.condition.is_none()
    }

    /// An unconditional put on the condition that nothing is stored.
    pub(super) fn over_nothing(&mut self, call: &Call<'_>) {
        self.condition = Some(expression::absent(call, &mut self.placeholders));
        self.once = true;
    }

    /// The item of a put. That of a write which says it whole is given away, and made again for
    /// another attempt, which is rare; a copy for each would be half of what a put allocates.
    pub(super) fn item(&mut self, call: &Call<'_>, write: &Write) -> Result<Option<Item>> {
        let Effect::Put(item) = &mut self.effect else {
            return Ok(None);
        };
        let Action::Put { fields, expires_at } = &write.action else {
            return Ok(Some(item.clone()));
        };
        let given = std::mem::take(item);
        if !given.is_empty() {
            return Ok(Some(given));
        }
        let content = Content {
            fields,
            version: &write.version,
            expires_at: *expires_at,
        };
        row::item(call.schema, content).map(Some)
    }

    fn fits(&self) -> bool {
        let update = match &self.effect {
            Effect::Update(expression) => expression.len(),
            Effect::Put(_) | Effect::Delete | Effect::Check => 0,
        };
        let condition = self.condition.as_ref().map_or(0, String::len);
        update <= EXPRESSION_BYTES && condition <= EXPRESSION_BYTES
    }

    /// The statement as one of a transaction, which gives back the item that a condition met.
    pub(super) fn into_transaction(self) -> Result<TransactWriteItem> {
        let (names, values) = (self.placeholders.names(), self.placeholders.values());
        let returned = ReturnValuesOnConditionCheckFailure::AllOld;
        let built = match self.effect {
            Effect::Put(item) => Put::builder()
                .table_name(self.table)
                .set_item(Some(item))
                .set_condition_expression(self.condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(returned)
                .build()
                .map(|put| TransactWriteItem::builder().put(put)),
            Effect::Update(expression) => UpdateItem::builder()
                .table_name(self.table)
                .set_key(Some(self.key))
                .update_expression(expression)
                .set_condition_expression(self.condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(returned)
                .build()
                .map(|update| TransactWriteItem::builder().update(update)),
            Effect::Delete => Delete::builder()
                .table_name(self.table)
                .set_key(Some(self.key))
                .set_condition_expression(self.condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(returned)
                .build()
                .map(|delete| TransactWriteItem::builder().delete(delete)),
            Effect::Check => ConditionCheck::builder()
                .table_name(self.table)
                .set_key(Some(self.key))
                .set_condition_expression(self.condition)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(returned)
                .build()
                .map(|check| TransactWriteItem::builder().condition_check(check)),
        };
        built.map(TransactWriteItemBuilder::build).map_err(|error| {
            Error::new(ErrorKind::Internal, "a statement is not complete").with_source(error)
        })
    }
}

/// A create needs that there is nothing, and every other write that asks for a version changes it.
fn is_once(write: &Write) -> bool {
    matches!(write.action, Action::Check)
        || write.existence == Existence::Forbidden
        || write.condition.version.is_some()
}
