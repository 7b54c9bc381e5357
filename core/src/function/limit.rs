//! The layer that keeps the load of one route within what it declares, in this instance of the application.

mod bucket;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, SystemTime};

use axum::response::IntoResponse;
use http::StatusCode;
use http::header::RETRY_AFTER;
use tower::{Layer, Service};

use super::Context;
use crate::driver::{Problem, holding, retry_after};
use crate::error::{Error, ErrorKind};
use crate::http::{Rate, Request, Response};
use bucket::Bucket;

/// How long a caller waits who comes while as many others are served as may be.
const WHEN_FULL: Duration = Duration::from_secs(1);

/// Answers 429 beyond a rate and 503 beyond a number of requests under way; outside of an application, where there is no
/// clock, it answers nothing but 500.
#[derive(Debug, Clone)]
pub(crate) struct LimitLayer(Arc<Limit>);

/// The limits of a route, and its load.
#[derive(Debug)]
struct Limit {
    most: Option<usize>,
    under_way: AtomicUsize,
    bucket: Option<Mutex<Bucket>>,
}

impl LimitLayer {
    pub(crate) fn new(most: Option<usize>, rate: Option<Rate>) -> Self {
        Self(Arc::new(Limit {
            most,
            under_way: AtomicUsize::new(0),
            bucket: rate.map(|rate| Mutex::new(Bucket::new(rate))),
        }))
    }
}

impl<S> Layer<S> for LimitLayer {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited {
            inner,
            limit: Arc::clone(&self.0),
        }
    }
}

impl Limit {
    /// Takes one from the rate; otherwise how long until there is one.
    fn take(&self, now: SystemTime) -> Result<(), Duration> {
        let Some(bucket) = &self.bucket else {
            return Ok(());
        };
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.take(now)
    }

    /// Counts one more under way; nothing where there are as many as may be.
    fn begin(self: &Arc<Self>) -> Option<UnderWay> {
        let before = self.under_way.fetch_add(1, Ordering::AcqRel);
        let under_way = UnderWay(Arc::clone(self));
        let fits = self.most.is_none_or(|most| before < most);
        fits.then_some(under_way)
    }

    /// Lets a request in, or says how it is refused.
    fn admit(self: &Arc<Self>, context: &Context) -> Result<UnderWay, Refused> {
        // Who is refused for the number under way has used nothing of the rate.
        let under_way = self.begin().ok_or(Refused::Full)?;
        let taken = self.take(context.clock().now());
        taken.map_err(Refused::TooSoon)?;
        Ok(under_way)
    }
}

/// Why a request is not let in.
enum Refused {
    Full,
    /// There is one to take after this time.
    TooSoon(Duration),
}

impl Refused {
    fn into_response(self, context: &Context) -> Response {
        let (problem, wait) = match self {
            Self::Full => {
                let detail = "as many requests to this route are under way as this instance serves at once; try again";
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let problem = Problem::new(status, "route_full", "server", detail);
                (problem, WHEN_FULL)
            }
            Self::TooSoon(wait) => {
                let detail = "more requests came to this route than this instance serves in that time; try again later";
                let status = StatusCode::TOO_MANY_REQUESTS;
                let problem = Problem::new(status, "rate_exceeded", "client", detail);
                (problem, wait)
            }
        };
        let mut response: Response = problem.into_response(context.id());
        response
            .headers_mut()
            .insert(RETRY_AFTER, retry_after(wait));
        response
    }
}

/// Counts until the response is with the connection whole, or its client is gone.
#[derive(Debug)]
struct UnderWay(Arc<Limit>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Limited<S> {
    inner: S,
    limit: Arc<Limit>,
}

impl<S> Service<Request> for Limited<S>
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
        let refused = |response| Box::pin(std::future::ready(Ok(response)));
        let Some(context) = Context::current() else {
            let message = "a route with limits was asked outside of an application";
            return refused(Error::new(ErrorKind::Internal, message).into_response());
        };
        let under_way = match self.limit.admit(&context) {
            Ok(under_way) => under_way,
            Err(why) => return refused(why.into_response(&context)),
        };
        let call = self.inner.call(request);
        Box::pin(async move {
            let response = call.await.map(IntoResponse::into_response)?;
            Ok(response.map(|body| holding(body, under_way)))
        })
    }
}

#[cfg(test)]
mod tests;
