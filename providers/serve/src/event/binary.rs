//! Binary mode: attributes in fields, data in the content (section 3.1 of the HTTP binding).

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use isobar::{Error, Result};
use percent_encoding::percent_decode;

use super::CloudEvent;
use super::cloud_event::Attributes;

const PREFIX: &str = "ce-";
/// Any of these makes a request a CloudEvent, so that one that lacks the others is refused as such.
const MARKS: [&str; 3] = ["ce-specversion", "ce-type", "ce-id"];

/// Whether a request is a CloudEvent in binary mode.
pub(super) fn is_marked(headers: &HeaderMap) -> bool {
    MARKS.iter().any(|name| headers.contains_key(*name))
}

pub(super) fn read(headers: &HeaderMap, body: &Bytes) -> Result<CloudEvent> {
    let mut attributes = Attributes::default();
    for (field, value) in headers {
        if let Some(name) = field.as_str().strip_prefix(PREFIX) {
            attributes.add(name, decoded(name, value.as_bytes())?)?;
        }
    }
    if let Some(content_type) = headers.get(CONTENT_TYPE) {
        let text = String::from_utf8_lossy(content_type.as_bytes()).into_owned();
        attributes.add("datacontenttype", text)?;
    }
    attributes.into_event(body.clone(), body.clone())
}

/// The value of an attribute: out of quotes first, where older senders put it in them, then percent-decoded once.
fn decoded(name: &str, value: &[u8]) -> Result<String> {
    let malformed = || {
        Error::invalid(format!(
            "the field ce-{name} of the CloudEvent is malformed"
        ))
    };
    let unquoted = match value.strip_prefix(b"\"") {
        Some(rest) => unescaped(rest.strip_suffix(b"\"").ok_or_else(malformed)?),
        None => value.to_vec(),
    };
    let text = percent_decode(&unquoted).decode_utf8();
    text.map(std::borrow::Cow::into_owned)
        .map_err(|error| malformed().with_source(error))
}

/// A quoted string without its backslashes (RFC 9110, section 5.6.4).
fn unescaped(quoted: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter();
    while let Some(byte) = bytes.next() {
        let byte = if *byte == b'\\' {
            bytes.next()
        } else {
            Some(byte)
        };
        plain.extend(byte);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &[u8], expected: Option<&str>) {
        assert_eq!(decoded("x", value).ok().as_deref(), expected, "{value:?}");
    }

    #[test]
    fn values_are_unquoted_and_then_percent_decoded_once() {
        check(b"plain", Some("plain"));
        check(b"Euro%20%E2%82%AC%20%F0%9F%98%80", Some("Euro € 😀"));
        check(b"%e2%82%ac", Some("€"));
        check(b"%2541", Some("%41"));
        check(
            b"\"in \\\"quotes\\\" and \\\\\"",
            Some("in \"quotes\" and \\"),
        );
        check(b"\"a%20b\"", Some("a b"));
        check("bare é".as_bytes(), Some("bare é"));
        check(b"50%", Some("50%"));
    }

    #[test]
    fn what_is_no_utf_8_is_refused() {
        check(b"%C0%A0", None);
        check(b"%ff", None);
        check(b"\xff", None);
        check(b"\"open", None);
    }
}
