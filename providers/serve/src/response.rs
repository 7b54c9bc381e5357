//! The body of a response: the handler's, or the server's own words in its place.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Full};
use pin_project_lite::pin_project;

use crate::pulse::Beat;

pin_project! {
    /// Counts as under way until hyper lets go of it.
    #[derive(Debug)]
    pub(crate) struct ResponseBody<B> {
        #[pin]
        body: Either<B, Full<Bytes>>,
        beat: Beat,
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn new(body: Either<B, Full<Bytes>>, beat: Beat) -> Self {
        Self { body, beat }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
