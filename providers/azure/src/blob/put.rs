//! Storing a blob in one request.

use std::num::NonZero;

use azure_core::http::headers::Headers;
use azure_storage_blob::models::BlobClientUploadOptions;
use isobar::blob::{BlobCondition, ObjectMeta};
use isobar::driver::blob::Put;
use isobar::driver::{Effect, Failure};
use isobar::{Error, Result};

use super::BlobStore;
use super::client::attempt;
use super::meta::metadata;
use super::write::{Expected, Sending, headers, mark};

/// A put, sent once.
struct PutOnce<'p> {
    store: &'p BlobStore,
    bucket: &'p str,
    put: &'p Put,
}

impl BlobStore {
    pub(super) async fn put_blob(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        let expected = Expected {
            key: put.key.clone(),
            size: put.content.len() as u64,
            crc32c: Some(put.crc32c),
            attributes: put.attributes.clone(),
            condition: put.condition.clone(),
            mark: mark(&put.condition),
        };
        let once = PutOnce {
            store: self,
            bucket,
            put,
        };
        self.write(bucket, &expected, once).await
    }
}

impl Sending for PutOnce<'_> {
    async fn send(
        &self,
        condition: &BlobCondition,
        mark: Option<&str>,
    ) -> Result<Headers, Failure> {
        let Put {
            key,
            content,
            crc32c,
            attributes,
            ..
        } = self.put;
        let client = self.store.blob(self.bucket, key).map_err(refused)?;
        let (if_match, if_none_match) = headers(condition);
        let metadata = metadata(attributes, Some(*crc32c), mark).map_err(refused)?;
        let options = BlobClientUploadOptions {
            blob_content_type: attributes.content_type.clone(),
            blob_content_disposition: attributes.content_disposition.clone(),
            blob_content_encoding: attributes.content_encoding.clone(),
            blob_content_language: attributes.content_language.clone(),
            blob_cache_control: attributes.cache_control.clone(),
            metadata: Some(metadata),
            if_match,
            if_none_match,
            // One request, whatever the size.
            partition_size: Some(NonZero::<u64>::MAX),
            ..BlobClientUploadOptions::default()
        };
        let sent = client.upload(content.clone().into(), Some(options));
        let answer = attempt(content.len() as u64, sent).await?;
        Ok(answer.raw_response.headers().clone())
    }
}

/// The failure of a request that was never sent.
pub(super) fn refused(error: Error) -> Failure {
    Failure {
        error,
        effect: Effect::None,
    }
}
