//! The document driver: rows of the engine, read inline and written by the committer.

pub(crate) mod address;
pub(crate) mod changes;
pub(crate) mod expiry;
pub(crate) mod index;
mod operation;
mod page;
mod range;
pub(crate) mod record;
mod value;

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use isobar::document::{CollectionSchema, IndexSchema, Key};
use isobar::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, DriverPlan,
    Fetch, PageRequest, Record, RecordChanges, RecordPage, Segment, Selection, Source, Write,
    Written,
};
use isobar::{Capabilities, Capability, Limits, Result};

use crate::committer::Group;
use crate::engine::tables::DOCUMENTS;
use crate::error::PROVIDER;
use crate::store::LocalStore;
use address::Address;
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
    /// The declared indexes, by collection, that the store is known to keep.
    known: Mutex<HashMap<String, Vec<IndexSchema>>>,
}

impl Documents {
    pub(crate) fn new(store: LocalStore) -> Self {
        Self {
            store,
            known: Mutex::default(),
        }
    }

    /// Has the store keep the declared indexes, which it does from the first use on: nothing has to
    /// be set up before.
    async fn ensure_indexes(&self, schema: &CollectionSchema) -> Result<()> {
        if schema.indexes.is_empty() || self.knows(schema) {
            return Ok(());
        }
        let declared = schema.clone();
        self.store
            .submit(0, move |group: &mut Group<'_>| {
                index::register(group, &declared)
            })
            .await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(schema.table.clone(), schema.indexes.clone());
        Ok(())
    }

    fn knows(&self, schema: &CollectionSchema) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&schema.table) == Some(&schema.indexes)
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

    async fn get(&self, call: &Call<'_>, key: &Key, fetch: &Fetch) -> Result<Option<Record>> {
        let key = std::slice::from_ref(key);
        let mut found = self.batch_get(call, key, fetch).await?;
        Ok(found.pop().flatten())
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        _fetch: &Fetch,
    ) -> Result<Vec<Option<Record>>> {
        self.store.read(|transaction| {
            let documents = transaction.open_table(DOCUMENTS)?;
            keys.iter()
                .map(|key| {
                    let address = Address::of(call.schema, key);
                    let Some(stored) = documents.get(address.row())? else {
                        return Ok(None);
                    };
                    let row = Row::read(address.row(), stored.value())?;
                    let live = row.is_live(call.now).then(|| row.record());
                    Ok(live.transpose()?)
                })
                .collect()
        })
    }

    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        self.ensure_indexes(call.schema).await?;
        let operation = Operation::new(call, write)?;
        let (now, size) = (call.now, operation.size());
        let work = move |group: &mut Group<'_>| {
            group.judged_at(now);
            Ok(operation.decide(group)?.apply(group)?)
        };
        self.store.submit(size, work).await
    }

    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>> {
        let each = writes.iter().map(|write| self.write(call, write));
        futures_util::future::join_all(each).await
    }

    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        self.ensure_indexes(call.schema).await?;
        let operations = writes
            .iter()
            .enumerate()
            .map(|(index, write)| {
                Operation::new(call, write).map_err(|error| error.with_index(index))
            })
            .collect::<Result<Vec<_>>>()?;
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
        self.store.submit(size, work).await
    }

    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<RecordPage> {
        self.ensure_indexes(call.schema).await?;
        let asked = (Segment::WHOLE, page);
        self.store
            .read(|transaction| page::read(transaction, call, asked))
    }

    async fn scan_page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<RecordPage> {
        self.store
            .read(|transaction| page::read(transaction, call, (segment, page)))
    }

    async fn count(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted> {
        self.ensure_indexes(call.schema).await?;
        self.store
            .read(|transaction| page::count(transaction, call, request))
    }

    async fn changes_page(
        &self,
        call: &Call<'_>,
        request: &ChangesRequest,
    ) -> Result<RecordChanges> {
        self.store
            .read(|transaction| changes::page(transaction, call, request))
    }

    async fn ensure(&self, schema: &CollectionSchema) -> Result<()> {
        // A collection is the rows under its name; only indexes are there to be made.
        self.ensure_indexes(schema).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.store
    }
}
