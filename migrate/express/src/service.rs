//! An application as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use tokio::sync::oneshot;
use tower::{BoxError, Service};

use crate::exchange::Exchange;
use crate::final_handler;
use crate::request::Request;
use crate::router::{Call, Exit, Stack};
use crate::settings::Settings;
use crate::unanswered::Unanswered;

/// An Express application that answers requests; made by [`Express::service`](crate::Express::service).
///
/// Cheap to clone. Fits where axum takes a fallback service. The functions of a request run to their end even when the response was sent
/// before, or the client has gone, as they do in Node: what is left of them continues as a task of its own.
pub struct ExpressService<S> {
    application: Arc<Application<S>>,
}

struct Application<S> {
    settings: Arc<Settings>,
    stack: Stack<S>,
    state: S,
}

impl<S> ExpressService<S> {
    pub(crate) fn new(settings: Arc<Settings>, stack: Stack<S>, state: S) -> Self {
        Self {
            application: Arc::new(Application {
                settings,
                stack,
                state,
            }),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> ExpressService<S> {
    /// Answers one request.
    ///
    /// The response carries [`NotMine`](crate::NotMine) when the application leaves the request to the legacy side, and
    /// [`Unanswered`] when nobody answered.
    ///
    /// # Panics
    /// When it is polled outside a tokio runtime and a function outlives its response.
    pub fn answer<B>(&self, request: http::Request<B>) -> ResponseFuture
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (head, body) = request.into_parts();
        let application = Arc::clone(&self.application);
        let (exchange, answered) = Exchange::new(&application.settings, &head, Body::new(body));
        let state = application.state.clone();
        let functions = Box::pin(application.run(Request(exchange), state));
        ResponseFuture {
            functions: Functions(Some(functions)),
            answered,
        }
    }
}

impl<S: Clone + Send + Sync + 'static> ExpressService<S> {
    /// Answers one request with a state of its own, and gives the response only when all functions have ended.
    pub(crate) async fn finish(
        &self,
        (head, body): (&Parts, Body),
        state: S,
    ) -> http::Response<Body> {
        let application = Arc::clone(&self.application);
        let (exchange, answered) = Exchange::new(&application.settings, head, body);
        application.run(Request(exchange), state).await;
        answered.await.unwrap_or_else(|_| nobody_answered())
    }
}

impl<S: Clone + Send + Sync + 'static> Application<S> {
    async fn run(self: Arc<Self>, req: Request, state: S) {
        let res = req.response();
        let call = Call { req, res, state };
        if let Exit::Out(error) = call.application(&self.settings, &self.stack).await {
            final_handler::answer(&call.req, &call.res, error);
        }
    }
}

impl<S, B> Service<http::Request<B>> for ExpressService<S>
where
    S: Clone + Send + Sync + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> ResponseFuture {
        self.answer(request)
    }
}

impl<S> Clone for ExpressService<S> {
    fn clone(&self) -> Self {
        Self {
            application: Arc::clone(&self.application),
        }
    }
}

impl<S> fmt::Debug for ExpressService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExpressService")
            .field("profile", &self.application.settings.profile())
            .finish()
    }
}

/// The response to come.
pub struct ResponseFuture {
    functions: Functions,
    answered: oneshot::Receiver<http::Response<Body>>,
}

/// What the application still has to do for a request.
struct Functions(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Functions {
    /// Runs them as far as they get.
    fn poll(&mut self, context: &mut Context<'_>) {
        if let Some(functions) = &mut self.0
            && functions.as_mut().poll(context).is_ready()
        {
            self.0 = None;
        }
    }
}

/// Lets them run on when nobody waits for the response any more.
impl Drop for Functions {
    fn drop(&mut self) {
        if let (Some(rest), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(rest);
        }
    }
}

impl Future for ResponseFuture {
    type Output = Result<http::Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.functions.poll(context);
        let answered = Pin::new(&mut self.answered).poll(context);
        answered.map(|response| Ok(response.unwrap_or_else(|_| nobody_answered())))
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// All functions are done, and nobody who could still answer is left.
fn nobody_answered() -> http::Response<Body> {
    tracing::error!("no function has answered a request: Express would let the client wait");
    let mut response = http::Response::new(Body::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(Unanswered::NoAnswer);
    response
}
