//! The key of a blob.

use std::fmt;

use crate::capability::Limits;
use crate::error::{Error, ErrorKind, Result};

/// 1 to 768 bytes of UTF-8, taken as they are: no part of a key has a meaning to Isobar (rule K1).
///
/// A key of nothing but white space is refused: the AWS SDK for Rust takes it for a missing one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey {
    text: String,
    raw: bool,
}

impl BlobKey {
    /// A key within the portable limit.
    pub fn new(key: impl Into<String>) -> Result<Self> {
        let key = key.into();
        let limit = Limits::PORTABLE.blob_key_bytes;
        if key.trim().is_empty() {
            return Err(Error::invalid("the blob key is empty or white space"));
        }
        if key.len() as u64 > limit {
            let what = "the size in bytes of the blob key";
            let measured = key.len() as u64;
            return Err(Error::over_limit(
                ErrorKind::InvalidArgument,
                what,
                limit,
                measured,
            ));
        }
        Ok(Self::of_store(key))
    }

    /// A key of a blob that other code has stored: without the portable limits, and without the
    /// escape of stores that forbid some keys.
    ///
    /// On S3, Google Cloud Storage and the local store, where keys stay what they are, this differs
    /// from [`new`](Self::new) only in the limits.
    pub fn raw(key: impl Into<String>) -> Self {
        let text = key.into();
        Self { text, raw: true }
    }

    /// A key that a store has given, unescaped; for drivers.
    pub fn of_store(key: impl Into<String>) -> Self {
        let text = key.into();
        Self { text, raw: false }
    }

    /// Whether a store must take it as it is.
    pub fn is_raw(&self) -> bool {
        self.raw
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a call accepts as a key: text, which is checked, or a key that was.
pub trait IntoBlobKey {
    /// The key; `InvalidArgument` where it is empty or too long.
    fn into_blob_key(self) -> Result<BlobKey>;
}

impl IntoBlobKey for &str {
    fn into_blob_key(self) -> Result<BlobKey> {
        BlobKey::new(self)
    }
}

impl IntoBlobKey for String {
    fn into_blob_key(self) -> Result<BlobKey> {
        BlobKey::new(self)
    }
}

impl IntoBlobKey for &String {
    fn into_blob_key(self) -> Result<BlobKey> {
        BlobKey::new(self.as_str())
    }
}

impl IntoBlobKey for BlobKey {
    fn into_blob_key(self) -> Result<BlobKey> {
        Ok(self)
    }
}

impl IntoBlobKey for &BlobKey {
    fn into_blob_key(self) -> Result<BlobKey> {
        Ok(self.clone())
    }
}
