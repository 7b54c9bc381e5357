//! Declared indexes: other orders in which a collection can be queried.

use std::fmt;

use super::key::check_text;
use super::{Map, SortKey, SortType, Value};
use crate::error::{Error, Result};

/// Declares an index, as data: which documents lie together in it, and in which order.
///
/// A document is in the index when it has the index's fields; one that lacks any of them is left
/// out (rule R11). The fields are top-level ones, and where they are there they must be of the
/// declared type, within the limits of a key field: on every store a write that says otherwise is
/// `InvalidArgument`. A document may change them, as they are no part of its key.
///
/// ```
/// use isobar::document::{IndexSpec, SortType};
///
/// const BY_AUTHOR: IndexSpec =
///     IndexSpec::new("by_author").partition("author").sort("born", SortType::I64);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSpec {
    pub(super) name: &'static str,
    pub(super) partition: Option<&'static str>,
    pub(super) sort: Option<(&'static str, SortType)>,
}

impl IndexSpec {
    /// An index of this name: 3 to 48 letters, digits, `_` and `-`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            partition: None,
            sort: None,
        }
    }

    /// The field, a string, whose documents of equal value lie together and are queried together.
    ///
    /// Without one the index holds the whole collection in one order, which needs
    /// [`Capability::WholeCollectionIndexes`](crate::Capability::WholeCollectionIndexes).
    #[must_use]
    pub const fn partition(mut self, field: &'static str) -> Self {
        self.partition = Some(field);
        self
    }

    /// The field that orders the documents, and its one type.
    #[must_use]
    pub const fn sort(mut self, field: &'static str, sort_type: SortType) -> Self {
        self.sort = Some((field, sort_type));
        self
    }

    pub(super) fn schema(&self) -> IndexSchema {
        IndexSchema {
            name: self.name.to_owned(),
            partition: self.partition.map(str::to_owned),
            sort: self
                .sort
                .map(|(field, sort_type)| (field.to_owned(), sort_type)),
        }
    }
}

/// What a driver knows of an index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexSchema {
    /// The name, unique within its collection.
    pub name: String,
    /// The field, a string, whose equal values lie together.
    pub partition: Option<String>,
    /// The field that orders the documents, and its type.
    pub sort: Option<(String, SortType)>,
}

/// Where a document lies in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The value of the partition field, where the index has one.
    pub partition: Option<String>,
    /// The value of the sort field, where the index has one.
    pub sort: Option<SortKey>,
}

impl IndexSchema {
    /// Where a document with these fields lies; `None` where it is not in the index.
    pub fn entry(&self, fields: &Map) -> Option<IndexEntry> {
        let partition = match &self.partition {
            None => None,
            Some(field) => match fields.get(field) {
                Some(Value::String(text)) if check_text(text, field).is_ok() => Some(text.clone()),
                _ => return None,
            },
        };
        let sort = match &self.sort {
            None => None,
            Some((field, sort_type)) => {
                let sort = SortKey::from_value(fields.get(field)?)?;
                sort.check(*sort_type, field).ok()?;
                Some(sort)
            }
        };
        Some(IndexEntry { partition, sort })
    }

    /// Whether `field` decides where documents lie in the index.
    pub fn has_field(&self, field: &str) -> bool {
        self.partition.as_deref() == Some(field)
            || self.sort.as_ref().is_some_and(|(sort, _)| sort == field)
    }

    /// The declared type of one of the index's fields.
    pub(super) fn field_type(&self, field: &str) -> Option<SortType> {
        match &self.sort {
            Some((sort, sort_type)) if sort == field => Some(*sort_type),
            _ if self.partition.as_deref() == Some(field) => Some(SortType::Str),
            _ => None,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let name = &self.name;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !(3..=48).contains(&name.len()) || !name.bytes().all(allowed) {
            let message =
                format!("the index name {name:?} must be 3 to 48 letters, digits, `_` and `-`");
            return Err(Error::invalid(message));
        }
        if self.partition.is_none() && self.sort.is_none() {
            return Err(Error::invalid(format!("the index {name:?} has no field")));
        }
        Ok(())
    }
}

/// As one would declare it.
impl fmt::Display for IndexSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexSpec::new({:?})", self.name)?;
        if let Some(partition) = &self.partition {
            write!(f, ".partition({partition:?})")?;
        }
        if let Some((sort, sort_type)) = &self.sort {
            write!(f, ".sort({sort:?}, SortType::{sort_type:?})")?;
        }
        Ok(())
    }
}

/// Refuses a value that an index field cannot have.
pub(super) fn check_value(field: &str, expected: SortType, value: &Value) -> Result<()> {
    let key = SortKey::from_value(value).ok_or_else(|| {
        let kind = value.kind_name();
        Error::invalid(format!(
            "the field {field:?} is declared in an index as {expected:?}, it is a {kind}"
        ))
    })?;
    key.check(expected, field)
}
