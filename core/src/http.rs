//! HTTP in the ecosystem's own vocabulary: axum handlers and extractors, recorded as data.
//!
//! Handlers are axum handlers, bodies are [`axum::body::Body`], middleware is tower. [`Routes`]
//! only records what axum forgets (methods, path pattern, name, limits), so that a route table can
//! be exported to a cloud's gateway, drawn and migrated.

pub(crate) mod connection;
pub(crate) mod cookies;
mod methods;
mod problem;
mod rate;
mod route;
mod routes;

pub use methods::MethodRoutes;
pub use rate::Rate;
pub use route::{Methods, Route};
pub use routes::Routes;

pub mod routing {
    //! Entry functions with axum's names: `get(handler).post(handler)`.
    pub use super::methods::{
        any, connect, delete, get, head, on, options, patch, post, put, trace,
    };
}

pub use axum::body::Body;
/// A request as a handler sees it on every platform.
pub type Request = ::http::Request<Body>;
/// A response as a handler gives it on every platform.
pub type Response = ::http::Response<Body>;

/// The address that a request came from, a proxy's where there is one in front: an extension of what a
/// [codec](crate::driver::gateway) reads. Handlers find it in their
/// [`Context`](crate::function::Context::remote_address) on every platform that knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RemoteAddress(pub std::net::IpAddr);

/// An extension of requests whose query was rebuilt from keys and values, because the front door does not tell the
/// query itself: what it means is the same, how it was spelled and in which order its keys came may not be (rule N2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RebuiltQuery;

#[cfg(test)]
mod tests;
