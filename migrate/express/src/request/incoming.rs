//! Reads an `http::Request` as Node's `IncomingMessage` presents it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use http::request::Parts;
use http::{HeaderMap, Uri, Version};

use isobar::function::Context;
use isobar::http::RemoteAddress;

use crate::exchange::{Encrypted, RequestState};
use crate::settings::Settings;
use crate::value::{JsObject, JsString, JsValue};

pub(crate) fn state(settings: Arc<Settings>, head: &Parts, body: Body) -> RequestState {
    let url = target(&head.uri, head.version);
    RequestState {
        settings,
        method: JsString::new(head.method.as_str()),
        original_url: url.clone(),
        url,
        base_url: String::new(),
        headers: headers(head),
        headers_object: None,
        remote: remote_address(head),
        encrypted: head.extensions.get::<Encrypted>().is_some(),
        http_version: head.version,
        params: JsValue::Undefined,
        query: None,
        properties: JsObject::new(),
        body: Some(body),
    }
}

/// What an application's context tells, else what the service was called with.
fn remote_address(head: &Parts) -> Option<IpAddr> {
    let context = Context::current();
    let told = context.and_then(|context| context.remote_address());
    told.or_else(|| head.extensions.get().map(|RemoteAddress(address)| *address))
}

/// One `char` for each byte, as Node decodes what comes over HTTP.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// `req.url`. HTTP/2 splits the target into pseudo headers; Express sees its path.
fn target(uri: &Uri, version: Version) -> String {
    let absolute = uri.scheme().is_some() && version < Version::HTTP_2;
    let text = match (absolute, uri.path_and_query()) {
        (false, Some(path)) => path.as_str().to_owned(),
        _ => uri.to_string(),
    };
    if text.is_ascii() {
        text
    } else {
        latin1(text.as_bytes())
    }
}

/// `req.headers`: names in lower case, repeated ones joined or dropped as `IncomingMessage._addHeaderLine` does.
fn headers(head: &Parts) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::with_capacity(head.headers.len());
    for name in head.headers.keys() {
        headers.push((name.as_str().to_owned(), joined(&head.headers, name)));
    }
    if !head.headers.contains_key(http::header::HOST)
        && let Some(authority) = head.uri.authority()
    {
        headers.push(("host".to_owned(), authority.as_str().to_owned()));
    }
    headers
}

fn joined(headers: &HeaderMap, name: &http::HeaderName) -> String {
    let mut values = headers
        .get_all(name)
        .iter()
        .map(|value| latin1(value.as_bytes()));
    if is_singular(name.as_str()) {
        return values.next().unwrap_or_default();
    }
    let separator = if name == http::header::COOKIE {
        "; "
    } else {
        ", "
    };
    values.collect::<Vec<_>>().join(separator)
}

/// Headers of which Node keeps the first value only (`lib/_http_incoming.js`, `matchKnownFields`).
fn is_singular(name: &str) -> bool {
    matches!(
        name,
        "age"
            | "authorization"
            | "content-length"
            | "content-type"
            | "etag"
            | "expires"
            | "from"
            | "host"
            | "if-modified-since"
            | "if-unmodified-since"
            | "last-modified"
            | "location"
            | "max-forwards"
            | "proxy-authorization"
            | "referer"
            | "retry-after"
            | "server"
            | "user-agent"
    )
}
