//! A stored document as a row: checksum, version, expiry, fields.

use isobar::document::{Map, Timestamp, Version};
use isobar::driver::document::Record;
use isobar::{Error, ErrorKind};

use super::address::{RowKey, context};
use super::value;
use crate::wire::{Malformed, Reader, put_bytes, put_option, put_signed, seal, unseal};

/// A row whose checksum holds; its fields are decoded only when they are needed.
#[derive(Debug)]
pub(crate) struct Row<'r> {
    version: &'r str,
    expires: Option<i64>,
    fields: &'r [u8],
}

/// The bytes of a row.
pub(crate) fn encode(
    key: RowKey<'_>,
    version: &Version,
    expires: Option<i64>,
    fields: &Map,
) -> Result<Vec<u8>, Error> {
    let mut body = Vec::with_capacity(64 + fields.len() * 32);
    put_bytes(&mut body, version.as_str().as_bytes());
    put_option(&mut body, expires, put_signed);
    value::put_fields(&mut body, fields)?;
    Ok(seal(&context(key), &body))
}

impl<'r> Row<'r> {
    pub(crate) fn read(key: RowKey<'_>, sealed: &'r [u8]) -> Result<Self, Error> {
        Self::parse(key, sealed).map_err(|Malformed| damaged())
    }

    fn parse(key: RowKey<'_>, sealed: &'r [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(unseal(&context(key), sealed)?);
        let version = reader.text()?;
        let expires = reader.option(Reader::signed)?;
        Ok(Self {
            version,
            expires,
            fields: reader.rest(),
        })
    }

    /// The second at which the document ceases to exist.
    pub(crate) fn expires(&self) -> Option<i64> {
        self.expires
    }

    /// Whether the document exists at `now` (rule R14).
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at().is_none_or(|at| at > now)
    }

    pub(crate) fn has_version(&self, version: &Version) -> bool {
        self.version == version.as_str()
    }

    pub(crate) fn fields(&self) -> Result<Map, Error> {
        let mut reader = Reader::new(self.fields);
        let fields = value::fields(&mut reader);
        fields
            .and_then(|fields| reader.end().map(|()| fields))
            .map_err(|Malformed| damaged())
    }

    pub(crate) fn record(&self) -> Result<Record, Error> {
        Ok(Record {
            fields: self.fields()?,
            version: Version::parse(self.version).map_err(|_| damaged())?,
            expires_at: self.expires_at(),
        })
    }

    /// The instant at which the document ceases to exist.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.expires
            .map(|second| Timestamp::from_micros(second.saturating_mul(1_000_000)))
    }
}

fn damaged() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "a stored document does not match its checksum: run `isobar local check` on the store",
    )
}
