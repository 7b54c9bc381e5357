//! Text in URLs and in HTML: packages `encodeurl` 2.0 and `escape-html` 1.0.

/// `encodeUrl(url)`: escapes what a URL cannot hold, and leaves escapes alone.
pub(crate) fn encode_url(url: &str) -> String {
    let bytes = url.as_bytes();
    let mut encoded = String::with_capacity(url.len());
    for (index, &byte) in bytes.iter().enumerate() {
        let keep = match byte {
            b'%' => {
                let escape = bytes.get(index + 1..index + 3);
                escape.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            }
            b'!' | b'#'..=b';' | b'=' | b'?'..=b'_' | b'a'..=b'z' | b'|' | b'~' => true,
            _ => false,
        };
        if keep {
            encoded.push(char::from(byte));
        } else {
            push_escaped(&mut encoded, char::from(byte));
        }
    }
    encoded
}

/// Appends a percent and two digits for a `character` below U+0100.
pub(crate) fn push_escaped(text: &mut String, character: char) {
    let code = u32::from(character);
    text.push('%');
    for digit in [code / 16 % 16, code % 16] {
        let digit = char::from_digit(digit, 16).unwrap_or('0');
        text.push(digit.to_ascii_uppercase());
    }
}

/// `escapeHtml(text)`.
pub(crate) fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("&quot;"),
            '&' => escaped.push_str("&amp;"),
            '\'' => escaped.push_str("&#39;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_its_escapes_and_loses_what_it_cannot_hold() {
        assert_eq!(encode_url("/a b%20%zz\"ü|"), "/a%20b%20%25zz%22%C3%BC|");
    }
}
