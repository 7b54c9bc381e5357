//! What each side can do with a blob.

use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

/// Where the measured blobs are; a bucket of S3 or a container of Azure.
pub(crate) const BUCKET: &str = "benchmark";
/// Bytes of a part, and how many are sent at the same time, on every side.
pub(crate) const PART: usize = 8 << 20;
pub(crate) const AT_ONCE: usize = 4;

/// A client of a store.
#[async_trait]
pub(crate) trait Side: Send + Sync {
    /// What it is called in the ratios.
    fn name(&self) -> &'static str;

    /// Stores a small blob.
    async fn put(&self, key: &str, content: Bytes) -> Result<()>;

    /// Reads a small blob.
    async fn get(&self, key: &str) -> Result<Bytes>;

    /// Stores so many parts of the same content as one blob, as they come.
    async fn put_parts(&self, key: &str, part: &Bytes, parts: u64) -> Result<()>;

    /// Reads a blob as it comes, and takes so long for each chunk; how many bytes there were.
    async fn read(&self, key: &str, pause: Duration) -> Result<u64>;
}

/// Reads a stream to its end.
pub(crate) async fn drain<E>(
    stream: impl Stream<Item = Result<Bytes, E>> + Send,
    pause: Duration,
) -> Result<u64>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let mut stream = std::pin::pin!(stream);
    let mut read = 0;
    while let Some(chunk) = stream.next().await {
        read += chunk?.len() as u64;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    Ok(read)
}
