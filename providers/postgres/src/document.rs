//! Documents in PostgreSQL: one table per collection, the key in columns, the rest as jsonb.

mod changes;
pub(crate) mod definition;
mod filter;
mod index;
mod log;
mod read;
mod row;
mod select;
mod sweep;
mod table;
mod transaction;
mod value;
mod write;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use deadpool_postgres::Pool;
use isobar::document::{CollectionSchema, Key};
use isobar::driver::RetryBudget;
use isobar::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, DriverPlan,
    Fetch, FoundPage, FoundRecord, PageRequest, RecordChanges, Segment, Selection, Source, Write,
    Written,
};
use isobar::{Capabilities, Capability, Limits, Result};

use crate::pool::Connections;
use table::Table;

/// A PostgreSQL database as a document store; [`Place`](crate::config::Place) opens one.
///
/// The native type is [`deadpool_postgres::Pool`].
#[derive(Clone)]
pub struct PostgresStore {
    connections: Arc<Connections>,
    /// Where the tables are, if not on the search path of the role.
    schema: Option<String>,
    budget: RetryBudget,
}

impl PostgresStore {
    /// What PostgreSQL can do.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
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
        Capability::ExactWrites,
    ]);

    /// What the store holds where a collection asks for its native limits: well below the 1 GB of
    /// a field ("PostgreSQL Limits") and the 256 MB of a jsonb array or object, which no time
    /// budget would carry; 100 levels, of which the reader takes 128.
    pub const LIMITS: Limits = {
        let mut limits = Limits::PORTABLE;
        limits.document_bytes = 16_000_000;
        limits.document_depth = 100;
        limits.set_operations = 1_000;
        limits.set_bytes = 32_000_000;
        limits.batch_get_keys = 1_000;
        limits.batch_write_operations = 100;
        limits
    };

    pub(crate) fn over(connections: Arc<Connections>, schema: Option<String>) -> Self {
        Self {
            connections,
            schema,
            budget: RetryBudget::default(),
        }
    }

    /// The pool of connections, of which this process has no other.
    pub fn pool(&self) -> &Pool {
        self.connections.pool()
    }

    fn table<'s>(&self, schema: &'s CollectionSchema) -> Result<Table<'s>> {
        Table::of(schema, self.schema.as_deref())
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}

/// Each selection is one statement; what SQL cannot test exactly is left to core.
fn plan(schema: &CollectionSchema, selection: &Selection) -> DriverPlan {
    let operation = match &selection.source {
        Source::Partition(_) => "SELECT in a range of the primary key".to_owned(),
        Source::Index { index, .. } => format!("SELECT in a range of the index {}", index.name),
        Source::Everything => "SELECT over the whole table".to_owned(),
    };
    DriverPlan::split(operation, selection, |part| filter::is_native(schema, part))
}

#[async_trait]
impl DocumentDriver for PostgresStore {
    fn describe(&self) -> DocumentDescription {
        DocumentDescription {
            provider: "postgres",
            capabilities: Self::CAPABILITIES,
            limits: Self::LIMITS,
            revision: None,
            plan,
        }
    }

    async fn get(&self, call: &Call<'_>, key: &Key, _: &Fetch) -> Result<Option<FoundRecord>> {
        let table = self.table(call.schema)?;
        let record = self.read_one(&table, key).await?;
        let live = record.filter(|record| record.is_live(call.now));
        Ok(live.map(Into::into))
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        _: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        let table = self.table(call.schema)?;
        let mut found = self.read_many(&table, keys).await?;
        let live = |key| {
            let record = found.remove(key).filter(|record| record.is_live(call.now));
            record.map(Into::into)
        };
        Ok(keys.iter().map(live).collect())
    }

    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        self.write_one(call, write).await
    }

    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>> {
        let each = writes.iter().map(|write| self.write_one(call, write));
        futures_util::future::join_all(each).await
    }

    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        let indexed = |error: isobar::Error, index| error.with_index(index);
        self.write_together(call, writes, indexed).await.map(drop)
    }

    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<FoundPage> {
        let page = self.read_page(call, Segment::WHOLE, page).await?;
        Ok(page.into())
    }

    async fn scan_page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<FoundPage> {
        Ok(self.read_page(call, segment, page).await?.into())
    }

    async fn count(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted> {
        self.count_selected(call, request).await
    }

    async fn changes_page(
        &self,
        call: &Call<'_>,
        request: &ChangesRequest,
    ) -> Result<RecordChanges> {
        self.read_changes(call, request).await
    }

    async fn ensure(&self, schema: &CollectionSchema) -> Result<()> {
        self.ensure_table(schema).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        self.pool()
    }
}
