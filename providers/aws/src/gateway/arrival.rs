//! The request that an event carries, to the byte.

use std::borrow::Cow;

use axum::extract::OriginalUri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, header};
use indexmap::IndexMap;
use isobar::http::{Body, RemoteAddress, Request};
use isobar::{Error, Result};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;

/// The members of payload format 2.0 that make the request; the others say the same again.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpEvent<'e> {
    version: Cow<'e, str>,
    raw_path: Cow<'e, str>,
    #[serde(default)]
    raw_query_string: Option<Cow<'e, str>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    /// In the order of the event.
    #[serde(default)]
    headers: Option<IndexMap<String, String>>,
    request_context: RequestContext,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    http: Http,
    #[serde(default)]
    stage: Option<String>,
    #[serde(default)]
    domain_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    #[serde(default)]
    protocol: Option<String>,
    #[serde(default)]
    source_ip: Option<String>,
}

pub(super) fn decode(event: &[u8]) -> Result<Request> {
    let event = parse(event)?;
    if event.version != "2.0" {
        let version = &event.version;
        let message = format!("the event has payload format {version:?} in version, not \"2.0\"");
        return Err(Error::invalid(message));
    }
    let context = &event.request_context;
    let method = Method::from_bytes(context.http.method.as_bytes())
        .map_err(|error| malformed("requestContext.http.method").with_source(error))?;
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    let original = uri(&event.raw_path, query)?;
    let path = without_stage(&event.raw_path, context);
    let stripped = uri(path, query)?;
    let headers = headers(event.headers.unwrap_or_default(), event.cookies)?;
    let body = body(event.body, event.is_base64_encoded)?;
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = stripped;
    *request.version_mut() = version(context.http.protocol.as_deref());
    *request.headers_mut() = headers;
    request.extensions_mut().insert(OriginalUri(original));
    let source = context.http.source_ip.as_deref().map(str::parse);
    if let Some(Ok(address)) = source {
        request.extensions_mut().insert(RemoteAddress(address));
    }
    Ok(request)
}

fn parse(event: &[u8]) -> Result<HttpEvent<'_>> {
    let mut json = serde_json::Deserializer::from_slice(event);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    HttpEvent::deserialize(tracked).map_err(|error| {
        let path = track.path().to_string();
        let place = if path == "." { "the event" } else { &path };
        let message = format!("the event is not one of an HTTP API: {place}: {error}");
        Error::invalid(message).with_source(error)
    })
}

/// What RFC 3986 and the parser of URIs do not let stand in a path; everything else, every `%`
/// among it, stays as it came.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`');
const IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'<').add(b'>').add(b'"');

fn uri(path: &str, query: &str) -> Result<Uri> {
    let path: Cow<'_, str> = utf8_percent_encode(path, IN_PATH).into();
    let query: Cow<'_, str> = utf8_percent_encode(query, IN_QUERY).into();
    let text = match (&*path, &*query) {
        ("", "") => "/".to_owned(),
        (path, "") => path.to_owned(),
        (path, query) => format!("{path}?{query}"),
    };
    if !text.starts_with('/') {
        return Err(malformed("rawPath"));
    }
    Uri::try_from(text).map_err(|error| malformed("rawPath or rawQueryString").with_source(error))
}

/// The path without the stage, which stands in it at the API's own domain and nowhere else.
fn without_stage<'p>(path: &'p str, context: &RequestContext) -> &'p str {
    let own_domain = context
        .domain_name
        .as_ref()
        .is_none_or(|domain| domain.contains(".execute-api."));
    let stage = context.stage.as_deref().unwrap_or("$default");
    if stage == "$default" || !own_domain {
        return path;
    }
    let rest = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage));
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

fn headers(fields: IndexMap<String, String>, cookies: Option<Vec<String>>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(fields.len() + 1);
    for (name, value) in fields {
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let name = parsed.map_err(|_| malformed(&format!("headers.{name}")))?;
        let value = HeaderValue::from_bytes(value.as_bytes());
        let value = value.map_err(|_| malformed(&format!("headers.{name}")))?;
        headers.append(name, value);
    }
    // The gateway takes cookies out of the headers; one field joins them again (RFC 6265, 5.4).
    if let Some(cookies) = cookies.filter(|cookies| !cookies.is_empty()) {
        let joined = HeaderValue::from_bytes(cookies.join("; ").as_bytes());
        headers.insert(header::COOKIE, joined.map_err(|_| malformed("cookies"))?);
    }
    Ok(headers)
}

fn body(body: Option<String>, is_base64: bool) -> Result<Bytes> {
    match body {
        None => Ok(Bytes::new()),
        Some(text) if is_base64 => match STANDARD.decode(text) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(malformed("body").with_source(error)),
        },
        Some(text) => Ok(text.into()),
    }
}

fn version(protocol: Option<&str>) -> Version {
    match protocol {
        Some("HTTP/2.0" | "HTTP/2") => Version::HTTP_2,
        Some("HTTP/1.0") => Version::HTTP_10,
        _ => Version::HTTP_11,
    }
}

fn malformed(member: &str) -> Error {
    Error::invalid(format!("the event's {member} is malformed"))
}
