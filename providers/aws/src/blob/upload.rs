//! An upload in parts: begun, sent, and completed once, or aborted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use isobar::blob::{BlobCondition, ObjectMeta};
use isobar::document::Version;
use isobar::driver::blob::{Finish, Part, PartTag, Upload, UploadDriver, unmet};
use isobar::driver::settle::{Attempt, Found, Outcome, WriteRequest, settle};
use isobar::driver::{Failure, metadata};
use isobar::{Error, ErrorKind, Result};
use tokio::runtime::Handle;

use super::S3Store;
use super::meta::{Stored, WRITE, encode_crc32c, unexpected, with_attributes};
use super::put::{PAUSE, RETRIES, attempt, found, headers, same_attributes};
use crate::error::failure;

/// An upload that, unless it was opened again, is aborted when it is dropped, so that one whose
/// time is up leaves no parts behind (rule K7).
#[derive(Debug)]
pub(super) struct S3Upload {
    store: S3Store,
    bucket: String,
    upload: Upload,
    id: String,
    /// What marks the object as the work of this upload; not known of one that was opened again.
    mark: Option<Version>,
    open: AtomicBool,
}

impl S3Store {
    pub(super) async fn begin_upload(&self, bucket: &str, upload: &Upload) -> Result<S3Upload> {
        let (id, mark) = match &upload.token {
            Some(id) => (id.clone(), None),
            None => self.create_upload(bucket, upload).await?,
        };
        Ok(S3Upload {
            store: self.clone(),
            bucket: bucket.to_owned(),
            upload: upload.clone(),
            id,
            open: AtomicBool::new(mark.is_some()),
            mark,
        })
    }

    async fn create_upload(
        &self,
        bucket: &str,
        upload: &Upload,
    ) -> Result<(String, Option<Version>)> {
        let attributes = &upload.attributes;
        let mut stored = metadata::encode(&attributes.metadata)?;
        let mark = Version::generate();
        if upload.condition != BlobCondition::None {
            stored.insert(WRITE.to_owned(), mark.as_str().to_owned());
        }
        // What others send has no checksum that could be asked for.
        let checksum = (!upload.planned).then_some(ChecksumAlgorithm::Crc32C);
        let request = self.requests.create_multipart_upload().bucket(bucket);
        let request = with_attributes!(request.key(upload.key.as_str()), attributes)
            .set_metadata(Some(stored.into_iter().collect()))
            .set_checksum_type(checksum.as_ref().map(|_| ChecksumType::FullObject))
            .set_checksum_algorithm(checksum);
        let output = self.asked(|| request.clone().send()).await?;
        let id = output.upload_id;
        let id = id.ok_or_else(|| unexpected("S3 did not name the upload"))?;
        Ok((id, Some(mark)))
    }
}

/// The request that makes an object of the parts.
struct Completion<'c> {
    upload: &'c S3Upload,
    finish: &'c Finish,
    parts: Vec<CompletedPart>,
}

#[async_trait]
impl UploadDriver for S3Upload {
    fn token(&self) -> Option<String> {
        Some(self.id.clone())
    }

    async fn part(&self, part: &Part) -> Result<PartTag> {
        let checksum = encode_crc32c(part.crc32c);
        let sent = self.store.asked(|| {
            let request = self.store.requests.upload_part();
            request
                .bucket(&self.bucket)
                .key(self.upload.key.as_str())
                .upload_id(&self.id)
                .part_number(part.number.cast_signed())
                .body(ByteStream::from(part.content.clone()))
                .checksum_crc32_c(&checksum)
                .customize()
                .interceptor(self.store.signed_content)
                .send()
        });
        let output = sent.await?;
        tag(output.e_tag, Some(checksum))
    }

    async fn finish(&self, finish: &Finish) -> Result<ObjectMeta> {
        let parts = match &finish.parts {
            Some(tags) => tags.iter().zip(1..).map(completed).collect(),
            None => self.parts_sent(finish.size).await?,
        };
        let meta = self.complete(finish, parts).await?;
        self.open.store(false, Ordering::Relaxed);
        Ok(meta)
    }

    async fn abort(&self) -> Result<()> {
        self.open.store(false, Ordering::Relaxed);
        self.aborting().await
    }

    fn leave(&self) {
        self.open.store(false, Ordering::Relaxed);
    }
}

impl S3Upload {
    /// Completes the upload until it is known what became of it; S3 does so once, whatever it is
    /// sent.
    async fn complete(&self, finish: &Finish, parts: Vec<CompletedPart>) -> Result<ObjectMeta> {
        let mut completion = Completion {
            upload: self,
            finish,
            parts,
        };
        let retries = self.store.budget.retries(RETRIES, PAUSE);
        match settle(&mut completion, None, retries).await? {
            Outcome::Applied(_) => {
                let key = &self.upload.key;
                let meta = self.store.head_written(&self.bucket, key).await?;
                whole(meta, finish)
            }
            Outcome::Recognised(Some(meta)) => Ok(meta),
            Outcome::Recognised(None) => {
                self.store
                    .head_written(&self.bucket, &self.upload.key)
                    .await
            }
            Outcome::Refused(refusal) => Err(refusal.mark(unmet(&self.upload.condition))),
        }
    }

    async fn send_complete(
        &self,
        parts: Vec<CompletedPart>,
    ) -> Result<CompleteMultipartUploadOutput, Failure> {
        let (if_match, if_none_match) = headers(&self.upload.condition);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let request = self
            .store
            .requests
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(self.upload.key.as_str())
            .upload_id(&self.id)
            .multipart_upload(parts.build())
            .set_if_match(if_match)
            .set_if_none_match(if_none_match);
        // The parts were compared when they came; stores that speak S3's language but know only
        // checksums of checksums would not take that of the whole.
        let kind = (!self.upload.planned).then_some(ChecksumType::FullObject);
        request
            .set_checksum_type(kind)
            .send()
            .await
            .map_err(failure)
    }

    /// What this upload has left, if it has.
    fn ours(&self, stored: Stored, finish: &Finish) -> Option<ObjectMeta> {
        let mark = stored.metadata.as_ref().and_then(|marks| marks.get(WRITE));
        let marked = mark.map(String::as_str) == self.mark.as_ref().map(Version::as_str);
        let mut meta = stored.into_meta(&self.upload.key).ok()?;
        let same = same_attributes(&mut meta, &self.upload.attributes)
            && meta.size == finish.size
            && finish.crc32c.is_some()
            && meta.crc32c == finish.crc32c;
        let ours = match self.upload.condition {
            BlobCondition::None => same,
            _ => marked && self.mark.is_some(),
        };
        ours.then_some(meta)
    }

    /// The parts that others have sent, which must be all.
    async fn parts_sent(&self, size: u64) -> Result<Vec<CompletedPart>> {
        let (mut parts, mut after) = (Vec::new(), None);
        loop {
            let request = self.store.requests.list_parts().bucket(&self.bucket);
            let request = request.key(self.upload.key.as_str()).upload_id(&self.id);
            let request = request.set_part_number_marker(after);
            let page = self.store.asked(|| request.clone().send()).await?;
            parts.extend(page.parts.unwrap_or_default());
            after = page.next_part_number_marker;
            if page.is_truncated != Some(true) {
                break;
            }
        }
        let in_order = parts.into_iter().zip(1..);
        let in_order = in_order.take_while(|(part, number)| part.part_number == Some(*number));
        let parts: Vec<_> = in_order.map(|(part, _)| part).collect();
        let sizes = parts.iter().map(|part| super::meta::size(part.size));
        let sizes = sizes.collect::<Result<Vec<_>>>()?;
        self.upload.check_parts(size, &sizes)?;
        let completed = parts.into_iter().map(|part| {
            let builder = CompletedPart::builder().set_part_number(part.part_number);
            builder.set_e_tag(part.e_tag).build()
        });
        Ok(completed.collect())
    }

    fn aborting(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        let store = self.store.clone();
        let request = store.requests.abort_multipart_upload();
        let request = request.bucket(&self.bucket).key(self.upload.key.as_str());
        let request = request.upload_id(&self.id);
        async move { store.asked(|| request.clone().send()).await.map(drop) }
    }
}

impl WriteRequest for Completion<'_> {
    type Row = ObjectMeta;

    async fn send(&mut self) -> Attempt<ObjectMeta> {
        match self.upload.send_complete(self.parts.clone()).await {
            Ok(_) => Attempt::Applied(None),
            Err(failure) => attempt(failure, &self.upload.upload.condition),
        }
    }

    async fn look_back(&mut self) -> Found<ObjectMeta> {
        let S3Upload {
            store,
            bucket,
            upload,
            ..
        } = self.upload;
        found(
            store.look(bucket, &upload.key.clone().into()).await,
            |stored| self.upload.ours(stored, self.finish),
        )
    }

    /// An upload is completed once, whatever is sent.
    fn is_once(&self) -> bool {
        true
    }

    fn over_nothing(&mut self) -> bool {
        false
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

impl Drop for S3Upload {
    fn drop(&mut self) {
        if !self.open.load(Ordering::Relaxed) {
            return;
        }
        let aborting = self.aborting();
        let Ok(runtime) = Handle::try_current() else {
            tracing::warn!("parts of an abandoned upload are left behind");
            return;
        };
        drop(runtime.spawn(async move {
            if let Err(error) = aborting.await {
                tracing::warn!(%error, "parts of an abandoned upload are left behind");
            }
        }));
    }
}

/// What was made of the parts, where S3 tells the checksum of the whole.
fn whole(meta: ObjectMeta, finish: &Finish) -> Result<ObjectMeta> {
    match (meta.crc32c, finish.crc32c) {
        (Some(found), Some(expected)) if found != expected && meta.size == finish.size => {
            let message = "the object is not what its parts were";
            Err(Error::new(ErrorKind::Corrupt, message))
        }
        _ => Ok(meta),
    }
}

/// The ETag of a part and, where there is one, its checksum.
pub(super) fn tag(e_tag: Option<String>, checksum: Option<String>) -> Result<PartTag> {
    let e_tag = e_tag.ok_or_else(|| unexpected("S3 did not tell the ETag of a part"))?;
    Ok(PartTag(match checksum {
        Some(checksum) => format!("{e_tag} {checksum}"),
        None => e_tag,
    }))
}

fn completed((tag, number): (&PartTag, i32)) -> CompletedPart {
    let (e_tag, checksum) = match tag.0.split_once(' ') {
        Some((e_tag, checksum)) => (e_tag, Some(checksum.to_owned())),
        None => (tag.0.as_str(), None),
    };
    CompletedPart::builder()
        .part_number(number)
        .e_tag(e_tag)
        .set_checksum_crc32_c(checksum)
        .build()
}
