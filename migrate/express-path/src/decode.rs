//! `decodeURIComponent`.

use crate::error::MatchError;

/// Decodes `text` as `decodeURIComponent` does (ECMA-262, 19.2.6.2).
///
/// # Errors
/// [`MatchErrorKind::Decode`](crate::MatchErrorKind::Decode) for a `%` without two hexadecimal digits, and
/// for bytes that are not well-formed UTF-8 (overlong forms and surrogates included).
///
/// ```
/// assert_eq!(isobar_express_path::decode_uri_component("a%20%C3%BC").as_deref(), Ok("a ü"));
/// assert!(isobar_express_path::decode_uri_component("%zz").is_err());
/// ```
pub fn decode_uri_component(text: &str) -> Result<String, MatchError> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('%') {
        decoded.push_str(&rest[..start]);
        rest = &rest[start..];
        let (character, length) =
            escaped_char(rest.as_bytes()).ok_or_else(|| MatchError::decode(text))?;
        decoded.push(character);
        rest = &rest[length..];
    }
    decoded.push_str(rest);
    Ok(decoded)
}

/// The character whose escape starts `text`, and how many bytes of `text` the escape takes.
fn escaped_char(text: &[u8]) -> Option<(char, usize)> {
    let first = escaped_byte(text)?;
    let length = match first {
        0x00..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return None,
    };
    let mut bytes = [first, 0, 0, 0];
    for (index, byte) in bytes.iter_mut().enumerate().take(length).skip(1) {
        *byte = escaped_byte(text.get(index * 3..)?)?;
    }
    let character = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    Some((character, length * 3))
}

fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = *text else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}
