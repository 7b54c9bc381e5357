//! Isobar, on either service.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use isobar::Bucket;
use isobar::driver::SystemClock;
use isobar::driver::blob::BlobDriver;

use crate::side::{BUCKET, Side};

pub(crate) struct Isobar(Bucket);

impl Isobar {
    /// A bucket of the store, which is created where it is missing.
    pub(crate) async fn over(driver: Arc<dyn BlobDriver>) -> Result<Self> {
        let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
        let bucket = Bucket::new(driver, Arc::new(clock), BUCKET);
        bucket.ensure().await?;
        Ok(Self(bucket))
    }
}

#[async_trait]
impl Side for Isobar {
    fn name(&self) -> &'static str {
        "isobar"
    }

    async fn put(&self, key: &str, content: Bytes) -> Result<()> {
        self.0.put(key, content).await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Bytes> {
        Ok(self.0.get(key).await?.bytes().await?)
    }

    async fn put_parts(&self, key: &str, part: &Bytes, parts: u64) -> Result<()> {
        let mut writer = self.0.writer(key)?;
        for _ in 0..parts {
            writer.write(part.clone()).await?;
        }
        writer.finish().await?;
        Ok(())
    }

    async fn read(&self, key: &str, pause: Duration) -> Result<u64> {
        let blob = self.0.get(key).await?;
        let chunks = stream::unfold(blob.body, |mut body| async move {
            body.chunk().await.map(|chunk| (chunk, body))
        });
        crate::side::drain(chunks, pause).await
    }
}
