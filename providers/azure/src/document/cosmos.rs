//! Documents in Cosmos DB for NoSQL: a container each, ids that keep the order of keys.

mod charge;
mod definition;
mod failure;
mod filter;
mod order;
mod read;
mod select;
mod statement;
mod write;

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_data_cosmos::CosmosClient;
use azure_data_cosmos::clients::ContainerClient;
use isobar::document::{CollectionSchema, Key};
use isobar::driver::RetryBudget;
use isobar::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, DriverPlan,
    Fetch, FoundPage, FoundRecord, PageRequest, RecordChanges, Segment, Selection, Source, Write,
    Written,
};
use isobar::{Capabilities, Capability, Error, Limits, Result};

pub use definition::containers;
pub(crate) use failure::unreachable;

use crate::stored::name::Names;
use crate::stored::{name, row, value};

/// A database of Cosmos DB for NoSQL as a document store;
/// [`CosmosPlace`](crate::config::cosmos::CosmosPlace) opens one.
///
/// The native type is [`CosmosClient`].
#[derive(Clone)]
pub struct CosmosStore {
    client: CosmosClient,
    database: String,
    /// The containers that were asked for, by name.
    containers: Arc<Mutex<HashMap<String, ContainerClient>>>,
    budget: RetryBudget,
}

impl CosmosStore {
    /// What Cosmos DB can do.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::DocumentVersions,
        Capability::DocumentExpiry,
        Capability::FieldConditions,
        Capability::AtomicPartition,
        Capability::ConsistentReads,
        Capability::Scans,
        Capability::IndexedQueries,
        Capability::ConsistentIndexes,
        Capability::OrderedIndexTies,
        Capability::WholeCollectionIndexes,
        Capability::Count,
    ]);

    /// What the store holds where a collection asks for its native limits: an item has 2 MB of
    /// JSON, in which a byte of ours may be more than one ("Azure Cosmos DB service quotas").
    pub const LIMITS: Limits = {
        let mut limits = Limits::PORTABLE;
        limits.document_bytes = 1_000_000;
        limits
    };

    /// The database of this name, by a client that was built elsewhere: with other credentials,
    /// regions or transport than [`CosmosPlace`](crate::config::cosmos::CosmosPlace) offers.
    pub fn new(client: CosmosClient, database: impl Into<String>) -> Self {
        Self {
            client,
            database: database.into(),
            containers: Arc::default(),
            budget: RetryBudget::default(),
        }
    }

    /// The client; a clone shares its connections.
    pub fn client(&self) -> CosmosClient {
        self.client.clone()
    }

    fn known(&self, container: &str) -> Option<ContainerClient> {
        let known = self.containers.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        known.get(container).cloned()
    }

    fn remember(&self, name: &str, container: &ContainerClient) {
        let known = self.containers.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.insert(name.to_owned(), container.clone());
    }
}

impl fmt::Debug for CosmosStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CosmosStore")
            .field("endpoint", &self.client.endpoint().as_str())
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// Each selection is one query.
fn plan(schema: &CollectionSchema, selection: &Selection) -> DriverPlan {
    let operation = match &selection.source {
        Source::Partition(_) => "a query of one partition, ordered by id".to_owned(),
        Source::Index { index, .. } => {
            let partition = index.partition.as_ref() == Some(&schema.partition);
            let within = if partition {
                "one partition"
            } else {
                "all partitions"
            };
            format!("a query of {within}, ordered as the index {}", index.name)
        }
        Source::Everything => "a query of all partitions, ordered by key".to_owned(),
    };
    DriverPlan::split(operation, selection, |part| filter::is_native(schema, part))
}

#[async_trait]
impl DocumentDriver for CosmosStore {
    fn describe(&self) -> DocumentDescription {
        DocumentDescription {
            provider: "cosmos",
            capabilities: Self::CAPABILITIES,
            limits: Self::LIMITS,
            plan,
            revision: None,
        }
    }

    async fn get(&self, call: &Call<'_>, key: &Key, fetch: &Fetch) -> Result<Option<FoundRecord>> {
        let names = Names::of(call.schema)?;
        let row = self.read_item(&names, key, fetch.consistency).await?;
        let record = row.map(|row| row.record);
        let live = record.filter(|record| record.is_live(call.now));
        Ok(live.map(Into::into))
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        fetch: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        let each = keys.iter().map(|key| self.get(call, key, fetch));
        let found = futures_util::future::join_all(each).await;
        found.into_iter().collect()
    }

    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        self.write_one(call, write).await
    }

    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>> {
        let each = writes.iter().map(|write| self.write_one(call, write));
        futures_util::future::join_all(each).await
    }

    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        let indexed = |error: Error, index| error.with_index(index);
        self.write_together(call, writes, indexed).await.map(drop)
    }

    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<FoundPage> {
        Ok(self.read_page(call, page).await?.into())
    }

    async fn scan_page(
        &self,
        call: &Call<'_>,
        _: Segment,
        page: &PageRequest,
    ) -> Result<FoundPage> {
        Ok(self.read_page(call, page).await?.into())
    }

    async fn count(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted> {
        self.count_selected(call, request).await
    }

    async fn changes_page(&self, _: &Call<'_>, _: &ChangesRequest) -> Result<RecordChanges> {
        Err(Error::unsupported(Capability::ChangeFeed))
    }

    async fn ensure(&self, schema: &CollectionSchema) -> Result<()> {
        self.ensure_container(schema).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.client
    }
}
