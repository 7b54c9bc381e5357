//! The document driver: rows of the engine, read inline and written by the committer.

mod address;
pub(crate) mod changes;
pub(crate) mod expiry;
mod operation;
mod page;
mod range;
pub(crate) mod record;
mod value;

use std::any::Any;

use async_trait::async_trait;
use isobar::document::{CollectionSchema, Key};
use isobar::driver::document::{
    Call, DocumentDescription, DocumentDriver, PageRequest, Record, RecordPage, Write, Written,
};
use isobar::{Capabilities, Capability, Limits, Result};

use crate::committer::Group;
use crate::engine::tables::DOCUMENTS;
use crate::error::{PROVIDER, Stop};
use crate::store::LocalStore;
use address::Address;
use operation::Operation;
use record::Row;

const CAPABILITIES: Capabilities = Capabilities::of(&[
    Capability::DocumentVersions,
    Capability::DocumentExpiry,
    Capability::FieldConditions,
    Capability::AtomicPartition,
    Capability::ConsistentReads,
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
}

impl Documents {
    pub(crate) fn new(store: LocalStore) -> Self {
        Self { store }
    }
}

#[async_trait]
impl DocumentDriver for Documents {
    fn describe(&self) -> DocumentDescription {
        DocumentDescription {
            provider: PROVIDER,
            capabilities: CAPABILITIES,
            limits: LIMITS,
            revision: Some(self.store.revision().clone()),
        }
    }

    async fn get(&self, call: &Call<'_>, key: &Key) -> Result<Option<Record>> {
        let mut found = self.batch_get(call, std::slice::from_ref(key)).await?;
        Ok(found.pop().flatten())
    }

    async fn batch_get(&self, call: &Call<'_>, keys: &[Key]) -> Result<Vec<Option<Record>>> {
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
            let decided = operations
                .into_iter()
                .enumerate()
                .map(|(index, operation)| {
                    operation.decide(group).map_err(|stop| stop.at_index(index))
                })
                .collect::<Result<Vec<_>, Stop>>()?;
            for decided in decided {
                decided.apply(group)?;
            }
            Ok(())
        };
        self.store.submit(size, work).await
    }

    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<RecordPage> {
        self.store
            .read(|transaction| page::read(transaction, call, page))
    }

    async fn ensure(&self, _schema: &CollectionSchema) -> Result<()> {
        // A collection is the rows under its name; there is nothing to create.
        Ok(())
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.store
    }
}
