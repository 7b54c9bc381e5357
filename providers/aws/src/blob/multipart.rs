//! Copying an object that is too large for one request, part by part.

use isobar::blob::ObjectMeta;
use isobar::driver::blob::{Copy, Finish, PartTag, TransferLimits, Upload, UploadDriver as _};
use isobar::{Error, ErrorKind, Result};

use super::S3Store;
use super::copy::source_header;
use super::meta::unexpected;
use super::upload::tag;

/// What S3 copies in one request at most: 5 GB ("Copying, moving, and renaming objects").
pub(super) const PART_BYTES: u64 = 5 * 1_000 * 1_000 * 1_000;

impl S3Store {
    /// The copy becomes visible when its last request succeeds, and never in part.
    pub(super) async fn copy_in_parts(
        &self,
        bucket: &str,
        copy: &Copy,
        source: &ObjectMeta,
    ) -> Result<ObjectMeta> {
        let attributes = copy.attributes.as_ref().unwrap_or(&source.attributes);
        let upload = Upload {
            key: copy.to.clone(),
            attributes: attributes.clone(),
            condition: copy.condition.clone(),
            size: Some(source.size),
            part_bytes: self.part_bytes,
            planned: false,
            token: None,
        };
        let upload = self.begin_upload(bucket, &upload).await?;
        let id = upload.token().unwrap_or_default();
        let done = match self.copy_parts(bucket, copy, (source, &id)).await {
            Ok(parts) => {
                let finish = Finish {
                    parts: Some(parts),
                    size: source.size,
                    crc32c: source.crc32c,
                };
                upload.finish(&finish).await
            }
            Err(error) => Err(error),
        };
        if done.is_err() {
            let aborted = upload.abort().await;
            if let Err(error) = aborted {
                tracing::warn!(%error, "parts of an abandoned copy are left behind");
            }
        }
        done
    }

    async fn copy_parts(
        &self,
        bucket: &str,
        copy: &Copy,
        (source, upload): (&ObjectMeta, &str),
    ) -> Result<Vec<PartTag>> {
        let mut tags = Vec::new();
        for (part, number) in TransferLimits::parts_of(source.size, self.part_bytes).zip(1..) {
            let request = self
                .requests
                .upload_part_copy()
                .bucket(bucket)
                .key(copy.to.as_str())
                .upload_id(upload)
                .part_number(number)
                .copy_source(source_header(&copy.from_bucket, &copy.from))
                .copy_source_if_match(source.version.as_str())
                .copy_source_range(format!("bytes={}-{}", part.start, part.end - 1));
            let sent = self.asked(|| request.clone().send()).await;
            let output = sent.map_err(|error| changed(error, copy))?;
            let result = output.copy_part_result;
            let result = result.ok_or_else(|| unexpected("S3 did not describe a copied part"))?;
            tags.push(tag(result.e_tag, result.checksum_crc32_c)?);
        }
        Ok(tags)
    }
}

/// A part's only condition is that its source is still the one that the copy began with.
fn changed(error: Error, copy: &Copy) -> Error {
    if error.kind() != ErrorKind::PreconditionFailed {
        return error;
    }
    let message = "the source changed while it was copied";
    let kind = match copy.from_version {
        Some(_) => ErrorKind::PreconditionFailed,
        None => ErrorKind::Contention,
    };
    Error::new(kind, message).with_source(error)
}
