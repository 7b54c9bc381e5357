//! The key of a blob.

use std::fmt;

use crate::capability::Limits;
use crate::error::{Error, ErrorKind, Result};

/// 1 to 768 bytes of UTF-8, taken as they are: no part of a key has a meaning to Isobar (rule K1).
///
/// A key of nothing but white space is refused: the AWS SDK for Rust takes it for a missing one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(String);

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
        Ok(Self(key))
    }

    /// A key that exists already in a bucket of other code, without the portable limit.
    pub fn raw(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
