//! What each service can do: one table, true rather than generous.

use isobar::driver::blob::TransferLimits;
use isobar::{Capabilities, Capability};

/// A service that OpenDAL speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Alibaba Cloud Object Storage Service.
    Oss,
    /// Tencent Cloud Object Storage.
    Cos,
    /// Huawei Cloud Object Storage Service.
    Obs,
    /// Whatever speaks S3.
    S3,
    /// A directory, for development: a condition of a put would be a race in it.
    Fs,
    /// The memory of this process, for tests.
    Memory,
}

/// How keys are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// By [`isobar::driver::blob::key`].
    Escaped,
    /// As digits, in directories of their own, because a file cannot be a directory too.
    Digits,
}

/// Where user metadata and what a service has no header for is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notes {
    /// In the user metadata of the blob.
    Metadata,
    /// All in one piece of user metadata, whose names are short.
    OneName,
    /// In a header that nobody is ever sent, since the service has no user metadata.
    CacheControl,
}

const GIB: u64 = 1 << 30;

impl Service {
    /// The service's name in errors and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oss => "oss",
            Self::Cos => "cos",
            Self::Obs => "obs",
            Self::S3 => "s3-compatible",
            Self::Fs => "opendal-fs",
            Self::Memory => "opendal-memory",
        }
    }

    /// What it can do in a bucket that has never kept versions.
    ///
    /// OSS, COS and OBS compare no version on a write ("PutObject" of each), so that none of them
    /// has [`Capability::BlobIfVersion`]; OBS does not know whether there is a blob either. OpenDAL
    /// writes a file on a condition by looking first, so that a directory has no conditions.
    pub fn capabilities(self) -> Capabilities {
        let list: &[Capability] = match self {
            Self::Oss | Self::Cos => &[
                Capability::BlobIfAbsent,
                Capability::BlobUploadConditions,
                Capability::BlobCopyConditions,
                Capability::PinnedReads,
                Capability::PresignedRequests,
            ],
            Self::Obs => &[Capability::PinnedReads, Capability::PresignedRequests],
            Self::S3 => &[
                Capability::BlobIfAbsent,
                Capability::BlobIfVersion,
                Capability::BlobUploadConditions,
                Capability::BlobCopyConditions,
                Capability::BlobDeleteIfVersion,
                Capability::PinnedReads,
                Capability::PresignedRequests,
            ],
            Self::Fs => &[Capability::OrderedListing],
            Self::Memory => &[
                Capability::BlobIfAbsent,
                Capability::BlobUploadConditions,
                Capability::BlobCopyConditions,
            ],
        };
        Capabilities::of(list)
    }

    /// The numbers are those of each service's "limits" page; parts go one after another.
    pub(crate) fn transfer(self) -> TransferLimits {
        let least_part_bytes = match self {
            Self::Oss => 100 << 10,
            Self::Cos => 1 << 20,
            Self::Obs | Self::S3 => 5 << 20,
            Self::Fs | Self::Memory => 1,
        };
        TransferLimits {
            blob_bytes: 48_800 * GIB,
            put_bytes: 5 * GIB,
            least_part_bytes,
            most_part_bytes: 5 * GIB,
            parts: 10_000,
            concurrent_parts: 1,
            delete_batch: 1,
        }
    }

    pub(crate) fn keys(self) -> Keys {
        match self {
            Self::Fs => Keys::Digits,
            _ => Keys::Escaped,
        }
    }

    pub(crate) fn notes(self) -> Notes {
        match self {
            Self::Memory => Notes::CacheControl,
            Self::Fs => Notes::OneName,
            _ => Notes::Metadata,
        }
    }

    /// Whether it is reached by HTTP, and then tells of a blob together with its bytes.
    pub(crate) fn is_remote(self) -> bool {
        !matches!(self, Self::Fs | Self::Memory)
    }

    /// Bytes of the largest blob that the service copies in one step, whole or not at all.
    ///
    /// OSS copies less than 1 GB; a copied file is visible while it grows.
    pub(crate) fn copy_bytes(self) -> u64 {
        match self {
            Self::Oss => 1_000_000_000 - 1,
            Self::Cos | Self::Obs | Self::S3 => 5 * GIB,
            Self::Fs | Self::Memory => 0,
        }
    }

    /// Whether it ignores a condition in a bucket that keeps versions, or ever did (rule K4).
    pub(crate) fn forgets_conditions(self) -> bool {
        matches!(self, Self::Oss | Self::Cos)
    }
}
