//! The result that a response becomes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header};
use isobar::driver::forbids_content;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::ToldFields;
use serde::Serialize;

use super::media::{Media, media};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'r> {
    status_code: u16,
    /// The controller makes fields again of several values in a list.
    headers: ToldFields<'r>,
    body: Cow<'r, str>,
}

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
        headers: ToldFields(&parts.headers),
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
