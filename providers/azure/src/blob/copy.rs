//! Copying blobs: in one request that the service answers when it is done, or in blocks.
//!
//! The service's own copy of any size, which goes on after its answer, is not used: until it has
//! ended, the blob is there and has no content.

use std::ops::Range;

use azure_core::error::CheckSuccessOptions;
use azure_core::http::headers::Headers;
use azure_core::http::{Context, Method, PipelineSendOptions, Request};
use azure_storage_blob::models::{BlockBlobClientStageBlockFromUrlOptions, HttpRange};
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use isobar::blob::{BlobCondition, ObjectMeta};
use isobar::driver::blob::{Copy, Get, TransferLimits, check_present};
use isobar::driver::{Failure, crc32c};
use isobar::{Error, ErrorKind, Result};

use super::client::{PAUSE, RETRIES, attempt};
use super::meta::{etag, metadata};
use super::multipart::{Commit, UploadId};
use super::put::refused;
use super::read::replaced;
use super::write::{Expected, Sending, headers};
use super::{BlobStore, MIB, TRANSFER};

/// The largest blob that is copied in one request ("Copy Blob From URL").
const AT_ONCE: u64 = 256 * MIB;
/// Blocks that the service copies at the same time.
const CONCURRENT: usize = 8;
/// A block that passes through this process.
const PASSED: u64 = 8 * MIB;

impl BlobStore {
    pub(super) async fn copy_blob(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let source = self.look(&copy.from_bucket, &copy.from).await;
        let source = source.map_err(|error| match error.kind() {
            ErrorKind::NotFound if copy.from_version.is_some() => replaced(error),
            _ => error,
        })?;
        let source = source.meta;
        if copy
            .from_version
            .as_ref()
            .is_some_and(|version| *version != source.version)
        {
            let message = "the source has another version";
            return Err(Error::new(ErrorKind::PreconditionFailed, message));
        }
        let present = copy.from.version_id.is_none();
        let itself = present && copy.from.key == copy.to && copy.from_bucket == bucket;
        let mut condition = copy.condition.clone();
        if itself {
            check_present(&condition, &source.version)?;
            if copy.attributes.is_none() {
                return Ok(source);
            }
            // Whoever replaces the content meanwhile must not lose it.
            condition = BlobCondition::IfVersion(source.version.clone());
        }
        let id = UploadId::generate();
        let expected = Expected {
            key: copy.to.clone(),
            size: source.size,
            crc32c: source.crc32c,
            attributes: copy
                .attributes
                .clone()
                .unwrap_or_else(|| source.attributes.clone()),
            condition,
            mark: Some(id.text()),
        };
        let copying = Copying {
            store: self,
            bucket,
            copy,
            source: &source,
            expected: &expected,
        };
        // A copy in one request takes the headers of its source.
        if copy.attributes.is_none() && source.size <= self.block_bytes.min(AT_ONCE) {
            return self.write(bucket, &expected, copying).await;
        }
        let commit = Commit {
            store: self,
            bucket,
            expected: &expected,
            blocks: copying.stage_all(id).await?,
        };
        self.write(bucket, &expected, commit).await
    }
}

/// How the content of a block comes from its source.
#[derive(Debug, Clone, Copy)]
enum Way {
    ByUrl,
    Passed,
}

#[derive(Clone, Copy)]
struct Copying<'c> {
    store: &'c BlobStore,
    bucket: &'c str,
    copy: &'c Copy,
    source: &'c ObjectMeta,
    expected: &'c Expected,
}

impl Sending for Copying<'_> {
    /// "Copy Blob From URL", which the client has no call for.
    async fn send(
        &self,
        condition: &BlobCondition,
        mark: Option<&str>,
    ) -> Result<Headers, Failure> {
        let Self { store, copy, .. } = self;
        let client = store.blob(self.bucket, &copy.to).map_err(refused)?;
        let source = store
            .source(&copy.from_bucket, &copy.from)
            .map_err(refused)?;
        let mut request = Request::new(client.url().clone(), Method::Put);
        request.insert_header("x-ms-version", store.version.clone());
        request.insert_header("content-length", "0");
        request.insert_header("x-ms-requires-sync", "true");
        request.insert_header("x-ms-copy-source", String::from(source));
        let version = etag(&self.source.version);
        request.insert_header("x-ms-source-if-match", version.to_string());
        let (if_match, if_none_match) = headers(condition);
        for (name, value) in [("if-match", if_match), ("if-none-match", if_none_match)] {
            if let Some(value) = value {
                request.insert_header(name, value.to_string());
            }
        }
        let Expected {
            crc32c, attributes, ..
        } = self.expected;
        for (name, value) in metadata(attributes, *crc32c, mark).map_err(refused)? {
            request.insert_header(format!("x-ms-meta-{name}"), value);
        }
        let options = PipelineSendOptions {
            check_success: CheckSuccessOptions {
                success_codes: &[202],
            },
            ..PipelineSendOptions::default()
        };
        let ctx = Context::new();
        let sent = store.pipeline.send(&ctx, &mut request, Some(options));
        let answer = attempt(self.source.size, sent).await.map_err(changed)?;
        Ok(answer.headers().clone())
    }
}

impl Copying<'_> {
    /// Makes blocks of the source; their ids, in their order.
    async fn stage_all(&self, id: UploadId) -> Result<Vec<Vec<u8>>> {
        let block_bytes = self.store.block_bytes.max(1);
        let staged = match self.stage(id, block_bytes, Way::ByUrl).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                tracing::debug!(%error, "the content of a copy passes through this process");
                let part_bytes = TRANSFER.part_bytes(Some(self.source.size))?;
                let block_bytes = block_bytes.min(part_bytes.max(PASSED));
                let passed = self.stage(id, block_bytes, Way::Passed).await?;
                self.check(&passed)?;
                Ok(passed)
            }
            staged => staged,
        };
        Ok(staged?.into_iter().map(|block| block.id).collect())
    }

    /// What has passed must be what the source is said to be: nobody else compares it.
    fn check(&self, passed: &[Block]) -> Result<()> {
        let combined = passed.iter().fold(0, |so_far, block| {
            let length = usize::try_from(block.size).unwrap_or(usize::MAX);
            crc32c::combine(so_far, block.crc32c, length)
        });
        if self
            .source
            .crc32c
            .is_some_and(|expected| expected != combined)
        {
            let message = "what was read of the source does not match its checksum";
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
        Ok(())
    }

    async fn stage(&self, id: UploadId, block_bytes: u64, way: Way) -> Result<Vec<Block>> {
        let size = self.source.size;
        let parts = TransferLimits::parts_of(size, block_bytes).filter(|part| !part.is_empty());
        let staged = parts.zip(1..).map(|(part, number)| async move {
            let (id, size) = (id.block(number), part.end - part.start);
            let crc32c = match way {
                Way::ByUrl => self.stage_by_url(&id, part).await.map(|()| 0)?,
                Way::Passed => self.stage_passed(&id, part).await?,
            };
            Ok(Block { id, size, crc32c })
        });
        iter(staged).buffered(CONCURRENT).try_collect().await
    }

    /// The service reads the block from the source itself.
    async fn stage_by_url(&self, block: &[u8], part: Range<u64>) -> Result<()> {
        let Self { store, copy, .. } = self;
        let client = store.blob(self.bucket, &copy.to)?.block_blob_client();
        let staged = store.reading(|| async {
            let source = store
                .source(&copy.from_bucket, &copy.from)
                .map_err(refused)?;
            let options = BlockBlobClientStageBlockFromUrlOptions {
                source_range: Some(HttpRange::from(part.clone())),
                source_if_match: Some(etag(&self.source.version)),
                ..BlockBlobClientStageBlockFromUrlOptions::default()
            };
            let sent = client.stage_block_from_url(block, 0, source.into(), Some(options));
            attempt(part.end - part.start, sent).await.map_err(changed)
        });
        staged.await.map(drop)
    }

    /// Reads the block, and sends it: for stores that cannot read it themselves. Gives its checksum.
    async fn stage_passed(&self, block: &[u8], part: Range<u64>) -> Result<u32> {
        let Self { store, copy, .. } = self;
        let client = store.blob(self.bucket, &copy.to)?.block_blob_client();
        let size = part.end - part.start;
        let get = Get {
            at: copy.from.clone(),
            range: part.into(),
            if_version: Some(self.source.version.clone()),
        };
        let mut retries = store.budget.retries(RETRIES, PAUSE);
        let content = loop {
            let read = store.open(&copy.from_bucket, &get).await?;
            let error = match read.body.collect().await {
                Ok(content) if content.len() as u64 == size => {
                    retries.answered();
                    break content;
                }
                Ok(_) => Error::new(ErrorKind::Unavailable, "a block of the source was cut off"),
                Err(error) => error,
            };
            tracing::debug!(%error, "a block of a copy is read again");
            tokio::time::sleep(retries.pause_or(error)?).await;
        };
        let crc32c = crc32c::checksum(&content);
        let staged = store.reading(|| {
            let sent = client.stage_block(block, size, content.clone().into(), None);
            attempt(size, sent)
        });
        staged.await.map(|_| crc32c)
    }
}

/// A block that the destination has.
struct Block {
    id: Vec<u8>,
    size: u64,
    /// Of what has passed through this process; 0 where nothing has.
    crc32c: u32,
}

/// The source is still the one that the copy began with, or the copy fails.
fn changed(failure: Failure) -> Failure {
    let Failure { error, effect } = failure;
    if error.provider_code() == Some("SourceConditionNotMet") {
        let message = "the source changed while it was copied";
        let error = Error::new(ErrorKind::Contention, message).with_source(error);
        return Failure { error, effect };
    }
    Failure { error, effect }
}
