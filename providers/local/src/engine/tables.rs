//! The tables of the engine's file; their rows are described in `docs/storage-format.md`.

use redb::{Table, TableDefinition, WriteTransaction};

use crate::error::Fault;

/// Facts about the store itself.
pub(crate) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// `(collection, partition, sort key)` to a document.
pub(crate) const DOCUMENTS: TableDefinition<'_, (&str, &str, &[u8]), &[u8]> =
    TableDefinition::new("docs");
/// `(second, collection, partition, sort key)` of every document that expires.
pub(crate) const EXPIRY: TableDefinition<'_, (i64, &str, &str, &[u8]), ()> =
    TableDefinition::new("expiry");
/// Sequence number to what was changed then.
pub(crate) const CHANGES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("changes");
/// `(bucket, blob key)` to what is known of the blob. The key is bytes, not text, so that a listing
/// can go on at the next possible prefix even where that is not UTF-8.
pub(crate) const BLOBS: TableDefinition<'_, (&str, &[u8]), &[u8]> = TableDefinition::new("blobs");

/// An entry of an index: `(collection, index, partition value, sort value, partition, sort key)`.
pub(crate) type IndexKey<'k> = (&'k str, &'k str, &'k str, &'k [u8], &'k str, &'k [u8]);
type StaticIndexKey = IndexKey<'static>;
/// The entries of all indexes, in their order.
pub(crate) const INDEX: TableDefinition<'_, StaticIndexKey, ()> = TableDefinition::new("index");
/// `(collection, index)` to its definition.
pub(crate) const INDEXES: TableDefinition<'_, (&str, &str), &[u8]> =
    TableDefinition::new("indexes");

/// All tables of one write transaction.
pub(crate) struct Tables<'t> {
    pub(crate) documents: Table<'t, (&'static str, &'static str, &'static [u8]), &'static [u8]>,
    pub(crate) expiry: Table<'t, (i64, &'static str, &'static str, &'static [u8]), ()>,
    pub(crate) changes: Table<'t, u64, &'static [u8]>,
    pub(crate) index: Table<'t, StaticIndexKey, ()>,
    pub(crate) indexes: Table<'t, (&'static str, &'static str), &'static [u8]>,
    pub(crate) meta: Table<'t, &'static str, u64>,
    pub(crate) blobs: Table<'t, (&'static str, &'static [u8]), &'static [u8]>,
}

impl<'t> Tables<'t> {
    pub(crate) fn open(transaction: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            documents: transaction.open_table(DOCUMENTS)?,
            expiry: transaction.open_table(EXPIRY)?,
            changes: transaction.open_table(CHANGES)?,
            index: transaction.open_table(INDEX)?,
            indexes: transaction.open_table(INDEXES)?,
            meta: transaction.open_table(META)?,
            blobs: transaction.open_table(BLOBS)?,
        })
    }
}
