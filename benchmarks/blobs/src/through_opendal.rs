//! OpenDAL, on either service.

use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use bytes::Bytes;
use opendal::Operator;

use crate::side::{AT_ONCE, PART, Side, drain};

pub(crate) struct Opendal(pub(crate) Operator);

#[async_trait]
impl Side for Opendal {
    fn name(&self) -> &'static str {
        "opendal"
    }

    async fn put(&self, key: &str, content: Bytes) -> Result<()> {
        self.0.write(key, content).await?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Bytes> {
        Ok(self.0.read(key).await?.to_bytes())
    }

    async fn put_parts(&self, key: &str, part: &Bytes, parts: u64) -> Result<()> {
        let writer = self.0.writer_with(key).chunk(PART).concurrent(AT_ONCE);
        let mut writer = writer.await?;
        for _ in 0..parts {
            writer.write(part.clone()).await?;
        }
        writer.close().await?;
        Ok(())
    }

    async fn read(&self, key: &str, pause: Duration) -> Result<u64> {
        let reader = self.0.reader(key).await?;
        drain(reader.into_bytes_stream(..).await?, pause).await
    }
}
