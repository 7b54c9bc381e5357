//! An event as the answer to another, in binary mode (section 3.1 of the HTTP binding).
//!
//! <https://github.com/knative/specs/blob/main/specs/eventing/data-plane.md#derived-reply-events>

use http::header::{CONTENT_TYPE, InvalidHeaderName};
use http::{HeaderMap, HeaderName, HeaderValue};
use isobar::function::{Event, EventAttributes, ReplyEvent};
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::cloud_event::media_type;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const TRACE_STATE: HeaderName = HeaderName::from_static("ce-tracestate");
/// What a value of an attribute writes by its bytes, with everything beyond ASCII (section 3.1.3.2).
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');
/// What a URI cannot say as it is in its fragment, and the sign that begins that.
const FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// All attributes of an answer together: Envoy, by which Knative's ingresses pass responses, takes heads of 60 KiB.
const MOST_ATTRIBUTE_BYTES: usize = 32 << 10;
/// Whether whoever brings an event takes another one as its answer (RFC 7240).
pub(crate) fn is_asked_for(headers: &HeaderMap) -> bool {
    let fields = headers.get_all(PREFER).into_iter();
    let told = fields.filter_map(|value| value.to_str().ok());
    let mut preferences = told.flat_map(|value| value.split(','));
    preferences.any(|preference| {
        let name = preference.split([';', '=']).next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("reply")
    })
}

/// The id of the answer to an event: another one for each source, of which every one may begin its ids with 1.
pub(crate) fn id_for(event: &Event) -> String {
    let id = utf8_percent_encode(&event.id, FRAGMENT);
    // No attribute may have control characters, and the sender's fields could tell some.
    let source = utf8_percent_encode(&event.source, CONTROLS);
    format!("{source}#{id}")
}

/// The response that brings the event back with this id.
///
/// `InvalidArgument` where it is no CloudEvent, `TooLarge` where its attributes take more than 32 KiB.
pub(crate) fn response(reply: ReplyEvent, id: &str) -> Result<Response> {
    if !is_uri_reference(&reply.source) {
        let source = &reply.source;
        return Err(Error::invalid(format!(
            "the source {source:?} of the reply is no URI reference"
        )));
    }
    if let Some(schema) = reply.data_schema.as_deref().filter(|text| !is_uri(text)) {
        return Err(Error::invalid(format!(
            "the schema {schema:?} of the reply's data is no URI"
        )));
    }
    let own = [
        ("specversion", Some("1.0")),
        ("id", Some(id)),
        ("type", Some(&*reply.event_type)),
        ("source", Some(&*reply.source)),
        ("subject", reply.subject.as_deref()),
        ("dataschema", reply.data_schema.as_deref()),
    ];
    let own = own
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let mut headers = HeaderMap::new();
    let mut bytes = 0;
    for (name, value) in own {
        bytes += add(&mut headers, name, value)?;
    }
    for (name, value) in &reply.extensions {
        if !EventAttributes::is_extension(name) {
            let message = format!(
                "the reply has an attribute {name:?}, whose name is not one of lower-case letters and digits, or is not \
                 for extensions"
            );
            return Err(Error::invalid(message));
        }
        bytes += add(&mut headers, name, value)?;
    }
    if bytes > MOST_ATTRIBUTE_BYTES
        && let Some(state) = headers.remove(TRACE_STATE)
    {
        // Nobody needs it to go on with the trace.
        bytes -= TRACE_STATE.as_str().len() + state.len();
    }
    if bytes > MOST_ATTRIBUTE_BYTES {
        let what = "the size in bytes of the attributes of a reply";
        let (limit, measured) = (MOST_ATTRIBUTE_BYTES as u64, bytes as u64);
        let kind = ErrorKind::TooLarge;
        return Err(Error::over_limit(kind, what, limit, measured));
    }
    if let Some(media) = reply.content_type {
        headers.insert(CONTENT_TYPE, content_type(&media)?);
    }
    let mut response = Response::new(Body::from(reply.data));
    *response.headers_mut() = headers;
    Ok(response)
}

/// What the data are; those of CloudEvents themselves would make readers take the data for the event.
fn content_type(media: &str) -> Result<HeaderValue> {
    let refused = || Error::invalid(format!("{media:?} is no media type of a reply's data"));
    let bare = media_type(media);
    if bare.is_empty() || bare.starts_with("application/cloudevents") {
        return Err(refused());
    }
    HeaderValue::from_str(media).map_err(|error| refused().with_source(error))
}

/// Adds an attribute, and says how many bytes it takes.
fn add(headers: &mut HeaderMap, name: &str, value: &str) -> Result<usize> {
    if value.is_empty() || value.contains(char::is_control) {
        return Err(Error::invalid(format!(
            "the attribute {name:?} of the reply is empty, or has control characters"
        )));
    }
    let refused = || Error::invalid(format!("the attribute {name:?} of the reply is no field"));
    let escaped = utf8_percent_encode(value, ESCAPED).to_string();
    let field: HeaderName = format!("ce-{name}")
        .parse()
        .map_err(|error: InvalidHeaderName| refused().with_source(error))?;
    let value = HeaderValue::from_str(&escaped).map_err(|error| refused().with_source(error))?;
    let bytes = field.as_str().len() + value.len();
    headers.insert(field, value);
    Ok(bytes)
}

/// Whether it is a reference that begins with a scheme (RFC 3986, section 3), as only `dataschema` must among the attributes.
fn is_uri(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = scheme.is_some_and(|scheme| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    is_scheme && is_uri_reference(text)
}

/// Whether these are the characters of one (RFC 3986, section 2), of which there must be some.
fn is_uri_reference(source: &str) -> bool {
    let is_kept =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&byte);
    let mut parts = source.split('%');
    let plain = parts.next().unwrap_or_default();
    let is_escape = |part: &str| {
        let digits = part.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    !source.is_empty()
        && plain.bytes().all(is_kept)
        && parts.all(|part| is_escape(part) && part.bytes().all(is_kept))
}

#[cfg(test)]
mod tests;
