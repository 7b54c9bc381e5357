//! The contract of a document store.

use std::any::Any;
use std::fmt;

use async_trait::async_trait;

use crate::capability::{Capabilities, Limits};
use crate::document::{
    CollectionSchema, Condition, Direction, Key, Map, SortKey, SortRange, Timestamp, Update,
    Version,
};
use crate::driver::Revision;
use crate::error::Result;

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

/// A stored document.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// All fields of the document, its key fields included, no reserved field among them.
    pub fields: Map,
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

/// One page of a query, asked of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRequest {
    /// The partition.
    pub partition: String,
    /// The part of it.
    pub range: SortRange,
    /// The order.
    pub direction: Direction,
    /// At most this many records.
    pub limit: u32,
    /// Only records after this sort key, in the query's order.
    pub after: Option<SortKey>,
}

/// One page of a query, as the store gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordPage {
    /// Live records in the query's order; may be empty although there is more.
    pub records: Vec<Record>,
    /// The sort key after which to go on; `None` when the range is exhausted.
    pub next: Option<SortKey>,
}

/// A store of documents.
///
/// May assume: keys, values, names, sizes and conditions were checked, and capabilities that a
/// call needs are declared. Must: give each failure its kind; hold nothing across calls that
/// dropping a future would break; order sort keys by bytes or number; keep values exactly.
#[async_trait]
pub trait DocumentDriver: fmt::Debug + Send + Sync + 'static {
    /// What this store is and can do; must not touch the network.
    fn describe(&self) -> DocumentDescription;

    /// The document at `key`; must see every write acknowledged before.
    async fn get(&self, call: &Call<'_>, key: &Key) -> Result<Option<Record>>;

    /// As many results as keys, in their order; at most `limits.batch_get_keys` distinct keys.
    async fn batch_get(&self, call: &Call<'_>, keys: &[Key]) -> Result<Vec<Option<Record>>>;

    /// One write, atomic by itself.
    async fn write(&self, call: &Call<'_>, write: &Write) -> Result<Written>;

    /// As many results as writes, in their order; not atomic together; keys are distinct.
    async fn batch_write(&self, call: &Call<'_>, writes: &[Write]) -> Vec<Result<Written>>;

    /// All writes or none; one partition, distinct keys, within `limits`. The error of a failed
    /// condition must carry the [`index`](crate::Error::index) of the write that failed.
    async fn atomic(&self, call: &Call<'_>, writes: &[Write]) -> Result<()>;

    /// One page; must not return expired records.
    async fn query_page(&self, call: &Call<'_>, page: &PageRequest) -> Result<RecordPage>;

    /// Creates the table where it is missing: for development and tests, not for production.
    async fn ensure(&self, schema: &CollectionSchema) -> Result<()>;

    /// The vendor's client, for [`Collection::native`](crate::Collection::native).
    fn native(&self) -> &(dyn Any + Send + Sync);
}
