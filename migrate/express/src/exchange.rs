//! What one request and its response are made of, shared by all functions that take part.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use http::request::Parts;
use tokio::sync::oneshot;

use crate::request::incoming;
use crate::response::head::ResponseState;
use crate::settings::Settings;
use crate::value::{JsObject, JsString, JsValue};

/// Marks a request that came over TLS on this very connection: an extension of the request, for `req.protocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encrypted;

/// Both halves. The locks are held for single steps, never across an `.await` or a call into a function of the
/// application; where both are needed, the request is locked and released first.
#[derive(Debug)]
pub(crate) struct Exchange {
    request: Mutex<RequestState>,
    response: Mutex<ResponseState>,
}

#[derive(Debug)]
pub(crate) struct RequestState {
    pub(crate) settings: Arc<Settings>,
    pub(crate) method: JsString,
    /// URLs hold one `char` for each byte, as Node reads them.
    pub(crate) url: String,
    pub(crate) original_url: String,
    pub(crate) base_url: String,
    pub(crate) headers: Vec<(String, String)>,
    /// `req.headers`, made when it is first asked for.
    pub(crate) headers_object: Option<JsObject>,
    pub(crate) remote: Option<IpAddr>,
    pub(crate) encrypted: bool,
    pub(crate) http_version: http::Version,
    pub(crate) params: JsValue,
    /// `req.query`: Express 4 parses it once, and it can be assigned to.
    pub(crate) query: Option<JsValue>,
    /// What was set on `req`, by name: `body`, `cookies`, `user`, …
    pub(crate) properties: JsObject,
    /// The body on the wire, until somebody reads it.
    pub(crate) body: Option<Body>,
}

impl Exchange {
    pub(crate) fn new(
        settings: &Arc<Settings>,
        head: &Parts,
        body: Body,
    ) -> (Arc<Self>, oneshot::Receiver<http::Response<Body>>) {
        let (sender, receiver) = oneshot::channel();
        let request = incoming::state(Arc::clone(settings), head, body);
        let response = ResponseState::new(&head.method, sender);
        let exchange = Self {
            request: Mutex::new(request),
            response: Mutex::new(response),
        };
        (Arc::new(exchange), receiver)
    }

    pub(crate) fn request(&self) -> MutexGuard<'_, RequestState> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn response(&self) -> MutexGuard<'_, ResponseState> {
        self.response.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
