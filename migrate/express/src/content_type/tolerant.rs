//! Package `content-type` 2.1.

use super::{ContentType, is_media_type, is_token, quoted};
use crate::value::Thrown;

const SPACE: [char; 2] = [' ', '\t'];

pub(super) fn parse(header: &str) -> ContentType {
    read(header, &[';']).0
}

/// Each member of a list such as `Accept`; the types keep their case.
pub(crate) fn parse_list(header: &str) -> Vec<ContentType> {
    let mut members = Vec::new();
    let mut rest = Some(header).filter(|header| !header.is_empty());
    while let Some(text) = rest {
        let (mut member, after) = read(text, &[';', ',']);
        let start = text.trim_start_matches(SPACE);
        start[..member.kind.len()].clone_into(&mut member.kind);
        members.push(member);
        rest = after.filter(|after| !after.is_empty());
    }
    members
}

/// Reads up to a comma, if commas are among `stops`, or to the end; what follows the comma.
fn read<'h>(header: &'h str, stops: &[char]) -> (ContentType, Option<&'h str>) {
    let (kind, mut rest) = cut(header, stops);
    let kind = kind.trim_matches(SPACE).to_ascii_lowercase();
    let mut parsed = ContentType {
        kind,
        parameters: Vec::new(),
    };
    while let Some(parameters) = rest.strip_prefix(';') {
        rest = parameter(parameters.trim_start_matches(SPACE), stops, &mut parsed);
    }
    (parsed, rest.strip_prefix(','))
}

/// Reads one parameter; what follows, from its semicolon or comma on.
fn parameter<'h>(text: &'h str, stops: &[char], parsed: &mut ContentType) -> &'h str {
    let (whole, rest) = cut(text, stops);
    let Some(equals) = whole.find('=') else {
        return rest;
    };
    let name = whole[..equals].trim_end_matches(SPACE).to_ascii_lowercase();
    let value = text[equals + 1..].trim_start_matches(SPACE);
    if let Some(inner) = value.strip_prefix('"') {
        let (value, after) = quoted_string(inner);
        if let (Some(value), None) = (value, parsed.parameter(&name)) {
            parsed.parameters.push((name, value));
        }
        return cut(after, stops).1;
    }
    let (value, rest) = cut(value, stops);
    if parsed.parameter(&name).is_none() {
        parsed
            .parameters
            .push((name, value.trim_end_matches(SPACE).to_owned()));
    }
    rest
}

/// The text up to the closing quote, `None` when there is none, and what follows.
fn quoted_string(text: &str) -> (Option<String>, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((index, character)) = chars.next() {
        match character {
            '"' => return (Some(value), &text[index + 1..]),
            '\\' => value.push(chars.next().map_or('\\', |(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (None, "")
}

fn cut<'t>(text: &'t str, stops: &[char]) -> (&'t str, &'t str) {
    text.split_at(text.find(stops).unwrap_or(text.len()))
}

pub(super) fn format(parsed: &ContentType) -> Result<String, Thrown> {
    if !is_media_type(&parsed.kind) {
        return Err(Thrown::type_error(format!("Invalid type: {}", parsed.kind)));
    }
    let mut text = parsed.kind.clone();
    for (name, value) in &parsed.parameters {
        if !is_token(name) {
            return Err(Thrown::type_error(format!(
                "Invalid parameter name: {name}"
            )));
        }
        let plain = |c: char| matches!(c, '\t' | ' '..='~' | '\u{80}'..='\u{ff}');
        if !value.chars().all(plain) {
            return Err(Thrown::type_error(format!(
                "Invalid parameter value: {value}"
            )));
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
