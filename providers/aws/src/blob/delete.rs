//! Removing objects.

use isobar::blob::{BlobCondition, BlobKey};
use isobar::driver::Effect;
use isobar::{ErrorKind, Result};

use super::S3Store;
use super::put::{PAUSE, RETRIES, headers, is_conflict, refused};
use crate::error::failure;

impl S3Store {
    /// S3 does not say whether there was an object.
    pub(super) async fn delete_blob(
        &self,
        bucket: &str,
        key: &BlobKey,
        condition: &BlobCondition,
    ) -> Result<Option<bool>> {
        let (if_match, _) = headers(condition);
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let request = self.writes.delete_object().bucket(bucket).key(key.as_str());
            let sent = request.set_if_match(if_match.clone()).send().await;
            let failure = match sent {
                Ok(_) => {
                    retries.answered();
                    return Ok(None);
                }
                Err(error) => failure(error),
            };
            if let Some(error) = refused(&failure.error, condition) {
                return Err(error);
            }
            if failure.effect == Effect::Unknown {
                let gone = self.is_gone(bucket, key, condition).await;
                return gone.then_some(None).ok_or_else(|| failure.of_write());
            }
            let again = is_conflict(&failure.error) || failure.error.retryable();
            let pause = again.then(|| retries.pause(&failure.error)).flatten();
            let Some(pause) = pause else {
                return Err(failure.error);
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// After a lost answer; under a condition, somebody else may have been the one to remove it.
    async fn is_gone(&self, bucket: &str, key: &BlobKey, condition: &BlobCondition) -> bool {
        let found = self.look(bucket, key).await;
        *condition == BlobCondition::None
            && found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }
}
