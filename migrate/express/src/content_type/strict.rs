//! Package `content-type` 1.0.

use std::sync::LazyLock;

use regress::Regex;

use super::{ContentType, is_media_type, is_token, quoted};
use crate::value::Thrown;

/// One parameter, as the original finds it.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    let token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    let quoted = r#""(?:[\u000b\u0020\u0021\u0023-\u005b\u005d-\u007e\u0080-\u00ff]|\\[\u000b\u0020-\u00ff])*""#;
    let source = format!("; *({token}) *= *({quoted}|{token}) *");
    Regex::new(&source).expect("a constant source is covered by the tests")
});

pub(super) fn parse(header: &str) -> Result<ContentType, Thrown> {
    let kind = header.split(';').next().unwrap_or_default();
    let mut end = kind.len();
    let kind = kind.trim();
    if !is_media_type(kind) {
        return Err(Thrown::type_error("invalid media type"));
    }
    let mut parsed = ContentType {
        kind: kind.to_lowercase(),
        parameters: Vec::new(),
    };
    for found in PARAMETER.find_from(header, end) {
        if found.start() != end {
            return Err(Thrown::type_error("invalid parameter format"));
        }
        end = found.end();
        let group = |index: usize| found.group(index).map_or("", |range| &header[range]);
        parsed.set(&group(1).to_lowercase(), unquoted(group(2)));
    }
    if end != header.len() {
        return Err(Thrown::type_error("invalid parameter format"));
    }
    Ok(parsed)
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(character) = chars.next() {
        text.extend(if character == '\\' {
            chars.next()
        } else {
            Some(character)
        });
    }
    text
}

pub(super) fn format(mut parsed: ContentType) -> Result<String, Thrown> {
    if !is_media_type(&parsed.kind) {
        return Err(Thrown::type_error("invalid type"));
    }
    parsed.parameters.sort();
    let mut text = parsed.kind;
    for (name, value) in &parsed.parameters {
        let plain = |c: char| matches!(c, '\u{b}' | ' '..='~' | '\u{80}'..='\u{ff}');
        if !value.chars().all(plain) {
            return Err(Thrown::type_error("invalid parameter value"));
        }
        let value = if is_token(value) {
            value.clone()
        } else {
            quoted(value)
        };
        text = format!("{text}; {name}={value}");
    }
    Ok(text)
}
