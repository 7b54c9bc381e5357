//! Blobs by OpenDAL: its services below the normalisation of paths, so that keys stay what they are.

mod copy;
mod delete;
mod key;
mod list;
mod meta;
mod presign;
mod put;
mod read;
mod upload;

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use isobar::blob::{BlobKey, ObjectMeta, PresignedRequest};
use isobar::driver::RetryBudget;
use isobar::driver::blob::{
    BlobAddress, BlobDescription, BlobDriver, Copy, Delete, EntryPage, Get, ListRequest, Presign,
    Put, Read, Upload, UploadDriver,
};
use isobar::{Capabilities, Capability, Error, ErrorKind, Limits, Result};
use opendal::raw::{OpWrite, Servicer, oio};
use opendal::{Buffer, OperationContext, Operator};

use crate::error::call;
use crate::{Operators, Service};

/// The buckets of one account of a service.
///
/// The native type is [`Operators`].
#[derive(Debug, Clone)]
pub struct OpendalStore {
    service: Service,
    capabilities: Capabilities,
    operators: Operators,
    budget: RetryBudget,
}

/// One bucket: OpenDAL's service and what it sends its requests by.
pub(crate) struct Place {
    pub(crate) service: Servicer,
    pub(crate) context: OperationContext,
}

impl OpendalStore {
    /// A store whose operators are made by `make`, which is given the name of a bucket. They must
    /// be of `service`, whose root is the bucket.
    ///
    /// OSS and COS ignore the condition that there be no blob in buckets that keep versions or ever
    /// did, and OpenDAL cannot ask them; so that condition is refused until
    /// [`never_versioned`](Self::never_versioned) is called (rule K4).
    pub fn new(
        service: Service,
        make: impl Fn(&str) -> opendal::Result<Operator> + Send + Sync + 'static,
    ) -> Result<Self> {
        let mut capabilities = service.capabilities();
        if service.forgets_conditions() {
            capabilities = capabilities.without(Capabilities::of(&CONDITIONS));
        }
        Ok(Self {
            service,
            capabilities,
            operators: Operators::new(make)?,
            budget: RetryBudget::default(),
        })
    }

    /// Says that no bucket of this store keeps versions, or ever did.
    #[must_use]
    pub fn never_versioned(mut self) -> Self {
        self.capabilities = self.service.capabilities();
        self
    }

    fn place(&self, bucket: &str) -> Result<Place> {
        let made = self.operators.of(bucket)?;
        Ok(Place {
            service: Arc::clone(&made.0),
            context: made.1.clone(),
        })
    }
}

/// What OSS and COS ignore in a bucket that keeps versions.
const CONDITIONS: [Capability; 3] = [
    Capability::BlobIfAbsent,
    Capability::BlobUploadConditions,
    Capability::BlobCopyConditions,
];

#[async_trait]
impl BlobDriver for OpendalStore {
    fn describe(&self) -> BlobDescription {
        BlobDescription {
            provider: self.service.name(),
            capabilities: self.capabilities,
            limits: Limits::PORTABLE,
            transfer: self.service.transfer(),
        }
    }

    async fn put(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        self.put_blob(bucket, put).await
    }

    async fn get(&self, bucket: &str, get: &Get) -> Result<Read> {
        self.open(bucket, get).await
    }

    async fn head(&self, bucket: &str, at: &BlobAddress) -> Result<ObjectMeta> {
        Ok(self.look(bucket, &at.key).await?.meta)
    }

    async fn list_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        self.page(bucket, request).await
    }

    async fn copy(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        self.copy_blob(bucket, copy).await
    }

    async fn delete(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>> {
        self.delete_blob(bucket, &delete.at.key, &delete.condition)
            .await
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

    /// S3 creates a bucket by a put without a key; that is all that OpenDAL can send to one.
    async fn ensure(&self, bucket: &str) -> Result<()> {
        let place = self.place(bucket)?;
        if !self.service.is_remote() {
            return Ok(());
        }
        if self.service != Service::S3 {
            let message = "OpenDAL cannot create a bucket of this service: create it there";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let created = async {
            let writer = place.service.write_dyn(&place.context, "/", OpWrite::new());
            let mut writer: oio::Writer = writer?;
            writer.write_dyn(Buffer::new()).await?;
            writer.close_dyn().await
        };
        match call(created).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.error.provider_code() == Some("BucketAlreadyOwnedByYou") => {
                Ok(())
            }
            Err(failure) => Err(failure.error),
        }
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        &self.operators
    }
}
