//! Storing objects, once: conditions, and recognition of an own write whose answer was lost.

use std::time::Duration;

use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use isobar::blob::{BlobCondition, ObjectMeta};
use isobar::document::Version;
use isobar::driver::blob::Put;
use isobar::driver::{jitter, metadata};
use isobar::{Error, ErrorKind, Result};

use super::S3Store;
use super::date::AnswerDate;
use super::meta::{self, Stored, WRITE};
use crate::error::{Effect, Failure, doubtful, failure};

/// How often one write is sent.
const ATTEMPTS: u32 = 4;

impl S3Store {
    pub(super) async fn put_blob(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        let token = Version::generate();
        let mut effect = Effect::None;
        let mut attempt = 1;
        loop {
            let failure = match self.send_put(bucket, put, &token).await {
                Ok((output, written)) => return describe(put, output, written),
                Err(failure) => failure,
            };
            effect = effect.max(failure.effect);
            if effect == Effect::Unknown
                && let Ok(stored) = self.look(bucket, &put.key).await
                && is_ours(&stored, put, &token)
            {
                return stored.into_meta(&put.key);
            }
            let refused = refused(&failure.error, &put.condition);
            let again = is_conflict(&failure.error)
                || failure.error.retryable()
                || failure.effect == Effect::Unknown;
            if refused.is_some() || !again || attempt == ATTEMPTS {
                return Err(doubtful(refused.unwrap_or(failure.error), effect));
            }
            tracing::debug!(attempt, error = %failure.error, "a blob is put again");
            tokio::time::sleep(pause(&failure.error, attempt)).await;
            attempt += 1;
        }
    }

    async fn send_put(
        &self,
        bucket: &str,
        put: &Put,
        token: &Version,
    ) -> Result<(PutObjectOutput, Option<DateTime>), Failure> {
        let attributes = &put.attributes;
        let mut stored = metadata::encode(&attributes.metadata).map_err(|error| Failure {
            error,
            effect: Effect::None,
        })?;
        if put.condition != BlobCondition::None {
            stored.insert(WRITE.to_owned(), token.as_str().to_owned());
        }
        let (if_match, if_none_match) = headers(&put.condition);
        let date = AnswerDate::default();
        let request = self
            .writes
            .put_object()
            .bucket(bucket)
            .key(put.key.as_str())
            .body(ByteStream::from(put.content.clone()))
            .checksum_crc32_c(meta::encode_crc32c(put.crc32c))
            .set_content_type(attributes.content_type.clone())
            .set_content_disposition(attributes.content_disposition.clone())
            .set_content_encoding(attributes.content_encoding.clone())
            .set_content_language(attributes.content_language.clone())
            .set_cache_control(attributes.cache_control.clone())
            .set_metadata(Some(stored.into_iter().collect()))
            .set_if_match(if_match)
            .set_if_none_match(if_none_match);
        let sent = request.customize().interceptor(date.clone()).send().await;
        sent.map(|output| (output, date.get())).map_err(failure)
    }
}

/// The conditions as headers: `If-Match`, `If-None-Match`.
pub(super) fn headers(condition: &BlobCondition) -> (Option<String>, Option<String>) {
    match condition {
        BlobCondition::IfAbsent => (None, Some("*".to_owned())),
        BlobCondition::IfVersion(version) => (Some(version.as_str().to_owned()), None),
        _ => (None, None),
    }
}

/// What a refusal means that comes from the condition; S3 answers 404 where there is no object
/// to compare ("Conditional write behavior" in its user guide).
pub(super) fn refused(error: &Error, condition: &BlobCondition) -> Option<Error> {
    let (kind, message) = match (condition, error.kind()) {
        (BlobCondition::IfAbsent, ErrorKind::PreconditionFailed) => {
            (ErrorKind::AlreadyExists, "there is a blob at this key")
        }
        (BlobCondition::IfVersion(_), ErrorKind::PreconditionFailed) => {
            let message = "the blob has another version";
            (ErrorKind::PreconditionFailed, message)
        }
        (BlobCondition::IfVersion(_), _) if error.provider_code() == Some("NoSuchKey") => {
            let message = "there is no blob at this key";
            (ErrorKind::PreconditionFailed, message)
        }
        _ => return None,
    };
    let told = (error.provider_code(), error.request_id());
    Some(Error::new(kind, message).with_provider_code(told.0, told.1))
}

/// Another conditional write of the same key was under way; this one was not made.
pub(super) fn is_conflict(error: &Error) -> bool {
    error.kind() == ErrorKind::Contention
}

pub(super) fn pause(error: &Error, attempt: u32) -> Duration {
    let most = Duration::from_millis(100 << attempt.min(4));
    error.retry_after().unwrap_or_default() + jitter(most)
}

/// A conditional write is known by its mark; any other by its content, which is all it asks for.
fn is_ours(stored: &Stored, put: &Put, token: &Version) -> bool {
    if put.condition == BlobCondition::None {
        let checksum = meta::encode_crc32c(put.crc32c);
        let size = stored.size.and_then(|size| u64::try_from(size).ok());
        return size == Some(put.content.len() as u64)
            && stored.checksum_crc32_c.as_deref() == Some(&checksum);
    }
    let mark = stored.metadata.as_ref().and_then(|marks| marks.get(WRITE));
    mark.is_some_and(|mark| mark == token.as_str())
}

fn describe(put: &Put, output: PutObjectOutput, written: Option<DateTime>) -> Result<ObjectMeta> {
    Ok(ObjectMeta {
        key: put.key.clone(),
        size: put.content.len() as u64,
        version: meta::version(output.e_tag)?,
        modified: meta::modified(written.as_ref()),
        attributes: put.attributes.clone(),
        crc32c: Some(put.crc32c),
    })
}
