//! Storing a blob at once; a lost answer is settled by the mark of the write.

use std::time::Duration;

use isobar::blob::{BlobCondition, ObjectMeta};
use isobar::document::Version;
use isobar::driver::blob::{Put, unmet_by_put};
use isobar::driver::settle::{Attempt, Found as Looked, Outcome, WriteRequest, settle};
use isobar::driver::{Effect, Failure};
use isobar::{Capability, Error, ErrorKind, Result};
use opendal::options::WriteOptions;
use opendal::raw::OpWrite;
use opendal::{Buffer, Metadata};

use super::list::without_bucket;
use super::meta::{self, Content, Found};
use super::{OpendalStore, Place};
use crate::error::call;
use crate::transport::Answer;

/// How often a request is sent again, and after how long at most the first time.
pub(super) const RETRIES: u32 = 4;
pub(super) const PAUSE: Duration = Duration::from_millis(100);

impl OpendalStore {
    pub(super) async fn put_blob(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        let mark = Version::generate();
        let place = self.place(bucket)?;
        let content = Content {
            attributes: &put.attributes,
            crc32c: Some(put.crc32c),
            mark: self.marks(&put.condition).then_some(&mark),
        };
        let mut request = Request {
            options: content.options(&place.service.capability_dyn(), self.service.notes())?,
            path: self.service.keys().path(&put.key)?,
            condition: put.condition.clone(),
            store: self,
            place,
            bucket,
            put,
            mark: &mark,
        };
        let retries = self.budget.retries(RETRIES, PAUSE);
        let outcome = settle(&mut request, None, retries).await;
        let outcome = outcome.map_err(|error| match put.condition {
            BlobCondition::None | BlobCondition::IfAbsent => without_bucket(error),
            _ => error,
        })?;
        match outcome {
            Outcome::Applied(Some(meta)) | Outcome::Recognised(Some(meta)) => Ok(meta),
            Outcome::Applied(None) | Outcome::Recognised(None) => {
                self.head_again(bucket, put).await
            }
            Outcome::Refused(refusal) => {
                let error = unmet_by_put(&put.condition, &request.condition);
                Err(refusal.mark(error))
            }
        }
    }

    /// Whether a write must be known again: by its condition, or as the version of what it leaves.
    pub(super) fn marks(&self, condition: &BlobCondition) -> bool {
        !self.service.is_remote() || *condition != BlobCondition::None
    }

    async fn head_again(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        self.look_written(bucket, &put.key).await
    }
}

struct Request<'r> {
    store: &'r OpendalStore,
    place: Place,
    bucket: &'r str,
    path: String,
    options: WriteOptions,
    put: &'r Put,
    condition: BlobCondition,
    mark: &'r Version,
}

impl Request<'_> {
    async fn write(&self) -> Result<(Metadata, Answer), Failure> {
        let mut options = self.options.clone();
        meta::conditional(&self.condition, &mut options);
        let place = &self.place;
        call(async {
            let can = place.service.capability_dyn();
            let (operation, _) = OpWrite::from_options(&can, options)?;
            let mut writer = place
                .service
                .write_dyn(&place.context, &self.path, operation)?;
            let content = Buffer::from(self.put.content.clone());
            writer.write_dyn(content).await?;
            writer.close_dyn().await
        })
        .await
    }

    /// What was stored, without a second request where the answer has told enough.
    fn describe(&self, told: &Metadata, answer: &Answer) -> Result<Option<ObjectMeta>, Failure> {
        if self.store.service.forgets_conditions()
            && self.condition != BlobCondition::None
            && told.version().is_some()
        {
            return Err(Failure {
                error: ignored(),
                effect: Effect::Unknown,
            });
        }
        let remote = self.store.service.is_remote();
        let token = told.etag().or((!remote).then_some(self.mark.as_str()));
        let Some(version) = token.and_then(|token| Version::parse(token).ok()) else {
            return Ok(None);
        };
        let date = answer.date.as_deref();
        let date = date.and_then(|date| opendal::raw::Timestamp::parse_rfc2822(date).ok());
        let modified = told.last_modified().or(date);
        Ok(Some(ObjectMeta {
            key: self.put.key.clone(),
            size: self.put.content.len() as u64,
            version,
            version_id: None,
            modified: modified.map_or_else(meta::now, meta::instant),
            attributes: self.put.attributes.clone(),
            crc32c: Some(self.put.crc32c),
        }))
    }

    fn is_mine(&self, found: &Found) -> bool {
        if let Some(mark) = &found.mark {
            return mark == self.mark.as_str();
        }
        let meta = &found.meta;
        self.put.condition == BlobCondition::None
            && meta.size == self.put.content.len() as u64
            && meta.crc32c == Some(self.put.crc32c)
            && meta.attributes.metadata == self.put.attributes.metadata
    }
}

/// A bucket was said not to keep versions, and does.
fn ignored() -> Error {
    let message = "the bucket keeps versions, so that the service has ignored the condition and \
                   the blob was stored: open the store without saying that it was never versioned";
    Error::new(ErrorKind::Internal, message)
}

impl WriteRequest for Request<'_> {
    type Row = ObjectMeta;

    async fn send(&mut self) -> Attempt<ObjectMeta> {
        let sent = self.write().await;
        match sent.and_then(|(told, answer)| self.describe(&told, &answer)) {
            Ok(meta) => Attempt::Applied(meta),
            Err(failure) => match failure.error.kind() {
                ErrorKind::PreconditionFailed | ErrorKind::AlreadyExists if self.is_once() => {
                    Attempt::Refused(None)
                }
                _ => Attempt::Failed(failure),
            },
        }
    }

    async fn look_back(&mut self) -> Looked<ObjectMeta> {
        match self.store.look(self.bucket, &self.put.key).await {
            Ok(found) if self.is_mine(&found) => Looked::Ours(Some(found.meta)),
            Err(error) if error.kind() == ErrorKind::NotFound => Looked::Nothing,
            Ok(_) => Looked::Other,
            Err(error) => Looked::Unknown(error),
        }
    }

    fn is_once(&self) -> bool {
        self.condition != BlobCondition::None
    }

    fn over_nothing(&mut self) -> bool {
        let can = self.store.capabilities.has(Capability::BlobIfAbsent);
        if can && self.condition == BlobCondition::None {
            self.condition = BlobCondition::IfAbsent;
        }
        self.condition == BlobCondition::IfAbsent
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}
