//! The integration response that a response becomes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Response, header};
use isobar::driver::{as_text, drop_connection_fields, forbids_content, forbids_length};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::ToldFields;
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'r> {
    is_base64_encoded: bool,
    status_code: u16,
    /// Several values of a field are a list, as the documents have it.
    headers: ToldFields<'r>,
    body: Cow<'r, str>,
}

pub(super) fn encode(response: Response<Bytes>) -> Result<Vec<u8>> {
    let (mut parts, content) = response.into_parts();
    drop_connection_fields(&mut parts.headers);
    let content = if forbids_content(parts.status) {
        Bytes::new()
    } else {
        content
    };
    if !content.is_empty() || forbids_length(parts.status) {
        // The gateway states it itself.
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    let text = as_text(&parts.headers, &content);
    let answer = Answer {
        is_base64_encoded: text.is_none(),
        status_code: parts.status.as_u16(),
        headers: ToldFields(&parts.headers),
        body: text.map_or_else(|| STANDARD.encode(&content).into(), Cow::Borrowed),
    };
    serde_json::to_vec(&answer).map_err(|error| {
        Error::new(ErrorKind::Internal, "the response is not JSON").with_source(error)
    })
}
