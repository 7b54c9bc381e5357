//! One write of a blob, sent until it is known what became of it (rule R21).

use std::time::Duration;

use azure_core::http::Etag;
use azure_core::http::headers::Headers;
use isobar::blob::{Attributes, BlobCondition, BlobKey, ObjectMeta, VersionId};
use isobar::document::Version;
use isobar::driver::Failure;
use isobar::driver::blob::unmet_by_put;
use isobar::driver::settle::{Attempt, Found, Outcome, WriteRequest, settle};
use isobar::{Error, ErrorKind, Result};

use super::BlobStore;
use super::client::{PAUSE, RETRIES};
use super::meta::{self, DEFAULT_TYPE, Stored, etag, text, unexpected};

/// A request that stores a blob.
pub(super) trait Sending: Sync {
    /// Sends it once, under this condition, with this mark in the blob's metadata; the headers of
    /// the answer.
    fn send(
        &self,
        condition: &BlobCondition,
        mark: Option<&str>,
    ) -> impl Future<Output = Result<Headers, Failure>> + Send;
}

/// What is there once the write has succeeded.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) key: BlobKey,
    pub(super) size: u64,
    pub(super) crc32c: Option<u32>,
    pub(super) attributes: Attributes,
    pub(super) condition: BlobCondition,
    /// What the write is known by; nothing where it is known by all that it asked for, so that it
    /// does not matter who made it so.
    pub(super) mark: Option<String>,
}

struct Writing<'w, S> {
    store: &'w BlobStore,
    bucket: &'w str,
    sending: S,
    expected: &'w Expected,
    /// The condition of the next attempt.
    condition: BlobCondition,
    written: Option<ObjectMeta>,
}

impl BlobStore {
    /// Carries out a write; a refusal by its condition is `AlreadyExists` or `PreconditionFailed`.
    pub(super) async fn write<S: Sending + Send>(
        &self,
        bucket: &str,
        expected: &Expected,
        sending: S,
    ) -> Result<ObjectMeta> {
        let mut writing = Writing {
            store: self,
            bucket,
            sending,
            expected,
            condition: expected.condition.clone(),
            written: None,
        };
        let retries = self.budget.retries(RETRIES, PAUSE);
        let known = match settle(&mut writing, None, retries).await? {
            Outcome::Applied(_) => writing.written,
            Outcome::Recognised(row) => row.map(|stored| stored.meta),
            Outcome::Refused(refusal) => {
                let error = unmet_by_put(&expected.condition, &writing.condition);
                return Err(refusal.mark(error));
            }
        };
        known.ok_or_else(|| unexpected("Azure did not describe the blob that it stored"))
    }
}

impl<S: Sending + Send> Writing<'_, S> {
    /// What is stored once an attempt may have been carried out.
    async fn stored(&self) -> Result<Stored, Failure> {
        let at = self.expected.key.clone().into();
        self.store.look_once(self.bucket, &at).await
    }
}

impl<S: Sending + Send> WriteRequest for Writing<'_, S> {
    type Row = Stored;

    async fn send(&mut self) -> Attempt<Stored> {
        let mark = self.expected.mark.as_deref();
        match self.sending.send(&self.condition, mark).await {
            Ok(headers) => {
                self.written = self.expected.describe(&headers).ok();
                Attempt::Applied(None)
            }
            Err(failure) if is_refusal(&failure.error, &self.condition) => Attempt::Refused(None),
            Err(failure) => Attempt::Failed(failure),
        }
    }

    async fn look_back(&mut self) -> Found<Stored> {
        match self.stored().await {
            Ok(stored) if self.is_ours(&stored) => Found::Ours(Some(stored)),
            Err(failure) if failure.error.kind() == ErrorKind::NotFound => Found::Nothing,
            Ok(_) => Found::Other,
            Err(failure) => Found::Unknown(failure.error),
        }
    }

    fn is_ours(&self, row: &Stored) -> bool {
        let Expected {
            size,
            crc32c,
            attributes,
            mark,
            ..
        } = self.expected;
        if mark.is_some() {
            return row.mark == *mark;
        }
        let mut found = row.meta.attributes.clone();
        if attributes.content_type.is_none() {
            found.content_type.take_if(|given| given == DEFAULT_TYPE);
        }
        row.meta.size == *size && row.meta.crc32c == *crc32c && found == *attributes
    }

    fn is_once(&self) -> bool {
        self.condition != BlobCondition::None
    }

    fn over_nothing(&mut self) -> bool {
        let unconditional = self.condition == BlobCondition::None;
        if unconditional {
            self.condition = BlobCondition::IfAbsent;
        }
        unconditional
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

impl Expected {
    /// The blob, as the answer to the write describes it.
    fn describe(&self, headers: &Headers) -> Result<ObjectMeta> {
        Ok(ObjectMeta {
            key: self.key.clone(),
            size: self.size,
            version: meta::version(text(headers, "etag").as_deref())?,
            version_id: text(headers, "x-ms-version-id").map(VersionId::new),
            modified: meta::modified(text(headers, "last-modified").as_deref()),
            attributes: self.attributes.clone(),
            crc32c: self.crc32c,
        })
    }
}

/// What a conditional write is known by; any other one needs no mark.
pub(super) fn mark(condition: &BlobCondition) -> Option<String> {
    let conditional = *condition != BlobCondition::None;
    conditional.then(|| Version::generate().as_str().to_owned())
}

/// The condition as headers: `If-Match`, `If-None-Match`.
pub(super) fn headers(condition: &BlobCondition) -> (Option<Etag>, Option<Etag>) {
    match condition {
        BlobCondition::IfAbsent => (None, Some(Etag::from("*"))),
        BlobCondition::IfVersion(version) => (Some(etag(version)), None),
        _ => (None, None),
    }
}

/// Whether a refusal comes from the condition: create-only is answered 409 or 412, a version of
/// what is not there 404 or 412.
pub(super) fn is_refusal(error: &Error, condition: &BlobCondition) -> bool {
    let failed = error.kind() == ErrorKind::PreconditionFailed
        && error.provider_code() != Some("SourceConditionNotMet");
    match condition {
        BlobCondition::IfAbsent => failed || error.kind() == ErrorKind::AlreadyExists,
        BlobCondition::IfVersion(_) => failed || error.kind() == ErrorKind::NotFound,
        _ => false,
    }
}
