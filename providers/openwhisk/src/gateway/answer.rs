//! The result that a response becomes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header};
use isobar::driver::forbids_content;
use isobar::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::media::{Media, media};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'r> {
    status_code: u16,
    headers: Fields<'r>,
    body: Cow<'r, str>,
}

/// One value as text, several as a list, which the controller makes fields of again.
#[derive(Debug)]
struct Fields<'r>(&'r HeaderMap);

/// Without a type the controller would say that content is HTML; this says nothing that is not so.
const UNKNOWN: HeaderValue = HeaderValue::from_static("application/octet-stream");

pub(super) fn encode(response: Response<Bytes>) -> Result<Vec<u8>> {
    let (mut parts, content) = response.into_parts();
    // The controller states it itself.
    parts.headers.remove(header::CONTENT_LENGTH);
    let content = if forbids_content(parts.status) {
        Bytes::new()
    } else {
        parts.headers.entry(header::CONTENT_TYPE).or_insert(UNKNOWN);
        content
    };
    let answer = Answer {
        status_code: parts.status.as_u16(),
        headers: Fields(&parts.headers),
        body: body(&parts.headers, &content)?,
    };
    serde_json::to_vec(&answer).map_err(|error| {
        Error::new(ErrorKind::Internal, "the response is not JSON").with_source(error)
    })
}

/// In Base64 where the controller decodes that, which it does for JSON too.
fn body<'c>(headers: &HeaderMap, content: &'c [u8]) -> Result<Cow<'c, str>> {
    match media(headers) {
        _ if content.is_empty() => Ok(Cow::Borrowed("")),
        Media::Binary | Media::Json => Ok(Cow::Owned(STANDARD.encode(content))),
        Media::Text => std::str::from_utf8(content)
            .map(Cow::Borrowed)
            .map_err(|error| {
                let message =
                    "OpenWhisk passes content of this type on as UTF-8 only, and it is none";
                Error::new(ErrorKind::Unsupported, message).with_source(error)
            }),
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.keys_len()))?;
        for name in self.0.keys() {
            let values: Vec<String> = self.0.get_all(name).iter().map(text_of).collect();
            match values.as_slice() {
                [only] => map.serialize_entry(name.as_str(), only)?,
                several => map.serialize_entry(name.as_str(), several)?,
            }
        }
        map.end()
    }
}

/// A field's value; bytes beyond ASCII that are not UTF-8 can only be ISO 8859-1.
fn text_of(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}
