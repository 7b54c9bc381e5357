//! What happened to a blob, as a platform tells it.

use super::{BlobKey, VersionId};
use crate::document::{Timestamp, Version};

/// Something that happened to a blob, delivered at least once and in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobEvent {
    /// What happened.
    pub kind: BlobEventKind,
    /// The bucket, by its name in the store.
    pub bucket: String,
    /// The blob.
    pub key: BlobKey,
    /// The version that came to be, where the platform tells it.
    pub version: Option<Version>,
    /// The version that came to be, or that was removed or put by, where the platform names one by itself. Only a store that
    /// names none else says by it that the bucket keeps versions: Cloud Storage tells the generation of each content, and in a
    /// bucket without versions that is gone with its content.
    pub version_id: Option<VersionId>,
    /// How many bytes the blob has, where the platform tells it.
    pub size: Option<u64>,
    /// When it happened.
    pub at: Timestamp,
}

impl BlobEvent {
    /// An event of which only the necessary is known; for platforms.
    pub fn new(
        kind: BlobEventKind,
        bucket: impl Into<String>,
        key: BlobKey,
        at: Timestamp,
    ) -> Self {
        Self {
            kind,
            bucket: bucket.into(),
            key,
            version: None,
            version_id: None,
            size: None,
            at,
        }
    }
}

/// What happened to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlobEventKind {
    /// It was stored, whole, in place of another or not.
    Stored,
    /// It was removed.
    Deleted,
    /// It has other attributes.
    AttributesChanged,
}
