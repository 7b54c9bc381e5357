//! A response as Lambda streams it: its head as JSON, eight zero bytes, and the content as it is produced.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>; a failure on the way is told by
//! the trailers of <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>,
//! so that no client takes a part for the whole.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use isobar::driver::content_failure;
use isobar::function::Context;
use isobar::http::{Body, Response};
use isobar::{Error, Result};

use super::runtime_api::{error_type, report};
use crate::gateway::prelude;

/// The trailers that tell a failure.
pub(super) const TRAILERS: [&str; 2] = [
    "lambda-runtime-function-error-type",
    "lambda-runtime-function-error-body",
];

/// A response on its way.
pub(super) struct Streamed {
    prelude: Option<Bytes>,
    /// `None` when nothing more comes.
    content: Option<Body>,
    context: Context,
}

impl Streamed {
    /// A response without content has its head streamed all the same: without it there is no response.
    pub(super) fn new(response: Response, is_head: bool, context: Context) -> Result<Self> {
        let (parts, body) = response.into_parts();
        let (prelude, has_content) = prelude(&parts, is_head)?;
        Ok(Self {
            prelude: Some(prelude),
            content: has_content.then_some(body),
            context,
        })
    }

    fn failed(&mut self, error: &Error) -> Frame<Bytes> {
        let id = self.context.id().as_str();
        tracing::error!(target: "isobar", id, ?error, "a response broke off on its way");
        self.content = None;
        let mut trailers = HeaderMap::new();
        let body = STANDARD.encode(report(error));
        for (name, value) in TRAILERS.into_iter().zip([error_type(error), body]) {
            if let Ok(value) = HeaderValue::try_from(value) {
                trailers.insert(name, value);
            }
        }
        Frame::trailers(trailers)
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(prelude) = self.prelude.take() {
            return Poll::Ready(Some(Ok(Frame::data(prelude))));
        }
        loop {
            let Some(content) = &mut self.content else {
                return Poll::Ready(None);
            };
            let frame = ready!(Pin::new(content).poll_frame(task));
            match frame.map(|frame| frame.map(Frame::into_data)) {
                None => self.content = None,
                Some(Ok(Ok(data))) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                // Trailers of the application's own have no way to the client.
                Some(Ok(Err(_))) => {}
                Some(Err(error)) => {
                    let error = content_failure(error.into());
                    return Poll::Ready(Some(Ok(self.failed(&error))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.prelude.is_none() && self.content.is_none()
    }
}
