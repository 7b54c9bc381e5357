//! The answer that a response becomes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use indexmap::IndexMap;
use serde::Serialize;

/// A response in payload format 2.0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    status_code: u16,
    headers: IndexMap<String, String>,
    /// Also where there are none: API Gateway may do without, emulators may not.
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

/// Fields that belong to one connection, not to the response (RFC 9110, section 7.6.1).
const CONNECTION_FIELDS: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Answer {
    pub(crate) fn of(response: Response<Bytes>) -> Self {
        let (parts, mut content) = response.into_parts();
        if forbids_content(parts.status) {
            content.clear();
        }
        let text = if is_text(&parts.headers) {
            std::str::from_utf8(&content).ok()
        } else {
            None
        };
        let (body, is_base64_encoded) = match text {
            Some(text) => (text.to_owned(), false),
            None if content.is_empty() => (String::new(), false),
            None => (STANDARD.encode(&content), true),
        };
        // The gateway states the length itself; only the length of what HEAD left out is news.
        let told = |name: &str| name != "content-length" || content.is_empty();
        let dropped = connection_options(&parts.headers);
        let (mut headers, mut cookies) = (IndexMap::new(), Vec::new());
        for name in parts.headers.keys() {
            let values = parts.headers.get_all(name).iter().map(text_of);
            let name = name.as_str();
            if *name == *header::SET_COOKIE.as_str() {
                cookies.extend(values);
            } else if told(name) && !dropped.iter().any(|option| option == name) {
                headers.insert(name.to_owned(), values.collect::<Vec<_>>().join(", "));
            }
        }
        Self {
            status_code: parts.status.as_u16(),
            headers,
            cookies,
            body,
            is_base64_encoded,
        }
    }
}

/// The fields of the connection, and those that `Connection` names.
fn connection_options(headers: &HeaderMap) -> Vec<String> {
    let named = headers.get_all(header::CONNECTION).iter();
    let named = named.filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(','));
    let named = named.map(|option| option.trim().to_ascii_lowercase());
    CONNECTION_FIELDS
        .iter()
        .map(|name| (*name).to_owned())
        .chain(named)
        .collect()
}

/// RFC 9110, sections 15.2, 15.3.5 and 15.4.5.
fn forbids_content(status: StatusCode) -> bool {
    status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
}

/// Whether the content may travel as text if it is UTF-8 (rule N5).
fn is_text(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let declared = headers.get(header::CONTENT_TYPE);
    let declared = declared.and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = declared.split(';').next().unwrap_or("").trim();
    let media_type = media_type.to_ascii_lowercase();
    let suffix = media_type.rsplit_once('+').map(|(_, suffix)| suffix);
    media_type.starts_with("text/")
        || matches!(suffix, Some("json" | "xml" | "yaml"))
        || matches!(
            &*media_type,
            "application/json"
                | "application/javascript"
                | "application/ecmascript"
                | "application/xml"
                | "application/yaml"
                | "application/x-ndjson"
                | "application/x-www-form-urlencoded"
        )
}

/// A field's value; bytes beyond ASCII that are not UTF-8 can only be ISO 8859-1.
fn text_of(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}
