//! What Azure knows of a blob, in the portable form.

use std::collections::{BTreeMap, HashMap};

use azure_core::http::Etag;
use azure_core::http::headers::{HeaderName, Headers};
use isobar::blob::{Attributes, BlobKey, ObjectMeta, VersionId};
use isobar::document::{Timestamp, Version};
use isobar::driver::metadata;
use isobar::{Error, ErrorKind, Result};

use crate::date;

/// The user metadata that marks a write, so that it is recognised after a lost answer.
const WRITE: &str = "isobarwrite";
/// The user metadata that keeps the CRC32C of the content, in hexadecimal.
const CRC32C: &str = "isobarcrc32c";
const METADATA: &str = "x-ms-meta-";
/// The content type that Azure gives to what has none.
pub(super) const DEFAULT_TYPE: &str = "application/octet-stream";

/// A blob that is stored, and the mark of the write that stored it.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) meta: ObjectMeta,
    pub(super) mark: Option<String>,
}

impl Stored {
    /// What the headers of an answer say of a blob of this size.
    pub(super) fn read(key: &BlobKey, headers: &Headers, size: u64) -> Result<Self> {
        let header = |name| text(headers, name);
        let mut metadata = BTreeMap::new();
        for (name, value) in headers.iter() {
            if let Some(name) = name.as_str().strip_prefix(METADATA) {
                metadata.insert(name.to_owned(), value.as_str().to_owned());
            }
        }
        let mut attributes = Attributes::default();
        attributes.content_type = header("content-type");
        attributes.content_disposition = header("content-disposition");
        attributes.content_encoding = header("content-encoding");
        attributes.content_language = header("content-language");
        attributes.cache_control = header("cache-control");
        let (mark, crc32c) = own(&mut metadata);
        attributes.metadata = metadata::decode(metadata);
        let meta = ObjectMeta {
            key: key.clone(),
            size,
            version: version(header("etag").as_deref())?,
            version_id: header("x-ms-version-id").map(VersionId::new),
            modified: modified(header("last-modified").as_deref()),
            attributes,
            crc32c,
        };
        Ok(Self { meta, mark })
    }
}

/// Takes our own marks out of stored metadata: that of the write, and the checksum.
pub(super) fn own(metadata: &mut BTreeMap<String, String>) -> (Option<String>, Option<u32>) {
    let crc32c = metadata.remove(CRC32C);
    let crc32c = crc32c.and_then(|digits| u32::from_str_radix(&digits, 16).ok());
    (metadata.remove(WRITE), crc32c)
}

/// Metadata as it is stored, with our own marks.
pub(super) fn metadata(
    attributes: &Attributes,
    crc32c: Option<u32>,
    mark: Option<&str>,
) -> Result<HashMap<String, String>> {
    let mut stored: HashMap<_, _> = metadata::encode(&attributes.metadata)?
        .into_iter()
        .collect();
    if let Some(crc32c) = crc32c {
        stored.insert(CRC32C.to_owned(), format!("{crc32c:08x}"));
    }
    if let Some(mark) = mark {
        stored.insert(WRITE.to_owned(), mark.to_owned());
    }
    Ok(stored)
}

/// A header that is there and says something.
pub(super) fn text(headers: &Headers, name: &'static str) -> Option<String> {
    let value = headers.get_optional_str(&HeaderName::from_static(name))?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// The entity tag is the version: every write changes it. In headers it has quotes, in listings it
/// has none.
pub(super) fn version(etag: Option<&str>) -> Result<Version> {
    let etag = etag.ok_or_else(|| unexpected("Azure did not tell the ETag of the blob"))?;
    Version::parse(etag.trim_matches('"'))
}

pub(super) fn etag(version: &Version) -> Etag {
    Etag::from(format!("\"{}\"", version.as_str()))
}

pub(super) fn modified(header: Option<&str>) -> Timestamp {
    let at = header.and_then(date::read);
    at.unwrap_or_else(|| Timestamp::from_micros(0))
}

pub(super) fn unexpected(message: &'static str) -> Error {
    Error::new(ErrorKind::Internal, message)
}
