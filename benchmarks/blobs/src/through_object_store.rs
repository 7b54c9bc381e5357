//! object_store, on either service.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, WriteMultipart};

use crate::side::{AT_ONCE, PART, Side, drain};

pub(crate) struct ObjectStore(pub(crate) Arc<dyn object_store::ObjectStore>);

#[async_trait]
impl Side for ObjectStore {
    fn name(&self) -> &'static str {
        "object_store"
    }

    async fn put(&self, key: &str, content: Bytes) -> Result<()> {
        self.0.put(&Path::from(key), content.into()).await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Bytes> {
        Ok(self.0.get(&Path::from(key)).await?.bytes().await?)
    }

    async fn put_parts(&self, key: &str, part: &Bytes, parts: u64) -> Result<()> {
        let upload = self.0.put_multipart(&Path::from(key)).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        for _ in 0..parts {
            upload.wait_for_capacity(AT_ONCE).await?;
            upload.put(part.clone());
        }
        upload.finish().await?;
        Ok(())
    }

    async fn read(&self, key: &str, pause: Duration) -> Result<u64> {
        let found = self.0.get(&Path::from(key)).await?;
        drain(found.into_stream(), pause).await
    }
}
