//! The request that an activation's arguments carry.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::extract::OriginalUri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use isobar::http::{Body, RebuiltQuery, Request};
use isobar::{Error, Result};
use isobar_serve::told_target;
use serde::Deserialize;

use super::media;
use crate::error;

/// What the controller tells of a request; an action's own parameters may stand beside it.
#[derive(Debug, Deserialize)]
struct Arguments<'a> {
    #[serde(borrow, default, rename = "__ow_method")]
    method: Option<Cow<'a, str>>,
    #[serde(default, rename = "__ow_headers")]
    headers: BTreeMap<String, String>,
    #[serde(borrow, default, rename = "__ow_path")]
    path: Option<Cow<'a, str>>,
    /// Only where the action is raw.
    #[serde(borrow, default, rename = "__ow_query")]
    query: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "__ow_body")]
    body: Option<Cow<'a, str>>,
}

pub(super) fn request(arguments: &[u8]) -> Result<Request> {
    let none = || Error::invalid("the activation's arguments are not those of a web action");
    // A list would be read as members in their order.
    if !arguments.trim_ascii_start().starts_with(b"{") {
        return Err(none());
    }
    let told: Arguments<'_> =
        serde_json::from_slice(arguments).map_err(|error| none().with_source(error))?;
    let method = told.method.as_deref().ok_or_else(error::no_request)?;
    // The controller writes it in small letters, and lets seven through that all have capitals.
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
        .map_err(|error| malformed("__ow_method").with_source(error))?;
    let query = told.query.ok_or_else(error::not_raw)?;
    let uri = told_target(told.path.as_deref().unwrap_or_default(), &query)
        .map_err(|error| malformed("__ow_path or __ow_query").with_source(error))?;
    let headers = fields(told.headers)?;
    let body = content(told.body, media::is_base64(&headers))?;
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    let extensions = request.extensions_mut();
    // What stood before the path, the names of namespace, package and action, is not told.
    extensions.insert(OriginalUri(uri));
    if !query.is_empty() {
        extensions.insert(RebuiltQuery);
    }
    Ok(request)
}

fn fields(told: BTreeMap<String, String>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in told {
        let malformed = || malformed(&format!("__ow_headers.{name}"));
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| malformed())?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())?;
        headers.try_append(name, value).map_err(|_| {
            Error::invalid("the activation has more headers than a request can have")
        })?;
    }
    Ok(headers)
}

fn content(told: Option<Cow<'_, str>>, is_base64: bool) -> Result<Bytes> {
    match told {
        None => Ok(Bytes::new()),
        Some(text) if is_base64 => match STANDARD.decode(&*text) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(malformed("__ow_body").with_source(error)),
        },
        Some(text) => Ok(text.into_owned().into()),
    }
}

fn malformed(member: &str) -> Error {
    Error::invalid(format!("the activation's {member} is malformed"))
}
