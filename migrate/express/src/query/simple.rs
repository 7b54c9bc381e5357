//! `querystring.parse` of Node.

use isobar_express_path::decode_uri_component;

use crate::value::{JsArray, JsObject, JsValue};

/// `maxKeys` by default.
pub(crate) const MOST_PAIRS: usize = 1000;

/// Parses pairs; a name that comes again has an array.
pub(crate) fn parse(query: &str, most: usize) -> JsValue {
    let object = JsObject::new();
    if query.is_empty() {
        return object.into();
    }
    // Empty pairs count, except that the last one is not looked at.
    for pair in query.split('&').take(most).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        add(&object, unescape(name), unescape(value).into());
    }
    object.into()
}

fn add(object: &JsObject, name: String, value: JsValue) {
    let before = object.get_own(name.as_str());
    let value = match before {
        None => value,
        Some(before) => match before.as_array() {
            Some(list) => {
                list.push(value);
                return;
            }
            None => JsArray::from_values([before, value]).into(),
        },
    };
    object.define(name, value);
}

/// Decodes what holds an escape; bytes that are not UTF-8 become U+FFFD instead of an error.
fn unescape(text: &str) -> String {
    let text = text.replace('+', " ");
    if !has_escape(&text) {
        return text;
    }
    decode_uri_component(&text).unwrap_or_else(|_| unescape_bytes(&text))
}

fn has_escape(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|window| escaped(window).is_some())
}

fn escaped(window: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = *window else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// `querystring.unescapeBuffer`: one byte for each character or escape.
fn unescape_bytes(text: &str) -> String {
    let source: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c) & 0xff).unwrap_or(0))
        .collect();
    let mut bytes = Vec::with_capacity(source.len());
    let mut rest = source.as_slice();
    while let Some(&first) = rest.first() {
        let (byte, length) = escaped(rest).map_or((first, 1), |byte| (byte, 3));
        bytes.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &str) {
        assert_eq!(
            format!("{:?}", parse(query, MOST_PAIRS)),
            expected,
            "{query}"
        );
    }

    #[test]
    fn pairs_are_read_as_node_reads_them() {
        check("a=1&a=2&b", r#"{"a":["1","2"],"b":""}"#);
        check("=x&&c=a%20+b", r#"{"":"x","c":"a  b"}"#);
        check(
            "a=%zz&b=%zz%41&c=%ff",
            "{\"a\":\"%zz\",\"b\":\"%zzA\",\"c\":\"\u{fffd}\"}",
        );
        check("a[b]=1", r#"{"a[b]":"1"}"#);
    }
}
