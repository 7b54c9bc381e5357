//! The versions that a bucket keeps of its blobs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::binding::Operation;
use super::{Bucket, List, ListCursor, ObjectMeta};
use crate::driver::blob::{Entry, ListScope};
use crate::error::Result;
use crate::operation::Effect;

/// What names one of the versions that a bucket keeps of a blob; the store's own form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionId(String);

impl VersionId {
    /// An id that [`as_str`](Self::as_str) gave out, or a store; another one names nothing.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One version of a blob.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectVersion {
    /// What the store knows of it; its attributes may be left out. A deletion has no bytes.
    pub meta: ObjectMeta,
    /// What names it.
    pub id: VersionId,
    /// What it is.
    pub state: VersionState,
}

/// What a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VersionState {
    /// The blob as it is now.
    Present,
    /// What was there before.
    Past,
    /// The mark of a deletion; the last version of a blob that is gone.
    Deletion,
}

/// Some versions, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionPage {
    /// In the order of the keys, the latest of each key first.
    pub versions: Vec<ObjectVersion>,
    /// What to give to [`List::resume`] for the next page; `None` after the last one.
    pub next: Option<ListCursor>,
}

impl Bucket {
    /// One page of the versions that the bucket keeps. A bucket that keeps none has one version of
    /// each blob, the present one.
    ///
    /// A version is read by [`GetBlobOptions::with_version_id`](super::GetBlobOptions), brought back
    /// by [`CopyOptions::with_source_version_id`](super::CopyOptions), and removed for good by
    /// [`DeleteBlobOptions::with_version_id`](super::DeleteBlobOptions). For stores with
    /// [`BlobVersions`](crate::Capability::BlobVersions).
    pub async fn list_versions(&self, list: &List) -> Result<VersionPage> {
        let operation = Operation("blob.list_versions", Effect::Read);
        let page = self.binding.page(operation, list, ListScope::Versions);
        let page = page.await?;
        let versions = page.entries.into_iter().filter_map(|entry| match entry {
            Entry::Version(version) => Some(version),
            _ => None,
        });
        Ok(VersionPage {
            versions: versions.collect(),
            next: self.binding.cursor(page.next),
        })
    }
}
