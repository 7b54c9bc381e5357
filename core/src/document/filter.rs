//! What is asked of the documents that a query finds.

use std::ops::Not;

use super::condition::{Comparison, FieldCondition, FieldTest};
use super::{CollectionSchema, FieldPath, Map, Value};
use crate::error::{Error, ErrorKind, Result};

/// A test of a document's fields, of two values: it holds or it does not.
///
/// A comparison with a missing field, or with a value of another kind, does not hold, so that its
/// negation does. Numbers compare by mathematical value, text and bytes by their bytes. Null is not
/// compared with: ask [`is_null`](Self::is_null), [`exists`](Self::exists) or
/// [`missing`](Self::missing) (rule R6).
///
/// ```
/// use isobar::document::Filter;
///
/// let filter = Filter::ge("score", 10)
///     .and(Filter::one_of("state", ["open", "new"]).or(Filter::contains("tags", "urgent")))
///     .and(!Filter::exists("author.left"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Filter {
    /// A test of one field.
    Field(FieldCondition),
    /// All of them hold.
    All(Vec<Filter>),
    /// At least one of them holds.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
}

impl Filter {
    /// The most values of one [`one_of`](Self::one_of).
    pub const MAX_VALUES: usize = FieldTest::MAX_VALUES;
    /// The most tests of one filter.
    pub const MAX_TESTS: usize = 100;
    /// The most levels of one filter.
    pub const MAX_DEPTH: usize = 10;

    /// The field is there and compares so with `value`.
    pub fn compare(
        path: impl Into<FieldPath>,
        comparison: Comparison,
        value: impl Into<Value>,
    ) -> Self {
        Self::field(path, FieldTest::Compare(comparison, value.into()))
    }

    /// The field equals `value`.
    pub fn eq(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, Comparison::Equal, value)
    }

    /// The field is there and does not equal `value`.
    pub fn ne(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, Comparison::NotEqual, value)
    }

    /// The field is less than `value`.
    pub fn lt(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, Comparison::Less, value)
    }

    /// The field is at most `value`.
    pub fn le(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, Comparison::LessOrEqual, value)
    }

    /// The field is greater than `value`.
    pub fn gt(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, Comparison::Greater, value)
    }

    /// The field is at least `value`.
    pub fn ge(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::compare(path, Comparison::GreaterOrEqual, value)
    }

    /// The field is from `first` to `last`, both included.
    pub fn between(
        path: impl Into<FieldPath>,
        first: impl Into<Value>,
        last: impl Into<Value>,
    ) -> Self {
        Self::field(path, FieldTest::Between(first.into(), last.into()))
    }

    /// The field is text or bytes that begin with `prefix`.
    pub fn begins_with(path: impl Into<FieldPath>, prefix: impl Into<Value>) -> Self {
        Self::field(path, FieldTest::BeginsWith(prefix.into()))
    }

    /// The field equals one of the values, 1 to [`Self::MAX_VALUES`].
    pub fn one_of<V: Into<Value>>(
        path: impl Into<FieldPath>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self::field(path, FieldTest::OneOf(values))
    }

    /// The field is a list that has an item equal to `value`, or text that contains the text `value`.
    pub fn contains(path: impl Into<FieldPath>, value: impl Into<Value>) -> Self {
        Self::field(path, FieldTest::Contains(value.into()))
    }

    /// The field is there, be it null.
    pub fn exists(path: impl Into<FieldPath>) -> Self {
        Self::field(path, FieldTest::Exists)
    }

    /// The field is not there.
    pub fn missing(path: impl Into<FieldPath>) -> Self {
        Self::field(path, FieldTest::Missing)
    }

    /// The field is there and null.
    pub fn is_null(path: impl Into<FieldPath>) -> Self {
        Self::field(path, FieldTest::IsNull)
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut parts = self.into_conjuncts();
        parts.extend(other.into_conjuncts());
        Self::All(parts)
    }

    /// One of the two holds, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut parts = match self {
            Self::Any(parts) => parts,
            one => vec![one],
        };
        match other {
            Self::Any(more) => parts.extend(more),
            one => parts.push(one),
        }
        Self::Any(parts)
    }

    /// Whether the filter holds of a document with these fields: the definition that every driver
    /// must keep to.
    pub fn matches(&self, fields: &Map) -> bool {
        match self {
            Self::Field(condition) => condition.holds(fields),
            Self::All(parts) => parts.iter().all(|part| part.matches(fields)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(fields)),
            Self::Not(part) => !part.matches(fields),
        }
    }

    /// Splits it into what the store tests itself and what is left to be tested afterwards.
    ///
    /// For the planner of a driver: `native` says of each part that must hold, alone, whether the
    /// store tests it exactly as [`matches`](Self::matches) does.
    pub fn split(&self, native: impl Fn(&Self) -> bool) -> (Option<Self>, Option<Self>) {
        let parts = self.clone().into_conjuncts();
        let (ours, rest): (Vec<_>, Vec<_>) = parts.into_iter().partition(native);
        (Self::all(ours), Self::all(rest))
    }

    /// The parts that must all hold; the filter itself where it is of another form.
    pub fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }

    /// Every test of a field in it.
    pub fn tests(&self) -> Vec<&FieldCondition> {
        match self {
            Self::Field(condition) => vec![condition],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Not(part) => part.tests(),
        }
    }

    fn field(path: impl Into<FieldPath>, test: FieldTest) -> Self {
        Self::Field(FieldCondition {
            path: path.into(),
            test,
        })
    }

    fn all(mut parts: Vec<Self>) -> Option<Self> {
        match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => Some(Self::All(parts)),
        }
    }

    fn into_conjuncts(self) -> Vec<Self> {
        match self {
            Self::All(parts) => parts.into_iter().flat_map(Self::into_conjuncts).collect(),
            one => vec![one],
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::Field(_) => 1,
            Self::All(parts) | Self::Any(parts) => {
                1 + parts.iter().map(Self::depth).max().unwrap_or(0)
            }
            Self::Not(part) => 1 + part.depth(),
        }
    }

    /// Refuses malformed filters and brings numbers into their one form.
    pub(super) fn checked(&self, schema: &CollectionSchema) -> Result<Self> {
        let (tests, depth) = (self.tests().len(), self.depth());
        for (what, limit, measured) in [
            ("the number of tests of the filter", Self::MAX_TESTS, tests),
            ("the depth of the filter", Self::MAX_DEPTH, depth),
        ] {
            if measured > limit {
                let (limit, measured) = (limit as u64, measured as u64);
                let kind = ErrorKind::LimitExceeded;
                return Err(Error::over_limit(kind, what, limit, measured));
            }
        }
        self.normalized(schema)
    }

    fn normalized(&self, schema: &CollectionSchema) -> Result<Self> {
        let each = |parts: &[Self]| {
            if parts.is_empty() {
                return Err(Error::invalid("a filter is made of no tests"));
            }
            let parts = parts.iter().map(|part| part.normalized(schema));
            parts.collect::<Result<Vec<_>>>()
        };
        Ok(match self {
            Self::Field(condition) => {
                let condition = condition.clone().checked()?;
                let top = condition.path.names().first().map_or("", String::as_str);
                schema.check_field_name(top)?;
                Self::Field(condition)
            }
            Self::All(parts) => Self::All(each(parts)?),
            Self::Any(parts) => Self::Any(each(parts)?),
            Self::Not(part) => Self::Not(Box::new(part.normalized(schema)?)),
        })
    }
}

impl Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Not(part) => *part,
            part => Self::Not(Box::new(part)),
        }
    }
}

#[cfg(test)]
mod tests;
