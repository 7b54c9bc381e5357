//! Reading parts of one version of a blob.

use bytes::Bytes;

use super::{Blob, Bucket, ByteRange, GetBlobOptions, ObjectMeta};
use crate::error::Result;

/// A blob that is read in parts, all of one version; see [`Bucket::reader`].
///
/// ```
/// # use isobar::blob::{Bucket, ByteRange};
/// # async fn example(files: Bucket) -> isobar::Result<()> {
/// let archive = files.reader("backup.zip").await?;
/// let directory = archive.bytes(ByteRange::Suffix(1 << 16)).await?;
/// let entry = archive.bytes(100..4_196).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BlobReader {
    bucket: Bucket,
    meta: ObjectMeta,
}

impl BlobReader {
    pub(super) fn new(bucket: Bucket, meta: ObjectMeta) -> Self {
        Self { bucket, meta }
    }

    /// What the store knows of the blob.
    pub fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    /// Opens a part; `PreconditionFailed` where the blob was replaced or removed.
    pub async fn get(&self, range: impl Into<ByteRange>) -> Result<Blob> {
        let options = GetBlobOptions::default()
            .with_range(range)
            .with_version(self.meta.version.clone());
        self.bucket.get_with(&self.meta.key, options).await
    }

    /// The bytes of a part, in memory.
    pub async fn bytes(&self, range: impl Into<ByteRange>) -> Result<Bytes> {
        self.get(range).await?.bytes().await
    }
}
