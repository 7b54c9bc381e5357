//! The request that an activation's arguments carry.

use std::borrow::Cow;

use axum::extract::OriginalUri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use isobar::http::{Body, RebuiltQuery, Request};
use isobar::{Error, Result};
use isobar_serve::event::is_object;
use isobar_serve::{ToldMembers, ToldText, told_target};
use serde::Deserialize;

use super::media;
use crate::error;

/// What the controller tells of a request; an action's own parameters may stand beside it.
#[derive(Debug, Deserialize)]
struct Arguments<'a> {
    #[serde(borrow, default, rename = "__ow_method")]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "__ow_headers")]
    headers: ToldMembers<'a, ToldText<'a>>,
    #[serde(borrow, default, rename = "__ow_path")]
    path: Option<Cow<'a, str>>,
    /// Only where the action is raw.
    #[serde(borrow, default, rename = "__ow_query")]
    query: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "__ow_body")]
    body: Option<Cow<'a, str>>,
}

/// A web action's request, as it came.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "almost every one is the large one, and none is kept"
)]
pub(crate) enum Arrival {
    Request(Request),
    /// What the client has sent is none, which it is to be told.
    Malformed(Error),
}

/// An error is the activation's own: no request through the web caused it, or its content is not as the controller has it.
pub(crate) fn arrival(arguments: &[u8]) -> Result<Arrival> {
    let none = || Error::invalid("the activation's arguments are not those of a web action");
    if !is_object(arguments) {
        return Err(none());
    }
    let mut told: Arguments<'_> =
        serde_json::from_slice(arguments).map_err(|error| none().with_source(error))?;
    let method = told.method.take().ok_or_else(error::no_request)?;
    let query = told.query.take().ok_or_else(error::not_raw)?;
    let headers = match fields(&told.headers) {
        Ok(headers) => headers,
        Err(error) => return Ok(Arrival::Malformed(error)),
    };
    let content = content(told.body.take(), media::is_base64(&headers))?;
    let request = request(&method, (told.path.as_deref(), &query), headers);
    Ok(match request {
        Ok(request) => Arrival::Request(request.map(|()| Body::from(content))),
        Err(error) => Arrival::Malformed(error),
    })
}

fn request(
    method: &str,
    (path, query): (Option<&str>, &str),
    headers: HeaderMap,
) -> Result<http::Request<()>> {
    // The controller writes it in small letters, and lets seven through that all have capitals.
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
        .map_err(|error| malformed("__ow_method").with_source(error))?;
    let uri = told_target(path.unwrap_or_default(), query)
        .map_err(|error| malformed("__ow_path or __ow_query").with_source(error))?;
    let mut request = http::Request::new(());
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

fn fields(told: &ToldMembers<'_, ToldText<'_>>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (ToldText(name), ToldText(value)) in &told.0 {
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
