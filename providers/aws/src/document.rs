//! Documents in DynamoDB: one table per collection, the document's fields as its attributes.

mod atomic;
mod batch;
mod capacity;
mod changes;
mod definition;
mod exact;
mod expression;
mod filter;
mod plan;
mod projection;
mod query;
mod retry;
mod rewrite;
mod row;
mod statement;
mod table;
mod update;
mod value;
mod write;

use std::any::Any;
use std::fmt;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::Client;
use isobar::document::{CollectionSchema, Consistency, Key};
use isobar::driver::RetryBudget;
use isobar::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, Fetch,
    FoundPage, FoundRecord, PageRequest, RecordChanges, Segment, Write, Written,
};
use isobar::{Capabilities, Capability, Limits, Result};

use changes::Streams;
pub use definition::cloud_formation;
use expression::Placeholders;
use row::Item;

/// A DynamoDB account and region as a document store.
///
/// The native type is [`aws_sdk_dynamodb::Client`]. Changes are read with another client, of
/// DynamoDB Streams: a store without one has no [`Capability::ChangeFeed`].
#[derive(Clone)]
pub struct DynamoStore {
    client: Client,
    /// Without the SDK's retries: what may be sent again, and when, is decided here (rule R21).
    requests: Client,
    streams: Option<Streams>,
    budget: RetryBudget,
}

impl DynamoStore {
    /// What DynamoDB can do, changes included, for which a store needs [`Self::with_streams`].
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
        Capability::Count,
        Capability::ChangeFeed,
        Capability::OrderedChangeFeed,
        Capability::ExactWrites,
    ]);

    /// What is read from DynamoDB Streams: each write, for 24 hours.
    const OF_STREAMS: Capabilities =
        Capabilities::of(&[Capability::ChangeFeed, Capability::OrderedChangeFeed]);

    /// DynamoDB's own limits: 400 KB an item, of which the reserved fields take some; 32 levels,
    /// of which a timestamp takes one; 100 actions and 4 MB a transaction; 100 keys and 25 writes
    /// a batch ("Quotas in Amazon DynamoDB").
    pub const LIMITS: Limits = {
        let mut limits = Limits::PORTABLE;
        limits.document_bytes = 400 * 1_024 - 512;
        limits.document_depth = 31;
        limits.set_operations = 100;
        limits.set_bytes = 4_000_000;
        limits.batch_get_keys = 100;
        limits.batch_write_operations = 25;
        limits
    };

    /// A store that uses this client; its retry settings hold for [`DocumentDriver::ensure`] alone.
    pub fn new(client: Client) -> Self {
        let requests = client.config().to_builder();
        let requests = requests.retry_config(RetryConfig::disabled()).build();
        Self {
            requests: Client::from_conf(requests),
            client,
            streams: None,
            budget: RetryBudget::default(),
        }
    }

    /// The same store with the settings of a client that reads the streams of its tables.
    ///
    /// The role of the program then needs `dynamodb:DescribeTable`, and of the streams
    /// `DescribeStream`, `GetShardIterator` and `GetRecords`.
    #[must_use]
    pub fn with_streams(self, config: aws_sdk_dynamodbstreams::Config) -> Self {
        Self {
            streams: Some(Streams::new(config)),
            ..self
        }
    }

    fn capabilities(&self) -> Capabilities {
        match self.streams {
            None => Self::CAPABILITIES.without(Self::OF_STREAMS),
            Some(_) => Self::CAPABILITIES,
        }
    }

    async fn read(&self, schema: &CollectionSchema, key: &Key) -> Result<Option<Item>> {
        self.read_part(schema, (key, &Fetch::default())).await
    }

    async fn read_part(
        &self,
        schema: &CollectionSchema,
        (key, fetch): (&Key, &Fetch),
    ) -> Result<Option<Item>> {
        let mut placeholders = Placeholders::default();
        let asked = (&fetch.projection, None);
        let projection = projection::expression(schema, asked, &mut placeholders);
        let request = self
            .requests
            .get_item()
            .table_name(&schema.table)
            .set_key(Some(row::key_item(schema, key)))
            .consistent_read(fetch.consistency == Consistency::Strong)
            .set_projection_expression(projection)
            .set_expression_attribute_names(placeholders.names())
            .set_return_consumed_capacity(capacity::asked());
        let found = self.retried(|| request.clone().send()).await?;
        capacity::consumed(&found.consumed_capacity);
        Ok(found.item.filter(|item| !item.is_empty()))
    }
}

impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynamoStore")
    }
}

#[async_trait]
impl DocumentDriver for DynamoStore {
    fn describe(&self) -> DocumentDescription {
        DocumentDescription {
            provider: "dynamodb",
            capabilities: self.capabilities(),
            limits: Self::LIMITS,
            revision: None,
            plan: plan::plan,
        }
    }

    async fn get(&self, call: &Call<'_>, key: &Key, fetch: &Fetch) -> Result<Option<FoundRecord>> {
        let item = self.read_part(call.schema, (key, fetch)).await?;
        let record = row::live(call.schema, call.now, item)?;
        Ok(record.map(Into::into))
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        fetch: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        let items = self.read_batch(call.schema, (keys, fetch)).await?;
        items
            .into_iter()
            .map(|item| Ok(row::live(call.schema, call.now, item)?.map(Into::into)))
            .collect()
    }

    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        self.write_one(call, write).await
    }

    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>> {
        self.write_batch(call, writes).await
    }

    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()> {
        self.write_together(call, writes).await
    }

    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<FoundPage> {
        Ok(self.page(call, Segment::WHOLE, page).await?.into())
    }

    async fn scan_page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<FoundPage> {
        Ok(self.page(call, segment, page).await?.into())
    }

    async fn count(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted> {
        self.count_some(call, request).await
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
        &self.client
    }
}
