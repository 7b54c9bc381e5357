//! The fields of a stored document, in the form its store has them in.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Record;
use crate::document::{Map, Value};
use crate::driver::packed::{self, Malformed, Reader};
use crate::error::{Error, ErrorKind, Result};

/// All fields of a document, its key fields included, no reserved field among them.
#[derive(Debug, Clone)]
pub enum Fields {
    /// As values.
    Map(Map),
    /// As [`packed`] has them, and nothing after them; read straight into the
    /// caller's type, so that a store which keeps this form must not decode it first.
    Packed(Bytes),
}

/// A document as a driver reads it for a caller.
pub type FoundRecord = Record<Fields>;

impl Fields {
    /// The fields as values; `Corrupt` where their bytes are damaged.
    pub fn into_map(self) -> Result<Map> {
        match self {
            Self::Map(fields) => Ok(fields),
            Self::Packed(bytes) => unpacked(&bytes),
        }
    }

    /// The fields as the caller's type; `Corrupt` where they do not fit it.
    pub(crate) fn decode<T: DeserializeOwned>(self) -> Result<T> {
        match self {
            Self::Map(fields) => Value::Map(fields).decode(),
            Self::Packed(bytes) => Value::unpack(&bytes),
        }
    }
}

pub(super) fn unpacked(bytes: &[u8]) -> Result<Map> {
    let mut reader = Reader::new(bytes);
    let fields = packed::fields(&mut reader);
    fields
        .and_then(|fields| reader.end().map(|()| fields))
        .map_err(|Malformed| {
            let message = "the bytes of a stored document are damaged";
            Error::new(ErrorKind::Corrupt, message)
        })
}

impl From<Map> for Fields {
    fn from(fields: Map) -> Self {
        Self::Map(fields)
    }
}

impl From<Record> for FoundRecord {
    fn from(record: Record) -> Self {
        let Record {
            fields,
            version,
            expires_at,
        } = record;
        Self {
            fields: fields.into(),
            version,
            expires_at,
        }
    }
}

impl FoundRecord {
    /// The record with its fields as values; `Corrupt` where their bytes are damaged.
    pub fn unpacked(self) -> Result<Record> {
        Ok(Record {
            fields: self.fields.into_map()?,
            version: self.version,
            expires_at: self.expires_at,
        })
    }
}
