//! A request to be signed, checked and neutral (rule K10).

use std::time::Duration;

use super::BlobAddress;
use crate::blob::{Attributes, BlobCondition, BlobKey};

/// A request to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presign {
    /// What it does.
    pub action: PresignAction,
    /// How long it is good for, from 1 second to 7 days; less where the credentials end before.
    pub expires_in: Duration,
}

/// What a signed request does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresignAction {
    /// Reads a blob.
    Get {
        /// Which.
        at: BlobAddress,
        /// The `Content-Disposition` to answer with, in place of the blob's own.
        content_disposition: Option<String>,
        /// The `Content-Type` to answer with, in place of the blob's own.
        content_type: Option<String>,
    },
    /// Asks about a blob.
    Head {
        /// Which.
        at: BlobAddress,
    },
    /// Stores a blob; all that is given here must be signed, and be in the headers to send.
    Put {
        /// Where.
        key: BlobKey,
        /// Its attributes.
        attributes: Attributes,
        /// What must hold of a blob that is there.
        condition: BlobCondition,
        /// How many bytes there must be.
        size: Option<u64>,
        /// CRC32C that the bytes must have.
        crc32c: Option<u32>,
    },
    /// Removes a blob.
    Delete {
        /// Which.
        at: BlobAddress,
    },
    /// Sends one part of an upload.
    Part {
        /// Where the blob goes.
        key: BlobKey,
        /// The upload, by its [`token`](super::UploadDriver::token).
        token: String,
        /// The place of the part, from 1 on.
        number: u32,
        /// How many bytes the part must have.
        size: u64,
    },
}
