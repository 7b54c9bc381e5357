//! A stored document as a row: checksum, version, expiry, fields.

use isobar::document::{Map, Timestamp, Version};
use isobar::driver::document::Record;
use isobar::driver::packed::{fields, put_fields};
use isobar::{Error, ErrorKind};

use super::address::{RowKey, context};
use crate::wire::{Context, Malformed, Reader, put_bytes, put_option, put_signed, seal};

/// A row whose checksum holds; its fields are decoded only when they are needed.
#[derive(Debug)]
pub(crate) struct Row<'r> {
    version: &'r [u8],
    expires: Option<i64>,
    fields: &'r [u8],
}

/// The bytes of a row.
pub(crate) fn encode(
    key: RowKey<'_>,
    version: &Version,
    expires: Option<i64>,
    fields: &Map,
) -> Vec<u8> {
    let mut body = Vec::with_capacity(64 + fields.len() * 32);
    put_bytes(&mut body, version.as_str().as_bytes());
    put_option(&mut body, expires, put_signed);
    put_fields(&mut body, fields);
    seal(&context(key), &body)
}

impl<'r> Row<'r> {
    pub(crate) fn read(key: RowKey<'_>, sealed: &'r [u8]) -> Result<Self, Error> {
        Self::read_in(Context::default().with(&context(key)), sealed)
    }

    /// The same, given the checksum of the row's key.
    pub(crate) fn read_in(key: Context, sealed: &'r [u8]) -> Result<Self, Error> {
        Self::parse(key, sealed).map_err(|Malformed| damaged())
    }

    fn parse(key: Context, sealed: &'r [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(key.unseal(sealed)?);
        let version = reader.bytes()?;
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
        self.version == version.as_str().as_bytes()
    }

    pub(crate) fn version(&self) -> &'r [u8] {
        self.version
    }

    /// The fields as they are stored.
    pub(crate) fn packed(&self) -> &'r [u8] {
        self.fields
    }

    /// The fields as values.
    pub(crate) fn fields(&self) -> Result<Map, Error> {
        let mut reader = Reader::new(self.fields);
        let fields = fields(&mut reader);
        fields
            .and_then(|fields| reader.end().map(|()| fields))
            .map_err(|Malformed| damaged())
    }

    /// The record with these fields, in whichever form they are wanted.
    pub(crate) fn record<F>(&self, fields: F) -> Result<Record<F>, Error> {
        Ok(Record {
            fields,
            version: Version::from_bytes(self.version).map_err(|_| damaged())?,
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
