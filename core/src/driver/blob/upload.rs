//! An upload in parts, as a store carries it out.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::blob::{Attributes, BlobCondition, BlobKey, ObjectMeta};
use crate::error::{Error, ErrorKind, Result};

/// An upload to be begun, or to be opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where the blob goes.
    pub key: BlobKey,
    /// Its attributes.
    pub attributes: Attributes,
    /// What must hold of a blob that is there, when the upload is finished; a store that takes
    /// conditions only at the beginning must still judge them when the blob becomes visible.
    pub condition: BlobCondition,
    /// How many bytes there will be, where that is known.
    pub size: Option<u64>,
    /// Bytes of each part but the last.
    pub part_bytes: u64,
    /// Whether others send its parts, by signed requests, so that nobody knows checksums.
    pub planned: bool,
    /// The upload that was begun earlier, by [`UploadDriver::token`]; nothing to begin one. Only
    /// asked of stores with [`PresignedUploads`](crate::Capability::PresignedUploads) or
    /// [`AbandonedUploads`](crate::Capability::AbandonedUploads).
    pub token: Option<String>,
}

impl Upload {
    /// Whether parts of these sizes, in their order, are the whole of an upload of `size` bytes;
    /// `PreconditionFailed` where some are missing or of another size. For stores that are asked
    /// which parts they have.
    pub fn check_parts(&self, size: u64, found: &[u64]) -> Result<()> {
        let expected = super::TransferLimits::parts_of(size, self.part_bytes);
        let expected: Vec<u64> = expected.map(|part| part.end - part.start).collect();
        if expected == found {
            return Ok(());
        }
        let at = expected.iter().zip(found).position(|(a, b)| a != b);
        let number = at.unwrap_or(expected.len().min(found.len())) + 1;
        let message = format!(
            "part {number} of {} is missing or of another size",
            expected.len()
        );
        Err(Error::new(ErrorKind::PreconditionFailed, message))
    }
}

/// One part.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its place, from 1 on.
    pub number: u32,
    /// Where it starts in the blob, in bytes.
    pub offset: u64,
    /// Its bytes; [`Upload::part_bytes`] of them unless it is the last.
    pub content: Bytes,
    /// CRC32C of them.
    pub crc32c: u32,
}

/// What a store says of a part that it has, such as an ETag; the store's own form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartTag(pub String);

/// The end of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// What was said of each part, in their order; nothing where others have sent them, so that the
    /// store is to be asked, see [`Upload::check_parts`].
    pub parts: Option<Vec<PartTag>>,
    /// How many bytes there are.
    pub size: u64,
    /// CRC32C of all bytes, which the store must compare or keep; nothing where others have sent
    /// them.
    pub crc32c: Option<u32>,
}

/// An upload under way. Dropping it must abort it, as well as can be done without waiting, unless
/// it was opened again.
#[async_trait]
pub trait UploadDriver: fmt::Debug + Send + Sync + 'static {
    /// What names this upload for [`Upload::token`]; nothing where it cannot be opened again.
    fn token(&self) -> Option<String>;

    /// Sends one part; may be called for several at the same time, up to
    /// [`TransferLimits::concurrent_parts`](super::TransferLimits::concurrent_parts), and then in
    /// any order. The driver sends a part again where that helps.
    async fn part(&self, part: &Part) -> Result<PartTag>;

    /// Makes the blob visible, whole, if its condition holds; called once, after every part has
    /// arrived. A finish whose answer was lost must recognise its own work, or say that its outcome
    /// is unknown.
    async fn finish(&self, finish: &Finish) -> Result<ObjectMeta>;

    /// Removes what was sent; nothing ever becomes visible. `NotFound` where the upload was finished
    /// or aborted before.
    async fn abort(&self) -> Result<()>;

    /// Leaves the upload to whoever has its token: from here on, dropping this does not abort it.
    fn leave(&self);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_missing_or_cut_are_named() {
        let upload = Upload {
            key: BlobKey::raw("a"),
            attributes: Attributes::default(),
            condition: BlobCondition::None,
            size: None,
            part_bytes: 4,
            planned: true,
            token: None,
        };
        let check = |found: &[u64]| {
            let error = upload.check_parts(9, found).err();
            error.map(|error| error.to_string())
        };
        assert_eq!(check(&[4, 4, 1]), None);
        let missing = |number| Some(format!("part {number} of 3 is missing or of another size"));
        assert_eq!(check(&[]), missing(1));
        assert_eq!(check(&[4, 3, 1]), missing(2));
        assert_eq!(check(&[4, 4]), missing(3));
        assert_eq!(check(&[4, 4, 1, 1]), missing(4));
    }
}
