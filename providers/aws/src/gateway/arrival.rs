//! The request that an event carries, to the byte.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{InvalidHeaderName, InvalidHeaderValue};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use isobar::http::Request;
use isobar::{Error, Result};
use isobar_serve::{ToldHead, client_address};

use super::FrontDoor;
use super::callers;
use super::event::{self, HttpEvent, Text};
use super::path::{Target, target};
use super::query::{pairs, query};

/// More header fields than almost any request has.
const USUAL: usize = 64;
/// The fields that the doors themselves add to almost every request.
static OF_DOORS: [HeaderName; 4] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-amzn-trace-id"),
];

/// What an event is to the front doors.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "almost every event is the large one, and none is kept"
)]
pub(crate) enum Arrival {
    /// A request of a client.
    Request(FrontDoor, Request),
    /// What a client has sent through this door is no request, which it is to be told.
    Malformed(FrontDoor, Error),
    /// An event of a WebSocket API, whose gateway waits for an answer.
    Socket,
    /// Anything else.
    Other,
}

impl Arrival {
    /// An error is the event's own: it is not as the door that it names would have it.
    pub(crate) fn of(raw: &Bytes) -> Result<Self> {
        let mut event = event::parse(raw)?;
        if event.is_of_socket() {
            return Ok(Self::Socket);
        }
        let Some(door) = event.door()? else {
            return Ok(Self::Other);
        };
        let content = content(&mut event, raw)?;
        Ok(match request((door, &event), content, raw) {
            Ok(request) => Self::Request(door, request),
            Err(error) => Self::Malformed(door, error),
        })
    }
}

fn request(
    (door, event): (FrontDoor, &HttpEvent<'_>),
    content: Bytes,
    raw: &Bytes,
) -> Result<Request> {
    let method = method(event)?;
    let headers = headers(event, raw)?;
    let query = query(door, event);
    let Target { own, original } = target(door, event, &query.text)?;
    let rebuilt = query.rebuilt;
    let (version, address) = (version(event), remote_address(door, event, &headers));
    let head = ToldHead {
        method,
        target: own,
        original,
        headers,
        is_rebuilt: rebuilt,
        remote_address: address,
    };
    let mut request = head.request(content);
    *request.version_mut() = version;
    if let Some(checked) = callers::checked(door, event) {
        request.extensions_mut().insert(checked);
    }
    Ok(request)
}

fn method(event: &HttpEvent<'_>) -> Result<Method> {
    let context = event.request_context.as_ref();
    let http = context.and_then(|context| context.http.as_ref());
    let (told, member) = match http {
        Some(http) => (Some(&http.method), "requestContext.http.method"),
        None => (event.http_method.as_ref(), "httpMethod"),
    };
    let told = told.map_or("", |method| &*method.0);
    Method::from_bytes(told.as_bytes()).map_err(|error| malformed(member).with_source(error))
}

/// Names that come in two spellings are one; of one that comes in both members the multi-value one counts.
fn headers(event: &HttpEvent<'_>, raw: &Bytes) -> Result<HeaderMap> {
    let (multi, single) = (event.multi_value_headers.as_ref(), event.headers.as_ref());
    let most = multi.map_or(0, |multi| multi.0.len());
    let most = most.max(single.map_or(0, |single| single.0.len()));
    // A map of more than 32,768 panics when it is made, and says so when it grows.
    let mut headers = HeaderMap::with_capacity((most + 1).min(USUAL));
    for (name, value) in pairs(multi, single) {
        let malformed = || malformed(&format!("headers.{name}"));
        let name = field_name(name).map_err(|_| malformed())?;
        let value = field_value(value, raw).map_err(|_| malformed())?;
        headers
            .try_append(name, value)
            .map_err(|_| Error::invalid("the event has more headers than a request can have"))?;
    }
    // HTTP APIs take cookies out of the headers; one field joins them again (RFC 6265, section 5.4).
    let cookies = event.cookies.as_ref();
    if let Some(cookies) = cookies.filter(|cookies| !cookies.is_empty()) {
        let cookies: Vec<&str> = cookies.iter().map(|cookie| &*cookie.0).collect();
        let joined = HeaderValue::from_bytes(cookies.join("; ").as_bytes());
        headers.insert(header::COOKIE, joined.map_err(|_| malformed("cookies"))?);
    }
    Ok(headers)
}

fn field_name(name: &str) -> Result<HeaderName, InvalidHeaderName> {
    let mut known = OF_DOORS.iter();
    match known.find(|own| own.as_str().eq_ignore_ascii_case(name)) {
        Some(own) => Ok(own.clone()),
        None => HeaderName::from_bytes(name.as_bytes()),
    }
}

/// A value shares the event's bytes, as the body does.
fn field_value(value: &Text<'_>, raw: &Bytes) -> Result<HeaderValue, InvalidHeaderValue> {
    match &value.0 {
        Cow::Borrowed(text) => HeaderValue::from_maybe_shared(raw.slice_ref(text.as_bytes())),
        Cow::Owned(text) => HeaderValue::from_bytes(text.as_bytes()),
    }
}

/// What API Gateway saw, or what the load balancer appended to `X-Forwarded-For`, whatever the client wrote before.
fn remote_address(door: FrontDoor, event: &HttpEvent<'_>, headers: &HeaderMap) -> Option<IpAddr> {
    let context = event.request_context.as_ref();
    if let FrontDoor::LoadBalancer | FrontDoor::LoadBalancerMulti = door {
        return client_address(headers, 1);
    }
    let http = context?
        .http
        .as_ref()
        .and_then(|http| http.source_ip.as_ref());
    let identity = context?.identity.as_ref();
    let told = http.or_else(|| identity.and_then(|identity| identity.source_ip.as_ref()));
    told?.0.parse().ok()
}

fn content(event: &mut HttpEvent<'_>, raw: &Bytes) -> Result<Bytes> {
    let is_base64 = event.is_base64_encoded.unwrap_or_default();
    match event.body.take() {
        None => Ok(Bytes::new()),
        Some(text) if is_base64 => match STANDARD.decode(&*text.0) {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(malformed("body").with_source(error)),
        },
        Some(Text(Cow::Borrowed(text))) => Ok(raw.slice_ref(text.as_bytes())),
        Some(Text(Cow::Owned(text))) => Ok(text.into()),
    }
}

fn version(event: &HttpEvent<'_>) -> Version {
    let context = event.request_context.as_ref();
    let http = context.and_then(|context| context.http.as_ref());
    let told = http.and_then(|http| http.protocol.as_ref());
    let told = told.or_else(|| context.and_then(|context| context.protocol.as_ref()));
    match told.map(|protocol| &*protocol.0) {
        Some("HTTP/2.0" | "HTTP/2") => Version::HTTP_2,
        Some("HTTP/1.0") => Version::HTTP_10,
        _ => Version::HTTP_11,
    }
}

fn malformed(member: &str) -> Error {
    Error::invalid(format!("the event's {member} is malformed"))
}
