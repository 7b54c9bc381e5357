//! `req`: one request, as the functions of an application see it.

mod cookies;
mod headers;
pub(crate) mod incoming;
mod negotiation;
pub(crate) mod params;
mod proxy;
pub(crate) mod url;

use std::fmt;
use std::sync::Arc;

use axum::body::Body;

use crate::exchange::{Exchange, RequestState};
use crate::profile::Profile;
use crate::response::Response;
use crate::settings::Settings;
use crate::value::{JsString, JsValue};

/// A request. Cloning copies the reference: what middleware sets, the next function sees.
#[derive(Clone)]
pub struct Request(pub(crate) Arc<Exchange>);

impl Request {
    /// `req.method`.
    pub fn method(&self) -> JsString {
        self.read(|state| state.method.clone())
    }

    /// `req.method = method`, for method overrides.
    pub fn set_method(&self, method: &JsString) {
        let method = method.clone();
        self.write(|state| state.method = method);
    }

    /// `req.url`: the target without what routers above have stripped.
    pub fn url(&self) -> JsString {
        self.raw_url().into()
    }

    /// `req.url = url`: what the functions that follow match and see.
    pub fn set_url(&self, url: &JsString) {
        self.keep_query();
        self.set_raw_url(url.to_text().into_owned());
    }

    /// `req.originalUrl`.
    pub fn original_url(&self) -> JsString {
        self.read(|state| JsString::new(&state.original_url))
    }

    /// `req.baseUrl`: what routers above have stripped.
    pub fn base_url(&self) -> JsString {
        self.raw_base_url().into()
    }

    /// `req.path`: the path of [`Request::url`].
    pub fn path(&self) -> JsString {
        let path = self.read(|state| url::path_of(&state.url));
        path.unwrap_or_default().into()
    }

    /// `req.httpVersion`, such as `1.1`.
    pub fn http_version(&self) -> JsString {
        let version = self.read(|state| state.http_version);
        JsString::literal(match version {
            http::Version::HTTP_10 => "1.0",
            http::Version::HTTP_2 => "2.0",
            http::Version::HTTP_3 => "3.0",
            _ => "1.1",
        })
    }

    /// `req.params`.
    pub fn params(&self) -> JsValue {
        self.read(|state| state.params.clone())
    }

    /// `req.params = params`.
    pub fn set_params(&self, params: JsValue) {
        let _previous = self.write(|state| std::mem::replace(&mut state.params, params));
    }

    /// `req.query`. Express 4 parses it once, Express 5 each time it is asked for.
    pub fn query(&self) -> JsValue {
        let (settings, own) = self.read(|state| (Arc::clone(&state.settings), state.query.clone()));
        if let Some(query) = own {
            return query;
        }
        let text = self.read(|state| url::query_of(&state.url));
        let query = settings.query_parser.parse(text.as_deref());
        if settings.profile() == Profile::V4 {
            self.write(|state| state.query = Some(query.clone()));
        }
        query
    }

    /// `req.query = query`. Express 5 has a getter there and ignores the assignment, except in strict mode, where it
    /// throws; here it is ignored.
    pub fn set_query(&self, query: JsValue) {
        if self.settings().profile() == Profile::V4 {
            let _previous = self.write(|state| state.query.replace(query));
        }
    }

    /// `req.body`: what a body parser made of the body, or what was set.
    pub fn body(&self) -> JsValue {
        self.property("body")
    }

    /// `req.body = body`.
    pub fn set_body(&self, body: impl Into<JsValue>) {
        self.set_property("body", body);
    }

    /// `req[name]`, for what middleware has set: `req.property("user")`.
    pub fn property(&self, name: &str) -> JsValue {
        let properties = self.read(|state| state.properties.clone());
        properties.get_own(name).unwrap_or_default()
    }

    /// `req[name] = value`. The names of Express's own members are not overwritten by it.
    pub fn set_property(&self, name: &str, value: impl Into<JsValue>) {
        let properties = self.read(|state| state.properties.clone());
        properties.define(name.to_owned(), value);
    }

    /// `req.app.get(name)`: a setting.
    pub fn setting(&self, name: &str) -> JsValue {
        self.settings().get(name)
    }

    /// `req.res`.
    pub fn response(&self) -> Response {
        Response(Arc::clone(&self.0))
    }

    /// Takes the body off the wire, as a stream that has not been read; `None` when somebody has read it.
    pub fn take_body(&self) -> Option<Body> {
        self.write(|state| state.body.take())
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.read(|state| Arc::clone(&state.settings))
    }

    pub(crate) fn enter_application(&self, settings: &Arc<Settings>) {
        if Arc::ptr_eq(settings, &self.settings()) {
            return;
        }
        // The outer application has parsed it when the request came.
        self.keep_query();
        self.write(|state| state.settings = Arc::clone(settings));
    }

    /// Express 4 parses the query when the request comes; here that is put off to the last moment at which it gives the same.
    fn keep_query(&self) {
        if self.settings().profile() == Profile::V4 {
            self.query();
        }
    }

    pub(crate) fn leave_application(&self, outer: Arc<Settings>) {
        self.write(|state| state.settings = outer);
    }

    pub(crate) fn raw_url(&self) -> String {
        self.read(|state| state.url.clone())
    }

    pub(crate) fn set_raw_url(&self, url: String) {
        self.write(|state| state.url = url);
    }

    pub(crate) fn raw_original_url(&self) -> String {
        self.read(|state| state.original_url.clone())
    }

    pub(crate) fn raw_base_url(&self) -> String {
        self.read(|state| state.base_url.clone())
    }

    pub(crate) fn set_raw_base_url(&self, base_url: String) {
        self.write(|state| state.base_url = base_url);
    }

    pub(crate) fn read<R>(&self, step: impl FnOnce(&RequestState) -> R) -> R {
        step(&self.0.request())
    }

    pub(crate) fn write<R>(&self, step: impl FnOnce(&mut RequestState) -> R) -> R {
        step(&mut self.0.request())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|state| write!(f, "Request({} {})", state.method, state.original_url))
    }
}
