//! What must hold of the stored document for a write to happen.

use std::cmp::Ordering;

use super::{FieldPath, Map, Value, Version};
use crate::error::{Error, ErrorKind, Result};

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
    /// The field is of the kind of both values and from the first to the second, both included.
    Between(Value, Value),
    /// The field is text or bytes that begin with the value, which is of its kind.
    BeginsWith(Value),
    /// The field equals one of the values.
    OneOf(Vec<Value>),
    /// The field is a list with an item equal to the value, or text that contains the value.
    Contains(Value),
}

impl FieldTest {
    /// The most values of one [`FieldTest::OneOf`].
    pub const MAX_VALUES: usize = 100;

    /// Whether it holds of a field; `None` is one that is not there.
    pub fn holds(&self, found: Option<&Value>) -> bool {
        let Some(found) = found else {
            return matches!(self, Self::Missing);
        };
        match self {
            Self::Exists => true,
            Self::Missing => false,
            Self::IsNull => matches!(found, Value::Null),
            Self::Compare(comparison, value) => compare(found, *comparison, value),
            Self::Between(first, last) => {
                compare(found, Comparison::GreaterOrEqual, first)
                    && compare(found, Comparison::LessOrEqual, last)
            }
            Self::BeginsWith(prefix) => match (found, prefix) {
                (Value::String(text), Value::String(prefix)) => text.starts_with(prefix.as_str()),
                (Value::Bytes(bytes), Value::Bytes(prefix)) => bytes.starts_with(prefix),
                _ => false,
            },
            Self::OneOf(values) => values.contains(found),
            Self::Contains(value) => match (found, value) {
                (Value::List(items), value) => items.contains(value),
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                _ => false,
            },
        }
    }

    /// Refuses malformed tests and brings numbers into their one form.
    fn checked(self, path: &FieldPath) -> Result<Self> {
        let value = |value: Value| match value {
            Value::Null => {
                let message = format!("{path} is compared with null: ask whether it is null");
                Err(Error::invalid(message))
            }
            value => value.normalized(),
        };
        Ok(match self {
            Self::Compare(comparison, with) => Self::Compare(comparison, value(with)?),
            Self::Contains(item) => Self::Contains(value(item)?),
            Self::Between(first, last) => {
                let (first, last) = (value(first)?, value(last)?);
                if first.order(&last).is_none() {
                    let (from, to) = (first.kind_name(), last.kind_name());
                    let message = format!("there is no order from a {from} to a {to} for {path}");
                    return Err(Error::invalid(message));
                }
                Self::Between(first, last)
            }
            Self::BeginsWith(prefix @ (Value::String(_) | Value::Bytes(_))) => {
                Self::BeginsWith(prefix)
            }
            Self::BeginsWith(other) => {
                let kind = other.kind_name();
                let message = format!("{path} can begin with text or bytes, not with a {kind}");
                return Err(Error::invalid(message));
            }
            Self::OneOf(values) => {
                check_count(path, values.len())?;
                Self::OneOf(values.into_iter().map(value).collect::<Result<_>>()?)
            }
            other => other,
        })
    }
}

fn check_count(path: &FieldPath, count: usize) -> Result<()> {
    if count == 0 {
        let message = format!("{path} is to equal one of no values");
        return Err(Error::invalid(message));
    }
    if count > FieldTest::MAX_VALUES {
        let (limit, count) = (FieldTest::MAX_VALUES as u64, count as u64);
        let what = format!("the number of values for {path}");
        return Err(Error::over_limit(
            ErrorKind::LimitExceeded,
            &what,
            limit,
            count,
        ));
    }
    Ok(())
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
        self.test.holds(self.path.find(fields))
    }

    pub(super) fn checked(self) -> Result<Self> {
        self.path.check()?;
        let test = self.test.checked(&self.path)?;
        Ok(Self { test, ..self })
    }

    /// Whether it plainly cannot hold together with `other`: of a field that is to be missing, or
    /// null, or equal to one value.
    fn excludes(&self, other: &Self) -> bool {
        self.rules_out(other) || other.rules_out(self)
    }

    fn rules_out(&self, other: &Self) -> bool {
        let same = self.path == other.path;
        match &self.test {
            FieldTest::Missing => {
                let under = other.path.names().starts_with(self.path.names());
                under && other.test != FieldTest::Missing
            }
            FieldTest::IsNull => same && !other.test.holds(Some(&Value::Null)),
            FieldTest::Compare(Comparison::Equal, value) => same && !other.test.holds(Some(value)),
            _ => false,
        }
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
    /// Whether another version was asked for as well.
    two_versions: bool,
}

impl Condition {
    /// The stored document must have this version.
    pub fn version(version: &Version) -> Self {
        Self {
            version: Some(version.clone()),
            ..Self::default()
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

    /// The field must be from `first` to `last`, both included.
    pub fn between(
        path: impl Into<FieldPath>,
        first: impl Into<Value>,
        last: impl Into<Value>,
    ) -> Self {
        let test = FieldTest::Between(first.into(), last.into());
        Self::default().and(FieldCondition::new(path, test))
    }

    /// The field must be text or bytes that begin with `prefix`.
    pub fn begins_with(path: impl Into<FieldPath>, prefix: impl Into<Value>) -> Self {
        let test = FieldTest::BeginsWith(prefix.into());
        Self::default().and(FieldCondition::new(path, test))
    }

    /// The field must equal one of the values, 1 to [`FieldTest::MAX_VALUES`].
    pub fn one_of<V: Into<Value>>(
        path: impl Into<FieldPath>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self::default().and(FieldCondition::new(path, FieldTest::OneOf(values)))
    }

    /// The field must be a list with an item equal to `value`, or text that contains the text `value`.
    pub fn contains(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        let test = FieldTest::Contains(value.into());
        Self::default().and(FieldCondition::new(path, test))
    }

    /// Both this and `other` must hold.
    #[must_use]
    pub fn and_also(mut self, other: Self) -> Self {
        let both = self.version.is_some() && other.version.is_some();
        let differ = both && self.version != other.version;
        self.two_versions |= other.two_versions || differ;
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

    /// Refuses malformed tests, and those that no document could meet together; brings numbers into
    /// their one form.
    pub(crate) fn checked(self) -> Result<Self> {
        if self.two_versions {
            let message =
                "the condition asks for two versions, and a document has one: leave one out";
            return Err(Error::invalid(message));
        }
        let fields = self
            .fields
            .into_iter()
            .map(FieldCondition::checked)
            .collect::<Result<Vec<_>>>()?;
        for (index, one) in fields.iter().enumerate() {
            if let Some(other) = fields[..index].iter().find(|other| one.excludes(other)) {
                let (path, under) = (&one.path, &other.path);
                return Err(Error::invalid(format!(
                    "no document can meet both what is asked of {path} and of {under}: leave one out"
                )));
            }
        }
        Ok(Self { fields, ..self })
    }
}
