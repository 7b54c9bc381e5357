//! The contract of a blob store.

use std::any::Any;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::blob::{Attributes, BlobBody, BlobCondition, BlobKey, ByteRange, ObjectMeta};
use crate::capability::{Capabilities, Limits};
use crate::error::Result;

/// What a blob store is and can do.
#[derive(Debug, Clone, Copy)]
pub struct BlobDescription {
    /// The store's name in errors, spans and reports, such as `s3`.
    pub provider: &'static str,
    /// What it can do; each must pass its conformance cases.
    pub capabilities: Capabilities,
    /// The numbers it works within.
    pub limits: Limits,
}

/// A blob to be stored.
#[derive(Debug, Clone)]
pub struct Put {
    /// Where.
    pub key: BlobKey,
    /// The whole content.
    pub content: Bytes,
    /// CRC32C of the content, which the store must keep and give back (rule K8).
    pub crc32c: u32,
    /// Content type, user metadata and the like.
    pub attributes: Attributes,
    /// What must hold of a blob that is there.
    pub condition: BlobCondition,
}

/// A blob as it is read.
#[derive(Debug)]
pub struct Read {
    /// What the store knows of the blob, before its first byte.
    pub meta: ObjectMeta,
    /// The bytes that follow: first and one past the last, within the blob.
    pub range: std::ops::Range<u64>,
    /// The bytes; must fail rather than end early.
    pub body: BlobBody,
}

/// A copy within one bucket.
#[derive(Debug, Clone)]
pub struct Copy {
    /// What is copied; `NotFound` where it is missing.
    pub from: BlobKey,
    /// Where it goes, attributes included.
    pub to: BlobKey,
    /// What must hold of a blob that is there.
    pub condition: BlobCondition,
}

/// One page of a listing, asked of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    /// Only keys that start with this; may be empty.
    pub prefix: String,
    /// Folds keys that contain this after the prefix into one common prefix.
    pub delimiter: Option<String>,
    /// Only entries after this key or common prefix, in byte order.
    pub after: Option<String>,
    /// At most this many entries; the store may give fewer.
    pub limit: u32,
}

/// An entry of a listing.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A blob; its attributes may be left out.
    Blob(ObjectMeta),
    /// All keys that start with this, which ends with the delimiter.
    Prefix(String),
}

/// One page of a listing, as the store gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryPage {
    /// In byte order of keys and prefixes; may be empty although there is more.
    pub entries: Vec<Entry>,
    /// The key or prefix after which to go on; `None` at the end.
    pub next: Option<String>,
}

/// A store of blobs in named buckets.
///
/// May assume: keys, metadata and ranges were checked, and capabilities that a call needs are
/// declared. Must: give each failure its kind; make a blob visible only when it is whole; keep
/// keys exactly; see every write acknowledged before, in reads and listings.
#[async_trait]
pub trait BlobDriver: fmt::Debug + Send + Sync + 'static {
    /// What this store is and can do; must not touch the network.
    fn describe(&self) -> BlobDescription;

    /// Stores a blob; a failed put must leave what was there.
    async fn put(&self, bucket: &str, put: &Put) -> Result<ObjectMeta>;

    /// Opens a blob. A range that starts at or after the end of a non-empty range request must
    /// fail with `InvalidArgument`; one that ends after it is cut.
    async fn get(&self, bucket: &str, key: &BlobKey, range: ByteRange) -> Result<Read>;

    /// What the store knows of a blob.
    async fn head(&self, bucket: &str, key: &BlobKey) -> Result<ObjectMeta>;

    /// One page of a listing.
    async fn list_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage>;

    /// Copies a blob of any size the store can hold.
    async fn copy(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta>;

    /// Removes a blob; where there is none it succeeds unless the condition asks for one. Returns
    /// whether it was there, where the store says so for free.
    async fn delete(
        &self,
        bucket: &str,
        key: &BlobKey,
        condition: &BlobCondition,
    ) -> Result<Option<bool>>;

    /// Creates the bucket where it is missing: for development and tests, not for production.
    async fn ensure(&self, bucket: &str) -> Result<()>;

    /// The vendor's client, for [`Bucket::native`](crate::Bucket::native).
    fn native(&self) -> &(dyn Any + Send + Sync);
}
