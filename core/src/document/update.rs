//! Changes to parts of a stored document.

use super::value::{entry_size, list_size};
use super::{CollectionSchema, FieldPath, Map, Value};
use crate::error::{Error, ErrorKind, Result};

/// One change of one field.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Writes the value, whether or not the field was there.
    Set(Value),
    /// Removes the field; nothing happens when it is not there.
    Remove,
    /// Adds a number; a missing field counts as 0.
    Increment(Value),
    /// Adds items at the end of a list; a missing field counts as an empty list.
    Append(Vec<Value>),
}

/// Changes that are applied together; no two may touch the same field.
///
/// A nested path needs its parents: changing `author.name` where `author` is missing or not a map
/// is `InvalidArgument`, on every store.
///
/// ```
/// use isobar::document::Update;
///
/// let update = Update::new().set("title", "Isobars").increment("edits", 1).remove("draft");
/// assert_eq!(update.changes().len(), 3);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Update {
    changes: Vec<(FieldPath, Change)>,
}

impl Update {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value` at `path`.
    #[must_use]
    pub fn set(self, path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        self.with(path, Change::Set(value.into()))
    }

    /// Removes the field at `path`.
    #[must_use]
    pub fn remove(self, path: impl Into<FieldPath>) -> Self {
        self.with(path, Change::Remove)
    }

    /// Adds `by`, an integer or a float, to the number at `path`.
    #[must_use]
    pub fn increment(self, path: impl Into<FieldPath>, by: impl Into<Value>) -> Self {
        self.with(path, Change::Increment(by.into()))
    }

    /// Adds `item` at the end of the list at `path`.
    #[must_use]
    pub fn append(self, path: impl Into<FieldPath>, item: impl Into<Value>) -> Self {
        self.with(path, Change::Append(vec![item.into()]))
    }

    /// The changes, in the order they were given.
    pub fn changes(&self) -> &[(FieldPath, Change)] {
        &self.changes
    }

    fn with(mut self, path: impl Into<FieldPath>, change: Change) -> Self {
        self.changes.push((path.into(), change));
        self
    }

    /// Applies the changes to the fields of a document; on an error, `fields` may be half changed.
    ///
    /// Drivers whose store cannot apply changes itself call this inside their transaction.
    pub fn apply(&self, fields: &mut Map) -> Result<()> {
        for (path, change) in &self.changes {
            apply(fields, path, change)?;
        }
        Ok(())
    }

    pub(crate) fn checked(mut self, schema: &CollectionSchema) -> Result<Self> {
        if self.changes.is_empty() {
            return Err(Error::invalid("the update changes nothing"));
        }
        for at in 0..self.changes.len() {
            let (path, _) = &self.changes[at];
            path.check()?;
            schema.check_changeable(path)?;
            if let Some((other, _)) = self.changes[..at]
                .iter()
                .find(|(other, _)| other.overlaps(path))
            {
                return Err(Error::invalid(format!(
                    "the update changes both {other} and {path}"
                )));
            }
        }
        for (path, change) in &mut self.changes {
            check_change(path, change)?;
        }
        Ok(self)
    }

    /// The bytes that the changes leave in the document at least, names included.
    pub(crate) fn size(&self) -> u64 {
        let size = |(path, change): &(FieldPath, Change)| match change {
            Change::Set(value) | Change::Increment(value) => field_size(path, value.size()),
            Change::Append(items) => field_size(path, list_size(items)),
            Change::Remove => 0,
        };
        self.changes.iter().map(size).sum()
    }

    /// The deepest value the changes bring, its path included.
    pub(crate) fn depth(&self) -> u64 {
        let value_depth = |change: &Change| match change {
            Change::Set(value) => value.depth(),
            Change::Append(items) => 1 + items.iter().map(Value::depth).max().unwrap_or(0),
            Change::Increment(_) | Change::Remove => 0,
        };
        let depth =
            |(path, change): &(FieldPath, Change)| path.names().len() as u64 + value_depth(change);
        self.changes.iter().map(depth).max().unwrap_or(0)
    }
}

fn field_size(path: &FieldPath, value: u64) -> u64 {
    entry_size(path.names().last().map_or("", String::as_str), value)
}

fn check_change(path: &FieldPath, change: &mut Change) -> Result<()> {
    match change {
        Change::Remove => {}
        Change::Set(value) => *value = std::mem::replace(value, Value::Null).normalized()?,
        Change::Append(items) => {
            *items = std::mem::take(items)
                .into_iter()
                .map(Value::normalized)
                .collect::<Result<Vec<_>>>()?;
        }
        Change::Increment(by) => {
            if !matches!(by, Value::Int(_) | Value::Float(_)) {
                let kind = by.kind_name();
                return Err(Error::invalid(format!(
                    "{path} cannot be incremented by a {kind}"
                )));
            }
            *by = std::mem::replace(by, Value::Null).normalized()?;
        }
    }
    Ok(())
}

fn apply(fields: &mut Map, path: &FieldPath, change: &Change) -> Result<()> {
    let (name, parents) = path
        .names()
        .split_last()
        .expect("an update's paths were checked");
    let mut target = fields;
    for parent in parents {
        target = match target.get_mut(parent) {
            Some(Value::Map(inner)) => inner,
            _ if matches!(change, Change::Remove) => return Ok(()),
            _ => return Err(missing_parent(path)),
        };
    }
    match change {
        Change::Set(value) => {
            target.insert(name.clone(), value.clone());
        }
        Change::Remove => {
            target.shift_remove(name);
        }
        Change::Increment(by) => {
            let sum = match target.get(name) {
                None => by.clone(),
                Some(current) => add(path, current, by)?,
            };
            target.insert(name.clone(), sum);
        }
        Change::Append(items) => match target.get_mut(name) {
            None => {
                target.insert(name.clone(), Value::List(items.clone()));
            }
            Some(Value::List(list)) => list.extend(items.iter().cloned()),
            Some(other) => return Err(wrong_kind(path, "appended to", other)),
        },
    }
    Ok(())
}

fn add(path: &FieldPath, current: &Value, by: &Value) -> Result<Value> {
    #[expect(clippy::cast_precision_loss, reason = "a sum with a float is a float")]
    let sum = match (current, by) {
        (Value::Int(a), Value::Int(b)) => {
            return a
                .checked_add(*b)
                .map(Value::Int)
                .ok_or_else(|| overflow(path));
        }
        (Value::Int(a), Value::Float(b)) => *a as f64 + b,
        (Value::Float(a), Value::Int(b)) => a + *b as f64,
        (Value::Float(a), Value::Float(b)) => a + b,
        (other, _) => return Err(wrong_kind(path, "incremented", other)),
    };
    Value::Float(sum).normalized()
}

/// The error of every provider for a path whose parents are not maps.
pub(crate) fn missing_parent(path: &FieldPath) -> Error {
    Error::invalid(format!("the parent of {path} is missing or is not a map"))
}

fn overflow(path: &FieldPath) -> Error {
    Error::new(
        ErrorKind::LimitExceeded,
        format!("{path} would pass the range of 64-bit integers"),
    )
}

fn wrong_kind(path: &FieldPath, verb: &str, found: &Value) -> Error {
    Error::invalid(format!(
        "{path} cannot be {verb}: it is a {}",
        found.kind_name()
    ))
}

#[cfg(test)]
mod tests;
