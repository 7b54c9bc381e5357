//! The header `Content-Type`: packages `content-type` 1.0 (Express 4) and 2.1 (Express 5).

mod strict;
mod tolerant;

pub(crate) use tolerant::parse_list;

use crate::profile::Profile;
use crate::value::Thrown;

/// A media type in lower case, and its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ContentType {
    pub(crate) kind: String,
    /// Names in lower case.
    pub(crate) parameters: Vec<(String, String)>,
}

impl ContentType {
    /// Parses a header. Express 4 refuses what the RFC does not allow, Express 5 reads what it can.
    pub(crate) fn parse(profile: Profile, header: &str) -> Result<Self, Thrown> {
        match profile {
            Profile::V4 => strict::parse(header),
            Profile::V5 => Ok(tolerant::parse(header)),
        }
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: String) {
        match self.parameters.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = value,
            None => self.parameters.push((name.to_owned(), value)),
        }
    }
}

/// The types of nearly all answers, without their charset and with it.
const USUAL: [(&str, &str); 2] = [
    ("application/json", "application/json; charset=utf-8"),
    ("text/html", "text/html; charset=utf-8"),
];

/// The header with the charset that both versions add to one of the usual types.
pub(crate) fn usual_in_utf_8(header: &str) -> Option<&'static str> {
    let found = USUAL.iter().find(|(bare, _)| *bare == header);
    found.map(|(_, full)| *full)
}

/// Whether setting the charset to UTF-8 leaves the header as it is, for one of the usual types.
pub(crate) fn is_usual_in_utf_8(header: &str) -> bool {
    USUAL.iter().any(|(_, full)| *full == header)
}

/// `setCharset` of `express/lib/utils.js`: the header with another charset.
pub(crate) fn with_charset(
    profile: Profile,
    header: &str,
    charset: &str,
) -> Result<String, Thrown> {
    let mut parsed = ContentType::parse(profile, header)?;
    parsed.set("charset", charset.to_owned());
    match profile {
        Profile::V4 => strict::format(parsed),
        Profile::V5 => tolerant::format(&parsed),
    }
}

pub(crate) fn is_token(text: &str) -> bool {
    let token = |byte: u8| {
        let sign = matches!(
            byte,
            b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
        );
        byte.is_ascii_alphanumeric() || sign
    };
    !text.is_empty() && text.bytes().all(token)
}

/// `type/subtype`.
fn is_media_type(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(profile: Profile, header: &str, expected: Result<&str, &str>) {
        let actual = with_charset(profile, header, "utf-8").map_err(|error| error.to_string());
        assert_eq!(
            actual.as_deref().map_err(String::as_str),
            expected,
            "{header:?}"
        );
    }

    #[test]
    fn express_4_sorts_parameters_and_refuses_bad_ones() {
        check(Profile::V4, "Text/HTML", Ok("text/html; charset=utf-8"));
        check(
            Profile::V4,
            "text/a; x=\"a b\"; b=c",
            Ok("text/a; b=c; charset=utf-8; x=\"a b\""),
        );
        check(Profile::V4, "text", Err("TypeError: invalid media type"));
        check(
            Profile::V4,
            "text/a; x",
            Err("TypeError: invalid parameter format"),
        );
    }

    #[test]
    fn express_5_keeps_the_order_and_reads_what_it_can() {
        check(
            Profile::V5,
            "text/a; x=\"a b\"; b=c",
            Ok("text/a; x=\"a b\"; b=c; charset=utf-8"),
        );
        check(Profile::V5, "text/a; x", Ok("text/a; charset=utf-8"));
        check(Profile::V5, "text", Err("TypeError: Invalid type: text"));
    }
}
