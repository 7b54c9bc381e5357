//! Functions that `app.param(name, …)` registers.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::flow::Handled;
use crate::handler::Running;
use crate::request::Request;
use crate::response::Response;
use crate::value::JsValue;

/// A param hook, ready to be called.
pub struct ParamHook<S>(pub(super) Call<S>);

type Call<S> = Arc<dyn Fn(Request, Response, JsValue, S) -> Running + Send + Sync>;

/// A function that can stand where `app.param` takes one:
/// `async fn(Request, Response, JsValue, S) -> Handled`, where the value is a string, or a list of strings for an
/// Express 5 wildcard. Without state the last argument may be left out. `M` is inferred.
pub trait IntoParamHook<S, M> {
    /// The hook.
    fn into_param_hook(self) -> ParamHook<S>;
}

impl<S, F, Fut> IntoParamHook<S, fn(Request, Response, JsValue, S)> for F
where
    F: Fn(Request, Response, JsValue, S) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Handled> + Send + 'static,
{
    fn into_param_hook(self) -> ParamHook<S> {
        ParamHook(Arc::new(move |req, res, value, state| {
            Box::pin(self(req, res, value, state))
        }))
    }
}

impl<S, F, Fut> IntoParamHook<S, fn(Request, Response, JsValue)> for F
where
    F: Fn(Request, Response, JsValue) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Handled> + Send + 'static,
{
    fn into_param_hook(self) -> ParamHook<S> {
        ParamHook(Arc::new(move |req, res, value, _| {
            Box::pin(self(req, res, value))
        }))
    }
}

impl<S> fmt::Debug for ParamHook<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParamHook")
    }
}
