//! Reading blobs: whole, in part, and what is known of them.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};

use super::binding::{Binding, Operation, checked};
use super::{BlobBody, BlobKey, BlobReader, Bucket, ByteRange, GetBlobOptions, IntoBlobKey};
use super::{ObjectMeta, VersionId};
use crate::capability::Capability;
use crate::driver::blob::{BlobAddress, Get, Reopening};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

/// A blob being read: what is known of it is here before its first byte.
#[derive(Debug)]
#[non_exhaustive]
pub struct Blob {
    /// What the store knows of the blob.
    pub meta: ObjectMeta,
    /// The bytes that follow: first and one past the last.
    pub range: Range<u64>,
    /// The bytes. They fail rather than end early, and where all bytes of the blob are read, rather
    /// than differ from its checksum (rule K8). Where the store has
    /// [`PinnedReads`](crate::Capability::PinnedReads), a body that is cut off goes on at the same
    /// byte of the same version.
    pub body: BlobBody,
}

impl Blob {
    /// All selected bytes, in memory.
    pub async fn bytes(self) -> Result<Bytes> {
        let length = self.range.end - self.range.start;
        let content = self.body.collect_sized(length).await?;
        if content.len() as u64 != length {
            let message = format!("the body has {} of {length} bytes", content.len());
            return Err(Error::new(ErrorKind::Internal, message));
        }
        Ok(content)
    }
}

/// How many parts of a blob are read at the same time.
const CONCURRENT: usize = 8;

const GET: Operation = Operation("blob.get", Effect::Read);

impl Bucket {
    /// Opens a blob; `NotFound` where there is none.
    pub async fn get(&self, key: impl IntoBlobKey) -> Result<Blob> {
        self.get_with(key, GetBlobOptions::default()).await
    }

    /// Opens a part of a blob. A range that begins beyond the end is `InvalidArgument`, one that
    /// ends there is cut.
    pub async fn get_range(
        &self,
        key: impl IntoBlobKey,
        range: impl Into<ByteRange>,
    ) -> Result<Blob> {
        let options = GetBlobOptions::default().with_range(range);
        self.get_with(key, options).await
    }

    /// Opens a blob, with options.
    pub async fn get_with(&self, key: impl IntoBlobKey, options: GetBlobOptions) -> Result<Blob> {
        self.binding.open(key.into_blob_key(), options).await
    }

    /// Several parts of one version of a blob, in memory, in the order in which they were asked
    /// for; `PreconditionFailed` where the blob is replaced meanwhile.
    ///
    /// For stores with [`PinnedReads`](crate::Capability::PinnedReads).
    pub async fn get_ranges<R: Into<ByteRange>>(
        &self,
        key: impl IntoBlobKey,
        ranges: impl IntoIterator<Item = R>,
    ) -> Result<Vec<Bytes>> {
        let reader = self.reader(key).await?;
        let reader = &reader;
        let ranges: Vec<ByteRange> = ranges.into_iter().map(Into::into).collect();
        let parts = ranges.into_iter().map(|range| reader.bytes(range));
        iter(parts).buffered(CONCURRENT).try_collect().await
    }

    /// Opens a blob to read parts of it, all of the version that it has now.
    ///
    /// For stores with [`PinnedReads`](crate::Capability::PinnedReads).
    pub async fn reader(&self, key: impl IntoBlobKey) -> Result<BlobReader> {
        self.capabilities().require(&[Capability::PinnedReads])?;
        let meta = self.head(key).await?;
        Ok(BlobReader::new(self.clone(), meta))
    }

    /// What the store knows of a blob; `NotFound` where there is none.
    pub async fn head(&self, key: impl IntoBlobKey) -> Result<ObjectMeta> {
        self.binding.head(key.into_blob_key(), None).await
    }

    /// What the store knows of one of the versions that the bucket keeps of a blob.
    ///
    /// For stores with [`BlobVersions`](crate::Capability::BlobVersions).
    pub async fn head_version(&self, key: impl IntoBlobKey, id: VersionId) -> Result<ObjectMeta> {
        self.binding.head(key.into_blob_key(), Some(id)).await
    }

    /// Whether there is a blob.
    pub async fn exists(&self, key: impl IntoBlobKey) -> Result<bool> {
        match self.head(key).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Binding {
    pub(super) fn address(
        &self,
        key: &Result<BlobKey>,
        version_id: Option<VersionId>,
    ) -> Result<BlobAddress> {
        if version_id.is_some() {
            self.capabilities().require(&[Capability::BlobVersions])?;
        }
        Ok(BlobAddress {
            key: checked(key)?.clone(),
            version_id,
        })
    }

    async fn head(&self, key: Result<BlobKey>, id: Option<VersionId>) -> Result<ObjectMeta> {
        let work = async {
            let at = self.address(&key, id)?;
            self.driver.head(&self.name, &at).await
        };
        let operation = Operation("blob.head", Effect::Read);
        self.run_at(operation, &key, work).await
    }

    async fn open(&self, key: Result<BlobKey>, options: GetBlobOptions) -> Result<Blob> {
        let work = async {
            options.range.check()?;
            if options.if_version.is_some() {
                self.capabilities().require(&[Capability::PinnedReads])?;
            }
            let get = Get {
                at: self.address(&key, options.version_id)?,
                range: options.range,
                if_version: options.if_version,
            };
            let read = self.driver.get(&self.name, &get).await?;
            let reopening = Reopening {
                driver: Arc::clone(&self.driver),
                clock: Arc::clone(&self.clock),
                bucket: self.name.clone(),
                patience: self.budget,
                budget: self.retries.clone(),
                told: Box::new(self.told(GET.0, &get.at.key)),
            };
            let (meta, range, body) = reopening.body(get, read);
            Ok(Blob { meta, range, body })
        };
        self.run_at(GET, &key, work).await
    }
}
