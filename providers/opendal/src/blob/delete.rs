//! Removing blobs; none of the services says whether there was one.

use isobar::blob::{BlobCondition, BlobKey};
use isobar::driver::Effect;
use isobar::driver::blob::unmet;
use isobar::{ErrorKind, Result};
use opendal::options::DeleteOptions;
use opendal::raw::OpDelete;

use super::OpendalStore;
use super::put::{PAUSE, RETRIES};
use crate::error::call;

/// What a service says of a bucket that is not there, which is more than a missing blob.
const NO_BUCKET: &str = "NoSuchBucket";

impl OpendalStore {
    pub(super) async fn delete_blob(
        &self,
        bucket: &str,
        key: &BlobKey,
        condition: &BlobCondition,
    ) -> Result<Option<bool>> {
        let place = self.place(bucket)?;
        let path = self.service.keys().path(key)?;
        let mut options = DeleteOptions::default();
        if let BlobCondition::IfVersion(version) = condition {
            options.if_match = Some(version.as_str().to_owned());
        }
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let deleted = call(async {
                let can = place.service.capability_dyn();
                let operation = OpDelete::from_options(&can, options.clone())?;
                let mut deleter = place.service.delete_dyn(&place.context)?;
                deleter.delete_dyn(&path, operation).await?;
                deleter.close_dyn().await
            });
            let Err(failure) = deleted.await else {
                retries.answered();
                return Ok(None);
            };
            let missing = failure.error.provider_code() != Some(NO_BUCKET);
            match failure.error.kind() {
                ErrorKind::PreconditionFailed => return Err(unmet(condition)),
                ErrorKind::NotFound if missing && *condition == BlobCondition::None => {
                    return Ok(Some(false));
                }
                _ => {}
            }
            let again = failure.effect == Effect::None || *condition == BlobCondition::None;
            if !again {
                return Err(failure.of_write());
            }
            tokio::time::sleep(retries.pause_or(failure.error)?).await;
        }
    }
}
