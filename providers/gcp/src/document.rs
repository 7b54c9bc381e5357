//! Documents in Firestore in native mode: a collection each, an id that keeps the order of keys.

mod definition;
mod export;
mod filter;
mod name;
mod read;
mod select;
mod write;

use std::any::Any;
use std::time::Duration;

use async_trait::async_trait;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::firestore_client::FirestoreClient;
use isobar::document::{CollectionSchema, Direction, Key};
use isobar::driver::RetryBudget;
use isobar::driver::document::{
    Call, ChangesRequest, CountRequest, Counted, DocumentDescription, DocumentDriver, DriverPlan,
    Fetch, FoundPage, FoundRecord, PageRequest, RecordChanges, Segment, Selection, Source, Write,
    Written,
};
use isobar::{Capabilities, Capability, Error, Limits, Result};
use tonic::transport::Endpoint;

use crate::access::Access;
pub use crate::access::Authorized;
use crate::connection::{self, Way};
pub use export::index_file;
use name::Names;

use crate::stored::{row, value};

/// A Firestore database as a document store; [`Place`](crate::config::Place) opens one.
///
/// The native type is [`Client`].
#[derive(Debug, Clone)]
pub struct FirestoreStore {
    connection: Connection,
    /// What [`DocumentDriver::native`] gives.
    client: Client,
    /// `projects/PROJECT/databases/DATABASE`.
    database: String,
    budget: RetryBudget,
}

/// The generated client of Firestore, the native type of the store.
pub type Client = FirestoreClient<Authorized>;
type Connection = connection::Connection<Client>;

/// After how long without an answer a request counts as lost, so that a call has time for another.
const ATTEMPT: Duration = Duration::from_secs(4);
/// A document has at most 1 MiB ("Quotas and limits"), a batch of a hundred as many.
const MESSAGE_BYTES: usize = 128 << 20;

impl FirestoreStore {
    /// What Firestore can do.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::DocumentVersions,
        Capability::DocumentExpiry,
        Capability::FieldConditions,
        Capability::AtomicPartition,
        Capability::CrossPartitionTransactions,
        Capability::ConsistentReads,
        Capability::Scans,
        Capability::IndexedQueries,
        Capability::ConsistentIndexes,
        Capability::WholeCollectionIndexes,
        Capability::Count,
    ]);

    /// What the store holds where a collection asks for its native limits: a document has 1 MiB
    /// with its name and reserved fields, a request 10 MiB ("Quotas and limits").
    pub const LIMITS: Limits = {
        let mut limits = Limits::PORTABLE;
        limits.document_bytes = 1_000_000;
        limits.set_operations = 500;
        limits.set_bytes = 9_000_000;
        limits
    };

    pub(crate) fn connect(endpoint: Endpoint, access: Access, database: String) -> Result<Self> {
        let named = |_| Error::invalid("a project or database of Firestore is ASCII text");
        let connection = Connection::new(Way {
            endpoint,
            access,
            resource: Some(database.parse().map_err(named)?),
            client: |authorized| {
                FirestoreClient::new(authorized)
                    .max_decoding_message_size(MESSAGE_BYTES)
                    .max_encoding_message_size(MESSAGE_BYTES)
            },
            attempt: ATTEMPT,
        });
        Ok(Self {
            client: connection.client(),
            connection,
            database,
            budget: RetryBudget::default(),
        })
    }

    /// The client that is used just now; a clone shares its connection.
    pub fn client(&self) -> Client {
        self.connection.client()
    }

    fn names<'s>(&self, schema: &'s CollectionSchema) -> Result<Names<'s>> {
        Names::of(schema, &self.database)
    }
}

/// Each selection is one query; of its filter, what Firestore tests exactly and without an index
/// that somebody must define.
fn plan(_: &CollectionSchema, selection: &Selection) -> DriverPlan {
    let operation = match &selection.source {
        Source::Partition(_) if selection.direction == Direction::Descending => {
            "RunQuery on the key fields, descending".to_owned()
        }
        Source::Partition(_) => "RunQuery in a range of document ids".to_owned(),
        Source::Index { index, .. } => format!("RunQuery on the index {}", index.name),
        Source::Everything => "RunQuery over the whole collection".to_owned(),
    };
    // By other orders, Firestore would need a composite index for the fields of the filter too.
    let by_name = match &selection.source {
        Source::Partition(_) => selection.direction == Direction::Ascending,
        Source::Index { .. } => false,
        Source::Everything => true,
    };
    DriverPlan::split(operation, selection, |part| {
        by_name && filter::is_native(part)
    })
}

#[async_trait]
impl DocumentDriver for FirestoreStore {
    fn describe(&self) -> DocumentDescription {
        DocumentDescription {
            provider: "firestore",
            capabilities: Self::CAPABILITIES,
            limits: Self::LIMITS,
            plan,
            revision: None,
        }
    }

    async fn get(&self, call: &Call<'_>, key: &Key, fetch: &Fetch) -> Result<Option<FoundRecord>> {
        let found = self.batch_get(call, std::slice::from_ref(key), fetch);
        Ok(found.await?.into_iter().next().flatten())
    }

    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        _: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>> {
        let names = self.names(call.schema)?;
        let documents = keys.iter().map(|key| names.document(key));
        let documents = documents.collect::<Result<Vec<_>>>()?;
        let mut found = self.read_many(&names, &documents).await?;
        let records = documents.iter().map(|name| {
            let record = found.remove(name).map(|row| row.record);
            let live = record.filter(|record| record.is_live(call.now));
            live.map(Into::into)
        });
        Ok(records.collect())
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
        self.ensure_collection(schema).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.client
    }
}
