//! Uploads in parts, one after another, as OpenDAL's writer takes them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use isobar::blob::{BlobCondition, BlobKey, ObjectMeta};
use isobar::document::Version;
use isobar::driver::blob::{Finish, Part, PartTag, Upload, UploadDriver, unmet};
use isobar::driver::{Effect, doubtful};
use isobar::{Capability, Error, ErrorKind, Result};
use opendal::Buffer;
use opendal::raw::{OpWrite, oio};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::OpendalStore;
use super::meta::{self, Content};
use super::put::{PAUSE, RETRIES};
use crate::error::call;
use crate::transport::Answer;

impl OpendalStore {
    pub(super) fn begin(&self, bucket: &str, upload: &Upload) -> Result<Arc<dyn UploadDriver>> {
        if upload.token.is_some() {
            return Err(Error::unsupported(Capability::PresignedUploads));
        }
        let place = self.place(bucket)?;
        let mark = Version::generate();
        let content = Content {
            attributes: &upload.attributes,
            crc32c: None,
            mark: Some(&mark),
        };
        let can = place.service.capability_dyn();
        let mut options = content.options(&can, self.service.notes())?;
        meta::conditional(&upload.condition, &mut options);
        let refused = |error| crate::error::failure(error, &Answer::default()).error;
        let (operation, _) = OpWrite::from_options(&can, options).map_err(refused)?;
        let path = self.service.keys().path(&upload.key)?;
        let writer = place.service.write_dyn(&place.context, &path, operation);
        Ok(Arc::new(Writing {
            writer: Mutex::new(Some(writer.map_err(refused)?)),
            runtime: Handle::try_current().ok(),
            store: self.clone(),
            bucket: bucket.to_owned(),
            key: upload.key.clone(),
            condition: upload.condition.clone(),
            mark,
        }))
    }
}

struct Writing {
    /// None once it is finished or aborted.
    writer: Mutex<Option<oio::Writer>>,
    /// Where an upload that is dropped is aborted.
    runtime: Option<Handle>,
    store: OpendalStore,
    bucket: String,
    key: BlobKey,
    condition: BlobCondition,
    mark: Version,
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing")
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl UploadDriver for Writing {
    fn token(&self) -> Option<String> {
        None
    }

    async fn part(&self, part: &Part) -> Result<PartTag> {
        let mut writer = self.writer.lock().await;
        let writer = writer.as_mut().ok_or_else(ended)?;
        let mut retries = self.store.budget.retries(RETRIES, PAUSE);
        loop {
            let content = Buffer::from(part.content.clone());
            match call(writer.write_dyn(content)).await {
                Ok(_) => {
                    retries.answered();
                    return Ok(PartTag::default());
                }
                Err(failed) => tokio::time::sleep(retries.pause_or(failed.error)?).await,
            }
        }
    }

    async fn finish(&self, _: &Finish) -> Result<ObjectMeta> {
        let mut writer = self.writer.lock().await;
        let open = writer.as_mut().ok_or_else(ended)?;
        let mut retries = self.store.budget.retries(RETRIES, PAUSE);
        let mut earlier = Effect::None;
        loop {
            let Err(failed) = call(open.close_dyn()).await else {
                retries.answered();
                *writer = None;
                return self.store.look_written(&self.bucket, &self.key).await;
            };
            earlier = earlier.max(failed.effect);
            if earlier == Effect::Unknown
                && let Some(meta) = self.left().await
            {
                *writer = None;
                return Ok(meta);
            }
            if failed.error.kind() == ErrorKind::PreconditionFailed {
                return Err(doubtful(unmet(&self.condition), earlier));
            }
            let pause = retries.pause_or(failed.error);
            tokio::time::sleep(pause.map_err(|error| doubtful(error, earlier))?).await;
        }
    }

    async fn abort(&self) -> Result<()> {
        let mut writer = self.writer.lock().await;
        let mut open = writer.take().ok_or_else(ended)?;
        let aborted = call(open.abort_dyn()).await;
        aborted.map(drop).map_err(|failed| failed.error)
    }

    fn leave(&self) {}
}

impl Writing {
    /// What is there, if this upload has left it.
    async fn left(&self) -> Option<ObjectMeta> {
        let found = self.store.look(&self.bucket, &self.key).await.ok()?;
        let ours = found.mark.as_deref() == Some(self.mark.as_str());
        ours.then_some(found.meta)
    }
}

fn ended() -> Error {
    let message = "the upload was finished or aborted before";
    Error::new(ErrorKind::NotFound, message)
}

impl Drop for Writing {
    fn drop(&mut self) {
        let (Some(mut writer), Some(runtime)) = (self.writer.get_mut().take(), &self.runtime)
        else {
            return;
        };
        runtime.spawn(async move {
            if let Err(failed) = call(writer.abort_dyn()).await {
                let error = failed.error;
                tracing::debug!(%error, "parts of a dropped upload are left behind");
            }
        });
    }
}
