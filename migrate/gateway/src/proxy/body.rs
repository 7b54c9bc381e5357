//! Bodies on their way: passed on as they come, and copied on the side where they will be compared.

use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use tokio::sync::oneshot;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Any body, to the client or to an application.
pub(crate) type GatewayBody = UnsyncBoxBody<Bytes, BoxError>;

/// A body of which a copy is made while it passes.
pub(crate) struct Copied<B> {
    body: B,
    copy: BytesMut,
    limit: usize,
    done: Option<oneshot::Sender<Copy>>,
}

/// What became of a copy.
#[derive(Debug)]
pub(crate) enum Copy {
    Whole(Bytes),
    /// The body was larger than is compared.
    TooLarge,
}

pub(crate) fn passed_on<B>(body: B) -> GatewayBody
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

pub(crate) fn whole(body: Full<Bytes>) -> GatewayBody {
    body.map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn empty() -> GatewayBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

impl<B: Body<Data = Bytes> + Unpin> Copied<B> {
    /// The body, and where its copy will be; nothing comes where the body was not passed on to its end.
    pub(crate) fn new(body: B, limit: usize) -> (Self, oneshot::Receiver<Copy>) {
        let (done, copy) = oneshot::channel();
        let mut copied = Self {
            body,
            copy: BytesMut::new(),
            limit,
            done: Some(done),
        };
        if copied.body.is_end_stream() {
            copied.finish(Copy::Whole(Bytes::new()));
        }
        (copied, copy)
    }

    fn take(&mut self, data: &Bytes) {
        if self.done.is_none() {
            return;
        }
        if self.copy.len() + data.len() > self.limit {
            self.copy = BytesMut::new();
            self.finish(Copy::TooLarge);
        } else {
            self.copy.extend_from_slice(data);
        }
    }

    fn take_all(&mut self) {
        let copy = std::mem::take(&mut self.copy).freeze();
        self.finish(Copy::Whole(copy));
    }

    fn finish(&mut self, copy: Copy) {
        if let Some(done) = self.done.take() {
            // An error means that nobody compares any more.
            let _ = done.send(copy);
        }
    }
}

impl<B> Body for Copied<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.take(data);
                }
                // hyper does not ask again after the last byte of a body of known length.
                if self.body.is_end_stream() {
                    self.take_all();
                }
            }
            Some(Err(_)) => self.done = None,
            None => self.take_all(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
