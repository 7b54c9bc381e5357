//! Where a document lies: collection, partition, and a sort key whose bytes are in its order.

use bytes::Bytes;
use isobar::document::{CollectionSchema, Key, SortKey, SortType};

/// The key of a row in the table of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) collection: String,
    pub(crate) partition: String,
    /// A tag for the type, then the value in memcomparable form.
    pub(crate) sort: Vec<u8>,
}

/// An [`Address`] as the engine takes it.
pub(crate) type RowKey<'k> = (&'k str, &'k str, &'k [u8]);

impl Address {
    pub(crate) fn of(schema: &CollectionSchema, key: &Key) -> Self {
        Self {
            collection: schema.table.clone(),
            partition: key.partition.clone(),
            sort: sort_bytes(key.sort.as_ref()),
        }
    }

    pub(crate) fn row(&self) -> RowKey<'_> {
        (&self.collection, &self.partition, &self.sort)
    }
}

/// What the checksum of a row covers beside the row.
pub(crate) fn context((collection, partition, sort): RowKey<'_>) -> [&[u8]; 3] {
    [collection.as_bytes(), partition.as_bytes(), sort]
}

const NO_SORT_KEY: u8 = 0x00;
const I64: u8 = 0x10;
const STR: u8 = 0x20;
const BYTES: u8 = 0x30;

/// The tag that all sort keys of one type start with.
pub(crate) fn tag(sort_type: Option<SortType>) -> u8 {
    match sort_type {
        None => NO_SORT_KEY,
        Some(SortType::I64) => I64,
        Some(SortType::Str) => STR,
        Some(SortType::Bytes) => BYTES,
    }
}

/// A sort key as bytes: two of one type compare as their bytes do.
pub(crate) fn sort_bytes(key: Option<&SortKey>) -> Vec<u8> {
    let mut bytes = vec![tag(key.map(SortKey::sort_type))];
    match key {
        None => {}
        // With the sign bit flipped, two's complement in big-endian order is in numeric order.
        Some(SortKey::I64(number)) => bytes.extend((number ^ i64::MIN).to_be_bytes()),
        Some(SortKey::Str(text)) => bytes.extend(text.as_bytes()),
        Some(SortKey::Bytes(content)) => bytes.extend(content),
    }
    bytes
}

/// The sort key that [`sort_bytes`] encoded; `None` where there is none or the bytes are not ours.
pub(crate) fn sort_key(bytes: &[u8]) -> Option<SortKey> {
    let (tag, content) = bytes.split_first()?;
    match *tag {
        I64 => {
            let number = i64::from_be_bytes(content.try_into().ok()?);
            Some(SortKey::I64(number ^ i64::MIN))
        }
        STR => std::str::from_utf8(content)
            .ok()
            .map(|text| SortKey::Str(text.to_owned())),
        BYTES => Some(SortKey::Bytes(Bytes::copy_from_slice(content))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
