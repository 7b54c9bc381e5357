//! Removing objects, one by one and many with one request.

use std::collections::HashMap;

use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::types::{Delete as Batch, ObjectIdentifier};
use isobar::blob::{BlobCondition, BlobKey};
use isobar::driver::blob::Delete;
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind, Result};

use super::S3Store;
use super::meta::unexpected;
use super::put::{PAUSE, RETRIES, headers, is_conflict, refused};
use super::read::id_of;
use crate::error::{failure, service_kind};

impl S3Store {
    /// S3 does not say whether there was an object.
    pub(super) async fn delete_blob(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>> {
        let (if_match, _) = headers(&delete.condition);
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let request = self.requests.delete_object().bucket(bucket);
            let request = request
                .key(delete.at.key.as_str())
                .set_version_id(id_of(&delete.at));
            let sent = request.set_if_match(if_match.clone()).send().await;
            let failure = match sent {
                Ok(_) => {
                    retries.answered();
                    return Ok(None);
                }
                Err(error) => failure(error),
            };
            if let Some(error) = refused(&failure.error, &delete.condition) {
                return Err(error);
            }
            if failure.effect == Effect::Unknown {
                let gone = self.is_gone(bucket, delete).await;
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
    async fn is_gone(&self, bucket: &str, delete: &Delete) -> bool {
        let found = self.look(bucket, &delete.at).await;
        delete.condition == BlobCondition::None
            && found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }

    /// A batch is sent again where it had no effect; keys that XML cannot hold go one by one.
    pub(super) async fn delete_blobs(
        &self,
        bucket: &str,
        keys: &[BlobKey],
    ) -> Result<Vec<Result<Option<bool>>>> {
        let (odd, plain): (Vec<_>, Vec<_>) = keys.iter().partition(|key| is_odd(key.as_str()));
        let mut failed = HashMap::new();
        if !plain.is_empty() {
            let output = self.send_batch(bucket, &plain).await?;
            for error in output.errors.unwrap_or_default() {
                let (code, message) = (error.code.as_deref(), error.message.as_deref());
                let told = message.unwrap_or("no reason was given");
                let failure = Error::new(service_kind(code, message, 500), told.to_owned());
                let failure = failure.with_provider_code(code, None);
                let key = error
                    .key
                    .ok_or_else(|| unexpected("S3 did not name a key"))?;
                failed.insert(key, failure);
            }
        }
        for key in odd {
            let delete = Delete {
                at: key.clone().into(),
                condition: BlobCondition::None,
            };
            if let Err(error) = self.delete_blob(bucket, &delete).await {
                failed.insert(key.as_str().to_owned(), error);
            }
        }
        let answer = |key: &BlobKey| failed.remove(key.as_str()).map_or(Ok(None), Err);
        Ok(keys.iter().map(answer).collect())
    }

    async fn send_batch(&self, bucket: &str, keys: &[&BlobKey]) -> Result<DeleteObjectsOutput> {
        let objects = keys.iter().map(|key| {
            let named = ObjectIdentifier::builder().key(key.as_str());
            named
                .build()
                .map_err(|error| unexpected("the SDK did not take a key").with_source(error))
        });
        let objects = objects.collect::<Result<Vec<_>>>()?;
        let batch = Batch::builder().set_objects(Some(objects)).quiet(true);
        let batch = batch
            .build()
            .map_err(|error| unexpected("the SDK did not take a batch").with_source(error))?;
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let request = self.requests.delete_objects().bucket(bucket);
            let failure: Failure = match request.delete(batch.clone()).send().await {
                Ok(output) => {
                    retries.answered();
                    return Ok(output);
                }
                Err(error) => failure(error),
            };
            let again = failure.effect == Effect::None && failure.error.retryable();
            let pause = again.then(|| retries.pause(&failure.error)).flatten();
            let Some(pause) = pause else {
                return Err(failure.of_write());
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// Whether a key has a character that XML 1.0 cannot hold, or that an XML parser may change.
fn is_odd(key: &str) -> bool {
    key.contains(|c: char| c.is_control() || c == '\u{fffe}' || c == '\u{ffff}')
}
