//! The content of a response on its way, until its time is over.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use isobar::http::Body;
use tokio::time::{Instant, Sleep, sleep_until};

type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Content that is broken off at an instant, so that no client takes a part for the whole.
pub(super) struct Timed {
    body: Body,
    end: Pin<Box<Sleep>>,
}

impl Timed {
    pub(super) fn body(body: Body, end: Instant) -> Body {
        Body::new(Self {
            body,
            end: Box::pin(sleep_until(end)),
        })
    }
}

impl hyper::body::Body for Timed {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.end.as_mut().poll(cx).is_ready() {
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
