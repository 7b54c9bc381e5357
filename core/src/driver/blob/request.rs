//! What is asked of a blob store, checked and neutral, and what it answers.

use std::ops::Range;

use bytes::Bytes;

use crate::blob::{
    Attributes, BlobBody, BlobCondition, BlobKey, ByteRange, ObjectMeta, ObjectVersion, OpenUpload,
    VersionId,
};
use crate::document::Version;

/// A blob, or one of the versions that its bucket keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobAddress {
    /// Its key.
    pub key: BlobKey,
    /// The version; the present one where there is none.
    pub version_id: Option<VersionId>,
}

impl From<BlobKey> for BlobAddress {
    fn from(key: BlobKey) -> Self {
        Self {
            key,
            version_id: None,
        }
    }
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

/// A blob to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Get {
    /// Which.
    pub at: BlobAddress,
    /// Which part of it.
    pub range: ByteRange,
    /// The version that it must have; never asked of a store without
    /// [`PinnedReads`](crate::Capability::PinnedReads).
    pub if_version: Option<Version>,
}

/// A blob as it is read.
#[derive(Debug)]
pub struct Read {
    /// What the store knows of the blob, before its first byte.
    pub meta: ObjectMeta,
    /// The bytes that follow: first and one past the last, within the blob.
    pub range: Range<u64>,
    /// The bytes as they arrive. A body that fails with a retryable error or ends early is resumed
    /// where it broke off, so the driver need not count; one that gives more than the range is
    /// `Corrupt`.
    pub body: BlobBody,
}

/// A copy within a bucket or between two of one store.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The bucket of the source.
    pub from_bucket: String,
    /// What is copied; `NotFound` where it is missing.
    pub from: BlobAddress,
    /// The version that the source must have, else `PreconditionFailed`; never asked of a store
    /// without [`PinnedReads`](crate::Capability::PinnedReads).
    pub from_version: Option<Version>,
    /// Where it goes; may be where it comes from, to give it other attributes.
    pub to: BlobKey,
    /// What replaces the attributes of the source; those stay where this is nothing.
    pub attributes: Option<Attributes>,
    /// What must hold of a blob that is at the destination.
    pub condition: BlobCondition,
}

/// A blob to be removed.
#[derive(Debug, Clone)]
pub struct Delete {
    /// Which; a version is removed for good, also where the bucket keeps versions.
    pub at: BlobAddress,
    /// What must hold of it; never [`BlobCondition::IfAbsent`].
    pub condition: BlobCondition,
}

/// One page of a listing, asked of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    /// What is listed.
    pub scope: ListScope,
    /// Only keys that start with this; may be empty.
    pub prefix: String,
    /// Folds keys that contain this after the prefix into one common prefix; never with another
    /// scope than blobs.
    pub delimiter: Option<String>,
    /// Where the page starts.
    pub start: ListStart,
    /// At most this many entries; the store may give fewer.
    pub limit: u32,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListScope {
    /// Blobs, as [`Entry::Blob`] and [`Entry::Prefix`].
    #[default]
    Blobs,
    /// Blobs, with their attributes and checksums.
    BlobsWithAttributes,
    /// All versions that the bucket keeps, as [`Entry::Version`], the latest of a key first.
    Versions,
    /// Uploads that are neither finished nor aborted, as [`Entry::Upload`].
    Uploads,
}

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ListStart {
    /// At the first entry.
    #[default]
    First,
    /// After this key or common prefix, in byte order; it need not exist.
    After(String),
    /// Where the page before said, by [`EntryPage::next`].
    Cursor(String),
}

/// An entry of a listing.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A blob; its attributes may be left out unless they were asked for.
    Blob(ObjectMeta),
    /// All keys that start with this, which ends with the delimiter.
    Prefix(String),
    /// A version of a blob.
    Version(ObjectVersion),
    /// An upload under way.
    Upload(OpenUpload),
}

impl Entry {
    /// The key or common prefix, by which entries are in order.
    pub fn name(&self) -> &str {
        match self {
            Self::Blob(meta) => meta.key.as_str(),
            Self::Prefix(prefix) => prefix,
            Self::Version(version) => version.meta.key.as_str(),
            Self::Upload(upload) => upload.key.as_str(),
        }
    }
}

/// One page of a listing, as the store gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryPage {
    /// In byte order of keys and prefixes where the store declares
    /// [`OrderedListing`](crate::Capability::OrderedListing); may be empty although there is more.
    pub entries: Vec<Entry>,
    /// The store's own note of where to go on, which no write in between may disturb; `None` at the
    /// end.
    pub next: Option<String>,
}
