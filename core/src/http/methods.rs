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

use super::route::{Methods, Route};
use super::{Rate, Request};
use crate::authorization::{GuardLayer, Requirement};

/// The handlers of one path, by method; reads as axum's `MethodRouter` does.
pub struct MethodRoutes<S = ()> {
    router: MethodRouter<S>,
    methods: Methods,
    name: Option<&'static str>,
    body_limit: Option<usize>,
    timeout: Option<Duration>,
    requires: Vec<Requirement>,
    max_concurrent: Option<usize>,
    rate: Option<Rate>,
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
            requires: Vec::new(),
            max_concurrent: None,
            rate: None,
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

    /// Lets only callers with a token of the authorizer, and with its scopes, through to all handlers of the path, those
    /// that are added later too.
    ///
    /// ```
    /// use isobar::authorization::{AuthorizerSpec, Principal};
    /// use isobar::http::{Routes, routing::get};
    ///
    /// const LOGIN: AuthorizerSpec = AuthorizerSpec::new("login", "https://login.example").audience("notes");
    ///
    /// async fn whoami(caller: Principal) -> String {
    ///     caller.subject().to_owned()
    /// }
    ///
    /// let routes: Routes = Routes::new()
    ///     .route("/me", get(whoami).requires(LOGIN))
    ///     .route("/all", get(whoami).requires(LOGIN.scopes(&["notes:read"])));
    /// assert_eq!(routes.table()[1].requires[0].scopes, ["notes:read"]);
    /// ```
    #[must_use]
    pub fn requires(mut self, requirement: impl Into<Requirement>) -> Self {
        self.requires.push(requirement.into());
        self
    }

    /// Serves at most this many requests to the path at once, until each response is with the connection whole; more are
    /// answered with 503 and `Retry-After`. What waits in buffers there no longer counts, nor does a connection that is
    /// upgraded (101), since its response has no body.
    ///
    /// It counts in this instance of the application: a platform that runs several serves as many times more. Only those
    /// count whom [`requires`](Self::requires) of the path, and that of [`Routes`](super::Routes::requires), lets through.
    #[must_use]
    pub fn max_concurrent(mut self, requests: usize) -> Self {
        self.max_concurrent = Some(requests);
        self
    }

    /// Takes at most this many requests to the path in a time, of all callers together; more are answered with 429 and
    /// `Retry-After`. It counts in this instance, as [`max_concurrent`](Self::max_concurrent) does.
    ///
    /// ```
    /// use isobar::http::{Rate, Routes, routing::post};
    ///
    /// # async fn sign_in() {}
    /// let limited = post(sign_in).rate(Rate::per_second(5).burst(20)).max_concurrent(50);
    /// let routes: Routes = Routes::new().route("/sign-in", limited);
    /// assert_eq!(routes.table()[0].max_concurrent, Some(50));
    /// ```
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
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
        let (max_concurrent, rate) = (self.max_concurrent, self.rate);
        let mut router = self.router;
        if max_concurrent.is_some() || rate.is_some() {
            router = router.layer(crate::function::LimitLayer::new(max_concurrent, rate));
        }
        // Around the limits: who is not let in must not use up what is there for those who are.
        let guard = |router: MethodRouter<S>, asked: &Requirement| router.layer(GuardLayer(*asked));
        let router = self.requires.iter().fold(router, guard);
        let route = Route {
            methods: self.methods,
            path: path.to_owned(),
            name: self.name,
            body_limit: self.body_limit,
            timeout: self.timeout,
            requires: self.requires,
            max_concurrent,
            rate,
            opaque: false,
        };
        (router, route)
    }
}
