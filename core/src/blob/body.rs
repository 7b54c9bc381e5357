//! The bytes of a blob as they arrive.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::error::Result;

/// Bytes that are reserved at most before they have arrived.
const MOST_RESERVED: u64 = 64 << 20;

/// A stream of bytes that fails rather than end early.
pub struct BlobBody(Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>);

impl BlobBody {
    /// A body from a stream of a driver.
    pub fn new(stream: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Self(Box::pin(stream))
    }

    /// A body that is all here.
    pub fn whole(content: Bytes) -> Self {
        Self(Box::pin(Once(Some(content))))
    }

    /// The next bytes, or `None` at the end.
    pub async fn chunk(&mut self) -> Option<Result<Bytes>> {
        std::future::poll_fn(|context| self.0.as_mut().poll_next(context)).await
    }

    /// All bytes that are left, in memory.
    pub async fn collect(self) -> Result<Bytes> {
        self.collect_sized(0).await
    }

    /// All bytes that are left, of which there should be this many.
    pub(super) async fn collect_sized(mut self, expected: u64) -> Result<Bytes> {
        let Some(first) = self.chunk().await.transpose()? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await.transpose()? else {
            return Ok(first);
        };
        let expected = usize::try_from(expected.min(MOST_RESERVED)).unwrap_or(0);
        let mut all = BytesMut::with_capacity(expected.max(first.len() + second.len()));
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await {
            all.extend_from_slice(&chunk?);
        }
        Ok(all.freeze())
    }
}

impl fmt::Debug for BlobBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobBody")
    }
}

impl Stream for BlobBody {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}
