//! A blob driver that does what another does, but for one fault.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use isobar::blob::{BlobCondition, BlobKey, ByteRange, ObjectMeta};
use isobar::driver::blob::{BlobDescription, BlobDriver, Copy, EntryPage, ListRequest, Put, Read};
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
    /// One byte of what is read is another.
    ReadsAreDamaged,
    /// A failed put removes what was there.
    FailedPutRemoves,
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
        BlobKey::raw((self.fault.key)(key.as_str()))
    }

    fn told(&self, key: &BlobKey, mut meta: ObjectMeta) -> ObjectMeta {
        meta.key = key.clone();
        (self.fault.meta)(&mut meta);
        meta
    }

    async fn is_there(&self, bucket: &str, key: &BlobKey) -> bool {
        self.inner.head(bucket, key).await.is_ok()
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
            self.inner
                .delete(bucket, &put.key, &BlobCondition::None)
                .await?;
        }
        result
    }

    async fn copy_without_attributes(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta> {
        let read = self.inner.get(bucket, &copy.from, ByteRange::Full).await?;
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

    async fn get(&self, bucket: &str, key: &BlobKey, range: ByteRange) -> Result<Read> {
        let range = (self.fault.range)(range);
        let result = self.inner.get(bucket, &self.key(key), range).await;
        let beyond = |error: &Error| error.kind() == ErrorKind::InvalidArgument;
        let mut read = match result {
            Err(error) if self.fault.conduct == Conduct::BeyondTheEndIsEmpty && beyond(&error) => {
                self.inner
                    .get(bucket, &self.key(key), (0..0).into())
                    .await?
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
        read.meta = self.told(key, read.meta);
        Ok(read)
    }

    async fn head(&self, bucket: &str, key: &BlobKey) -> Result<ObjectMeta> {
        let result = self.inner.head(bucket, &self.key(key)).await;
        let meta = result.map_err(self.fault.error)?;
        Ok(self.told(key, meta))
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
        sabotaged.from = self.key(&copy.from);
        sabotaged.to = self.key(&copy.to);
        (self.fault.condition)(&mut sabotaged.condition);
        let result = match self.fault.conduct {
            Conduct::CopyLosesAttributes => self.copy_without_attributes(bucket, &sabotaged).await,
            Conduct::CopyMakesEmpty if !self.is_there(bucket, &sabotaged.from).await => {
                self.copy_of_nothing(bucket, &sabotaged).await
            }
            _ => self.inner.copy(bucket, &sabotaged).await,
        };
        let meta = result.map_err(self.fault.error)?;
        Ok(self.told(&copy.to, meta))
    }

    async fn delete(
        &self,
        bucket: &str,
        key: &BlobKey,
        condition: &BlobCondition,
    ) -> Result<Option<bool>> {
        let key = self.key(key);
        if self.fault.conduct == Conduct::DeleteNeedsABlob {
            self.inner.head(bucket, &key).await?;
        }
        let mut condition = condition.clone();
        (self.fault.condition)(&mut condition);
        let result = self.inner.delete(bucket, &key, &condition).await;
        result.map(self.fault.existed).map_err(self.fault.error)
    }

    async fn ensure(&self, bucket: &str) -> Result<()> {
        self.inner.ensure(bucket).await
    }

    fn native(&self) -> &(dyn Any + Send + Sync) {
        self.inner.native()
    }
}
