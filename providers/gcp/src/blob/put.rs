//! Storing an object at once; a lost answer is settled by the mark of the write.

use std::collections::HashMap;
use std::time::Duration;

use google_cloud_storage::builder::storage::WriteObject;
use google_cloud_storage::model::Object;
use isobar::blob::{Attributes, BlobCondition, ObjectMeta};
use isobar::document::Version;
use isobar::driver::blob::{BlobAddress, Put, unmet_by_put};
use isobar::driver::metadata;
use isobar::driver::settle::{Attempt, Found, Outcome, WriteRequest, settle};
use isobar::{ErrorKind, Result};

use super::failure::{failure, of_bucket};
use super::{GcsStore, key, meta, named};

/// How often a request is sent again, and after how long at most the first time.
pub(super) const RETRIES: u32 = 4;
pub(super) const PAUSE: Duration = Duration::from_millis(100);

impl GcsStore {
    pub(super) async fn put_blob(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        let mark = Version::generate();
        let mut request = Request {
            store: self,
            bucket,
            key: key::checked(&put.key)?,
            put,
            stored: stored(&put.attributes, &mark)?,
            condition: put.condition.clone(),
            generation: meta::condition(&put.condition)?,
            mark: &mark,
        };
        let retries = self.budget.retries(RETRIES, PAUSE);
        match Box::pin(settle(&mut request, None, retries)).await? {
            Outcome::Applied(Some(object)) | Outcome::Recognised(Some(object)) => {
                meta::described(object)
            }
            Outcome::Applied(None) | Outcome::Recognised(None) => {
                Err(meta::unexpected("is missing"))
            }
            Outcome::Refused(refusal) => {
                let error = unmet_by_put(&put.condition, &request.condition);
                Err(refusal.mark(error))
            }
        }
    }
}

/// User metadata as it is stored, with the mark of the write.
pub(super) fn stored(attributes: &Attributes, mark: &Version) -> Result<HashMap<String, String>> {
    let mut stored: HashMap<_, _> = metadata::encode(&attributes.metadata)?
        .into_iter()
        .collect();
    stored.insert(meta::WRITE.to_owned(), mark.as_str().to_owned());
    Ok(stored)
}

/// The request with all that goes beside the content.
pub(super) fn with_attributes<T>(
    mut request: WriteObject<T>,
    attributes: &Attributes,
    stored: &HashMap<String, String>,
) -> WriteObject<T> {
    if let Some(value) = &attributes.content_type {
        request = request.set_content_type(value);
    }
    if let Some(value) = &attributes.content_disposition {
        request = request.set_content_disposition(value);
    }
    if let Some(value) = &attributes.content_encoding {
        request = request.set_content_encoding(value);
    }
    if let Some(value) = &attributes.content_language {
        request = request.set_content_language(value);
    }
    if let Some(value) = &attributes.cache_control {
        request = request.set_cache_control(value);
    }
    request.set_metadata(stored.clone())
}

struct Request<'r> {
    store: &'r GcsStore,
    bucket: &'r str,
    key: &'r str,
    put: &'r Put,
    stored: HashMap<String, String>,
    condition: BlobCondition,
    generation: Option<i64>,
    mark: &'r Version,
}

impl WriteRequest for Request<'_> {
    type Row = Object;

    async fn send(&mut self) -> Attempt<Object> {
        let content = self.put.content.clone();
        let request = self.store.http();
        let request = request.write_object(named(self.bucket), self.key, content);
        let mut request = with_attributes(request, &self.put.attributes, &self.stored)
            .with_known_crc32c(self.put.crc32c)
            .with_resumable_upload_threshold(usize::MAX);
        if let Some(generation) = self.generation {
            request = request.set_if_generation_match(generation);
        }
        let failed = match Box::pin(request.send_unbuffered()).await {
            Ok(object) => return Attempt::Applied(Some(object)),
            // S3 and Azure have no object at all then; here there is none of the generation.
            Err(failed) if matches!(self.condition, BlobCondition::IfVersion(_)) => failure(failed),
            Err(failed) => of_bucket(failed),
        };
        match failed.error.kind() {
            ErrorKind::PreconditionFailed if self.is_once() => Attempt::Refused(None),
            ErrorKind::NotFound => Attempt::Refused(None),
            _ => Attempt::Failed(failed),
        }
    }

    async fn look_back(&mut self) -> Found<Object> {
        let at = BlobAddress::from(self.put.key.clone());
        match self.store.look(self.bucket, &at).await {
            Ok(object) if self.is_ours(&object) => Found::Ours(Some(object)),
            Err(error) if error.kind() == ErrorKind::NotFound => Found::Nothing,
            Ok(_) => Found::Other,
            Err(error) => Found::Unknown(error),
        }
    }

    fn is_ours(&self, object: &Object) -> bool {
        object.metadata.get(meta::WRITE).map(String::as_str) == Some(self.mark.as_str())
    }

    fn is_once(&self) -> bool {
        self.condition != BlobCondition::None
    }

    fn over_nothing(&mut self) -> bool {
        if self.condition == BlobCondition::None {
            (self.condition, self.generation) = (BlobCondition::IfAbsent, Some(0));
        }
        self.condition == BlobCondition::IfAbsent
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}
