//! A body that is written in pieces.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::mpsc::UnboundedReceiver;

use super::wire::Aborted;

/// Yields what `res.write` sends until `res.end`, or fails when the response was cut off.
#[derive(Debug)]
pub(super) struct ChunkBody(pub(super) UnboundedReceiver<Result<Bytes, Aborted>>);

impl Body for ChunkBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        self.0
            .poll_recv(context)
            .map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

/// Has nothing, and does not say so beforehand.
#[derive(Debug)]
pub(super) struct SilentBody;

impl Body for SilentBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        Poll::Ready(None)
    }
}

impl fmt::Display for Aborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the application failed after it had sent the headers")
    }
}

impl std::error::Error for Aborted {}
