//! A page of documents as a driver reads it for a caller.

use serde::de::DeserializeOwned;

use super::fields;
use super::{FoundRecord, Position, Record, RecordPage};
use crate::document::{Item, Value, Version};
use crate::driver::packed::{Malformed, PackedRecord, PackedRecords};
use crate::error::{Error, ErrorKind, Result};

/// One page, as the store gave it.
#[derive(Debug)]
pub struct FoundPage {
    /// Live records in the selection's order; may be few or none although there is more.
    pub records: FoundRecords,
    /// The place after which to go on; `None` when the selection is exhausted.
    pub next: Option<Position>,
}

/// The records of a page, in the form their store has them in.
#[derive(Debug)]
pub enum FoundRecords {
    /// One by one.
    Each(Vec<FoundRecord>),
    /// As [`packed`](crate::driver::packed) has them; read straight into the caller's type, so that a store
    /// which keeps this form must not decode it first.
    Packed(PackedRecords),
}

impl FoundRecords {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Each(records) => records.len(),
            Self::Packed(records) => records.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the documents as the caller's type; `Corrupt` where one does not fit it.
    pub(crate) fn decode_into<T: DeserializeOwned>(self, items: &mut Vec<Item<T>>) -> Result<()> {
        items.reserve(self.len());
        match self {
            Self::Each(records) => {
                for record in records {
                    items.push(record.decode()?);
                }
            }
            Self::Packed(mut records) => {
                // Pushed where it is made, since an item is a hundred bytes and more to move.
                let mut push = |record: std::result::Result<PackedRecord<'_>, Malformed>| {
                    items.push(decoded(record)?);
                    Ok(())
                };
                while let Some(pushed) = records.next(&mut push) {
                    pushed?;
                }
            }
        }
        Ok(())
    }

    /// The records with their fields as values; `Corrupt` where bytes are damaged.
    fn unpacked(self) -> Result<Vec<Record>> {
        match self {
            Self::Each(records) => records.into_iter().map(Record::unpacked).collect(),
            Self::Packed(mut records) => {
                let mut all = Vec::with_capacity(records.len());
                while let Some(record) = records.next(unpacked) {
                    all.push(record?);
                }
                Ok(all)
            }
        }
    }
}

impl From<RecordPage> for FoundPage {
    fn from(page: RecordPage) -> Self {
        let records = page.records.into_iter().map(Record::into);
        Self {
            records: FoundRecords::Each(records.collect()),
            next: page.next,
        }
    }
}

impl FoundPage {
    /// The page with the fields of its records as values; `Corrupt` where bytes are damaged.
    pub fn unpacked(self) -> Result<RecordPage> {
        Ok(RecordPage {
            records: self.records.unpacked()?,
            next: self.next,
        })
    }
}

impl FoundRecord {
    /// The document as the caller's type; `Corrupt` where it does not fit it.
    pub(crate) fn decode<T: DeserializeOwned>(self) -> Result<Item<T>> {
        Ok(Item {
            value: self.fields.decode()?,
            version: self.version,
            expires_at: self.expires_at,
        })
    }
}

fn decoded<T: DeserializeOwned>(
    record: std::result::Result<PackedRecord<'_>, Malformed>,
) -> Result<Item<T>> {
    let record = record.map_err(damaged)?;
    Ok(Item {
        value: Value::unpack(record.fields)?,
        version: Version::from_bytes(record.version)?,
        expires_at: record.expires_at,
    })
}

fn unpacked(record: std::result::Result<PackedRecord<'_>, Malformed>) -> Result<Record> {
    let record = record.map_err(damaged)?;
    Ok(Record {
        fields: fields::unpacked(record.fields)?,
        version: Version::from_bytes(record.version)?,
        expires_at: record.expires_at,
    })
}

fn damaged(Malformed: Malformed) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "the bytes of a page of documents are damaged",
    )
}
