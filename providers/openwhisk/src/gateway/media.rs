//! Which content the controller takes for text: it asks its HTTP library, and so must what talks to it.
//!
//! The types are those that Pekko HTTP registers as text (`MediaTypes.scala`); of the others it takes those for text that
//! name a charset.

use http::{HeaderMap, header};

/// How content of a type travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// In Base64.
    Binary,
    /// As text; what is no UTF-8 is lost.
    Text,
    /// As text in requests unless the type is `application/json` itself; in results as either.
    Json,
}

const TEXT: [&str; 26] = [
    "asp",
    "cache-manifest",
    "calendar",
    "css",
    "csv",
    "event-stream",
    "html",
    "markdown",
    "mcf",
    "plain",
    "richtext",
    "tab-separated-values",
    "uri-list",
    "vnd.wap.wml",
    "vnd.wap.wmlscript",
    "x-asm",
    "x-c",
    "x-component",
    "x-h",
    "x-java-source",
    "x-pascal",
    "x-setext",
    "x-sgml",
    "x-vcalendar",
    "x-vcard",
    "xml",
];
/// Below `text/` as well, each with what follows it.
const TEXT_FAMILIES: [&str; 3] = ["x-script", "x-server-parsed-html", "x-speech"];
const TEXT_SINGLE: [&str; 1] = ["x-uuencode"];
const APPLICATION: [&str; 13] = [
    "atom+xml",
    "base64",
    "javascript",
    "problem+xml",
    "rss+xml",
    "soap+xml",
    "vnd.google-earth.kml+xml",
    "x-latex",
    "x-vrml",
    "x-www-form-urlencoded",
    "xhtml+xml",
    "xml",
    "xml-dtd",
];
/// Those of JSON that are registered; others are so where they name a charset.
const JSON: [&str; 5] = [
    "json",
    "json-patch+json",
    "merge-patch+json",
    "problem+json",
    "vnd.api+json",
];

/// The media type and its parameters, in small letters.
fn declared(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (media, parameters) = value.split_once(';').unwrap_or((value, ""));
    let lower = |text: &str| text.trim().to_ascii_lowercase();
    Some((lower(media), lower(parameters)))
}

fn names_charset(parameters: &str) -> bool {
    let mut names = parameters.split(';').map(str::trim);
    names.any(|parameter| parameter.starts_with("charset="))
}

/// How the controller takes content with these fields; without a type it is binary.
pub(super) fn media(headers: &HeaderMap) -> Media {
    let Some((media, parameters)) = declared(headers) else {
        return Media::Binary;
    };
    let (main, sub) = media.split_once('/').unwrap_or((&media, ""));
    let is_text = match main {
        "text" => {
            TEXT.contains(&sub)
                || TEXT_SINGLE.contains(&sub)
                || TEXT_FAMILIES.iter().any(|family| sub.starts_with(family))
        }
        "application" if JSON.contains(&sub) => return Media::Json,
        "application" => APPLICATION.contains(&sub),
        _ => false,
    };
    let is_open = !matches!(main, "multipart" | "image" | "audio" | "video" | "font")
        && names_charset(&parameters);
    match (is_text || is_open, sub.ends_with("+json")) {
        (true, true) => Media::Json,
        (true, false) => Media::Text,
        (false, _) => Media::Binary,
    }
}

/// Whether the content of a request with these fields was told in Base64.
pub(super) fn is_base64(headers: &HeaderMap) -> bool {
    match media(headers) {
        Media::Binary => true,
        Media::Text => false,
        Media::Json => declared(headers).is_some_and(|(media, _)| media == "application/json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(declared: &str, expected: Media, base64: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, declared.parse().unwrap());
        assert_eq!(media(&headers), expected, "{declared}");
        assert_eq!(is_base64(&headers), base64, "{declared}");
    }

    #[test]
    fn what_is_text_is_what_the_controllers_library_says() {
        check("text/plain", Media::Text, false);
        check("Text/HTML; charset=utf-8", Media::Text, false);
        check("text/made-up", Media::Binary, true);
        check("text/made-up; x=y; CHARSET=utf-8", Media::Text, false);
        check("text/x-scriptsh", Media::Text, false);
        check("application/xml", Media::Text, false);
        check("application/json", Media::Json, true);
        check("application/json; charset=utf-16", Media::Json, true);
        check("application/vnd.api+json", Media::Json, false);
        check("application/hal+json", Media::Binary, true);
        check("application/hal+json;charset=utf-8", Media::Json, false);
        check("image/svg+xml", Media::Binary, true);
        check("image/png; charset=utf-8", Media::Binary, true);
        check("multipart/form-data; boundary=x", Media::Binary, true);
        check("", Media::Binary, true);
        assert_eq!(media(&HeaderMap::new()), Media::Binary);
    }
}
