//! Blobs in Google Cloud Storage: conditions by generation, and CRC32C kept by the service.

mod client;
mod copy;
mod delete;
mod failure;
mod key;
mod list;
mod meta;
mod place;
mod presign;
mod put;
mod read;
mod upload;

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use google_cloud_storage::client::{Storage, StorageControl};
use google_cloud_storage::model::Bucket;
use isobar::blob::{BlobKey, ObjectMeta, PresignedRequest};
use isobar::driver::RetryBudget;
use isobar::driver::blob::{
    BlobAddress, BlobDescription, BlobDriver, Copy, Delete, EntryPage, Get, ListRequest, Presign,
    Put, Read, TransferLimits, Upload, UploadDriver,
};
use isobar::{Capabilities, Capability, Error, ErrorKind, Limits, Result};

pub use client::Clients;
pub use place::Place;

/// The buckets of a project as a blob store.
///
/// The native type is [`Clients`].
#[derive(Debug, Clone)]
pub struct GcsStore {
    clients: Clients,
    project: String,
    budget: RetryBudget,
}

const MIB: u64 = 1 << 20;

/// "Quotas and limits" of Cloud Storage: 5 TiB; chunks of a resumable upload in their order.
const TRANSFER: TransferLimits = TransferLimits {
    blob_bytes: 5 << 40,
    put_bytes: 64 * MIB,
    least_part_bytes: MIB,
    most_part_bytes: 1 << 30,
    parts: u32::MAX,
    concurrent_parts: 1,
    delete_batch: 1,
};

impl GcsStore {
    /// What Cloud Storage can do; requests are signed only where there is a key to sign with.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::BlobIfAbsent,
        Capability::BlobIfVersion,
        Capability::BlobUploadConditions,
        Capability::BlobCopyConditions,
        Capability::BlobDeleteIfVersion,
        Capability::PinnedReads,
        Capability::BlobVersions,
        Capability::ListedAttributes,
        Capability::OrderedListing,
        Capability::PresignedRequests,
        Capability::SignedHeaders,
    ]);
    /// How content is divided on its way in.
    pub const TRANSFER: TransferLimits = TRANSFER;

    /// A store that uses these clients; buckets are created in `project`.
    pub fn new(clients: Clients, project: impl Into<String>) -> Self {
        Self {
            clients,
            project: project.into(),
            budget: RetryBudget::default(),
        }
    }

    fn http(&self) -> &Storage {
        &self.clients.storage
    }

    fn grpc(&self) -> &StorageControl {
        &self.clients.control
    }
}

/// A bucket as the service names it, of whatever project.
fn named(bucket: &str) -> String {
    format!("projects/_/buckets/{bucket}")
}

#[async_trait]
impl BlobDriver for GcsStore {
    fn describe(&self) -> BlobDescription {
        let mut capabilities = Self::CAPABILITIES;
        if self.clients.signer.is_none() {
            let signing =
                Capabilities::of(&[Capability::PresignedRequests, Capability::SignedHeaders]);
            capabilities = capabilities.without(signing);
        }
        BlobDescription {
            provider: "gcs",
            capabilities,
            limits: Limits::PORTABLE,
            transfer: TRANSFER,
        }
    }

    async fn put(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        Box::pin(self.put_blob(bucket, put)).await
    }

    async fn get(&self, bucket: &str, get: &Get) -> Result<Read> {
        self.open(bucket, get).await
    }

    async fn head(&self, bucket: &str, at: &BlobAddress) -> Result<ObjectMeta> {
        meta::described(self.look(bucket, at).await?)
    }

    async fn list_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        self.page(bucket, request).await
    }

    async fn copy(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        self.copy_blob(bucket, copy).await
    }

    async fn delete(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>> {
        self.delete_blob(bucket, delete).await
    }

    async fn delete_batch(&self, _: &str, _: &[BlobKey]) -> Result<Vec<Result<Option<bool>>>> {
        Err(Error::invalid("a batch has one key"))
    }

    async fn upload(&self, bucket: &str, upload: &Upload) -> Result<Arc<dyn UploadDriver>> {
        self.begin(bucket, upload)
    }

    async fn presign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        self.sign(bucket, presign).await
    }

    async fn ensure(&self, bucket: &str) -> Result<()> {
        let created = self
            .grpc()
            .create_bucket()
            .set_parent("projects/_")
            .set_bucket_id(bucket)
            .set_bucket(Bucket::new().set_project(format!("projects/{}", self.project)))
            .send()
            .await;
        match created.map_err(failure::failure) {
            Ok(_) => Ok(()),
            Err(failure) if failure.error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(failure) => Err(failure.error),
        }
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.clients
    }
}
