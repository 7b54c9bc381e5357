//! A route table with its handlers.

use std::convert::Infallible;
use std::fmt;

use axum::Router;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing::Route as AxumRoute;
use http::Method;
use tower::{Layer, Service};

use super::Request;
use super::methods::{self, MethodRoutes};
use super::route::Route;
use crate::authorization::{GuardLayer, Requirement};

/// Paths and their handlers; reads as axum's `Router` does, and keeps the table as data.
///
/// Path patterns, extractors, layers and panics on malformed or overlapping patterns are axum's
/// own. An application written for axum compiles with
/// `use isobar::http::{Routes as Router, routing::get}`.
///
/// ```
/// use axum::extract::Path;
/// use isobar::http::{Routes, routing::get};
///
/// async fn hello(Path(name): Path<String>) -> String {
///     format!("hello {name}")
/// }
///
/// let routes: Routes = Routes::new().route("/hello/{name}", get(hello).name("hello"));
/// assert_eq!(routes.table()[0].path, "/hello/{name}");
/// ```
pub struct Routes<S = ()> {
    router: Router<S>,
    table: Vec<Route>,
}

impl<S: Clone> Clone for Routes<S> {
    fn clone(&self) -> Self {
        Self {
            router: self.router.clone(),
            table: self.table.clone(),
        }
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.table).finish()
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! verbs {
    ($($verb:ident $method:ident),+ $(,)?) => {
        $(
            #[doc = concat!("Answers ", stringify!($method), " on `path` with `handler`.")]
            #[must_use]
            pub fn $verb<H, T>(self, path: &str, handler: H) -> Self
            where
                H: Handler<T, S>,
                T: 'static,
            {
                self.route(path, methods::on(Method::$method, handler))
            }
        )+
    };
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No route yet.
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            table: Vec::new(),
        }
    }

    verbs! { get GET, post POST, put PUT, patch PATCH, delete DELETE, head HEAD, options OPTIONS }

    /// Adds the handlers of one path.
    #[must_use]
    pub fn route(mut self, path: &str, methods: MethodRoutes<S>) -> Self {
        let (router, route) = methods.into_parts(path);
        self.router = self.router.route(path, router);
        self.table.push(route);
        self
    }

    /// Adds a service that answers every method on one path.
    #[must_use]
    pub fn route_service<T>(mut self, path: &str, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        self.router = self.router.route_service(path, service);
        self.table.push(Route::opaque(path));
        self
    }

    /// Adds all routes of `inner` below `prefix`.
    #[must_use]
    pub fn nest(mut self, prefix: &str, inner: Self) -> Self {
        self.router = self.router.nest(prefix, inner.router);
        self.table
            .extend(inner.table.into_iter().map(|route| route.below(prefix)));
        self
    }

    /// Takes an existing axum router as one opaque entry below `prefix`, or at `/` beside the
    /// other routes.
    ///
    /// The table tells nothing of what is in it: of [`Routes`] that became a router
    /// ([`into_router`](Self::into_router)) requirements and limits still hold, but descriptions and exports show an open
    /// route. [`nest`](Self::nest) and [`merge`](Self::merge) keep them.
    #[must_use]
    pub fn mount(mut self, prefix: &str, router: Router<S>) -> Self {
        self.router = match prefix {
            "" | "/" => self.router.merge(router),
            _ => self.router.nest(prefix, router),
        };
        self.table.push(Route::opaque(&format!(
            "{}/{{*rest}}",
            prefix.trim_end_matches('/')
        )));
        self
    }

    /// Adds all routes of `other`.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    /// Answers what no route answers.
    #[must_use]
    pub fn fallback<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.router = self.router.fallback(handler);
        self
    }

    /// Hands what no route answers to a service, as one opaque entry.
    #[must_use]
    pub fn fallback_service<T>(mut self, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        self.router = self.router.fallback_service(service);
        self.table.push(Route::opaque("/{*rest}"));
        self
    }

    /// Wraps everything added so far in a tower layer.
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

    /// Wraps the routes added so far, but not the fallback, in a tower layer.
    #[must_use]
    pub fn route_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<AxumRoute> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.route_layer(layer);
        self
    }

    /// Lets only callers with a token of the authorizer, and with its scopes, through to everything added so far, the
    /// fallback too.
    ///
    /// It stands before the limits of those routes ([`MethodRoutes::max_concurrent`] and `rate`), which count only whom it
    /// lets through.
    #[must_use]
    pub fn requires(mut self, requirement: impl Into<Requirement>) -> Self {
        let requirement = requirement.into();
        self.router = self.router.layer(GuardLayer(requirement));
        for route in &mut self.table {
            route.requires.push(requirement);
        }
        self
    }

    /// Gives the handlers their state.
    pub fn with_state<S2>(self, state: S) -> Routes<S2> {
        Routes {
            router: self.router.with_state(state),
            table: self.table,
        }
    }

    /// The table, in the order in which routes were added.
    pub fn table(&self) -> &[Route] {
        &self.table
    }

    /// The axum router, for a server or a test; without the table.
    pub fn into_router(self) -> Router<S> {
        self.router
    }
}
