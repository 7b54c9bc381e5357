//! What a store keeps beside the bytes of a blob.

use std::collections::BTreeMap;

use super::{BlobKey, VersionId};
use crate::document::{Timestamp, Version};
use crate::error::{Error, Result};

/// The headers a blob is served with, and the caller's own metadata.
///
/// ```
/// use isobar::blob::Attributes;
///
/// let attributes = Attributes::default()
///     .with_content_type("image/png")
///     .with_metadata("uploaded-by", "alice");
/// assert_eq!(attributes.metadata["uploaded-by"], "alice");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Attributes {
    /// `Content-Type`; a store that needs one uses `application/octet-stream`.
    pub content_type: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Encoding`, opaque: nothing is ever decompressed (rule K11).
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// The caller's own names and values: any UTF-8, 2,000 bytes in all as encoded (rule K2).
    pub metadata: BTreeMap<String, String>,
}

/// The headers of a blob, in one order.
const HEADERS: [&str; 5] = [
    "content type",
    "content disposition",
    "content encoding",
    "content language",
    "cache control",
];

impl Attributes {
    /// Sets the content type.
    #[must_use]
    pub fn with_content_type(mut self, value: impl Into<String>) -> Self {
        self.content_type = Some(value.into());
        self
    }

    /// Sets the content disposition.
    #[must_use]
    pub fn with_content_disposition(mut self, value: impl Into<String>) -> Self {
        self.content_disposition = Some(value.into());
        self
    }

    /// Sets the content encoding.
    #[must_use]
    pub fn with_content_encoding(mut self, value: impl Into<String>) -> Self {
        self.content_encoding = Some(value.into());
        self
    }

    /// Sets the content language.
    #[must_use]
    pub fn with_content_language(mut self, value: impl Into<String>) -> Self {
        self.content_language = Some(value.into());
        self
    }

    /// Sets the cache control.
    #[must_use]
    pub fn with_cache_control(mut self, value: impl Into<String>) -> Self {
        self.cache_control = Some(value.into());
        self
    }

    /// Adds a name and a value of the caller's own.
    #[must_use]
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// The headers, in the order of [`HEADERS`].
    pub(crate) fn headers(&self) -> [&Option<String>; 5] {
        [
            &self.content_type,
            &self.content_disposition,
            &self.content_encoding,
            &self.content_language,
            &self.cache_control,
        ]
    }

    /// The headers, in the order of [`HEADERS`].
    pub(crate) fn headers_mut(&mut self) -> [&mut Option<String>; 5] {
        [
            &mut self.content_type,
            &mut self.content_disposition,
            &mut self.content_encoding,
            &mut self.content_language,
            &mut self.cache_control,
        ]
    }

    pub(crate) fn check(&self) -> Result<()> {
        for (name, value) in HEADERS.into_iter().zip(self.headers()) {
            if let Some(value) = value
                && http::HeaderValue::from_str(value).is_err()
            {
                return Err(Error::invalid(format!(
                    "the {name} is not a header value: {value:?}"
                )));
            }
        }
        if self.metadata.contains_key("") {
            return Err(Error::invalid("a metadata name is empty"));
        }
        crate::driver::metadata::encode(&self.metadata)?;
        Ok(())
    }
}

/// What the store knows of a blob.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectMeta {
    /// Where it is.
    pub key: BlobKey,
    /// How many bytes it has.
    pub size: u64,
    /// The token of this content; another content has another one.
    pub version: Version,
    /// The token under which the bucket keeps this content when another follows; `None` where it
    /// does not keep versions, and in listings of present blobs. Cloud Storage tells its generation
    /// of buckets without versions too, where it names the content for as long as that is there.
    pub version_id: Option<VersionId>,
    /// When it was written, to the second or finer.
    pub modified: Timestamp,
    /// Headers and metadata; empty in listings of stores that do not list them.
    pub attributes: Attributes,
    /// CRC32C of the whole content, where it was stored through Isobar or the store keeps it.
    pub crc32c: Option<u32>,
}

/// What must hold of the blob that is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BlobCondition {
    /// Nothing.
    #[default]
    None,
    /// There must be none; else `AlreadyExists`.
    IfAbsent,
    /// It must have this version; else `PreconditionFailed`, also where there is none.
    IfVersion(Version),
}
