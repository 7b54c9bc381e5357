//! Documents in Azure Tables: a table each, entities whose keys keep the order of ours.

mod batch;
mod cbor;
mod client;
mod definition;
mod entity;
mod filter;
mod key;
mod name;
mod property;
mod query;
mod read;
mod select;
mod sweep;
mod write;

use std::any::Any;

use async_trait::async_trait;
use futures_util::future::join_all;
use isobar::document::{CollectionSchema, Direction, Key};
use isobar::driver::RetryBudget;
use isobar::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, DriverPlan,
    Fetch, FoundPage, FoundRecord, PageRequest, Record, RecordChanges, Segment, Selection, Source,
    Write, Written,
};
use isobar::{Capabilities, Capability, Error, Limits, Result};

pub use crate::credential::Credential;
pub use client::TablesClient;
use entity::Row;
use key::Address;
use read::AT_ONCE;

/// The tables of a storage account as a document store;
/// [`TablesPlace`](crate::config::tables::TablesPlace) opens one.
///
/// The native type is [`TablesClient`].
#[derive(Debug, Clone)]
pub struct TablesStore {
    client: TablesClient,
    budget: RetryBudget,
}

impl TablesStore {
    /// What Azure Tables can do.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::DocumentVersions,
        Capability::DocumentExpiry,
        Capability::FieldConditions,
        Capability::AtomicPartition,
        Capability::ConsistentReads,
        Capability::Scans,
    ]);

    /// What the store holds where a collection asks for its native limits: an entity has 1 MiB, in
    /// which a character of text takes two bytes or more.
    pub const LIMITS: Limits = {
        let mut limits = Limits::PORTABLE;
        limits.document_bytes = 500_000;
        limits
    };

    pub(crate) fn connect(account: &str, endpoint: &str, credential: Credential) -> Result<Self> {
        let client = TablesClient::new(account, endpoint, credential)?;
        let budget = RetryBudget::default();
        Ok(Self { client, budget })
    }

    /// The client; a clone shares its connections.
    pub fn client(&self) -> TablesClient {
        self.client.clone()
    }
}

/// Each selection is one query; the service leaves out what core tests once more.
fn plan(schema: &CollectionSchema, selection: &Selection) -> DriverPlan {
    let operation = match (&selection.source, selection.direction) {
        (Source::Partition(_), Direction::Ascending) => "Query Entities in a range of row keys",
        (Source::Partition(_), Direction::Descending) => {
            "Query Entities for all keys of the range, in ascending order, then for the last ones"
        }
        (Source::Index { .. }, _) => "none: Azure Tables has no indexes",
        (Source::Everything, _) => "Query Entities over the whole table",
    };
    let tested = filter::tested(schema, selection.filter.as_ref());
    let tested = tested.into_iter().map(|(part, _)| part.clone());
    DriverPlan {
        operations: vec![operation.to_owned()],
        native: tested.reduce(isobar::document::Filter::and),
        rest: selection.filter.clone(),
    }
}

#[async_trait]
impl DocumentDriver for TablesStore {
    fn describe(&self) -> DocumentDescription {
        DocumentDescription {
            provider: "azure-tables",
            capabilities: Self::CAPABILITIES,
            limits: Self::LIMITS,
            plan,
            revision: None,
        }
    }

    async fn get(&self, call: &Call<'_>, key: &Key, fetch: &Fetch) -> Result<Option<FoundRecord>> {
        let table = name::table(call.schema)?;
        let address = Address::of(call.schema, key)?;
        let select = read::selected(call.schema, &fetch.projection);
        let row = self.read_selected(call.schema, &table, (&address, select.as_deref()));
        Ok(live(call, row.await?).map(Into::into))
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        fetch: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        let mut records = Vec::with_capacity(keys.len());
        for some in keys.chunks(AT_ONCE) {
            let each = some.iter().map(|key| self.get(call, key, fetch));
            records.extend(join_all(each).await);
        }
        records.into_iter().collect()
    }

    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        self.write_one(call, write).await
    }

    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>> {
        let mut written = Vec::with_capacity(writes.len());
        for some in writes.chunks(AT_ONCE) {
            let each = some.iter().map(|write| self.write_one(call, write));
            written.extend(join_all(each).await);
        }
        written
    }

    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        let written = self.write_together(call, writes, Error::with_index).await;
        written.map(drop)
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

    async fn count(&self, _: &Call<'_>, _: &CountRequest) -> Result<Counted> {
        Err(Error::unsupported(Capability::Count))
    }

    async fn changes_page(&self, _: &Call<'_>, _: &ChangesRequest) -> Result<RecordChanges> {
        Err(Error::unsupported(Capability::ChangeFeed))
    }

    async fn ensure(&self, schema: &CollectionSchema) -> Result<()> {
        self.ensure_collection(schema).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.client
    }
}

/// The document of a row, where there is one.
fn live(call: &Call<'_>, row: Option<Row>) -> Option<Record> {
    let record = row.map(|row| row.record);
    record.filter(|record| record.is_live(call.now))
}
