//! Blobs in S3: keys as they are, conditions by `If-None-Match` and `If-Match`, CRC32C kept.

mod body;
mod checksum;
mod copy;
mod delete;
mod list;
mod meta;
mod multipart;
mod presign;
mod put;
mod read;
mod signing;
mod upload;
mod versions;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use isobar::blob::{BlobKey, ObjectMeta, PresignedRequest};
use isobar::driver::RetryBudget;
use isobar::driver::blob::{
    BlobAddress, BlobDescription, BlobDriver, Copy, Delete, EntryPage, Get, ListRequest, ListScope,
    Presign, Put, Read, TransferLimits, Upload, UploadDriver,
};
use isobar::{Capabilities, Capability, Limits, Result};

use self::checksum::UnlessCrc32c;
use self::put::{PAUSE, RETRIES};
pub use self::signing::SignedContent;
use crate::error::failure;
use crate::retry::retried;

/// An S3 account and region as a blob store.
///
/// The native type is [`aws_sdk_s3::Client`].
#[derive(Clone)]
pub struct S3Store {
    /// What its owner has given, which also signs.
    client: Client,
    /// Without the SDK's retries: what may be sent again is decided here (rule R21).
    requests: Client,
    /// Above this size a blob is copied in parts of it.
    part_bytes: u64,
    signed_content: SignedContent,
    budget: RetryBudget,
}

/// What goes in one put, though S3 takes 5 GiB: larger content is sent in parts at the same time, of
/// which one that is lost is sent again alone.
const PUT_BYTES: u64 = 32 << 20;

/// "Amazon S3 multipart upload limits" of its user guide.
const TRANSFER: TransferLimits = TransferLimits {
    blob_bytes: 5 << 40,
    put_bytes: PUT_BYTES,
    least_part_bytes: 5 << 20,
    most_part_bytes: 5 << 30,
    parts: 10_000,
    concurrent_parts: 4,
    delete_batch: 1_000,
};

/// The region whose name S3 refuses as a location constraint.
const FIRST_REGION: &str = "us-east-1";

impl S3Store {
    /// What S3 can do, in buckets of its general purpose kind.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::BlobIfAbsent,
        Capability::BlobIfVersion,
        Capability::BlobUploadConditions,
        Capability::BlobCopyConditions,
        Capability::BlobDeleteIfVersion,
        Capability::PinnedReads,
        Capability::BlobVersions,
        Capability::AbandonedUploads,
        Capability::OrderedListing,
        Capability::PresignedRequests,
        Capability::SignedHeaders,
        Capability::PresignedUploads,
    ]);
    /// How content is divided on its way in.
    pub const TRANSFER: TransferLimits = TRANSFER;

    /// A store that uses this client, but for its retry settings.
    pub fn new(client: Client) -> Self {
        let requests = client.config().to_builder();
        let requests = requests
            .retry_config(RetryConfig::disabled())
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .interceptor(UnlessCrc32c)
            .build();
        Self {
            requests: Client::from_conf(requests),
            client,
            part_bytes: multipart::PART_BYTES,
            signed_content: SignedContent::default(),
            budget: RetryBudget::default(),
        }
    }

    /// Sends a request that may be sent any number of times until it is answered.
    async fn asked<T, E, F>(&self, ask: impl Fn() -> F + Send) -> Result<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        retried(self.budget.retries(RETRIES, PAUSE), ask).await
    }

    /// Copies blobs above this size in parts of it; for tests, S3 takes 5 MiB to 5 GiB.
    #[must_use]
    pub fn with_part_bytes(mut self, bytes: u64) -> Self {
        self.part_bytes = bytes;
        self
    }

    /// When signatures cover content; where no TLS protects it unless set.
    #[must_use]
    pub fn with_signed_content(mut self, signed: SignedContent) -> Self {
        self.signed_content = signed;
        self
    }
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").finish_non_exhaustive()
    }
}

#[async_trait]
impl BlobDriver for S3Store {
    fn describe(&self) -> BlobDescription {
        BlobDescription {
            provider: "s3",
            capabilities: Self::CAPABILITIES,
            limits: Limits::PORTABLE,
            transfer: TRANSFER,
        }
    }

    async fn put(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        self.put_blob(bucket, put).await
    }

    async fn get(&self, bucket: &str, get: &Get) -> Result<Read> {
        self.open(bucket, get).await
    }

    async fn head(&self, bucket: &str, at: &BlobAddress) -> Result<ObjectMeta> {
        self.head_blob(bucket, at).await
    }

    async fn list_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        match request.scope {
            ListScope::Blobs | ListScope::BlobsWithAttributes => self.page(bucket, request).await,
            ListScope::Versions => self.version_page(bucket, request).await,
            ListScope::Uploads => self.upload_page(bucket, request).await,
        }
    }

    async fn copy(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        self.copy_blob(bucket, copy).await
    }

    async fn delete(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>> {
        self.delete_blob(bucket, delete).await
    }

    async fn delete_batch(
        &self,
        bucket: &str,
        keys: &[BlobKey],
    ) -> Result<Vec<Result<Option<bool>>>> {
        self.delete_blobs(bucket, keys).await
    }

    async fn upload(&self, bucket: &str, upload: &Upload) -> Result<Arc<dyn UploadDriver>> {
        Ok(Arc::new(self.begin_upload(bucket, upload).await?))
    }

    async fn presign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        self.sign(bucket, presign).await
    }

    async fn ensure(&self, bucket: &str) -> Result<()> {
        let region = self.client.config().region().map(ToString::to_string);
        let location = region
            .filter(|region| region != FIRST_REGION)
            .map(|region| {
                let location = BucketLocationConstraint::from(region.as_str());
                CreateBucketConfiguration::builder()
                    .location_constraint(location)
                    .build()
            });
        let request = self.client.create_bucket().bucket(bucket);
        let request = request.set_create_bucket_configuration(location);
        let Err(error) = request.send().await else {
            return Ok(());
        };
        let error = failure(error).error;
        match error.provider_code() {
            Some("BucketAlreadyOwnedByYou") => Ok(()),
            _ => Err(error),
        }
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.client
    }
}
