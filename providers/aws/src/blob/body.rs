//! The bytes of an object as they arrive; one that ends early fails.

use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures_core::Stream;
use isobar::blob::BlobBody;
use isobar::{Error, ErrorKind, Result};

/// A body of exactly `length` bytes.
pub(super) fn exactly(length: u64, stream: ByteStream) -> BlobBody {
    BlobBody::new(Exactly {
        stream,
        left: length,
    })
}

struct Exactly {
    stream: ByteStream,
    left: u64,
}

impl Stream for Exactly {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.stream).poll_next(context);
        next.map(|chunk| match chunk {
            Some(Ok(bytes)) => {
                let left = self.left.checked_sub(bytes.len() as u64);
                self.left = left.unwrap_or(0);
                Some(left.map(|_| bytes).ok_or_else(too_long))
            }
            // The SDK compares a checksum that covers the body when the body has ended.
            Some(Err(error)) => {
                self.left = 0;
                Some(Err(broken(error)))
            }
            None if self.left > 0 => Some(Err(too_short(std::mem::take(&mut self.left)))),
            None => None,
        })
    }
}

fn broken(error: aws_sdk_s3::primitives::ByteStreamError) -> Error {
    let checksum = std::error::Error::source(&error)
        .is_some_and(|cause| cause.to_string().contains("checksum"));
    let (kind, message) = if checksum {
        (ErrorKind::Corrupt, "the body does not match its checksum")
    } else {
        (ErrorKind::Unavailable, "the body was cut off")
    };
    Error::new(kind, message).with_source(error)
}

fn too_short(missing: u64) -> Error {
    let message = format!("the body ended {missing} bytes early");
    Error::new(ErrorKind::Unavailable, message)
}

fn too_long() -> Error {
    let message = "the body is longer than its declared length";
    Error::new(ErrorKind::Corrupt, message)
}
