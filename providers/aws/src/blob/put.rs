//! Storing objects, once: conditions, and recognition of an own write whose answer was lost.

use std::time::Duration;

use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use isobar::blob::{Attributes, BlobCondition, ObjectMeta};
use isobar::document::Version;
use isobar::driver::blob::{Put, unmet_by_put};
use isobar::driver::settle::{Attempt, Found, Outcome, WriteRequest, settle};
use isobar::driver::{Effect, Failure, metadata};
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

/// A put, with the condition of its next attempt.
struct Request<'r> {
    store: &'r S3Store,
    bucket: &'r str,
    put: &'r Put,
    condition: BlobCondition,
    token: Version,
}

impl S3Store {
    /// After a lost answer, a put is sent again only where that can undo nobody's work: on its own
    /// condition, or, where nothing is stored, on the condition that this is still so (rule R21).
    pub(super) async fn put_blob(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        let mut request = Request {
            store: self,
            bucket,
            put,
            condition: put.condition.clone(),
            token: Version::generate(),
        };
        let retries = self.budget.retries(RETRIES, PAUSE);
        match settle(&mut request, None, retries).await? {
            Outcome::Applied(Some(meta)) | Outcome::Recognised(Some(meta)) => Ok(meta),
            Outcome::Applied(None) | Outcome::Recognised(None) => {
                self.head_written(bucket, &put.key).await
            }
            Outcome::Refused(refusal) => {
                let error = unmet_by_put(&put.condition, &request.condition);
                Err(refusal.mark(error))
            }
        }
    }
}

impl Request<'_> {
    async fn put_once(&self) -> Result<(PutObjectOutput, Option<DateTime>), Failure> {
        let put = self.put;
        let attributes = &put.attributes;
        let mut stored = metadata::encode(&attributes.metadata).map_err(|error| Failure {
            error,
            effect: Effect::None,
        })?;
        if put.condition != BlobCondition::None {
            stored.insert(WRITE.to_owned(), self.token.as_str().to_owned());
        }
        let (if_match, if_none_match) = headers(&self.condition);
        let date = AnswerDate::default();
        let request = self
            .store
            .requests
            .put_object()
            .bucket(self.bucket)
            .key(put.key.as_str())
            .body(ByteStream::from(put.content.clone()))
            .checksum_crc32_c(meta::encode_crc32c(put.crc32c));
        let request = with_attributes!(request, attributes)
            .set_metadata(Some(stored.into_iter().collect()))
            .set_if_match(if_match)
            .set_if_none_match(if_none_match);
        let sent = request
            .customize()
            .interceptor(self.store.signed_content)
            .interceptor(date.clone())
            .send()
            .await;
        sent.map(|output| (output, date.get())).map_err(failure)
    }
}

impl WriteRequest for Request<'_> {
    type Row = ObjectMeta;

    async fn send(&mut self) -> Attempt<ObjectMeta> {
        match self.put_once().await {
            Ok((output, written)) => Attempt::Applied(describe(self.put, output, written).ok()),
            Err(failure) => attempt(failure, &self.condition),
        }
    }

    async fn look_back(&mut self) -> Found<ObjectMeta> {
        let at = self.put.key.clone().into();
        found(self.store.look(self.bucket, &at).await, |stored| {
            ours(stored, self.put, &self.token)
        })
    }

    fn is_once(&self) -> bool {
        self.condition != BlobCondition::None
    }

    fn over_nothing(&mut self) -> bool {
        if self.condition == BlobCondition::None {
            self.condition = BlobCondition::IfAbsent;
        }
        self.condition == BlobCondition::IfAbsent
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// What a failed write under this condition came to.
pub(super) fn attempt(failure: Failure, condition: &BlobCondition) -> Attempt<ObjectMeta> {
    match refused(&failure.error, condition) {
        Some(_) => Attempt::Refused(None),
        None => Attempt::Failed(failure),
    }
}

/// What a look at the key has found; `ours` describes what the write itself has left.
pub(super) fn found(
    looked: Result<Stored>,
    ours: impl FnOnce(Stored) -> Option<ObjectMeta>,
) -> Found<ObjectMeta> {
    match looked {
        Ok(stored) => ours(stored).map_or(Found::Other, |meta| Found::Ours(Some(meta))),
        Err(error) if error.kind() == ErrorKind::NotFound => Found::Nothing,
        Err(error) => Found::Unknown(error),
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
