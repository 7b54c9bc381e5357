//! Resumable uploads: Google's client pulls the content, which is handed to it part by part.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use google_cloud_storage::model::Object;
use google_cloud_storage::streaming_source::StreamingSource;
use isobar::blob::{BlobCondition, BlobKey, ObjectMeta};
use isobar::document::Version;
use isobar::driver::Effect;
use isobar::driver::blob::{
    BlobAddress, Delete, Finish, Part, PartTag, Upload, UploadDriver, unmet,
};
use isobar::{Capability, Error, ErrorKind, Result};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::client::of_chunks;
use super::failure::{failure, of_bucket};
use super::put::{stored, with_attributes};
use super::{GcsStore, key, meta, named};

/// What Google's client holds of an upload; a multiple of 256 KiB.
const BUFFER: usize = 8 << 20;

type Sent = google_cloud_storage::Result<Object>;

impl GcsStore {
    /// The request is under way from here on, in a task of its own.
    pub(super) fn begin(&self, bucket: &str, upload: &Upload) -> Result<Arc<dyn UploadDriver>> {
        if upload.token.is_some() {
            return Err(Error::unsupported(Capability::PresignedUploads));
        }
        let mark = Version::generate();
        let stored = stored(&upload.attributes, &mark)?;
        let generation = meta::condition(&upload.condition)?;
        let (parts, taken) = mpsc::channel(1);
        let key = key::checked(&upload.key)?;
        let request = self
            .http()
            .write_object(named(bucket), key, Parts { taken });
        let mut request = with_attributes(request, &upload.attributes, &stored)
            .with_resumable_upload_threshold(0_usize)
            .with_resumable_upload_buffer_size(BUFFER)
            .with_retry_policy(of_chunks());
        if let Some(generation) = generation {
            request = request.set_if_generation_match(generation);
        }
        let sending = tokio::spawn(request.send_buffered());
        Ok(Arc::new(Sending {
            state: Mutex::new(Some((parts, sending))),
            store: self.clone(),
            bucket: bucket.to_owned(),
            key: upload.key.clone(),
            condition: upload.condition.clone(),
            mark,
        }))
    }
}

/// What the client is given.
enum Piece {
    Bytes(Bytes),
    /// That there is no more; without it the upload is given up, and never finished.
    End,
}

struct Parts {
    taken: mpsc::Receiver<Piece>,
}

impl StreamingSource for Parts {
    type Error = GivenUp;

    async fn next(&mut self) -> Option<Result<Bytes, GivenUp>> {
        match self.taken.recv().await {
            Some(Piece::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Piece::End) => None,
            None => Some(Err(GivenUp)),
        }
    }
}

/// That whoever wrote has stopped before the end.
#[derive(Debug)]
pub(super) struct GivenUp;

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the upload was given up")
    }
}

impl std::error::Error for GivenUp {}

type State = (mpsc::Sender<Piece>, JoinHandle<Sent>);

/// Dropping it closes the channel without an end, so that the client never finishes the upload.
struct Sending {
    /// None once it is finished or aborted.
    state: Mutex<Option<State>>,
    store: GcsStore,
    bucket: String,
    key: BlobKey,
    condition: BlobCondition,
    mark: Version,
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending")
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl UploadDriver for Sending {
    fn token(&self) -> Option<String> {
        None
    }

    async fn part(&self, part: &Part) -> Result<PartTag> {
        let mut state = self.state.lock().await;
        let (parts, _) = state.as_ref().ok_or_else(ended)?;
        if parts.send(Piece::Bytes(part.content.clone())).await.is_ok() {
            return Ok(PartTag::default());
        }
        // The client has stopped: why, its answer says.
        let (_, sending) = state.take().ok_or_else(ended)?;
        self.settled(sending.await).await?;
        let message = "the upload ended before its content";
        Err(Error::new(ErrorKind::Internal, message))
    }

    async fn finish(&self, finish: &Finish) -> Result<ObjectMeta> {
        let state = self.state.lock().await.take();
        let (parts, sending) = state.ok_or_else(ended)?;
        // Where the client does not listen any more, its answer says why.
        let _ = parts.send(Piece::End).await;
        let meta = self.settled(sending.await).await?;
        if finish.crc32c.is_some_and(|sum| meta.crc32c != Some(sum)) || meta.size != finish.size {
            let delete = Delete {
                at: BlobAddress::from(self.key.clone()),
                condition: BlobCondition::IfVersion(meta.version),
            };
            self.store.delete_blob(&self.bucket, &delete).await?;
            let message = "Cloud Storage has received other content than was sent";
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
        Ok(meta)
    }

    async fn abort(&self) -> Result<()> {
        let state = self.state.lock().await.take();
        let (parts, sending) = state.ok_or_else(ended)?;
        drop(parts);
        sending.abort();
        // Google removes what was sent after a week; nothing of it is visible or paid for.
        Ok(())
    }

    fn leave(&self) {}
}

impl Sending {
    async fn settled(&self, sent: Result<Sent, tokio::task::JoinError>) -> Result<ObjectMeta> {
        let failed = match sent {
            Ok(Ok(object)) => return meta::described(object),
            Ok(Err(failed)) if matches!(self.condition, BlobCondition::IfVersion(_)) => {
                failure(failed)
            }
            Ok(Err(failed)) => of_bucket(failed),
            Err(error) => {
                let message = "the task that sends the upload has ended";
                return Err(Error::new(ErrorKind::Cancelled, message).with_source(error));
            }
        };
        if failed.effect == Effect::Unknown
            && let Ok(object) = self
                .store
                .look(&self.bucket, &BlobAddress::from(self.key.clone()))
                .await
            && object.metadata.get(meta::WRITE).map(String::as_str) == Some(self.mark.as_str())
        {
            return meta::described(object);
        }
        match failed.error.kind() {
            ErrorKind::PreconditionFailed => Err(unmet(&self.condition)),
            _ => Err(failed.of_write()),
        }
    }
}

fn ended() -> Error {
    let message = "the upload was finished or aborted before";
    Error::new(ErrorKind::NotFound, message)
}
