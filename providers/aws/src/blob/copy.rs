//! Copying objects within a bucket and between buckets, attributes included.

use std::fmt::Write as _;

use aws_sdk_s3::types::MetadataDirective;
use isobar::blob::ObjectMeta;
use isobar::driver::blob::{BlobAddress, Copy, check_present};
use isobar::driver::{Effect, Failure, metadata};
use isobar::{Error, ErrorKind, Result};

use super::S3Store;
use super::meta::with_attributes;
use super::put::{PAUSE, RETRIES, headers, is_conflict, refused};
use crate::error::failure;

impl S3Store {
    pub(super) async fn copy_blob(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let source = self.head_blob(&copy.from_bucket, &copy.from).await;
        let source = source.map_err(|error| source_error(error, copy))?;
        if copy
            .from_version
            .as_ref()
            .is_some_and(|version| *version != source.version)
        {
            return Err(another_source());
        }
        let onto_itself = copy.from.key == copy.to
            && copy.from_bucket == bucket
            && copy.from.version_id.is_none();
        if onto_itself && copy.attributes.is_none() {
            // S3 refuses a copy of an object onto itself that changes nothing.
            return check_present(&copy.condition, &source.version).map(|()| source);
        }
        if source.size > self.part_bytes {
            return self.copy_in_parts(bucket, copy, &source).await;
        }
        self.copy_at_once(bucket, copy, &source).await?;
        self.head_written(bucket, &copy.to).await
    }

    async fn copy_at_once(&self, bucket: &str, copy: &Copy, source: &ObjectMeta) -> Result<()> {
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let Err(failure) = self.send_copy(bucket, copy, source).await else {
                retries.answered();
                return Ok(());
            };
            let again = is_conflict(&failure.error) || failure.error.retryable();
            let known = failure.effect == Effect::None;
            let pause = (again && known).then(|| retries.pause(&failure.error));
            let Some(pause) = pause.flatten() else {
                let refused = refused(&failure.error, &copy.condition);
                return Err(refused.unwrap_or_else(|| failure.of_write()));
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn send_copy(
        &self,
        bucket: &str,
        copy: &Copy,
        source: &ObjectMeta,
    ) -> Result<(), Failure> {
        let (if_match, if_none_match) = headers(&copy.condition);
        let pinned = copy
            .from_version
            .as_ref()
            .map(|_| source.version.as_str().to_owned());
        let mut request = self
            .requests
            .copy_object()
            .bucket(bucket)
            .key(copy.to.as_str())
            .copy_source(source_header(&copy.from_bucket, &copy.from))
            .set_copy_source_if_match(pinned)
            .set_if_match(if_match)
            .set_if_none_match(if_none_match);
        if let Some(attributes) = &copy.attributes {
            let stored = metadata::encode(&attributes.metadata).map_err(|error| Failure {
                error,
                effect: Effect::None,
            })?;
            request = with_attributes!(request, attributes)
                .metadata_directive(MetadataDirective::Replace)
                .set_metadata(Some(stored.into_iter().collect()));
        }
        request.send().await.map(drop).map_err(failure)
    }
}

fn source_error(error: Error, copy: &Copy) -> Error {
    match error.kind() {
        ErrorKind::NotFound if copy.from_version.is_some() => another_source().with_source(error),
        _ => error,
    }
}

fn another_source() -> Error {
    let message = "there is no source that has the version";
    Error::new(ErrorKind::PreconditionFailed, message)
}

/// `BUCKET/KEY`, percent-encoded but for the slashes, and the version.
pub(super) fn source_header(bucket: &str, from: &BlobAddress) -> String {
    let mut header = format!("{bucket}/");
    for byte in from.key.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            header.push(char::from(byte));
        } else {
            let _ = write!(header, "%{byte:02X}");
        }
    }
    if let Some(id) = &from.version_id {
        let _ = write!(header, "?versionId={id}");
    }
    header
}
