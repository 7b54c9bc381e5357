//! The key of a document: a partition, and within it an optional sort key.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Map, Value};
use crate::capability::Limits;
use crate::document::CollectionSchema;
use crate::error::{Error, ErrorKind, Result};

/// The type of a sort key; its values are ordered by their bytes, or as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SortType {
    /// UTF-8 text in byte order.
    Str,
    /// Whole numbers in numeric order.
    I64,
    /// Bytes in byte order.
    Bytes,
}

/// A value of the sort key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SortKey {
    /// Text.
    Str(String),
    /// A whole number.
    I64(i64),
    /// Bytes.
    Bytes(Bytes),
}

impl SortKey {
    /// The type this value is of.
    pub fn sort_type(&self) -> SortType {
        match self {
            Self::Str(_) => SortType::Str,
            Self::I64(_) => SortType::I64,
            Self::Bytes(_) => SortType::Bytes,
        }
    }

    /// The value as it stands in the document's field.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Str(text) => Value::String(text.clone()),
            Self::I64(number) => Value::Int(*number),
            Self::Bytes(bytes) => Value::Bytes(bytes.clone()),
        }
    }

    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Str(text.clone())),
            Value::Int(number) => Some(Self::I64(*number)),
            Value::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            _ => None,
        }
    }

    pub(crate) fn check(&self, expected: SortType, name: &str) -> Result<()> {
        if self.sort_type() != expected {
            return Err(Error::invalid(format!(
                "the sort key {name:?} is {expected:?}, the value given is {:?}",
                self.sort_type()
            )));
        }
        match self {
            Self::Str(text) => check_text(text, name),
            Self::I64(_) => Ok(()),
            Self::Bytes(bytes) => check_length(bytes.len(), name),
        }
    }
}

/// The key of one document: 1 to 512 bytes of UTF-8 without NUL each part (rule R4).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The partition: documents of one partition can be queried in order and written together.
    pub partition: String,
    /// The place within the partition, where the collection has a sort key.
    pub sort: Option<SortKey>,
}

impl Key {
    /// A key in a collection without a sort key.
    pub fn partition(partition: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            sort: None,
        }
    }

    /// Refuses a key that does not fit the collection, before anything is sent.
    pub(crate) fn check(&self, schema: &CollectionSchema) -> Result<()> {
        self.fits(schema).map_err(|error| error.at_document(self))
    }

    fn fits(&self, schema: &CollectionSchema) -> Result<()> {
        check_text(&self.partition, &schema.partition)?;
        match (&self.sort, &schema.sort) {
            (None, None) => Ok(()),
            (Some(sort), Some((name, expected))) => sort.check(*expected, name),
            (None, Some((name, _))) => Err(Error::invalid(format!(
                "the key has no value for the sort key {name:?}: give (partition, sort)"
            ))),
            (Some(_), None) => Err(Error::invalid(
                "the collection has no sort key: give the partition alone",
            )),
        }
    }

    /// The key that the fields of a document name; `InvalidArgument` where it does not fit the
    /// collection.
    pub fn of(fields: &Map, schema: &CollectionSchema) -> Result<Self> {
        let partition = match fields.get(&schema.partition) {
            Some(Value::String(partition)) => partition.clone(),
            Some(other) => return Err(wrong_type(&schema.partition, "string", other)),
            None => return Err(missing(&schema.partition)),
        };
        let sort = match &schema.sort {
            None => None,
            Some((name, expected)) => {
                let value = fields.get(name).ok_or_else(|| missing(name))?;
                let sort = SortKey::from_value(value)
                    .ok_or_else(|| wrong_type(name, &format!("{expected:?}"), value))?;
                Some(sort)
            }
        };
        let key = Self { partition, sort };
        key.check(schema)?;
        Ok(key)
    }
}

/// For messages to whoever made the call: `"alice"` or `("alice", 7)`, long parts shortened.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(sort) = &self.sort else {
            return shortened(&self.partition, f);
        };
        f.write_str("(")?;
        shortened(&self.partition, f)?;
        f.write_str(", ")?;
        match sort {
            SortKey::Str(text) => shortened(text, f)?,
            SortKey::I64(number) => write!(f, "{number}")?,
            SortKey::Bytes(bytes) => {
                let shown = &bytes[..bytes.len().min(SHOWN)];
                write!(f, "{:?}", Bytes::copy_from_slice(shown))?;
                told_length(shown.len(), bytes.len(), f)?;
            }
        }
        f.write_str(")")
    }
}

/// How many characters or bytes of each part of a key a message shows.
const SHOWN: usize = 64;

fn shortened(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let end = text.char_indices().nth(SHOWN);
    let shown = end.map_or(text, |(end, _)| &text[..end]);
    write!(f, "{shown:?}")?;
    told_length(shown.len(), text.len(), f)
}

fn told_length(shown: usize, length: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if shown < length {
        write!(f, "… of {length} bytes")?;
    }
    Ok(())
}

/// Keys may hold personal data, so that what goes to logs has none of them.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = self.sort.as_ref().map(SortKey::sort_type);
        write!(
            f,
            "Key(partition of {} bytes, sort {sort:?})",
            self.partition.len()
        )
    }
}

impl From<&str> for Key {
    fn from(partition: &str) -> Self {
        Self::partition(partition)
    }
}

impl From<String> for Key {
    fn from(partition: String) -> Self {
        Self::partition(partition)
    }
}

impl<P: Into<String>, S: Into<SortKey>> From<(P, S)> for Key {
    fn from((partition, sort): (P, S)) -> Self {
        Self {
            partition: partition.into(),
            sort: Some(sort.into()),
        }
    }
}

impl From<&str> for SortKey {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<String> for SortKey {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}

impl From<i64> for SortKey {
    fn from(number: i64) -> Self {
        Self::I64(number)
    }
}

impl From<i32> for SortKey {
    fn from(number: i32) -> Self {
        Self::I64(i64::from(number))
    }
}

impl From<Bytes> for SortKey {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

pub(crate) fn check_text(text: &str, name: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::invalid(format!(
            "the key field {name:?} contains a NUL character: a key is text without NUL"
        )));
    }
    check_length(text.len(), name)
}

fn check_length(length: usize, name: &str) -> Result<()> {
    let limit = Limits::PORTABLE.key_bytes;
    if length == 0 {
        return Err(Error::invalid(format!(
            "the key field {name:?} is empty: give it 1 to {limit} bytes"
        )));
    }
    if length as u64 > limit {
        let what = format!("the size in bytes of the key field {name:?}");
        return Err(Error::over_limit(
            ErrorKind::InvalidArgument,
            &what,
            limit,
            length as u64,
        ));
    }
    Ok(())
}

fn missing(name: &str) -> Error {
    Error::invalid(format!("the document has no key field {name:?}"))
}

fn wrong_type(name: &str, expected: &str, found: &Value) -> Error {
    let found = found.kind_name();
    Error::invalid(format!(
        "the key field {name:?} must be a {expected}, it is a {found}"
    ))
}
