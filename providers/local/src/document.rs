//! The document driver: rows of the engine, read inline and written by the committer.

pub(crate) mod address;
pub(crate) mod changes;
pub(crate) mod declared;
pub(crate) mod events;
pub(crate) mod expiry;
pub(crate) mod index;
mod operation;
mod page;
mod range;
pub(crate) mod record;

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use isobar::document::{ChangeFeed, CollectionSchema, IndexSchema, Key};
use isobar::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, DriverPlan,
    Fetch, Fields, FoundPage, FoundRecord, PageRequest, RecordChanges, Segment, Selection, Source,
    Write, Written,
};
use isobar::{Capabilities, Capability, Limits, Result};

use crate::committer::Group;
use crate::engine::tables::DocumentTable;
use crate::error::{PROVIDER, Stop};
use crate::store::LocalStore;
use address::sort_bytes;
use operation::Operation;
use record::Row;

const CAPABILITIES: Capabilities = Capabilities::of(&[
    Capability::DocumentVersions,
    Capability::DocumentExpiry,
    Capability::FieldConditions,
    Capability::AtomicPartition,
    Capability::CrossPartitionTransactions,
    Capability::ConsistentReads,
    Capability::Scans,
    Capability::ScanSegments,
    Capability::IndexedQueries,
    Capability::ConsistentIndexes,
    Capability::OrderedIndexTies,
    Capability::WholeCollectionIndexes,
    Capability::Count,
    Capability::ChangeFeed,
    Capability::OrderedChangeFeed,
    Capability::ExpiryChanges,
    Capability::ExactWrites,
]);

/// What the store holds where a collection asks for its native limits.
pub(crate) const LIMITS: Limits = {
    let mut limits = Limits::PORTABLE;
    limits.document_bytes = 16_000_000;
    limits.document_depth = 100;
    limits.set_operations = 1_000;
    limits.set_bytes = 32_000_000;
    limits.batch_get_keys = 1_000;
    limits.batch_write_operations = 1_000;
    limits
};

/// Documents of a local store.
#[derive(Debug)]
pub(crate) struct Documents {
    store: LocalStore,
    /// What is declared of each table and known to be kept by the store.
    known: Mutex<HashMap<String, (Vec<IndexSchema>, ChangeFeed)>>,
}

impl Documents {
    pub(crate) fn new(store: LocalStore) -> Self {
        Self {
            store,
            known: Mutex::default(),
        }
    }

    /// Has the store keep the declared indexes and changes, which it does from the first use on: nothing has to
    /// be set up before.
    async fn ensure_declared(&self, schema: &CollectionSchema) -> Result<()> {
        if declared::is_plain(schema) || self.knows(schema) {
            return Ok(());
        }
        let declared = schema.clone();
        self.store
            .submit(0, move |group: &mut Group<'_>| {
                declared::register(group, &declared)
            })
            .await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(
            schema.table.clone(),
            (schema.indexes.clone(), schema.change_feed),
        );
        Ok(())
    }

    /// The same for those who read: they need the indexes, and no log of changes.
    async fn ensure_indexes(&self, schema: &CollectionSchema) -> Result<()> {
        if schema.indexes.is_empty() {
            return Ok(());
        }
        self.ensure_declared(schema).await
    }

    /// Has the committer change documents, and wakes whoever waits for their changes.
    async fn change<T: Send + 'static>(
        &self,
        call: &Call<'_>,
        bytes: usize,
        work: impl FnOnce(&mut Group<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T> {
        let done = self.store.submit(bytes, work).await?;
        if self.store.watched_collections().has(&call.schema.table) {
            self.store.arrivals().announce();
        }
        Ok(done)
    }

    fn knows(&self, schema: &CollectionSchema) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&schema.table);
        known.is_some_and(|(indexes, feed)| {
            *indexes == schema.indexes && *feed == schema.change_feed
        })
    }
}

/// Every filter is tested beside the rows, by the one definition of what it means.
fn plan(_: &CollectionSchema, selection: &Selection) -> DriverPlan {
    let operation = match &selection.source {
        Source::Partition(_) => "range of a partition".to_owned(),
        Source::Index { index, .. } => format!("range of the index {}", index.name),
        Source::Everything => "walk through the collection".to_owned(),
    };
    DriverPlan::split(operation, selection, |_| true)
}

/// The live document at `key`.
fn find(
    documents: &DocumentTable,
    call: &Call<'_>,
    key: &Key,
) -> Result<Option<FoundRecord>, Stop> {
    let sort = sort_bytes(key.sort.as_ref());
    let place = (call.schema.table.as_str(), key.partition.as_str(), &*sort);
    let Some(stored) = documents.get(place)? else {
        return Ok(None);
    };
    let row = Row::read(place, stored.value())?;
    if !row.is_live(call.now) {
        return Ok(None);
    }
    let fields = Bytes::copy_from_slice(row.packed());
    Ok(Some(row.record(Fields::Packed(fields))?))
}

#[async_trait]
impl DocumentDriver for Documents {
    fn describe(&self) -> DocumentDescription {
        DocumentDescription {
            provider: PROVIDER,
            capabilities: CAPABILITIES,
            limits: LIMITS,
            revision: Some(self.store.revision().clone()),
            plan,
        }
    }

    async fn get(&self, call: &Call<'_>, key: &Key, _fetch: &Fetch) -> Result<Option<FoundRecord>> {
        self.store
            .read(|snapshot| find(snapshot.documents()?, call, key))
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        _fetch: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        self.store.read(|snapshot| {
            let documents = snapshot.documents()?;
            let found = keys.iter().map(|key| find(documents, call, key));
            found.collect()
        })
    }

    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        self.ensure_declared(call.schema).await?;
        let operation = Operation::new(call, write);
        let (now, size) = (call.now, operation.size());
        let work = move |group: &mut Group<'_>| {
            group.judged_at(now);
            Ok(operation.decide(group)?.apply(group)?)
        };
        self.change(call, size, work).await
    }

    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>> {
        let each = writes.iter().map(|write| self.write(call, write));
        futures_util::future::join_all(each).await
    }

    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        self.ensure_declared(call.schema).await?;
        let operations = writes.iter().map(|write| Operation::new(call, write));
        let operations: Vec<_> = operations.collect();
        let now = call.now;
        let size = operations.iter().map(Operation::size).sum();
        let work = move |group: &mut Group<'_>| {
            group.judged_at(now);
            // Everything is judged before anything is written, so that a refused set leaves no
            // trace in the transaction that it shares with others.
            let mut decided = Vec::with_capacity(operations.len());
            for (index, operation) in operations.into_iter().enumerate() {
                decided.push(
                    operation
                        .decide(group)
                        .map_err(|stop| stop.at_index(index))?,
                );
            }
            for decided in decided {
                decided.apply(group)?;
            }
            Ok(())
        };
        self.change(call, size, work).await
    }

    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<FoundPage> {
        self.ensure_indexes(call.schema).await?;
        let asked = (Segment::WHOLE, page);
        self.store
            .read(|snapshot| page::read(snapshot, call, asked))
    }

    async fn scan_page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<FoundPage> {
        self.store
            .read(|snapshot| page::read(snapshot, call, (segment, page)))
    }

    async fn count(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted> {
        self.ensure_indexes(call.schema).await?;
        self.store
            .read(|snapshot| page::count(snapshot, call, request))
    }

    async fn changes_page(
        &self,
        call: &Call<'_>,
        request: &ChangesRequest,
    ) -> Result<RecordChanges> {
        self.ensure_declared(call.schema).await?;
        self.store
            .read(|snapshot| changes::page(snapshot, call, request))
    }

    async fn ensure(&self, schema: &CollectionSchema) -> Result<()> {
        // A collection is the rows under its name; only what is kept beside them is to be made.
        self.ensure_declared(schema).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.store
    }
}
