//! The header `Content-Disposition`: packages `content-disposition` 0.5 (Express 4) and 2.0 (Express 5).

use crate::content_type::is_token;
use crate::encode::push_escaped;
use crate::value::{JsString, encode_uri_component};

/// `path.basename`.
pub(crate) fn base_name(path: &str) -> &str {
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
}

/// `path.extname` of a base name, with its dot.
pub(crate) fn extension(name: &str) -> &str {
    match name.rfind('.') {
        Some(0) | None => "",
        Some(dot) if name[..dot].chars().all(|c| c == '.') && dot + 1 == name.len() => "",
        Some(dot) => &name[dot..],
    }
}

/// `contentDisposition(filename)` of 0.5: parameters sorted, always quoted.
pub(crate) fn attachment_v4(name: Option<&str>) -> String {
    let Some(name) = name else {
        return "attachment".to_owned();
    };
    let latin1 = |c: char| matches!(c, ' '..='~' | '\u{a0}'..='\u{ff}');
    let fallback: String = name
        .chars()
        .map(|c| if latin1(c) { c } else { '?' })
        .collect();
    let quotable = !name.is_empty()
        && name
            .chars()
            .all(|c| matches!(c, ' '..='~' | '\u{80}'..='\u{ff}'));
    let differs = fallback != name;
    let mut header = "attachment".to_owned();
    if quotable || differs {
        header += "; filename=";
        header += &quoted(&fallback);
    }
    if differs || !quotable || has_escape(name) {
        header += "; filename*=";
        header += &extended(name);
    }
    header
}

/// `contentDisposition.create(filename)` of 2.0: quoted where it must be.
pub(crate) fn attachment_v5(name: Option<&str>) -> String {
    let Some(name) = name else {
        return "attachment".to_owned();
    };
    let ascii = |c: char| matches!(c, ' '..='~');
    let value = |text: &str| {
        if is_token(text) {
            text.to_owned()
        } else {
            quoted(text)
        }
    };
    if name.chars().all(ascii) && !has_escape(name) {
        return format!("attachment; filename={}", value(name));
    }
    // The original replaces each UTF-16 code unit that is not ASCII.
    let mut fallback = String::new();
    for character in name.chars() {
        if ascii(character) {
            fallback.push(character);
        } else {
            fallback.push_str(&"?".repeat(character.len_utf16()));
        }
    }
    format!(
        "attachment; filename={}; filename*={}",
        value(&fallback),
        extended(name)
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn has_escape(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.windows(3).any(|window| {
        window[0] == b'%' && window[1].is_ascii_hexdigit() && window[2].is_ascii_hexdigit()
    })
}

/// `UTF-8''` and the name percent-encoded, as RFC 8187 writes it.
fn extended(name: &str) -> String {
    let encoded = encode_uri_component(&JsString::new(name)).unwrap_or_default();
    let mut text = String::from("UTF-8''");
    for character in encoded.to_text().chars() {
        match character {
            '\'' | '(' | ')' | '*' => push_escaped(&mut text, character),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_written_as_each_express_writes_it() {
        assert_eq!(
            attachment_v4(Some("a b.txt")),
            r#"attachment; filename="a b.txt""#
        );
        assert_eq!(
            attachment_v4(Some("€.txt")),
            r#"attachment; filename="?.txt"; filename*=UTF-8''%E2%82%AC.txt"#
        );
        assert_eq!(attachment_v5(Some("a.txt")), "attachment; filename=a.txt");
        assert_eq!(
            attachment_v5(Some("ü (1).txt")),
            r#"attachment; filename="? (1).txt"; filename*=UTF-8''%C3%BC%20%281%29.txt"#
        );
        assert_eq!(extension("a.tar.gz"), ".gz");
        assert_eq!(extension(".bashrc"), "");
    }
}
