//! `qs.parse`: versions 6.16 (Express 4) and 6.17 (Express 5) with the options that Express and its body parser set.

mod keys;
mod merge;
mod tree;

use isobar_express_path::decode_uri_component;

use self::tree::{Map, Node};
use crate::profile::Profile;
use crate::value::JsValue;

/// The options that differ between the callers; prototype names are always allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    /// Arrays grow up to this length; what goes beyond becomes an object.
    pub(crate) array_limit: usize,
    /// How many brackets are read.
    pub(crate) depth: usize,
    /// How many pairs are read.
    pub(crate) parameter_limit: usize,
    pub(crate) charset: Charset,
    /// `&#9731;` is read as a character, in ISO-8859-1 only.
    pub(crate) numeric_entities: bool,
    pub(crate) version: Version,
}

/// What the escapes of a form stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    /// Single bytes.
    Latin1,
    /// A pair `utf8=…` decides; without one they are UTF-8, or single bytes.
    Sentinel(Fallback),
}

/// The charset of a form that does not say its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fallback {
    Utf8,
    Latin1,
}

/// The versions of qs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Counts the holes of an array towards its limit.
    V6_16,
    V6_17,
}

impl Version {
    pub(crate) fn of(profile: Profile) -> Self {
        match profile {
            Profile::V4 => Self::V6_16,
            Profile::V5 => Self::V6_17,
        }
    }
}

impl Options {
    /// `parseExtendedQueryString` of `express/lib/utils.js`.
    pub(crate) fn of_query(profile: Profile) -> Self {
        Self {
            array_limit: match profile {
                Profile::V4 => 1000,
                Profile::V5 => 20,
            },
            depth: 5,
            parameter_limit: 1000,
            charset: Charset::Utf8,
            numeric_entities: false,
            version: Version::of(profile),
        }
    }
}

/// Parses `text` into an object.
pub(crate) fn parse(text: &str, options: Options) -> JsValue {
    nested(values(text, options), options)
}

/// As [`parse`]; `None` when a name has more brackets than `depth` (the option `strictDepth`).
pub(crate) fn parse_within_depth(text: &str, options: Options) -> Option<JsValue> {
    let values = values(text, options);
    let deep = |key: &String| keys::is_deeper(key, options.depth);
    let within = !values.entries.keys().any(deep);
    within.then(|| nested(values, options))
}

fn nested(values: Map, options: Options) -> JsValue {
    let mut root = Node::Map(Map::default());
    for (key, value) in values.into_entries() {
        if let Some(branch) = keys::nested(&key, value, options) {
            root = merge::merge(root, branch, options);
        }
    }
    root.into_value()
}

/// Reads the pairs; a name that comes again is combined into an array.
fn values(text: &str, options: Options) -> Map {
    let clean = text
        .replace("%5B", "[")
        .replace("%5b", "[")
        .replace("%5D", "]")
        .replace("%5d", "]");
    let parts: Vec<&str> = clean.split('&').take(options.parameter_limit).collect();
    let (sentinel, charset) = charset_of(&parts, options.charset);
    let mut all = Map::default();
    for (index, part) in parts.into_iter().enumerate() {
        if sentinel == Some(index) {
            continue;
        }
        let (key, value) = split_pair(part);
        let mut value = decode(value, charset);
        if options.numeric_entities && charset == Fallback::Latin1 {
            value = numeric_entities(&value);
        }
        let value = Node::Text(value);
        let key = decode(key, charset);
        let value = match all.take(&key) {
            Some(before) => merge::combine(before, value, options.array_limit),
            None => value,
        };
        all.put(key, value);
    }
    all
}

/// Splits at the `=` behind the last bracket of the name, else at the first one.
fn split_pair(part: &str) -> (&str, &str) {
    let place = part
        .find("]=")
        .map(|bracket| bracket + 1)
        .or_else(|| part.find('='));
    match place {
        Some(place) => (&part[..place], &part[place + 1..]),
        None => (part, ""),
    }
}

/// The pair that says the charset, and the charset.
fn charset_of(parts: &[&str], charset: Charset) -> (Option<usize>, Fallback) {
    let default = match charset {
        Charset::Utf8 => return (None, Fallback::Utf8),
        Charset::Latin1 => return (None, Fallback::Latin1),
        Charset::Sentinel(default) => default,
    };
    let sentinel = parts.iter().position(|part| part.starts_with("utf8="));
    let charset = match sentinel.map(|index| parts[index]) {
        Some("utf8=%E2%9C%93") => Fallback::Utf8,
        Some("utf8=%26%2310003%3B") => Fallback::Latin1,
        _ => default,
    };
    (sentinel, charset)
}

fn decode(text: &str, charset: Fallback) -> String {
    let text = text.replace('+', " ");
    match charset {
        Fallback::Latin1 => unescape_latin1(&text),
        Fallback::Utf8 => decode_uri_component(&text).unwrap_or(text),
    }
}

/// `unescape` of single bytes.
fn unescape_latin1(text: &str) -> String {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part
            .get(..2)
            .filter(|digits| digits.bytes().all(|d| d.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.map_or('%', char::from));
        decoded.push_str(if byte.is_some() { &part[2..] } else { part });
    }
    decoded
}

/// `&#9731;` as a character. A number that is no character stays as it is.
fn numeric_entities(text: &str) -> String {
    let mut parts = text.split("&#");
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let entity = part
            .split_once(';')
            .filter(|(digits, _)| !digits.starts_with('+'));
        let character = entity.and_then(|(digits, _)| char::from_u32(digits.parse().ok()?));
        if let (Some(character), Some((_, rest))) = (character, entity) {
            read.push(character);
            read.push_str(rest);
        } else {
            read.push_str("&#");
            read.push_str(part);
        }
    }
    read
}

#[cfg(test)]
mod tests;
