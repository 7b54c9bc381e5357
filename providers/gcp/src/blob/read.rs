//! Reading objects whole and in part, each by the generation that was asked about first.
//!
//! The answer with the content tells neither when the object was written nor its `Cache-Control`, so
//! that a read is two requests.

use futures_util::stream::try_unfold;
use google_cloud_storage::model::Object;
use google_cloud_storage::model_ext::ReadRange;
use google_cloud_storage::read_object::ReadObjectResponse;
use isobar::blob::{BlobBody, BlobCondition};
use isobar::document::Version;
use isobar::driver::blob::{BlobAddress, Get, Read, unmet};
use isobar::{Error, ErrorKind, Result};

use super::failure::failure;
use super::put::{PAUSE, RETRIES};
use super::{GcsStore, key, meta, named};

/// How often an object is looked for that is replaced between the two requests.
const LOOKS: u32 = 8;

impl GcsStore {
    pub(super) async fn look(&self, bucket: &str, at: &BlobAddress) -> Result<Object> {
        let key = key::checked(&at.key)?;
        let generation = at
            .version_id
            .as_ref()
            .map(|id| meta::generation(id.as_str()));
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let mut request = self.grpc().get_object();
            request = request.set_bucket(named(bucket)).set_object(key);
            match generation {
                Some(Some(generation)) => request = request.set_generation(generation),
                Some(None) => return Err(no_version()),
                None => {}
            }
            let failed = match request.send().await {
                Ok(object) => {
                    retries.answered();
                    return Ok(object);
                }
                Err(failed) => failure(failed),
            };
            tokio::time::sleep(retries.pause_or(failed.error)?).await;
        }
    }

    pub(super) async fn open(&self, bucket: &str, get: &Get) -> Result<Read> {
        let mut looks = 0;
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let object = self.found(bucket, get).await?;
            let generation = object.generation;
            let meta = meta::described(object)?;
            let selected = get.range.resolve(meta.size)?;
            let length = selected.end - selected.start;
            if length == 0 {
                let body = BlobBody::whole(bytes::Bytes::new());
                return Ok(Read {
                    meta,
                    range: selected,
                    body,
                });
            }
            let range = ReadRange::segment(selected.start, length);
            let key = get.at.key.as_str();
            let request = self.http().read_object(named(bucket), key);
            let sent = request
                .set_generation(generation)
                .set_read_range(range)
                .send()
                .await;
            let error = match sent {
                Ok(answer) if answer.object().generation == generation => {
                    retries.answered();
                    return Ok(Read {
                        meta,
                        range: selected,
                        body: body(answer),
                    });
                }
                Ok(_) => return Err(meta::unexpected("is of another generation")),
                Err(failed) => failure(failed).error,
            };
            // It was replaced after it was asked about, and its bucket keeps no versions.
            let replaced = error.kind() == ErrorKind::NotFound && looks < LOOKS;
            looks += 1;
            if !replaced {
                tokio::time::sleep(retries.pause_or(error)?).await;
            }
        }
    }

    async fn found(&self, bucket: &str, get: &Get) -> Result<Object> {
        let found = self.look(bucket, &get.at).await;
        let Some(version) = &get.if_version else {
            return found;
        };
        match found {
            Ok(object) if Some(object.generation) == meta::generation(version.as_str()) => {
                Ok(object)
            }
            Ok(_) => Err(replaced(version)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(replaced(version).with_source(error))
            }
            Err(error) => Err(error),
        }
    }
}

fn replaced(version: &Version) -> Error {
    unmet(&BlobCondition::IfVersion(version.clone()))
}

pub(super) fn no_version() -> Error {
    let message = "no version of a blob is named so";
    Error::new(ErrorKind::NotFound, message)
}

fn body(answer: ReadObjectResponse) -> BlobBody {
    // The answer cannot be shared between threads, which a lock makes up for.
    let answer = tokio::sync::Mutex::new(answer);
    BlobBody::new(try_unfold(answer, |mut answer| async move {
        match answer.get_mut().next().await {
            Some(Ok(chunk)) => Ok(Some((chunk, answer))),
            None => Ok(None),
            Some(Err(failed)) => Err(cut_off(failure(failed).error)),
        }
    }))
}

/// Whatever ends a body that has begun, the rest can be asked for.
fn cut_off(error: Error) -> Error {
    let message = "the body was cut off";
    Error::new(ErrorKind::Unavailable, message)
        .with_retryable(true)
        .with_source(error)
}
