//! Storing objects, once: conditions, and recognition of an own write whose answer was lost.

use std::time::Duration;

use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use isobar::blob::{Attributes, BlobCondition, ObjectMeta};
use isobar::document::Version;
use isobar::driver::blob::Put;
use isobar::driver::{Effect, Failure, doubtful, metadata};
use isobar::{Error, ErrorKind, Result};

use super::S3Store;
use super::meta::{self, Stored, WRITE, version_id, with_attributes};
use crate::date::AnswerDate;
use crate::error::failure;

/// How often a write is sent again, and after how long at most the first time.
pub(super) const RETRIES: u32 = 3;
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// The content types that S3, and others that speak its language, give to what has none.
const DEFAULT_TYPES: [&str; 2] = ["binary/octet-stream", "application/octet-stream"];

/// What is stored where the answer to a put was lost.
enum Found {
    Ours(Box<ObjectMeta>),
    Nothing,
    /// The work of somebody else, before or after; or it is not known what.
    Other,
}

impl Found {
    /// The condition of a repetition: where nothing is stored, that this is still so.
    fn guarded(&self, condition: BlobCondition) -> BlobCondition {
        match (self, condition) {
            (Self::Nothing, BlobCondition::None) => BlobCondition::IfAbsent,
            (_, condition) => condition,
        }
    }
}

impl S3Store {
    /// After a lost answer, a put is sent again only where that can undo nobody's work: on its own
    /// condition, or, where nothing is stored, on the condition that this is still so (rule R21).
    pub(super) async fn put_blob(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        let token = Version::generate();
        let mut condition = put.condition.clone();
        let mut earlier = Effect::None;
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let failure = match self.send_put(bucket, put, (&condition, &token)).await {
                Ok((output, written)) => {
                    retries.answered();
                    return describe(put, output, written);
                }
                Err(failure) => failure,
            };
            earlier = earlier.max(failure.effect);
            if earlier == Effect::Unknown {
                match self.look_back(bucket, put, &token).await {
                    Found::Ours(meta) => return Ok(*meta),
                    found => condition = found.guarded(condition),
                }
            }
            if let Some(refused) = refusal(&failure.error, put, &condition) {
                return Err(doubtful(refused, earlier));
            }
            let again = is_conflict(&failure.error)
                || failure.error.retryable()
                || failure.effect == Effect::Unknown;
            let harmless = earlier == Effect::None || condition != BlobCondition::None;
            let pause = (again && harmless)
                .then(|| retries.pause(&failure.error))
                .flatten();
            let Some(pause) = pause else {
                return Err(doubtful(failure.error, earlier));
            };
            tracing::debug!(error = %failure.error, "a blob is put again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn look_back(&self, bucket: &str, put: &Put, token: &Version) -> Found {
        match self.look(bucket, &put.key.clone().into()).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Found::Nothing,
            Err(_) => Found::Other,
            Ok(stored) => {
                ours(stored, put, token).map_or(Found::Other, |meta| Found::Ours(Box::new(meta)))
            }
        }
    }

    async fn send_put(
        &self,
        bucket: &str,
        put: &Put,
        (condition, token): (&BlobCondition, &Version),
    ) -> Result<(PutObjectOutput, Option<DateTime>), Failure> {
        let attributes = &put.attributes;
        let mut stored = metadata::encode(&attributes.metadata).map_err(|error| Failure {
            error,
            effect: Effect::None,
        })?;
        if put.condition != BlobCondition::None {
            stored.insert(WRITE.to_owned(), token.as_str().to_owned());
        }
        let (if_match, if_none_match) = headers(condition);
        let date = AnswerDate::default();
        let request = self
            .requests
            .put_object()
            .bucket(bucket)
            .key(put.key.as_str())
            .body(ByteStream::from(put.content.clone()))
            .checksum_crc32_c(meta::encode_crc32c(put.crc32c));
        let request = with_attributes!(request, attributes)
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

/// What a refusal means to the put: its own condition does not hold, or somebody stored a blob
/// between the put and its repetition.
fn refusal(error: &Error, put: &Put, condition: &BlobCondition) -> Option<Error> {
    let refused = refused(error, condition)?;
    if *condition == put.condition {
        return Some(refused);
    }
    let message = "another writer stored a blob at this key meanwhile";
    Some(Error::new(ErrorKind::Contention, message))
}

/// Whether what S3 tells of these attributes is what was asked for; it gives a content type to
/// what has none.
pub(super) fn same_attributes(meta: &mut ObjectMeta, asked: &Attributes) -> bool {
    if asked.content_type.is_none() {
        let given = &mut meta.attributes.content_type;
        given.take_if(|given| DEFAULT_TYPES.contains(&given.as_str()));
    }
    meta.attributes == *asked
}

/// What a write of ours has left. A conditional one is known by its mark; any other by all that it
/// asked for, so that it does not matter who made it so.
fn ours(stored: Stored, put: &Put, token: &Version) -> Option<ObjectMeta> {
    let mark = stored.metadata.as_ref().and_then(|marks| marks.get(WRITE));
    let marked = mark.is_some_and(|mark| mark == token.as_str());
    let mut meta = stored.into_meta(&put.key).ok()?;
    let same = same_attributes(&mut meta, &put.attributes)
        && meta.size == put.content.len() as u64
        && meta.crc32c == Some(put.crc32c);
    let ours = match put.condition {
        BlobCondition::None => same,
        _ => marked,
    };
    ours.then_some(meta)
}

fn describe(put: &Put, output: PutObjectOutput, written: Option<DateTime>) -> Result<ObjectMeta> {
    Ok(ObjectMeta {
        key: put.key.clone(),
        size: put.content.len() as u64,
        version: meta::version(output.e_tag)?,
        version_id: version_id(output.version_id),
        modified: meta::modified(written.as_ref()),
        attributes: put.attributes.clone(),
        crc32c: Some(put.crc32c),
    })
}
