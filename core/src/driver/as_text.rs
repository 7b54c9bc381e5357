//! Content that travels as text where a platform takes responses as JSON.

use http::{HeaderMap, HeaderValue, header};

/// Types beside `text/*` whose content is text.
const TEXTS: [&str; 7] = [
    "application/json",
    "application/javascript",
    "application/ecmascript",
    "application/xml",
    "application/yaml",
    "application/x-ndjson",
    "application/x-www-form-urlencoded",
];
/// What a type ends with whose content is written in one of them (RFC 6839, RFC 9512).
const SUFFIXES: [&str; 3] = ["json", "xml", "yaml"];

/// The content of a response with these fields as text, where it may travel so; anything else travels in Base64.
///
/// It is text where it is UTF-8, its type says that it is text, and it has no content coding (rule N5). No content is text
/// of no length.
pub fn as_text<'c>(headers: &HeaderMap, content: &'c [u8]) -> Option<&'c str> {
    if content.is_empty() {
        return Some("");
    }
    let text = || std::str::from_utf8(content).ok();
    is_text(headers).then(text).flatten()
}

fn is_text(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let declared = headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str);
    let Some(Ok(declared)) = declared else {
        return false;
    };
    let media = declared.split(';').next().unwrap_or_default().trim();
    let media = media.to_ascii_lowercase();
    let suffix = media.rsplit_once('+').map(|(_, suffix)| suffix);
    media.starts_with("text/")
        || TEXTS.contains(&&*media)
        || suffix.is_some_and(|suffix| SUFFIXES.contains(&suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[(&'static str, &'static str)], content: &[u8], expected: Option<&str>) {
        let fields = fields.iter().map(|(name, value)| {
            let name = header::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let headers = fields.collect();
        assert_eq!(as_text(&headers, content), expected, "{headers:?}");
    }

    #[test]
    fn content_of_a_type_of_text_is_text_where_it_is_utf_8() {
        for media in [
            "text/plain",
            "TEXT/HTML; charset=iso-8859-1",
            "application/json",
            "application/problem+json",
            "image/svg+xml",
            "application/xml",
            "application/x-www-form-urlencoded",
            " application/yaml ;a=b",
        ] {
            check(&[("content-type", media)], b"a", Some("a"));
            check(&[("content-type", media)], b"\xff", None);
        }
    }

    #[test]
    fn content_of_another_type_or_with_a_coding_is_bytes() {
        for media in ["application/octet-stream", "json", "application/zip+gzip"] {
            check(&[("content-type", media)], b"a", None);
        }
        check(&[], b"a", None);
        let packed = [("content-type", "text/plain"), ("content-encoding", "br")];
        check(&packed, b"a", None);
    }

    #[test]
    fn no_content_is_text_whatever_is_said_of_it() {
        check(&[("content-encoding", "gzip")], b"", Some(""));
    }
}
