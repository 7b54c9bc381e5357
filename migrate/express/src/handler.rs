//! The functions that a router calls, in the shapes that ported code writes them in.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::flow::Handled;
use crate::reply::Reply;
use crate::request::Request;
use crate::response::Response;
use crate::value::{JsValue, Thrown};

pub(crate) type Running = Pin<Box<dyn Future<Output = Handled> + Send>>;

/// A middleware, route handler or error handler, ready to be called.
///
/// Made from functions through [`IntoHandler`]; `S` is the application's state.
pub struct Handler<S> {
    pub(crate) callback: Callback<S>,
    /// An `async` function in the source, whose rejection Express 4 does not catch.
    pub(crate) promise: bool,
}

pub(crate) type OnRequest<S> = Arc<dyn Fn(Request, Response, S) -> Running + Send + Sync>;
pub(crate) type OnError<S> = Arc<dyn Fn(JsValue, Request, Response, S) -> Running + Send + Sync>;

pub(crate) enum Callback<S> {
    /// Called when no error is pending.
    Request(OnRequest<S>),
    /// Called when one is: four arguments in Express.
    Error(OnError<S>),
    /// Never called.
    Refused(String),
}

/// A function that can stand where Express takes one.
///
/// | Rust | Express |
/// |---|---|
/// | `async fn(Request, Response, S) -> Handled` | `(req, res, next) => …` |
/// | `async fn(JsValue, Request, Response, S) -> Handled` | `(err, req, res, next) => …`, an error handler |
/// | `async fn(Request, S) -> Result<Reply, Thrown>` | a handler whose only effect on `res` is its last call |
///
/// Where an application has no state, the last argument may be left out of the first and third shape.
/// `M` only tells the shapes apart; it is inferred.
pub trait IntoHandler<S, M> {
    /// The handler.
    fn into_handler(self) -> Handler<S>;
}

/// One function, or a tuple of up to eight that run in turn, as `app.get(path, a, b, c)`.
pub trait IntoHandlers<S, M> {
    /// The handlers in order.
    fn into_handlers(self) -> Vec<Handler<S>>;
}

/// What a function may return.
pub trait Answer: Send {
    /// Sends it, if it is an answer, and says how to go on.
    fn send(self, res: &Response) -> Handled;
}

impl Answer for Handled {
    fn send(self, _: &Response) -> Handled {
        self
    }
}

impl Answer for Result<Reply, Thrown> {
    fn send(self, res: &Response) -> Handled {
        self?.send_to(res)
    }
}

/// Marks a handler that is an `async` function in the source.
///
/// It only makes a difference for Express 4, which does not look at the promise: when the function throws, the request
/// is never answered, and a Node process without its own `unhandledRejection` listener ends. Here the
/// client gets a bare 500 that is marked [`Unanswered`](crate::Unanswered), no error handler runs, and the
/// process goes on. `next(error)` must therefore be [`Flow::next_with`](crate::Flow::next_with) in such a function.
pub fn promise<S, M>(handler: impl IntoHandler<S, M>) -> Handler<S> {
    Handler {
        promise: true,
        ..handler.into_handler()
    }
}

impl<S> Handler<S> {
    pub(crate) fn on_request(callback: OnRequest<S>) -> Self {
        Self {
            callback: Callback::Request(callback),
            promise: false,
        }
    }

    /// A handler whose options cannot be used: the application is not built.
    pub(crate) fn refused(reason: String) -> Self {
        Self {
            callback: Callback::Refused(reason),
            promise: false,
        }
    }

    fn on_error(callback: OnError<S>) -> Self {
        Self {
            callback: Callback::Error(callback),
            promise: false,
        }
    }
}

impl<S> Clone for Handler<S> {
    fn clone(&self) -> Self {
        let callback = match &self.callback {
            Callback::Request(callback) => Callback::Request(Arc::clone(callback)),
            Callback::Error(callback) => Callback::Error(Arc::clone(callback)),
            Callback::Refused(reason) => Callback::Refused(reason.clone()),
        };
        Self {
            callback,
            promise: self.promise,
        }
    }
}

impl<S> fmt::Debug for Handler<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.callback {
            Callback::Request(_) => "Request",
            Callback::Error(_) => "Error",
            Callback::Refused(_) => "Refused",
        };
        f.debug_struct("Handler")
            .field("kind", &kind)
            .field("promise", &self.promise)
            .finish()
    }
}

impl<S> IntoHandler<S, Self> for Handler<S> {
    fn into_handler(self) -> Self {
        self
    }
}

/// Runs `future` and sends what it returns.
fn running<A: Answer>(future: impl Future<Output = A> + Send + 'static, res: Response) -> Running {
    Box::pin(async move { future.await.send(&res) })
}

impl<S, F, Fut> IntoHandler<S, fn(Request, Response, S)> for F
where
    F: Fn(Request, Response, S) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Answer> + Send + 'static,
{
    fn into_handler(self) -> Handler<S> {
        Handler::on_request(Arc::new(move |req, res, state| {
            running(self(req, res.clone(), state), res)
        }))
    }
}

impl<S, F, Fut> IntoHandler<S, fn(Request, Response)> for F
where
    F: Fn(Request, Response) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Answer> + Send + 'static,
{
    fn into_handler(self) -> Handler<S> {
        Handler::on_request(Arc::new(move |req, res, _| {
            running(self(req, res.clone()), res)
        }))
    }
}

impl<S, F, Fut> IntoHandler<S, fn(Request, S) -> Reply> for F
where
    F: Fn(Request, S) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, Thrown>> + Send + 'static,
{
    fn into_handler(self) -> Handler<S> {
        Handler::on_request(Arc::new(move |req, res, state| {
            running(self(req, state), res)
        }))
    }
}

impl<S, F, Fut> IntoHandler<S, fn(Request) -> Reply> for F
where
    F: Fn(Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, Thrown>> + Send + 'static,
{
    fn into_handler(self) -> Handler<S> {
        Handler::on_request(Arc::new(move |req, res, _| running(self(req), res)))
    }
}

impl<S, F, Fut> IntoHandler<S, fn(JsValue, Request, Response, S)> for F
where
    F: Fn(JsValue, Request, Response, S) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Answer> + Send + 'static,
{
    fn into_handler(self) -> Handler<S> {
        Handler::on_error(Arc::new(move |error, req, res, state| {
            running(self(error, req, res.clone(), state), res)
        }))
    }
}

impl<S, F, Fut> IntoHandler<S, fn(JsValue, Request, Response)> for F
where
    F: Fn(JsValue, Request, Response) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Answer> + Send + 'static,
{
    fn into_handler(self) -> Handler<S> {
        Handler::on_error(Arc::new(move |error, req, res, _| {
            running(self(error, req, res.clone()), res)
        }))
    }
}

impl<S, M, H: IntoHandler<S, M>> IntoHandlers<S, (M,)> for H {
    fn into_handlers(self) -> Vec<Handler<S>> {
        vec![self.into_handler()]
    }
}

impl<S> IntoHandlers<S, Vec<Handler<S>>> for Vec<Handler<S>> {
    fn into_handlers(self) -> Self {
        self
    }
}

macro_rules! tuples {
    ($($marker:ident $handler:ident $name:ident),+) => {
        impl<S, $($marker, $handler: IntoHandler<S, $marker>),+> IntoHandlers<S, ($($marker,)+)>
            for ($($handler,)+)
        {
            fn into_handlers(self) -> Vec<Handler<S>> {
                let ($($name,)+) = self;
                vec![$($name.into_handler()),+]
            }
        }
    };
}

tuples!(M1 H1 a, M2 H2 b);
tuples!(M1 H1 a, M2 H2 b, M3 H3 c);
tuples!(M1 H1 a, M2 H2 b, M3 H3 c, M4 H4 d);
tuples!(M1 H1 a, M2 H2 b, M3 H3 c, M4 H4 d, M5 H5 e);
tuples!(M1 H1 a, M2 H2 b, M3 H3 c, M4 H4 d, M5 H5 e, M6 H6 f);
tuples!(M1 H1 a, M2 H2 b, M3 H3 c, M4 H4 d, M5 H5 e, M6 H6 f, M7 H7 g);
tuples!(M1 H1 a, M2 H2 b, M3 H3 c, M4 H4 d, M5 H5 e, M6 H6 f, M7 H7 g, M8 H8 h);
