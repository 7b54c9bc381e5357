//! Opaque tokens that say where the next page of a query starts.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{CollectionSchema, Query, SortKey, SortType};
use crate::error::{Error, Result};

/// The place after one page of results, safe to hand to a client and to take back.
///
/// It holds its format's version, a hash of provider, collection and query, the last sort key and
/// a checksum; never the partition, which always comes from the query (rule R12). It survives
/// inserts, deletes and restarts, and is refused for any other query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

const FORMAT: u8 = 1;
const HEADER: usize = 1 + 8 + 1;
const CHECKSUM: usize = 4;

impl Cursor {
    /// Takes back a token that [`as_str`](Self::as_str) gave out; it is checked when it is used.
    pub fn from_token(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token, made of lower-case hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn new(origin: &Origin<'_>, position: &SortKey) -> Self {
        let (tag, content): (u8, &[u8]) = match position {
            SortKey::Str(text) => (b's', text.as_bytes()),
            SortKey::I64(number) => (b'i', &number.to_be_bytes()),
            SortKey::Bytes(bytes) => (b'b', bytes),
        };
        let mut bytes = vec![FORMAT];
        bytes.extend(origin.hash().to_be_bytes());
        bytes.push(tag);
        bytes.extend(content);
        bytes.extend(crc32c::crc32c(&bytes).to_be_bytes());
        let mut token = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            let _ = write!(token, "{byte:02x}");
        }
        Self(token)
    }

    pub(crate) fn position(&self, origin: &Origin<'_>, expected: SortType) -> Result<SortKey> {
        let bytes = from_hex(&self.0).filter(|bytes| bytes.len() >= HEADER + CHECKSUM);
        let bytes = bytes.ok_or_else(|| Error::invalid("the cursor is not one of ours"))?;
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
        if crc32c::crc32c(content).to_be_bytes() != checksum {
            return Err(Error::invalid("the cursor was changed on its way"));
        }
        if content[0] != FORMAT {
            return Err(Error::invalid(
                "the cursor is of another version of this library",
            ));
        }
        if content[1..9] != origin.hash().to_be_bytes() {
            return Err(Error::invalid("the cursor belongs to another query"));
        }
        decode(content[9], &content[HEADER..])
            .filter(|position| position.sort_type() == expected)
            .ok_or_else(|| Error::invalid("the cursor is not one of ours"))
    }
}

/// What a cursor is bound to.
pub(crate) struct Origin<'q> {
    pub(crate) provider: &'static str,
    pub(crate) schema: &'q CollectionSchema,
    pub(crate) query: &'q Query,
}

impl Origin<'_> {
    /// FNV-1a, which is the same in every process and release.
    fn hash(&self) -> u64 {
        let range = format!(
            "{}\0{}\0{}\0{:?}\0{:?}",
            self.provider,
            self.schema.table,
            self.query.partition_name(),
            self.query.sort_range(),
            self.query.direction(),
        );
        range.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

fn decode(tag: u8, content: &[u8]) -> Option<SortKey> {
    match tag {
        b's' => String::from_utf8(content.to_vec()).ok().map(SortKey::Str),
        b'i' => content
            .try_into()
            .ok()
            .map(|bytes| SortKey::I64(i64::from_be_bytes(bytes))),
        b'b' => Some(SortKey::Bytes(Bytes::copy_from_slice(content))),
        _ => None,
    }
}

fn from_hex(token: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let bytes = token.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes
        .chunks_exact(2)
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect()
}

#[cfg(test)]
mod tests;
