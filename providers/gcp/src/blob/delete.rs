//! Removing objects; Cloud Storage says whether there was one.

use isobar::blob::BlobCondition;
use isobar::driver::blob::{Delete, unmet};
use isobar::driver::{Effect, doubtful};
use isobar::{ErrorKind, Result};

use super::failure::failure;
use super::put::{PAUSE, RETRIES};
use super::read::no_version;
use super::{GcsStore, key, meta, named};

impl GcsStore {
    pub(super) async fn delete_blob(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>> {
        let key = key::checked(&delete.at.key)?;
        let condition = meta::condition(&delete.condition)?;
        let mut generation = None;
        if let Some(id) = &delete.at.version_id {
            generation = Some(meta::generation(id.as_str()).ok_or_else(no_version)?);
        }
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        let mut earlier = Effect::None;
        loop {
            let mut request = self.grpc().delete_object();
            request = request.set_bucket(named(bucket)).set_object(key);
            if let Some(generation) = condition {
                request = request.set_if_generation_match(generation);
            }
            if let Some(generation) = generation {
                request = request.set_generation(generation);
            }
            let failed = match request.send().await {
                Ok(()) => {
                    retries.answered();
                    return Ok(Some(true));
                }
                Err(failed) => failure(failed),
            };
            let ours = earlier == Effect::Unknown;
            earlier = earlier.max(failed.effect);
            match failed.error.kind() {
                // An attempt whose answer was lost may have been the one to remove it.
                ErrorKind::NotFound if delete.condition == BlobCondition::None => {
                    return Ok((!ours).then_some(false));
                }
                ErrorKind::NotFound | ErrorKind::PreconditionFailed => {
                    return Err(doubtful(unmet(&delete.condition), earlier));
                }
                _ => {}
            }
            let pause = retries.pause_or(failed.error);
            tokio::time::sleep(pause.map_err(|error| doubtful(error, earlier))?).await;
        }
    }
}
