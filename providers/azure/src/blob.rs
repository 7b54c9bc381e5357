//! Blobs in Azure Blob Storage: block blobs, keys escaped where it forbids some, CRC32C in metadata.

mod body;
mod client;
mod copy;
mod delete;
mod failure;
mod list;
mod listing;
mod meta;
mod multipart;
mod presign;
mod put;
mod read;
mod signature;
mod write;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::Pipeline;
use azure_storage_blob::BlobServiceClient;
use isobar::blob::{BlobKey, ObjectMeta, PresignedRequest};
use isobar::driver::RetryBudget;
use isobar::driver::blob::{
    BlobAddress, BlobDescription, BlobDriver, Copy, Delete, EntryPage, Get, ListRequest, Presign,
    Put, Read, TransferLimits, Upload, UploadDriver,
};
use isobar::{Capabilities, Capability, Error, Limits, Result};

use crate::credential::Credential;

/// The blobs of a storage account; [`BlobPlace`](crate::config::blob::BlobPlace) opens one.
///
/// A bucket is a container. The native type is [`BlobServiceClient`], which signs its requests as
/// this store does, and does not repeat them.
#[derive(Clone)]
pub struct BlobStore {
    client: Arc<BlobServiceClient>,
    /// For the requests that the client has no call for.
    pipeline: Pipeline,
    /// The version of the service's interface that the client speaks.
    version: String,
    account: String,
    credential: Credential,
    keeps_versions: bool,
    /// Above this size a blob is copied in blocks of it.
    block_bytes: u64,
    budget: RetryBudget,
}

const MIB: u64 = 1 << 20;

/// "Scalability and performance targets for Blob storage". One put takes up to 5,000 MiB; what is
/// larger than this goes in blocks, so that less is sent again where a connection breaks.
const TRANSFER: TransferLimits = TransferLimits {
    blob_bytes: 50_000 * 4_000 * MIB,
    put_bytes: 256 * MIB,
    least_part_bytes: 1,
    most_part_bytes: 4_000 * MIB,
    parts: 50_000,
    concurrent_parts: 4,
    delete_batch: 1,
};

impl BlobStore {
    /// What Azure Blob Storage can do by an account key; an account that keeps versions has them
    /// besides, and a shared access signature cannot sign requests for others.
    ///
    /// Listings are in the order of keys as they are stored, which is not that of all keys.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::BlobIfAbsent,
        Capability::BlobIfVersion,
        Capability::BlobUploadConditions,
        Capability::BlobCopyConditions,
        Capability::BlobDeleteIfVersion,
        Capability::PinnedReads,
        Capability::ListedAttributes,
        Capability::PresignedRequests,
        Capability::PresignedUploads,
    ]);
    /// How content is divided on its way in.
    pub const TRANSFER: TransferLimits = TRANSFER;

    /// The account's client; a clone shares its connections.
    pub fn client(&self) -> Arc<BlobServiceClient> {
        Arc::clone(&self.client)
    }

    /// Whether the account keeps versions of its blobs, which the service does not tell.
    #[must_use]
    pub fn with_versions(self, keeps_versions: bool) -> Self {
        Self {
            keeps_versions,
            ..self
        }
    }

    /// Copies blobs above this size in blocks of it, at most 4,000 MiB; 256 MiB unless set.
    #[must_use]
    pub fn with_block_bytes(self, block_bytes: u64) -> Self {
        Self {
            block_bytes,
            ..self
        }
    }
}

impl fmt::Debug for BlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut store = f.debug_struct("BlobStore");
        store.field("account", &self.account);
        store.finish_non_exhaustive()
    }
}

#[async_trait]
impl BlobDriver for BlobStore {
    fn describe(&self) -> BlobDescription {
        let mut capabilities = Self::CAPABILITIES;
        if self.keeps_versions {
            capabilities = capabilities.union(Capabilities::of(&[Capability::BlobVersions]));
        }
        if !self.credential.is_key() {
            capabilities = capabilities.without(Capabilities::of(&[
                Capability::PresignedRequests,
                Capability::PresignedUploads,
            ]));
        }
        BlobDescription {
            provider: "azure-blob",
            capabilities,
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
        Ok(self.look(bucket, at).await?.meta)
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
        let begun = std::future::ready(self.open_upload(bucket, upload)).await?;
        Ok(Arc::new(begun))
    }

    async fn presign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        std::future::ready(self.sign(bucket, presign)).await
    }

    async fn ensure(&self, bucket: &str) -> Result<()> {
        self.ensure_container(bucket).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &*self.client
    }
}
