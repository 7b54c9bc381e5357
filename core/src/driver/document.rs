//! The contract of a document store.

use std::any::Any;
use std::fmt;

use async_trait::async_trait;

use crate::capability::{Capabilities, Limits};
use crate::document::{
    CollectionSchema, Condition, Idempotency, Key, Map, Timestamp, Update, Version,
};
use crate::driver::Revision;
use crate::error::Result;

mod changes;
mod fields;
mod page;
mod read;

pub use changes::{ChangesFrom, ChangesRequest, RecordChange, RecordChanges};
pub use fields::{Fields, FoundRecord};
pub use page::{FoundPage, FoundRecords};
pub use read::{
    CountRequest, Counted, DriverPlan, Fetch, PageRequest, Planner, Position, RecordPage, Segment,
    Selection, Source,
};

/// What a document store is and can do.
#[derive(Debug, Clone)]
pub struct DocumentDescription {
    /// The store's name in errors, spans and reports, such as `dynamodb`.
    pub provider: &'static str,
    /// What it can do; each must pass its conformance cases.
    pub capabilities: Capabilities,
    /// The numbers it works within.
    pub limits: Limits,
    /// Its changes, where this process is the only one that can make any.
    pub revision: Option<Revision>,
    /// How it will carry out a query: what of the filter the store tests, what core does.
    pub plan: Planner,
}

/// The circumstances of a call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// The collection.
    pub schema: &'c CollectionSchema,
    /// The instant at which expiry is judged: a row with `expires_at <= now` must be absent to
    /// every operation (rule R14).
    pub now: Timestamp,
}

/// A stored document, its fields as values or, where it was read for a caller, as [`Fields`].
#[derive(Debug, Clone, PartialEq)]
pub struct Record<F = Map> {
    /// All fields of the document, its key fields included, no reserved field among them.
    pub fields: F,
    /// Its version; [`Version::absent`] where the row carries none.
    pub version: Version,
    /// When it ceases to exist.
    pub expires_at: Option<Timestamp>,
}

/// Whether the document must be there for the write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// There or not.
    Any,
    /// Else the write must fail with `NotFound`.
    Required,
    /// Else the write must fail with `AlreadyExists`.
    Forbidden,
}

/// What a write does to the expiry of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpiryChange {
    /// Leaves it as it is.
    #[default]
    Keep,
    /// Sets it, or with `None` removes it.
    To(Option<Timestamp>),
}

/// What a write does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Stores the whole document in place of what was there.
    Put {
        /// All fields, key fields included.
        fields: Map,
        /// When it ceases to exist, in whole seconds.
        expires_at: Option<Timestamp>,
    },
    /// Changes parts; where nothing is stored and existence is `Any`, starts from the key fields.
    Update {
        /// The changes; none touches a key field, no two overlap.
        update: Update,
        /// The change of the expiry.
        expiry: ExpiryChange,
    },
    /// Removes the document; where there is none it succeeds if nothing was asked of it.
    Delete,
    /// Changes nothing: only existence and conditions count. Only in atomic sets.
    Check,
}

/// One write, checked against the portable limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The document.
    pub key: Key,
    /// What to do.
    pub action: Action,
    /// Judged first.
    pub existence: Existence,
    /// Judged second; must fail with `PreconditionFailed` where it does not hold, also where the
    /// document is not there and something is asked of it.
    pub condition: Condition,
    /// How a lost answer is met.
    pub idempotency: Idempotency,
    /// The version the document must have afterwards; a driver that meets it after an ambiguous
    /// failure knows that its write went through.
    pub version: Version,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    /// Whether the document was there before, where the store says so for free.
    pub existed: Option<bool>,
    /// The document after an [`Action::Update`], always; otherwise nothing.
    pub record: Option<Record>,
}

/// A store of documents.
///
/// May assume: keys, values, names, sizes, conditions and filters were checked, and capabilities
/// that a call needs are declared: what a driver does not declare is not asked of it. Must: give each failure its kind; hold nothing across calls that
/// dropping a future would break; order sort keys by bytes or number; keep values exactly.
#[async_trait]
pub trait DocumentDriver: fmt::Debug + Send + Sync + 'static {
    /// What this store is and can do; must not touch the network.
    fn describe(&self) -> DocumentDescription;

    /// The document at `key`; unless `fetch` asks for less, it must see every write acknowledged
    /// before.
    async fn get(&self, call: &Call<'_>, key: &Key, fetch: &Fetch) -> Result<Option<FoundRecord>>;

    /// As many results as keys, in their order; at most `limits.batch_get_keys` distinct keys.
    async fn batch_get(
        &self,
        call: &Call<'_>,
        keys: &[Key],
        fetch: &Fetch,
    ) -> Result<Vec<Option<FoundRecord>>>;

    /// One write, atomic by itself.
    ///
    /// With [`Idempotency::Exact`] it must find out what became of it for as long as the store
    /// answers, and must not be made twice however often it is sent, whatever others write.
    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written>;

    /// As many results as writes, in their order; not atomic together; keys are distinct, and at
    /// most `limits.batch_write_operations`.
    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>>;

    /// All writes or none; distinct keys, within `limits`. They are of one partition unless
    /// [`CrossPartitionTransactions`](crate::Capability::CrossPartitionTransactions) is declared.
    /// The error of a failed condition must carry the [`index`](crate::Error::index) of the write
    /// that failed.
    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()>;

    /// One page of a partition or an index; must not return expired records. A document that lacks
    /// a field of the index must not be in it.
    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<FoundPage>;

    /// One page of a part of the whole collection; must not return expired records. What is there
    /// from the first page to the last must come exactly once.
    async fn scan_page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<FoundPage>;

    /// How many live documents a selection has, in one step or several.
    async fn count(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted>;

    /// Some changes in a collection that declares its change feed, or none where there are none.
    async fn changes_page(
        &self,
        call: &Call<'_>,
        request: &ChangesRequest,
    ) -> Result<RecordChanges>;

    /// Creates the table and its declared indexes where they are missing, back-filled; must refuse
    /// one that exists with another key or definition. For development and tests, not production.
    async fn ensure(&self, schema: &CollectionSchema) -> Result<()>;

    /// The vendor's client, for [`Collection::native`](crate::Collection::native).
    fn native(&self) -> &(dyn Any + Send + Sync);
}
