//! What calls may ask beyond the ordinary.

use super::{Attributes, BlobCondition, ByteRange, VersionId};
use crate::document::Version;

/// What a put may ask beyond storing the bytes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PutBlobOptions {
    pub(super) attributes: Attributes,
    pub(super) condition: BlobCondition,
    pub(super) size: Option<u64>,
    pub(super) crc32c: Option<u32>,
}

impl PutBlobOptions {
    /// Headers and metadata of the blob.
    #[must_use]
    pub fn with_attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }

    /// What must hold of a blob that is there.
    #[must_use]
    pub fn with_condition(mut self, condition: BlobCondition) -> Self {
        self.condition = condition;
        self
    }

    /// How many bytes there will be. Content of another size is refused and leaves what was there;
    /// content of more than 70 GiB must say it, because it decides the size of the parts.
    #[must_use]
    pub fn with_size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// The CRC32C that the content must have. Other content is refused and leaves what was there.
    #[must_use]
    pub fn with_crc32c(mut self, checksum: u32) -> Self {
        self.crc32c = Some(checksum);
        self
    }
}

/// What a get may ask.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetBlobOptions {
    pub(super) range: ByteRange,
    pub(super) if_version: Option<Version>,
    pub(super) version_id: Option<VersionId>,
}

impl GetBlobOptions {
    /// The part that is read.
    #[must_use]
    pub fn with_range(mut self, range: impl Into<ByteRange>) -> Self {
        self.range = range.into();
        self
    }

    /// The version that the blob must have, else `PreconditionFailed`; for stores with
    /// [`PinnedReads`](crate::Capability::PinnedReads).
    #[must_use]
    pub fn with_version(mut self, version: Version) -> Self {
        self.if_version = Some(version);
        self
    }

    /// Which of the versions that the bucket keeps is read; for stores with
    /// [`BlobVersions`](crate::Capability::BlobVersions).
    #[must_use]
    pub fn with_version_id(mut self, id: VersionId) -> Self {
        self.version_id = Some(id);
        self
    }
}

/// What a copy may ask.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CopyOptions {
    pub(super) condition: BlobCondition,
    pub(super) attributes: Option<Attributes>,
    pub(super) from_version: Option<Version>,
    pub(super) from_version_id: Option<VersionId>,
}

impl CopyOptions {
    /// What must hold of a blob at the destination; for stores with
    /// [`BlobCopyConditions`](crate::Capability::BlobCopyConditions).
    #[must_use]
    pub fn with_condition(mut self, condition: BlobCondition) -> Self {
        self.condition = condition;
        self
    }

    /// Attributes in place of those of the source, all of them.
    #[must_use]
    pub fn with_attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = Some(attributes);
        self
    }

    /// The version that the source must have, else `PreconditionFailed`; for stores with
    /// [`PinnedReads`](crate::Capability::PinnedReads).
    #[must_use]
    pub fn with_source_version(mut self, version: Version) -> Self {
        self.from_version = Some(version);
        self
    }

    /// Which of the versions that the bucket keeps is copied; for stores with
    /// [`BlobVersions`](crate::Capability::BlobVersions).
    #[must_use]
    pub fn with_source_version_id(mut self, id: VersionId) -> Self {
        self.from_version_id = Some(id);
        self
    }
}

/// What a delete may ask.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DeleteBlobOptions {
    pub(super) condition: BlobCondition,
    pub(super) version_id: Option<VersionId>,
}

impl DeleteBlobOptions {
    /// What must hold of the blob; for stores with
    /// [`BlobDeleteIfVersion`](crate::Capability::BlobDeleteIfVersion).
    /// [`BlobCondition::IfAbsent`] is refused.
    #[must_use]
    pub fn with_condition(mut self, condition: BlobCondition) -> Self {
        self.condition = condition;
        self
    }

    /// Which of the versions that the bucket keeps is removed, for good; for stores with
    /// [`BlobVersions`](crate::Capability::BlobVersions).
    #[must_use]
    pub fn with_version_id(mut self, id: VersionId) -> Self {
        self.version_id = Some(id);
        self
    }
}
