//! The handlers of one path, by method.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, Route as AxumRoute};
use http::Method;
use tower::{Layer, Service};

use super::Request;
use super::route::{Methods, Route};

/// The handlers of one path, by method; reads as axum's `MethodRouter` does.
pub struct MethodRoutes<S = ()> {
    router: MethodRouter<S>,
    methods: Methods,
    name: Option<&'static str>,
    body_limit: Option<usize>,
    timeout: Option<Duration>,
}

impl<S> fmt::Debug for MethodRoutes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MethodRoutes")
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}

macro_rules! verbs {
    ($($verb:ident $method:ident),+ $(,)?) => {
        $(
            #[doc = concat!("Answers ", stringify!($method), " with `handler`.")]
            pub fn $verb<H, T, S>(handler: H) -> MethodRoutes<S>
            where
                H: Handler<T, S>,
                T: 'static,
                S: Clone + Send + Sync + 'static,
            {
                MethodRoutes::empty().$verb(handler)
            }
        )+

        impl<S: Clone + Send + Sync + 'static> MethodRoutes<S> {
            $(
                #[doc = concat!("Answers ", stringify!($method), " with `handler`, too.")]
                #[must_use]
                pub fn $verb<H, T>(self, handler: H) -> Self
                where
                    H: Handler<T, S>,
                    T: 'static,
                {
                    self.on(Method::$method, handler)
                }
            )+
        }
    };
}

verbs! {
    get GET, post POST, put PUT, delete DELETE, patch PATCH, head HEAD, options OPTIONS,
    trace TRACE, connect CONNECT,
}

/// Answers one method with `handler`; a method unknown to axum is answered 405.
pub fn on<H, T, S>(method: Method, handler: H) -> MethodRoutes<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    MethodRoutes::empty().on(method, handler)
}

/// Answers every method with `handler`.
pub fn any<H, T, S>(handler: H) -> MethodRoutes<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    let router = axum::routing::any(handler);
    MethodRoutes {
        router,
        methods: Methods::Any,
        ..MethodRoutes::empty()
    }
}

impl<S: Clone + Send + Sync + 'static> MethodRoutes<S> {
    fn empty() -> Self {
        Self {
            router: MethodRouter::new(),
            methods: Methods::These(Vec::new()),
            name: None,
            body_limit: None,
            timeout: None,
        }
    }

    /// Answers one method with `handler`, too.
    #[must_use]
    pub fn on<H, T>(mut self, method: Method, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        if let Ok(filter) = MethodFilter::try_from(method.clone()) {
            self.router = self.router.on(filter, handler);
            if let Methods::These(methods) = &mut self.methods {
                methods.push(method);
            }
        }
        self
    }

    /// Names the route for exports and reports.
    #[must_use]
    pub fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Lets extractors read at most `bytes` of a body; more is answered with 413.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self.router = self.router.layer(DefaultBodyLimit::max(bytes));
        self
    }

    /// Gives the handler at most `span`; then the request is answered with 504.
    #[must_use]
    pub fn timeout(mut self, span: Duration) -> Self {
        self.timeout = Some(span);
        self.router = self.router.layer(crate::function::TimeoutLayer::new(span));
        self
    }

    /// Wraps the handlers given so far in a tower layer.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<AxumRoute> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.layer(layer);
        self
    }

    pub(super) fn into_parts(self, path: &str) -> (MethodRouter<S>, Route) {
        let route = Route {
            methods: self.methods,
            path: path.to_owned(),
            name: self.name,
            body_limit: self.body_limit,
            timeout: self.timeout,
            opaque: false,
        };
        (self.router, route)
    }
}
