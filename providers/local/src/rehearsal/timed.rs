//! The content of a response on its way, until its time is over.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use isobar::http::Body;
use tokio::time::{Instant, Sleep, sleep_until};

type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Content that is broken off at an instant, so that no client takes a part for the whole; `held` is held as long.
pub(super) struct Timed<H> {
    body: Body,
    end: Option<Pin<Box<Sleep>>>,
    _held: H,
}

impl<H: Send + Unpin + 'static> Timed<H> {
    pub(super) fn body(body: Body, end: Option<Instant>, held: H) -> Body {
        Body::new(Self {
            body,
            end: end.map(|end| Box::pin(sleep_until(end))),
            _held: held,
        })
    }
}

impl<H: Unpin> hyper::body::Body for Timed<H> {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(end) = &mut self.end
            && end.as_mut().poll(cx).is_ready()
        {
            let over = "the time that the target gives a request is over";
            return Poll::Ready(Some(Err(over.into())));
        }
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        frame.map(|frame| frame.map(|frame| frame.map_err(Broken::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
