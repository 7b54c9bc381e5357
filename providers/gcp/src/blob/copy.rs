//! Copying objects by rewriting, in as many steps as Cloud Storage takes.

use google_cloud_storage::model::Object;
use isobar::blob::{Attributes, BlobCondition, ObjectMeta};
use isobar::driver::blob::{Copy, unmet};
use isobar::driver::{Effect, doubtful, metadata};
use isobar::{ErrorKind, Result};

use super::failure::failure;
use super::put::{PAUSE, RETRIES};
use super::{GcsStore, key, meta, named};

impl GcsStore {
    pub(super) async fn copy_blob(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let source = self.source(copy).await?;
        let condition = meta::condition(&copy.condition)?;
        let mut token = String::new();
        let mut earlier = Effect::None;
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let failed = match self.step(bucket, copy, (&source, condition, &token)).await {
                Ok(Step::Done(object)) => return meta::described(*object),
                Ok(Step::More(next)) => {
                    retries.answered();
                    token = next;
                    continue;
                }
                Err(failed) => failure(failed),
            };
            earlier = earlier.max(failed.effect);
            let refused = failed.error.kind() == ErrorKind::PreconditionFailed
                || (failed.error.kind() == ErrorKind::NotFound && copy.from_version.is_some());
            if refused {
                return Err(doubtful(unmet(&copy.condition), earlier));
            }
            let pause = retries.pause_or(failed.error);
            tokio::time::sleep(pause.map_err(|error| doubtful(error, earlier))?).await;
        }
    }

    async fn source(&self, copy: &Copy) -> Result<Object> {
        let found = self.look(&copy.from_bucket, &copy.from).await;
        let Some(version) = &copy.from_version else {
            return found;
        };
        let wanted = BlobCondition::IfVersion(version.clone());
        match found {
            Ok(source) if Some(source.generation) == meta::generation(version.as_str()) => {
                Ok(source)
            }
            Ok(_) => Err(unmet(&wanted)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(unmet(&wanted).with_source(error))
            }
            Err(error) => Err(error),
        }
    }

    async fn step(
        &self,
        bucket: &str,
        copy: &Copy,
        (source, condition, token): (&Object, Option<i64>, &str),
    ) -> google_cloud_storage::Result<Step> {
        let mut request = self
            .grpc()
            .rewrite_object()
            .set_source_bucket(named(&copy.from_bucket))
            .set_source_object(copy.from.key.as_str())
            .set_source_generation(source.generation)
            .set_destination_bucket(named(bucket))
            .set_destination_name(key::checked(&copy.to).unwrap_or_default())
            .set_rewrite_token(token);
        if let Some(generation) = condition {
            request = request.set_if_generation_match(generation);
        }
        if let Some(attributes) = &copy.attributes {
            request = request.set_destination(object(attributes));
        }
        let answer = request.send().await?;
        Ok(match answer.resource {
            Some(object) if answer.done => Step::Done(Box::new(object)),
            _ => Step::More(answer.rewrite_token),
        })
    }
}

enum Step {
    Done(Box<Object>),
    More(String),
}

/// An object with these attributes and no others; its name is told beside it.
fn object(attributes: &Attributes) -> Object {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Object::new()
        .set_content_type(text(&attributes.content_type))
        .set_content_disposition(text(&attributes.content_disposition))
        .set_content_encoding(text(&attributes.content_encoding))
        .set_content_language(text(&attributes.content_language))
        .set_cache_control(text(&attributes.cache_control))
        .set_metadata(metadata::encode(&attributes.metadata).unwrap_or_default())
}
