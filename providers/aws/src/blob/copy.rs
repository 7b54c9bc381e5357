//! Copying objects within a bucket, attributes included.

use std::fmt::Write as _;

use isobar::blob::{BlobCondition, BlobKey, ObjectMeta};
use isobar::driver::blob::Copy;
use isobar::driver::{Effect, Failure, Retries};
use isobar::{Error, ErrorKind, Result};

use super::S3Store;
use super::put::{PAUSE, RETRIES, headers, is_conflict, refused};
use crate::error::failure;

impl S3Store {
    pub(super) async fn copy_blob(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let source = self.head_blob(&copy.from_bucket, &copy.from.key).await?;
        if copy.from.key == copy.to && copy.from_bucket == bucket {
            return onto_itself(source, &copy.condition);
        }
        if source.size > self.part_bytes {
            self.copy_in_parts(bucket, copy, &source).await?;
        } else {
            self.copy_at_once(bucket, copy).await?;
        }
        self.head_blob(bucket, &copy.to).await
    }

    async fn copy_at_once(&self, bucket: &str, copy: &Copy) -> Result<()> {
        let mut retries = Retries::new(RETRIES, PAUSE);
        loop {
            let Err(failure) = self.send_copy(bucket, copy).await else {
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

    async fn send_copy(&self, bucket: &str, copy: &Copy) -> Result<(), Failure> {
        let (if_match, if_none_match) = headers(&copy.condition);
        let sent = self
            .writes
            .copy_object()
            .bucket(bucket)
            .key(copy.to.as_str())
            .copy_source(source_header(&copy.from_bucket, &copy.from.key))
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .send()
            .await;
        sent.map(drop).map_err(failure)
    }
}

/// S3 refuses a copy of an object onto itself, which changes nothing.
fn onto_itself(source: ObjectMeta, condition: &BlobCondition) -> Result<ObjectMeta> {
    match condition {
        BlobCondition::IfAbsent => {
            let message = "there is a blob at this key";
            Err(Error::new(ErrorKind::AlreadyExists, message))
        }
        BlobCondition::IfVersion(version) if *version != source.version => {
            let message = "the blob has another version";
            Err(Error::new(ErrorKind::PreconditionFailed, message))
        }
        _ => Ok(source),
    }
}

/// `BUCKET/KEY`, percent-encoded but for the slashes.
pub(super) fn source_header(bucket: &str, key: &BlobKey) -> String {
    let mut header = format!("{bucket}/");
    for byte in key.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            header.push(char::from(byte));
        } else {
            let _ = write!(header, "%{byte:02X}");
        }
    }
    header
}
