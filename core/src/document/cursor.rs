//! Opaque tokens that say where the next page of a query starts.

mod position;
mod seal;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{CollectionSchema, Query};
use crate::driver::document::{Position, Selection};
use crate::error::Result;

pub(crate) use seal::CursorKey;

/// The place after one page of results, safe to hand to a client and to take back.
///
/// It holds its format's version, a hash of provider, collection and query with its class and
/// filter, the place of the last result and a checksum; never the partition that is queried, which
/// always comes from the query (rule R12). It survives inserts, deletes and restarts, and is
/// refused for any other query. With
/// [`Collection::with_cursor_key`](crate::Collection::with_cursor_key) it is authenticated too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Takes back a token that [`as_str`](Self::as_str) gave out; it is checked when it is used.
    pub fn from_token(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token, made of lower-case hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn new(origin: &Origin<'_>, position: &Position) -> Self {
        Self(origin.seal(&position::encode(position)))
    }

    pub(crate) fn position(&self, origin: &Origin<'_>, selection: &Selection) -> Result<Position> {
        let content = origin.unseal(&self.0)?;
        position::decode(&content, origin.schema, selection).map_err(|_| seal::foreign())
    }

    /// The place in a feed of changes, which is the driver's own.
    pub(crate) fn of_changes(origin: &Origin<'_>, place: &[u8]) -> Self {
        Self(origin.seal(place))
    }

    pub(crate) fn place_of_changes(&self, origin: &Origin<'_>) -> Result<Bytes> {
        origin.unseal(&self.0).map(Bytes::from)
    }
}

/// What a cursor is bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'q> {
    pub(crate) provider: &'static str,
    pub(crate) schema: &'q CollectionSchema,
    pub(crate) subject: Subject<'q>,
    pub(crate) key: Option<&'q CursorKey>,
}

/// What the cursor is a place in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'q> {
    Query(&'q Query, &'q Selection),
    Changes,
}

impl Origin<'_> {
    /// FNV-1a, which is the same in every process and release.
    fn hash(&self) -> u64 {
        let subject = match self.subject {
            Subject::Query(query, selection) => format!("{:?}\0{selection:?}", query.class()),
            Subject::Changes => "changes".to_owned(),
        };
        let subject = format!("{}\0{}\0{subject}", self.provider, self.schema.table);
        subject.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

#[cfg(test)]
mod tests;
