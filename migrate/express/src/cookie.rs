//! Cookies: packages `cookie` 0.7 and `cookie-signature` 1.0 and 1.2.

mod serialize;
mod signature;

use isobar_express_path::decode_uri_component;

pub(crate) use serialize::{Attributes, Expires, serialize};
pub(crate) use signature::{sign, unsign};

use crate::value::{JsObject, JsValue};

/// `cookie.parse(header)`: the first value of each name, decoded where it can be.
pub(crate) fn parse(header: &str) -> JsObject {
    let cookies = JsObject::new();
    if header.len() < 2 {
        return cookies;
    }
    for pair in header.split(';') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let space = [' ', '\t'];
        let (name, value) = (name.trim_matches(space), value.trim_matches(space));
        if cookies.has_own(name) {
            continue;
        }
        let value = unquoted(value);
        let value = decode_uri_component(value).unwrap_or_else(|_| value.to_owned());
        // The original assigns, which for `__proto__` does nothing.
        let _ = cookies.set(name, JsValue::from(value));
    }
    cookies
}

fn unquoted(value: &str) -> &str {
    match value.strip_prefix('"') {
        // The original cuts a lone quote twice, which leaves nothing.
        Some("") => "",
        Some(rest) => rest.strip_suffix('"').unwrap_or(value),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: &str) {
        assert_eq!(
            format!("{:?}", JsValue::from(parse(header))),
            expected,
            "{header}"
        );
    }

    #[test]
    fn a_cookie_header_is_read_as_the_original_reads_it() {
        check("a=1; b=\"2\";a=3", r#"{"a":"1","b":"2"}"#);
        check("x; y = %20z ;q=%zz", r#"{"y":" z","q":"%zz"}"#);
        check("a=b=c", r#"{"a":"b=c"}"#);
    }
}
