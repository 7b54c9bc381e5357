//! The tables of the engine's file; their rows are described in `docs/storage-format.md`.

use redb::{Key, ReadOnlyTable, Table, TableDefinition, Value, WriteTransaction};

use crate::error::Fault;

/// Facts about the store itself.
pub(crate) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// `(collection, partition, sort key)` to a document.
pub(crate) const DOCUMENTS: TableDefinition<'_, (&str, &str, &[u8]), &[u8]> =
    TableDefinition::new("docs");
/// The documents of one read transaction.
pub(crate) type DocumentTable =
    ReadOnlyTable<(&'static str, &'static str, &'static [u8]), &'static [u8]>;
/// `(second, collection, partition, sort key)` of every document that expires.
pub(crate) const EXPIRY: TableDefinition<'_, (i64, &str, &str, &[u8]), ()> =
    TableDefinition::new("expiry");
/// Sequence number to what was changed then.
pub(crate) const CHANGES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("changes");
/// `(bucket, blob key)` to what is known of the blob. The key is bytes, not text, so that a listing
/// can go on at the next possible prefix even where that is not UTF-8.
pub(crate) const BLOBS: TableDefinition<'_, (&str, &[u8]), &[u8]> = TableDefinition::new("blobs");
/// `(bucket, blob key, age)` to a version that the bucket keeps; the latest has the least age.
pub(crate) const VERSIONS: TableDefinition<'_, (&str, &[u8], u64), &[u8]> =
    TableDefinition::new("versions");

/// `(topic, number)` to a message, in the order in which they were sent.
pub(crate) const MESSAGES: TableDefinition<'_, (&str, u64), &[u8]> =
    TableDefinition::new("messages");
/// `(topic, id of deduplication)` to the message that was sent under it.
pub(crate) const SENT: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("sent");
/// `(microsecond, topic, id of deduplication)` of each of them.
pub(crate) const SENT_TIMES: TableDefinition<'_, (i64, &str, &str), ()> =
    TableDefinition::new("sent_times");

/// Number to an event that was handed to an application, in the order in which they were first, or
/// somebody wanted them again.
pub(crate) const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
/// `(event id, queue)` to the number of an event.
pub(crate) const EVENT_IDS: TableDefinition<'_, (&str, &str), u64> =
    TableDefinition::new("event_ids");

/// An entry of an index: `(collection, index, partition value, sort value, partition, sort key)`.
pub(crate) type IndexKey<'k> = (&'k str, &'k str, &'k str, &'k [u8], &'k str, &'k [u8]);
type StaticIndexKey = IndexKey<'static>;
/// The entries of all indexes, in their order.
pub(crate) const INDEX: TableDefinition<'_, StaticIndexKey, ()> = TableDefinition::new("index");
/// `(collection, index)` to its definition.
pub(crate) const INDEXES: TableDefinition<'_, (&str, &str), &[u8]> =
    TableDefinition::new("indexes");

/// The tables of one write transaction; those that are not used are not opened.
pub(crate) struct Tables<'t> {
    pub(crate) documents: Lazy<'t, (&'static str, &'static str, &'static [u8]), &'static [u8]>,
    pub(crate) expiry: Lazy<'t, (i64, &'static str, &'static str, &'static [u8]), ()>,
    pub(crate) changes: Lazy<'t, u64, &'static [u8]>,
    pub(crate) index: Lazy<'t, StaticIndexKey, ()>,
    pub(crate) indexes: Lazy<'t, (&'static str, &'static str), &'static [u8]>,
    pub(crate) meta: Lazy<'t, &'static str, u64>,
    pub(crate) blobs: Lazy<'t, (&'static str, &'static [u8]), &'static [u8]>,
    pub(crate) messages: Lazy<'t, (&'static str, u64), &'static [u8]>,
    pub(crate) sent: Lazy<'t, (&'static str, &'static str), &'static [u8]>,
    pub(crate) sent_times: Lazy<'t, (i64, &'static str, &'static str), ()>,
    pub(crate) versions: Lazy<'t, (&'static str, &'static [u8], u64), &'static [u8]>,
    pub(crate) events: Lazy<'t, u64, &'static [u8]>,
    pub(crate) event_ids: Lazy<'t, (&'static str, &'static str), u64>,
}

impl<'t> Tables<'t> {
    pub(crate) fn of(transaction: &'t WriteTransaction) -> Self {
        Self {
            documents: Lazy::new(transaction, DOCUMENTS),
            expiry: Lazy::new(transaction, EXPIRY),
            changes: Lazy::new(transaction, CHANGES),
            index: Lazy::new(transaction, INDEX),
            indexes: Lazy::new(transaction, INDEXES),
            meta: Lazy::new(transaction, META),
            blobs: Lazy::new(transaction, BLOBS),
            messages: Lazy::new(transaction, MESSAGES),
            sent: Lazy::new(transaction, SENT),
            sent_times: Lazy::new(transaction, SENT_TIMES),
            versions: Lazy::new(transaction, VERSIONS),
            events: Lazy::new(transaction, EVENTS),
            event_ids: Lazy::new(transaction, EVENT_IDS),
        }
    }

    /// Creates the tables where they are missing.
    pub(crate) fn create(&mut self) -> Result<(), Fault> {
        self.documents.open()?;
        self.expiry.open()?;
        self.changes.open()?;
        self.index.open()?;
        self.indexes.open()?;
        self.meta.open()?;
        self.blobs.open()?;
        self.messages.open()?;
        self.sent.open()?;
        self.sent_times.open()?;
        self.versions.open()?;
        self.events.open()?;
        self.event_ids.open()?;
        Ok(())
    }
}

/// A table that is opened when it is first used.
pub(crate) struct Lazy<'t, K: Key + 'static, V: Value + 'static> {
    transaction: &'t WriteTransaction,
    definition: TableDefinition<'static, K, V>,
    table: Option<Table<'t, K, V>>,
}

impl<'t, K: Key + 'static, V: Value + 'static> Lazy<'t, K, V> {
    fn new(transaction: &'t WriteTransaction, definition: TableDefinition<'static, K, V>) -> Self {
        Self {
            transaction,
            definition,
            table: None,
        }
    }

    pub(crate) fn open(&mut self) -> Result<&mut Table<'t, K, V>, Fault> {
        let table = match self.table.take() {
            Some(table) => table,
            None => self.transaction.open_table(self.definition)?,
        };
        Ok(self.table.insert(table))
    }
}
