//! What S3 knows of an object, in the portable form.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::ChecksumType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use isobar::blob::{Attributes, BlobKey, ObjectMeta, VersionId};
use isobar::document::{Timestamp, Version};
use isobar::driver::metadata;
use isobar::{Error, ErrorKind, Result};

/// The user metadata that marks a conditional write, so that it is recognised after a lost answer.
pub(super) const WRITE: &str = "isobarwrite";

/// The members that reading and asking about an object have in common.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) size: Option<i64>,
    pub(super) e_tag: Option<String>,
    pub(super) version_id: Option<String>,
    pub(super) last_modified: Option<DateTime>,
    pub(super) content_type: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) metadata: Option<std::collections::HashMap<String, String>>,
    pub(super) checksum_crc32_c: Option<String>,
    pub(super) checksum_type: Option<ChecksumType>,
}

/// [`Stored`] of the output of `GetObject` or `HeadObject`, which share no type.
macro_rules! stored {
    ($output:expr) => {
        $crate::blob::meta::Stored {
            size: $output.content_length,
            e_tag: $output.e_tag.clone(),
            version_id: $output.version_id.clone(),
            last_modified: $output.last_modified,
            content_type: $output.content_type.clone(),
            content_disposition: $output.content_disposition.clone(),
            content_encoding: $output.content_encoding.clone(),
            content_language: $output.content_language.clone(),
            cache_control: $output.cache_control.clone(),
            metadata: $output.metadata.clone(),
            checksum_crc32_c: $output.checksum_crc32_c.clone(),
            checksum_type: $output.checksum_type.clone(),
        }
    };
}
pub(super) use stored;

/// The headers of [`Attributes`] on a request that stores an object; such requests share no type.
macro_rules! with_attributes {
    ($request:expr, $attributes:expr) => {
        $request
            .set_content_type($attributes.content_type.clone())
            .set_content_disposition($attributes.content_disposition.clone())
            .set_content_encoding($attributes.content_encoding.clone())
            .set_content_language($attributes.content_language.clone())
            .set_cache_control($attributes.cache_control.clone())
    };
}
pub(super) use with_attributes;

impl Stored {
    pub(super) fn into_meta(self, key: &BlobKey) -> Result<ObjectMeta> {
        let mut attributes = Attributes::default();
        attributes.content_type = self.content_type;
        attributes.content_disposition = self.content_disposition;
        attributes.content_encoding = self.content_encoding;
        attributes.content_language = self.content_language;
        attributes.cache_control = self.cache_control;
        let mut stored = self.metadata.unwrap_or_default();
        stored.remove(WRITE);
        attributes.metadata = metadata::decode(stored);
        // A composite checksum is of the parts' checksums, not of the content.
        let whole = self.checksum_type != Some(ChecksumType::Composite);
        Ok(ObjectMeta {
            key: key.clone(),
            size: size(self.size)?,
            version: version(self.e_tag)?,
            version_id: version_id(self.version_id),
            modified: modified(self.last_modified.as_ref()),
            attributes,
            crc32c: self
                .checksum_crc32_c
                .filter(|_| whole)
                .and_then(|text| decode_crc32c(&text)),
        })
    }
}

pub(super) fn size(size: Option<i64>) -> Result<u64> {
    size.and_then(|size| u64::try_from(size).ok())
        .ok_or_else(|| unexpected("S3 did not tell the size of the object"))
}

/// The entity tag is the version: another content has another one.
pub(super) fn version(e_tag: Option<String>) -> Result<Version> {
    let e_tag = e_tag.ok_or_else(|| unexpected("S3 did not tell the ETag of the object"))?;
    Version::parse(e_tag)
}

/// Nothing where the bucket keeps no versions, or has not kept this one.
pub(super) fn version_id(id: Option<String>) -> Option<VersionId> {
    id.filter(|id| id != "null").map(VersionId::new)
}

pub(super) fn modified(at: Option<&DateTime>) -> Timestamp {
    let micros = at.map_or(0, |at| at.as_nanos() / 1_000);
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

pub(super) fn encode_crc32c(checksum: u32) -> String {
    STANDARD.encode(checksum.to_be_bytes())
}

fn decode_crc32c(text: &str) -> Option<u32> {
    let bytes = STANDARD.decode(text).ok()?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

pub(super) fn unexpected(message: &'static str) -> Error {
    Error::new(ErrorKind::Internal, message)
}
