//! The content of a response, which is produced within the invocation that it answers.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::Context;
use crate::driver::{Broken, Sleep, caught_step, content_failure, deadline};
use crate::error::{ErrorKind, Result};
use crate::http::{Body, Response};

/// A body whose steps are steps of its invocation: they see its context and its deadline, end with it, and their panic
/// breaks off this response alone.
pub(super) struct Content {
    /// `None` when nothing more comes.
    body: Option<Body>,
    /// What was there with the head.
    first: Option<Frame<Bytes>>,
    context: Context,
    began: bool,
    cut: Option<Sleep>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Step = Poll<Option<std::result::Result<Frame<Bytes>, BoxError>>>;

/// The response with content that is produced within the invocation; an error where that fails before there is any.
///
/// Only content of unknown length is begun here: what is whole has nothing to fail at.
pub(super) fn begun(
    response: Response,
    context: &Context,
    task: &mut TaskContext<'_>,
) -> Result<Response> {
    let (parts, body) = response.into_parts();
    if body.is_end_stream() {
        return Ok(Response::from_parts(parts, body));
    }
    let is_whole = body.size_hint().exact().is_some();
    let mut produced = Content {
        body: Some(body),
        first: None,
        context: context.clone(),
        began: false,
        cut: None,
    };
    if !is_whole {
        match produced.step(task) {
            Poll::Ready(Some(Ok(frame))) => produced.first = Some(frame),
            Poll::Ready(Some(Err(error))) => return Err(content_failure(error)),
            Poll::Ready(None) => produced.body = None,
            Poll::Pending => {}
        }
    }
    Ok(Response::from_parts(parts, Body::new(produced)))
}

impl Content {
    /// What comes next of the body, whatever becomes of it.
    fn step(&mut self, task: &mut TaskContext<'_>) -> Step {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let context = &self.context;
        let step = || {
            let _entered = context.enter();
            deadline::during(context.end_of_work(), || Pin::new(body).poll_frame(task))
        };
        match caught_step(step) {
            Ok(Poll::Ready(frame)) => Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from))),
            Ok(Poll::Pending) => self.poll_cut(task),
            Err(message) => {
                let _entered = self.context.enter();
                let id = self.context.id().as_str();
                tracing::error!(target: "isobar", id, "the content of a response panicked: {message}");
                let broken = Broken::new(ErrorKind::Internal, "the handler panicked");
                Poll::Ready(Some(Err(broken.into())))
            }
        }
    }

    /// Whether the invocation is over and something has been sent: its first bytes whoever waits for the answer is given all
    /// the same.
    fn is_over(&self) -> bool {
        let left = self.context.remaining();
        self.began && left.is_some_and(|left| left.is_zero())
    }

    /// Waits for the end of the invocation, where it has one.
    fn poll_cut(&mut self, task: &mut TaskContext<'_>) -> Step {
        let Some(time) = self.context.remaining() else {
            return Poll::Pending;
        };
        let clock = self.context.clock();
        let sleep = || Box::pin(async move { clock.sleep(time).await }) as Sleep;
        let cut = self.cut.get_or_insert_with(sleep).as_mut().poll(task);
        cut.map(|()| Some(Err(over())))
    }
}

fn over() -> BoxError {
    let message = "the response did not end in time";
    Broken::new(ErrorKind::DeadlineExceeded, message).into()
}

impl http_body::Body for Content {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Step {
        if let Some(frame) = self.first.take() {
            self.began = true;
            return Poll::Ready(Some(Ok(frame)));
        }
        let step = match self.step(task) {
            // What is whole by then is not broken off: only what goes on.
            Poll::Ready(Some(Ok(_))) if self.is_over() => Poll::Ready(Some(Err(over()))),
            step => step,
        };
        match &step {
            Poll::Ready(Some(Ok(_))) => self.began = true,
            Poll::Ready(_) => self.body = None,
            Poll::Pending => {}
        }
        step
    }

    fn is_end_stream(&self) -> bool {
        let body = self.body.as_ref();
        self.first.is_none() && body.is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        if self.first.is_some() {
            return SizeHint::default();
        }
        let body = self.body.as_ref();
        body.map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

#[cfg(test)]
mod tests;
