//! The deterministic size and depth of a value, the same whatever the store (rule R3).

use super::{Map, Value};

/// DynamoDB counts a number with up to 38 digits as up to 21 bytes; the largest of all stores.
const NUMBER: u64 = 21;
/// What a list or map costs by itself, and each of its entries, on DynamoDB.
const CONTAINER: u64 = 3;
const ENTRY: u64 = 1;

impl Value {
    /// Bytes that this value counts for against a document's limit: names and contents in UTF-8,
    /// numbers and timestamps 21 each, three for a list or map and one for each of its entries.
    pub fn size(&self) -> u64 {
        match self {
            Self::Null | Self::Bool(_) => 1,
            Self::Int(_) | Self::Float(_) | Self::Timestamp(_) => NUMBER,
            Self::String(text) => text.len() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::List(items) => list_size(items),
            Self::Map(fields) => CONTAINER + fields_size(fields),
        }
    }

    /// Levels of lists and maps: 0 for a scalar, 1 for a list of scalars.
    pub fn depth(&self) -> u64 {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Map(fields) => 1 + fields.values().map(Self::depth).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// The size of a list of these items.
pub(crate) fn list_size(items: &[Value]) -> u64 {
    CONTAINER + items.iter().map(|item| ENTRY + item.size()).sum::<u64>()
}

/// The size of a field with a value of this size.
pub(crate) fn entry_size(name: &str, value: u64) -> u64 {
    ENTRY + name.len() as u64 + value
}

/// The size of a document with these fields.
pub(crate) fn fields_size(fields: &Map) -> u64 {
    fields
        .iter()
        .map(|(name, value)| entry_size(name, value.size()))
        .sum()
}
