//! The bytes of an object as they arrive; that all do is for core to see.

use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::{ByteStream, ByteStreamError};
use bytes::Bytes;
use futures_core::Stream;
use isobar::blob::BlobBody;
use isobar::{Error, ErrorKind, Result};

pub(super) fn of(stream: ByteStream) -> BlobBody {
    BlobBody::new(Arriving(stream))
}

struct Arriving(ByteStream);

impl Stream for Arriving {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.0).poll_next(context);
        next.map(|chunk| chunk.map(|chunk| chunk.map_err(broken)))
    }
}

/// The SDK compares a checksum that covers the body when the body has ended.
fn broken(error: ByteStreamError) -> Error {
    let checksum = std::error::Error::source(&error)
        .is_some_and(|cause| cause.to_string().contains("checksum"));
    let (kind, message) = if checksum {
        (ErrorKind::Corrupt, "the body does not match its checksum")
    } else {
        (ErrorKind::Unavailable, "the body was cut off")
    };
    Error::new(kind, message).with_source(error)
}
