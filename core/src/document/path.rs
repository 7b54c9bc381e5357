//! Names of fields, at the top of a document or nested in it.

use std::fmt;

use super::{Map, Value};
use crate::error::{Error, Result};

/// The way to a field: `author.name` is the field `name` of the map `author`.
///
/// A name that itself contains a dot is written with [`FieldPath::of`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// A path from its names, which may contain dots.
    pub fn of<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// The names from the top down; never empty once checked.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The value at this path.
    pub fn find<'v>(&self, fields: &'v Map) -> Option<&'v Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter()
            .try_fold(fields.get(first)?, |value, name| match value {
                Value::Map(fields) => fields.get(name),
                _ => None,
            })
    }

    /// Whether one of the two paths leads through or to the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.0.is_empty() || self.0.iter().any(String::is_empty) {
            return Err(Error::invalid(format!(
                "the field path {self} has an empty name"
            )));
        }
        Ok(())
    }
}

impl From<&str> for FieldPath {
    fn from(dotted: &str) -> Self {
        Self::of(dotted.split('.'))
    }
}

impl From<String> for FieldPath {
    fn from(dotted: String) -> Self {
        Self::from(dotted.as_str())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.join("."))
    }
}
