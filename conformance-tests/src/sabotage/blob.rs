//! A blob driver that does what another does, but for one fault.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use isobar::blob::{BlobCondition, BlobKey, ByteRange, ObjectMeta, PresignedRequest};
use isobar::driver::blob::{
    BlobAddress, BlobDescription, BlobDriver, Copy, Delete, EntryPage, Finish, Get, ListRequest,
    Part, PartTag, Presign, Put, Read, Upload, UploadDriver,
};
use isobar::{Error, ErrorKind, Result};

/// What is wrong; [`BlobFault::NONE`] is nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlobFault {
    /// Changes a key on its way in.
    pub(super) key: fn(&str) -> String,
    /// Changes what is put.
    pub(super) put: fn(&mut Put),
    /// Changes what is told of a blob by put, get, head and copy.
    pub(super) meta: fn(&mut ObjectMeta),
    /// Changes the range that is asked for.
    pub(super) range: fn(ByteRange) -> ByteRange,
    /// Changes the request for a page.
    pub(super) request: fn(&mut ListRequest),
    /// Changes a page, given the request as it was.
    pub(super) page: fn(&ListRequest, &mut EntryPage),
    /// Changes the condition of puts, copies and deletes.
    pub(super) condition: fn(&mut BlobCondition),
    /// Changes whether a delete says that there was a blob.
    pub(super) existed: fn(Option<bool>) -> Option<bool>,
    /// Changes an error.
    pub(super) error: fn(Error) -> Error,
    /// Changes what is asked of a read.
    pub(super) get: fn(&mut Get),
    /// Changes what is asked of a copy.
    pub(super) copy: fn(&mut Copy),
    /// Changes what is asked of an upload.
    pub(super) upload: fn(&mut Upload),
    /// Changes a part of an upload.
    pub(super) part: fn(&mut Part),
    /// Changes how an upload is finished.
    pub(super) finish: fn(&mut Finish),
    /// Changes the keys of a batch of deletes.
    pub(super) batch: fn(&mut Vec<BlobKey>),
    /// Changes what is to be signed.
    pub(super) presign: fn(&mut Presign),
    /// Changes what was signed.
    pub(super) signed: fn(&mut PresignedRequest),
    /// How calls are carried out.
    pub(super) conduct: Conduct,
}

/// How calls are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conduct {
    /// As they should be.
    Faithful,
    /// A put if absent looks, waits, and puts.
    IfAbsentInTwoSteps,
    /// A copy leaves the attributes behind.
    CopyLosesAttributes,
    /// A copy of nothing makes an empty blob.
    CopyMakesEmpty,
    /// A delete of nothing fails.
    DeleteNeedsABlob,
    /// A range beyond the end gives nothing.
    BeyondTheEndIsEmpty,
    /// What is read ends early, and says so in its range.
    ReadsEndEarly,
    /// What is read is held in memory before its first byte is given.
    ReadsAreHeld,
    /// One byte of what is read is another.
    ReadsAreDamaged,
    /// A failed put removes what was there.
    FailedPutRemoves,
    /// A delete of a version deletes the blob.
    DeleteForgetsTheVersion,
    /// A delete at a version does nothing.
    ConditionalDeleteDoesNothing,
    /// An upload that is aborted stays.
    AbortDoesNothing,
    /// An upload that is dropped becomes visible.
    PartsAreVisible,
}

impl BlobFault {
    /// Nothing is wrong.
    pub(super) const NONE: Self = Self {
        key: str::to_owned,
        put: |_| {},
        meta: |_| {},
        range: |range| range,
        request: |_| {},
        page: |_, _| {},
        condition: |_| {},
        existed: |existed| existed,
        error: |error| error,
        get: |_| {},
        copy: |_| {},
        upload: |_| {},
        part: |_| {},
        finish: |_| {},
        batch: |_| {},
        presign: |_| {},
        signed: |_| {},
        conduct: Conduct::Faithful,
    };
}

/// A driver with one fault.
#[derive(Debug)]
pub(super) struct SabotagedBlobs {
    inner: Arc<dyn BlobDriver>,
    fault: BlobFault,
}

impl SabotagedBlobs {
    pub(super) fn over(inner: Arc<dyn BlobDriver>, fault: BlobFault) -> Arc<dyn BlobDriver> {
        Arc::new(Self { inner, fault })
    }

    fn key(&self, key: &BlobKey) -> BlobKey {
        BlobKey::of_store((self.fault.key)(key.as_str()))
    }

    fn told(&self, key: &BlobKey, mut meta: ObjectMeta) -> ObjectMeta {
        meta.key = key.clone();
        (self.fault.meta)(&mut meta);
        meta
    }

    fn address(&self, at: &BlobAddress) -> BlobAddress {
        BlobAddress {
            key: self.key(&at.key),
            version_id: at.version_id.clone(),
        }
    }

    async fn is_there(&self, bucket: &str, key: &BlobKey) -> bool {
        let at = BlobAddress::from(key.clone());
        self.inner.head(bucket, &at).await.is_ok()
    }

    async fn conduct_put(&self, bucket: &str, put: &mut Put) -> Result<ObjectMeta> {
        let conditional = put.condition == BlobCondition::IfAbsent;
        if self.fault.conduct == Conduct::IfAbsentInTwoSteps
            && conditional
            && !self.is_there(bucket, &put.key).await
        {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            put.condition = BlobCondition::None;
        }
        let result = self.inner.put(bucket, put).await;
        if self.fault.conduct == Conduct::FailedPutRemoves && result.is_err() {
            let delete = Delete {
                at: put.key.clone().into(),
                condition: BlobCondition::None,
            };
            self.inner.delete(bucket, &delete).await?;
        }
        result
    }

    async fn copy_without_attributes(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let get = Get {
            at: copy.from.clone(),
            range: ByteRange::Full,
            if_version: None,
        };
        let read = self.inner.get(&copy.from_bucket, &get).await?;
        let crc32c = read.meta.crc32c.unwrap_or_default();
        let put = Put {
            key: copy.to.clone(),
            content: read.body.collect().await?,
            crc32c,
            attributes: isobar::blob::Attributes::default(),
            condition: copy.condition.clone(),
        };
        self.inner.put(bucket, &put).await
    }

    async fn copy_of_nothing(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let put = Put {
            key: copy.to.clone(),
            content: bytes::Bytes::new(),
            crc32c: 0,
            attributes: isobar::blob::Attributes::default(),
            condition: copy.condition.clone(),
        };
        self.inner.put(bucket, &put).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl BlobDriver for SabotagedBlobs {
    fn describe(&self) -> BlobDescription {
        self.inner.describe()
    }

    async fn put(&self, bucket: &str, put: &Put) -> Result<ObjectMeta> {
        let mut sabotaged = put.clone();
        sabotaged.key = self.key(&put.key);
        (self.fault.put)(&mut sabotaged);
        (self.fault.condition)(&mut sabotaged.condition);
        let result = self.conduct_put(bucket, &mut sabotaged).await;
        let meta = result.map_err(self.fault.error)?;
        Ok(self.told(&put.key, meta))
    }

    async fn get(&self, bucket: &str, get: &Get) -> Result<Read> {
        let mut sabotaged = Get {
            at: self.address(&get.at),
            range: (self.fault.range)(get.range),
            ..get.clone()
        };
        (self.fault.get)(&mut sabotaged);
        let result = self.inner.get(bucket, &sabotaged).await;
        let beyond = |error: &Error| error.kind() == ErrorKind::InvalidArgument;
        let mut read = match result {
            Err(error) if self.fault.conduct == Conduct::BeyondTheEndIsEmpty && beyond(&error) => {
                let nothing = Get {
                    range: (0..0).into(),
                    ..sabotaged
                };
                self.inner.get(bucket, &nothing).await?
            }
            result => result.map_err(self.fault.error)?,
        };
        if matches!(
            self.fault.conduct,
            Conduct::ReadsEndEarly | Conduct::ReadsAreDamaged
        ) {
            let mut content = read.body.collect().await?.to_vec();
            match (self.fault.conduct, content.last_mut()) {
                (Conduct::ReadsAreDamaged, Some(last)) => *last ^= 1,
                _ => {
                    content.pop();
                }
            }
            read.body = isobar::blob::BlobBody::whole(content.into());
        }
        if self.fault.conduct == Conduct::ReadsAreHeld {
            read.body = isobar::blob::BlobBody::whole(read.body.collect().await?);
        }
        read.meta = self.told(&get.at.key, read.meta);
        Ok(read)
    }

    async fn head(&self, bucket: &str, at: &BlobAddress) -> Result<ObjectMeta> {
        let result = self.inner.head(bucket, &self.address(at)).await;
        let meta = result.map_err(self.fault.error)?;
        Ok(self.told(&at.key, meta))
    }

    async fn list_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        let mut sabotaged = request.clone();
        (self.fault.request)(&mut sabotaged);
        let result = self.inner.list_page(bucket, &sabotaged).await;
        let mut page = result.map_err(self.fault.error)?;
        (self.fault.page)(request, &mut page);
        Ok(page)
    }

    async fn copy(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let mut sabotaged = copy.clone();
        sabotaged.from = self.address(&copy.from);
        sabotaged.to = self.key(&copy.to);
        (self.fault.condition)(&mut sabotaged.condition);
        (self.fault.copy)(&mut sabotaged);
        let result = match self.fault.conduct {
            Conduct::CopyLosesAttributes => self.copy_without_attributes(bucket, &sabotaged).await,
            Conduct::CopyMakesEmpty if !self.is_there(bucket, &sabotaged.from.key).await => {
                self.copy_of_nothing(bucket, &sabotaged).await
            }
            _ => self.inner.copy(bucket, &sabotaged).await,
        };
        let meta = result.map_err(self.fault.error)?;
        Ok(self.told(&copy.to, meta))
    }

    async fn delete(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>> {
        let mut sabotaged = Delete {
            at: self.address(&delete.at),
            condition: delete.condition.clone(),
        };
        if self.fault.conduct == Conduct::DeleteForgetsTheVersion {
            sabotaged.at.version_id = None;
        }
        if self.fault.conduct == Conduct::DeleteNeedsABlob {
            self.inner.head(bucket, &sabotaged.at).await?;
        }
        let conditional = sabotaged.condition != BlobCondition::None;
        if conditional && self.fault.conduct == Conduct::ConditionalDeleteDoesNothing {
            return Ok(None);
        }
        (self.fault.condition)(&mut sabotaged.condition);
        let result = self.inner.delete(bucket, &sabotaged).await;
        result.map(self.fault.existed).map_err(self.fault.error)
    }

    async fn delete_batch(
        &self,
        bucket: &str,
        keys: &[BlobKey],
    ) -> Result<Vec<Result<Option<bool>>>> {
        let mut sabotaged: Vec<_> = keys.iter().map(|key| self.key(key)).collect();
        (self.fault.batch)(&mut sabotaged);
        self.inner.delete_batch(bucket, &sabotaged).await
    }

    async fn upload(&self, bucket: &str, upload: &Upload) -> Result<Arc<dyn UploadDriver>> {
        let mut sabotaged = upload.clone();
        sabotaged.key = self.key(&upload.key);
        (self.fault.upload)(&mut sabotaged);
        let inner = self.inner.upload(bucket, &sabotaged).await?;
        if self.fault.conduct == Conduct::PartsAreVisible {
            let early = Put {
                key: sabotaged.key,
                content: bytes::Bytes::from_static(b"early"),
                crc32c: crc32c::crc32c(b"early"),
                attributes: sabotaged.attributes,
                condition: BlobCondition::None,
            };
            self.inner.put(bucket, &early).await?;
        }
        let fault = self.fault;
        Ok(Arc::new(SabotagedUpload { inner, fault }))
    }

    async fn presign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest> {
        let mut sabotaged = presign.clone();
        (self.fault.presign)(&mut sabotaged);
        let mut signed = self.inner.presign(bucket, &sabotaged).await?;
        (self.fault.signed)(&mut signed);
        Ok(signed)
    }

    async fn ensure(&self, bucket: &str) -> Result<()> {
        self.inner.ensure(bucket).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        self.inner.native()
    }
}

/// An upload with one fault.
#[derive(Debug)]
struct SabotagedUpload {
    inner: Arc<dyn UploadDriver>,
    fault: BlobFault,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl UploadDriver for SabotagedUpload {
    fn token(&self) -> Option<String> {
        self.inner.token()
    }

    async fn part(&self, part: &Part) -> Result<PartTag> {
        let mut sabotaged = part.clone();
        (self.fault.part)(&mut sabotaged);
        self.inner.part(&sabotaged).await
    }

    async fn finish(&self, finish: &Finish) -> Result<ObjectMeta> {
        let mut sabotaged = finish.clone();
        (self.fault.finish)(&mut sabotaged);
        self.inner.finish(&sabotaged).await
    }

    async fn abort(&self) -> Result<()> {
        match self.fault.conduct {
            Conduct::AbortDoesNothing => Ok(()),
            _ => self.inner.abort().await,
        }
    }

    fn leave(&self) {
        self.inner.leave();
    }
}
