//! What every write must satisfy before a driver sees it.

use std::collections::HashSet;

use serde::Serialize;

use super::index::check_value;
use super::value::fields_size;
use super::write_set::Draft;
use super::{Change, CollectionSchema, Condition, FieldPath, Key, Map, SortType, Value, Version};
use crate::capability::Limits;
use crate::driver::document::{Action, Write};
use crate::error::{Error, ErrorKind, Result};

/// The fields of a typed document.
pub(crate) fn fields<T: Serialize + ?Sized>(document: &T) -> Result<Map> {
    match Value::encode(document)? {
        Value::Map(fields) => Ok(fields),
        Value::List(pairs) => from_pairs(pairs),
        other => Err(not_a_document(other.kind_name())),
    }
}

/// A list of `(name, value)` pairs is a document too, which keeps examples and tests short.
fn from_pairs(pairs: Vec<Value>) -> Result<Map> {
    pairs
        .into_iter()
        .map(|pair| match pair {
            Value::List(mut pair) if pair.len() == 2 => match (pair.remove(0), pair.remove(0)) {
                (Value::String(name), value) => Ok((name, value)),
                _ => Err(not_a_document("list")),
            },
            _ => Err(not_a_document("list")),
        })
        .collect()
}

fn not_a_document(kind: &str) -> Error {
    Error::invalid(format!("a document is a struct or a map, not a {kind}"))
}

/// Completes a draft: finds its key, checks it, and gives it the version it will have.
pub(crate) fn write(draft: Draft, schema: &CollectionSchema, limits: &Limits) -> Result<Write> {
    let Draft {
        key,
        action,
        existence,
        condition,
        idempotency,
    } = draft;
    let key = match (key, &action) {
        (Some(key), _) => {
            key.check(schema)?;
            key
        }
        (None, Action::Put { fields, .. }) => Key::of(fields, schema)?,
        (None, _) => return Err(Error::invalid("the write has no key")),
    };
    let sound = action_and_condition(action, condition, schema, limits);
    let (action, condition) = match sound {
        Ok(sound) => sound,
        Err(error) => return Err(error.at_document(&key)),
    };
    let version = if schema.adopted {
        Version::absent()
    } else {
        Version::generate()
    };
    Ok(Write {
        key,
        action,
        existence,
        condition,
        idempotency,
        version,
    })
}

fn action_and_condition(
    action: Action,
    condition: Condition,
    schema: &CollectionSchema,
    limits: &Limits,
) -> Result<(Action, Condition)> {
    let action = match action {
        Action::Put { fields, expires_at } => {
            document(&fields, schema, limits)?;
            Action::Put {
                fields,
                expires_at: expires_at.map(super::Timestamp::to_second),
            }
        }
        Action::Update { update, expiry } => {
            let update = update.checked(schema)?;
            for (path, change) in update.changes() {
                index_change(path, change, schema)?;
            }
            within_depth(1 + update.depth(), limits)?;
            within_size(update.size(), limits)?;
            Action::Update { update, expiry }
        }
        other => other,
    };
    Ok((action, condition.checked()?))
}

/// Refuses a value that an index could not order.
fn index_field(name: &str, value: &Value, schema: &CollectionSchema) -> Result<()> {
    let mut types = schema.indexed_types(name);
    types.try_for_each(|sort_type| check_value(name, sort_type, value))
}

/// Refuses a change that would leave a field of an index with another type than the declared one.
fn index_change(path: &FieldPath, change: &Change, schema: &CollectionSchema) -> Result<()> {
    let Some((top, nested)) = path.names().split_first() else {
        return Ok(());
    };
    for sort_type in schema.indexed_types(top) {
        match change {
            Change::Remove => {}
            Change::Set(value) if nested.is_empty() => check_value(top, sort_type, value)?,
            Change::Increment(Value::Int(_)) if nested.is_empty() && sort_type == SortType::I64 => {
            }
            _ => {
                return Err(Error::invalid(format!(
                    "the change of {path} would not leave a {sort_type:?}, as an index declares it"
                )));
            }
        }
    }
    Ok(())
}

/// Refuses a document that not every store could hold.
pub(super) fn document(fields: &Map, schema: &CollectionSchema, limits: &Limits) -> Result<()> {
    fields
        .keys()
        .try_for_each(|name| schema.check_field_name(name))?;
    for (name, value) in fields {
        index_field(name, value, schema)?;
    }
    let deepest = fields.values().map(Value::depth).max().unwrap_or(0);
    within_depth(1 + deepest, limits)?;
    within_size(fields_size(fields), limits)
}

fn within_depth(depth: u64, limits: &Limits) -> Result<()> {
    if depth > limits.document_depth {
        let what = "the depth of the document";
        return Err(Error::over_limit(
            ErrorKind::LimitExceeded,
            what,
            limits.document_depth,
            depth,
        ));
    }
    Ok(())
}

fn within_size(size: u64, limits: &Limits) -> Result<()> {
    if size > limits.document_bytes {
        let what = "the size in bytes of the document";
        return Err(Error::over_limit(
            ErrorKind::TooLarge,
            what,
            limits.document_bytes,
            size,
        ));
    }
    Ok(())
}

/// The bytes a write counts for against the limit of a set.
pub(crate) fn size(write: &Write) -> u64 {
    match &write.action {
        Action::Put { fields, .. } => fields_size(fields),
        Action::Update { update, .. } => update.size(),
        Action::Delete | Action::Check => 0,
    }
}

/// Refuses two writes of one key, whose order no store promises.
pub(crate) fn distinct<'k>(keys: impl Iterator<Item = &'k Key>) -> Result<()> {
    let mut seen = HashSet::new();
    for (index, key) in keys.enumerate() {
        if !seen.insert(key) {
            let message = "the same key is written twice: make it one write";
            return Err(Error::invalid(message).with_index(index).at_document(key));
        }
    }
    Ok(())
}
