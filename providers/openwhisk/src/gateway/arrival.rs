//! The request that an activation's arguments carry.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method};
use isobar::{Error, Result};
use isobar_serve::event::is_object;
use isobar_serve::{ToldHead, ToldMembers, ToldRequest, ToldText, add_told_field, told_target};
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

/// An error is the activation's own: no request through the web caused it, or its content is not as the controller has it.
pub(crate) fn arrival(arguments: &[u8]) -> Result<ToldRequest> {
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
        Err(error) => return Ok(ToldRequest::Malformed(error)),
    };
    let content = content(told.body.take(), media::is_base64(&headers))?;
    let head = head(&method, (told.path.as_deref(), &query), headers);
    Ok(ToldRequest::of(head, content))
}

fn head(method: &str, (path, query): (Option<&str>, &str), headers: HeaderMap) -> Result<ToldHead> {
    // The controller writes it in small letters, and lets seven through that all have capitals.
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
        .map_err(|error| malformed("__ow_method").with_source(error))?;
    let target = told_target(path.unwrap_or_default(), query)
        .map_err(|error| malformed("__ow_path or __ow_query").with_source(error))?;
    Ok(ToldHead {
        method,
        // What stood before the path, the names of namespace, package and action, is not told.
        original: target.clone(),
        target,
        headers,
        is_rebuilt: !query.is_empty(),
        remote_address: None,
    })
}

fn fields(told: &ToldMembers<'_, ToldText<'_>>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (ToldText(name), ToldText(value)) in &told.0 {
        add_told_field(&mut headers, name, value)?;
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
