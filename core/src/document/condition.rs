//! What must hold of the stored document for a write to happen.

use std::cmp::Ordering;

use super::{FieldPath, Map, Value, Version};
use crate::error::{Error, Result};

/// A comparison of a stored field with a given value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal, by mathematical value for numbers.
    Equal,
    /// Present and not equal.
    NotEqual,
    /// Of the same kind and less.
    Less,
    /// Of the same kind and less or equal.
    LessOrEqual,
    /// Of the same kind and greater.
    Greater,
    /// Of the same kind and greater or equal.
    GreaterOrEqual,
}

/// What is asked of one field.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FieldTest {
    /// The field is there, be it null.
    Exists,
    /// The field is not there.
    Missing,
    /// The field is there and null.
    IsNull,
    /// The field is there and compares so with the value.
    Compare(Comparison, Value),
}

/// A test of one field of the stored document.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldCondition {
    /// Where the field is.
    pub path: FieldPath,
    /// What must hold of it.
    pub test: FieldTest,
}

impl FieldCondition {
    fn new(path: impl Into<FieldPath>, test: FieldTest) -> Self {
        Self {
            path: path.into(),
            test,
        }
    }

    /// Whether the condition holds of a document with these fields.
    pub fn holds(&self, fields: &Map) -> bool {
        let found = self.path.find(fields);
        match (&self.test, found) {
            (FieldTest::Exists, found) => found.is_some(),
            (FieldTest::Missing, found) => found.is_none(),
            (FieldTest::IsNull, found) => matches!(found, Some(Value::Null)),
            (FieldTest::Compare(comparison, value), Some(found)) => {
                compare(found, *comparison, value)
            }
            (FieldTest::Compare(..), None) => false,
        }
    }

    fn checked(self) -> Result<Self> {
        let Self { path, test } = self;
        path.check()?;
        let test = match test {
            FieldTest::Compare(_, Value::Null) => {
                let message = format!("{path} is compared with null: ask whether it is null");
                return Err(Error::invalid(message));
            }
            FieldTest::Compare(comparison, value) => {
                FieldTest::Compare(comparison, value.normalized()?)
            }
            other => other,
        };
        Ok(Self { path, test })
    }
}

fn compare(found: &Value, comparison: Comparison, value: &Value) -> bool {
    let order = found.order(value);
    match comparison {
        Comparison::Equal => found == value,
        Comparison::NotEqual => found != value,
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Conditions that must all hold; the default holds of everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    /// The version the stored document must have.
    pub version: Option<Version>,
    /// Tests of its fields.
    pub fields: Vec<FieldCondition>,
}

impl Condition {
    /// The stored document must have this version.
    pub fn version(version: &Version) -> Self {
        Self {
            version: Some(version.clone()),
            fields: Vec::new(),
        }
    }

    /// The field must be there, be it null.
    pub fn exists(path: impl Into<FieldPath>) -> Self {
        Self::default().and(FieldCondition::new(path, FieldTest::Exists))
    }

    /// The field must not be there.
    pub fn missing(path: impl Into<FieldPath>) -> Self {
        Self::default().and(FieldCondition::new(path, FieldTest::Missing))
    }

    /// The field must be there and null.
    pub fn is_null(path: impl Into<FieldPath>) -> Self {
        Self::default().and(FieldCondition::new(path, FieldTest::IsNull))
    }

    /// The field must be there and compare so with `value`; for null, use [`Self::is_null`].
    pub fn compare(
        path: impl Into<FieldPath>,
        comparison: Comparison,
        value: impl Into<Value>,
    ) -> Self {
        let test = FieldTest::Compare(comparison, value.into());
        Self::default().and(FieldCondition::new(path, test))
    }

    /// The field must equal `value`.
    pub fn equals(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, Comparison::Equal, value)
    }

    /// Both this and `other` must hold.
    #[must_use]
    pub fn and_also(mut self, other: Self) -> Self {
        self.version = self.version.or(other.version);
        self.fields.extend(other.fields);
        self
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.version.is_none() && self.fields.is_empty()
    }

    fn and(mut self, test: FieldCondition) -> Self {
        self.fields.push(test);
        self
    }

    /// Refuses malformed tests and brings numbers into their one form.
    pub(crate) fn checked(self) -> Result<Self> {
        let fields = self
            .fields
            .into_iter()
            .map(FieldCondition::checked)
            .collect::<Result<_>>()?;
        Ok(Self {
            version: self.version,
            fields,
        })
    }
}
