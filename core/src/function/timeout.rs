//! The layer that gives one route less time than the platform does.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use axum::response::IntoResponse;
use tower::{Layer, Service};

use super::Context;
use crate::driver::within;
use crate::http::{Request, Response};

/// Answers 504 when the inner service takes longer; it needs the [`Context`] extension that
/// every [`AppService`](super::AppService) sets, and lets requests without one pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeoutLayer {
    span: Duration,
}

impl TimeoutLayer {
    pub(crate) fn new(span: Duration) -> Self {
        Self { span }
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Timeout<S> {
        Timeout {
            inner,
            span: self.span,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Timeout<S> {
    inner: S,
    span: Duration,
}

impl<S> Service<Request> for Timeout<S>
where
    S: Service<Request, Error = Infallible>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (call, span) = (self.inner.call(request), self.span);
        Box::pin(async move {
            let answer = async { call.await.map_or_else(|never| match never {}, Ok) };
            let result = match Context::current() {
                Some(context) => within(&*context.clock(), span, answer).await,
                None => answer.await,
            };
            Ok(result.map_or_else(IntoResponse::into_response, IntoResponse::into_response))
        })
    }
}
