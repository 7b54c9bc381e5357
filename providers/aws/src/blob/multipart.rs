//! Copying an object that is too large for one request, part by part.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use isobar::blob::ObjectMeta;
use isobar::driver::blob::Copy;
use isobar::driver::metadata;
use isobar::{Error, ErrorKind, Result};
use tokio::runtime::Handle;

use super::S3Store;
use super::copy::source_header;
use super::meta::unexpected;
use super::put::{headers, refused};
use crate::error::failure;

/// What S3 copies in one request at most: 5 GB ("Copying, moving, and renaming objects").
pub(super) const PART_BYTES: u64 = 5 * 1_000 * 1_000 * 1_000;

impl S3Store {
    /// The copy becomes visible when its last request succeeds, and never in part.
    pub(super) async fn copy_in_parts(
        &self,
        bucket: &str,
        copy: &Copy,
        source: &ObjectMeta,
    ) -> Result<()> {
        let id = self.begin(bucket, copy, source).await?;
        let upload = Upload {
            client: self.client.clone(),
            bucket: bucket.to_owned(),
            key: copy.to.as_str().to_owned(),
            id,
            open: true,
        };
        let parts = self.copy_parts(bucket, copy, (source, &upload.id)).await;
        let done = match parts {
            Ok(parts) => self.complete(bucket, copy, (&upload.id, parts)).await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            upload.abort().await;
        } else {
            upload.keep();
        }
        done
    }

    async fn begin(&self, bucket: &str, copy: &Copy, source: &ObjectMeta) -> Result<String> {
        let attributes = &source.attributes;
        let stored = metadata::encode(&attributes.metadata)?;
        let sent = self
            .client
            .create_multipart_upload()
            .bucket(bucket)
            .key(copy.to.as_str())
            .set_content_type(attributes.content_type.clone())
            .set_content_disposition(attributes.content_disposition.clone())
            .set_content_encoding(attributes.content_encoding.clone())
            .set_content_language(attributes.content_language.clone())
            .set_cache_control(attributes.cache_control.clone())
            .set_metadata(Some(stored.into_iter().collect()))
            .checksum_algorithm(ChecksumAlgorithm::Crc32C)
            .checksum_type(ChecksumType::FullObject)
            .send()
            .await;
        let output = sent.map_err(|error| failure(error).error)?;
        output
            .upload_id
            .ok_or_else(|| unexpected("S3 did not name the upload"))
    }

    async fn copy_parts(
        &self,
        bucket: &str,
        copy: &Copy,
        (source, upload): (&ObjectMeta, &str),
    ) -> Result<Vec<CompletedPart>> {
        let mut parts = Vec::new();
        let mut start = 0;
        for number in 1.. {
            let end = source.size.min(start + self.part_bytes);
            let sent = self
                .client
                .upload_part_copy()
                .bucket(bucket)
                .key(copy.to.as_str())
                .upload_id(upload)
                .part_number(number)
                .copy_source(source_header(&copy.from_bucket, &copy.from.key))
                .copy_source_if_match(source.version.as_str())
                .copy_source_range(format!("bytes={start}-{}", end - 1))
                .send()
                .await;
            let output = sent.map_err(|error| changed(failure(error).error))?;
            let result = output.copy_part_result;
            let result = result.ok_or_else(|| unexpected("S3 did not describe a copied part"))?;
            let part = CompletedPart::builder()
                .part_number(number)
                .set_e_tag(result.e_tag)
                .set_checksum_crc32_c(result.checksum_crc32_c);
            parts.push(part.build());
            start = end;
            if start == source.size {
                break;
            }
        }
        Ok(parts)
    }

    async fn complete(
        &self,
        bucket: &str,
        copy: &Copy,
        (upload, parts): (&str, Vec<CompletedPart>),
    ) -> Result<()> {
        let (if_match, if_none_match) = headers(&copy.condition);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let sent = self
            .writes
            .complete_multipart_upload()
            .bucket(bucket)
            .key(copy.to.as_str())
            .upload_id(upload)
            .multipart_upload(parts.build())
            .checksum_type(ChecksumType::FullObject)
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .send()
            .await;
        sent.map(drop).map_err(|error| {
            let failure = failure(error);
            refused(&failure.error, &copy.condition).unwrap_or_else(|| failure.of_write())
        })
    }
}

/// An upload that is neither completed nor aborted; dropping it aborts it, so that a copy whose
/// time is up leaves no parts behind (rule K7).
#[derive(Debug)]
struct Upload {
    client: Client,
    bucket: String,
    key: String,
    id: String,
    open: bool,
}

impl Upload {
    fn keep(mut self) {
        self.open = false;
    }

    async fn abort(mut self) {
        self.aborting().await;
        self.open = false;
    }

    fn aborting(&self) -> impl Future<Output = ()> + Send + use<> {
        let request = self.client.abort_multipart_upload().bucket(&self.bucket);
        let request = request.key(&self.key).upload_id(&self.id);
        async move {
            if let Err(error) = request.send().await {
                let error = failure(error).error;
                tracing::warn!(%error, "parts of an abandoned copy are left behind");
            }
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn(self.aborting()));
        } else {
            tracing::warn!("parts of an abandoned copy are left behind");
        }
    }
}

/// A part's only condition is that its source is still the one that the copy began with.
fn changed(error: Error) -> Error {
    if error.kind() == ErrorKind::PreconditionFailed {
        let message = "the source changed while it was copied";
        return Error::new(ErrorKind::Contention, message).with_source(error);
    }
    error
}
