//! Removing blobs.

use azure_storage_blob::models::{BlobClientDeleteOptions, DeleteSnapshotsOptionType};
use isobar::blob::BlobCondition;
use isobar::driver::blob::Delete;
use isobar::driver::{Effect, Failure, doubtful};
use isobar::{Error, ErrorKind, Result};

use super::BlobStore;
use super::client::{PAUSE, RETRIES, attempt};
use super::put::refused;
use super::read::version_id;
use super::write::{headers, is_refusal};

impl BlobStore {
    /// After a lost answer a delete is sent again: what it removes twice was stored while it was under
    /// way. Whether anything was there is then not known.
    pub(super) async fn delete_blob(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>> {
        let conditional = delete.condition != BlobCondition::None;
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        // How an attempt ended that may have been carried out.
        let mut lost: Option<Error> = None;
        loop {
            let failure = match self.send_delete(bucket, delete).await {
                Ok(()) => {
                    retries.answered();
                    return Ok(Some(true).filter(|_| lost.is_none()));
                }
                Err(failure) => failure,
            };
            let error = &failure.error;
            if is_refusal(error, &delete.condition) {
                let message = "the blob has another version";
                let unmet = Error::new(ErrorKind::PreconditionFailed, message);
                // It may have been this delete that removed what had the version.
                return Err(lost.unwrap_or(unmet));
            }
            if error.kind() == ErrorKind::NotFound && !conditional {
                return Ok(Some(false).filter(|_| lost.is_none()));
            }
            let pause = error.retryable().then(|| retries.pause(error)).flatten();
            let earlier = lost.as_ref().map_or(Effect::None, |_| Effect::Unknown);
            let Some(pause) = pause else {
                return Err(doubtful(failure.of_write(), earlier));
            };
            if failure.effect == Effect::Unknown {
                lost = Some(failure.of_write());
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn send_delete(&self, bucket: &str, delete: &Delete) -> Result<(), Failure> {
        let client = self.blob(bucket, &delete.at.key).map_err(refused)?;
        let version_id = version_id(&delete.at);
        let options = BlobClientDeleteOptions {
            if_match: headers(&delete.condition).0,
            // A blob with snapshots cannot be removed without them.
            delete_snapshots: version_id
                .is_none()
                .then_some(DeleteSnapshotsOptionType::Include),
            version_id,
            ..BlobClientDeleteOptions::default()
        };
        attempt(0, client.delete(Some(options))).await.map(drop)
    }
}
