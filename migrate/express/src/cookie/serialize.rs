//! `cookie.serialize`.

use std::sync::LazyLock;

use regress::Regex;

use crate::content_type::is_token;
use crate::http_date;
use crate::value::{JsObject, JsString, JsValue, Thrown, encode_uri_component, number_to_string};

/// The attributes of a `Set-Cookie` header, checked when it is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attributes {
    /// In seconds.
    pub(crate) max_age: JsValue,
    pub(crate) path: JsValue,
    pub(crate) expires: Expires,
    /// Everything else: `domain`, `httpOnly`, `secure`, `partitioned`, `priority`, `sameSite`, `encode`.
    pub(crate) others: JsObject,
}

/// When a cookie ends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Expires {
    #[default]
    Never,
    /// Milliseconds since 1970.
    At(f64),
    /// Something else than a date.
    Invalid,
}

/// `cookie.serialize(name, value, attributes)`.
///
/// # Errors
/// A `TypeError` for each part that is not valid, in the words of the original.
pub(crate) fn serialize(
    name: &str,
    value: &str,
    attributes: &Attributes,
) -> Result<String, Thrown> {
    if !is_token(name) {
        return Err(Thrown::type_error("argument name is invalid"));
    }
    let value = encoded(value, &attributes.others.get("encode"))?;
    if !is_value(&value) {
        return Err(Thrown::type_error("argument val is invalid"));
    }
    let mut cookie = format!("{name}={value}");
    for part in [
        max_age(&attributes.max_age)?,
        text_attribute(
            "Domain",
            "domain",
            &attributes.others.get("domain"),
            is_domain,
        )?,
        text_attribute("Path", "path", &attributes.path, is_path)?,
        expires(attributes.expires)?,
        flag("HttpOnly", &attributes.others.get("httpOnly")),
        flag("Secure", &attributes.others.get("secure")),
        flag("Partitioned", &attributes.others.get("partitioned")),
        priority(&attributes.others.get("priority"))?,
        same_site(&attributes.others.get("sameSite"))?,
    ] {
        cookie.push_str(&part.unwrap_or_default());
    }
    Ok(cookie)
}

fn encoded(value: &str, encode: &JsValue) -> Result<String, Thrown> {
    let value = JsString::new(value);
    if !encode.truthy() {
        return Ok(encode_uri_component(&value)?.to_text().into_owned());
    }
    let function = encode.as_object().and_then(JsObject::as_function);
    let function = function.ok_or_else(|| invalid("encode"))?;
    let encoded = function.call(&[JsValue::String(value)])?.to_js_string()?;
    Ok(encoded.to_text().into_owned())
}

fn invalid(option: &str) -> Thrown {
    Thrown::type_error(format!("option {option} is invalid"))
}

fn max_age(value: &JsValue) -> Result<Option<String>, Thrown> {
    if value.is_nullish() {
        return Ok(None);
    }
    let seconds = value.to_number()?.floor();
    if !seconds.is_finite() {
        return Err(invalid("maxAge"));
    }
    Ok(Some(format!("; Max-Age={}", number_to_string(seconds))))
}

fn text_attribute(
    name: &str,
    option: &str,
    value: &JsValue,
    valid: fn(&str) -> bool,
) -> Result<Option<String>, Thrown> {
    if !value.truthy() {
        return Ok(None);
    }
    let text = value.to_js_string()?;
    let text = text.to_text();
    if valid(&text) {
        Ok(Some(format!("; {name}={text}")))
    } else {
        Err(invalid(option))
    }
}

fn expires(expires: Expires) -> Result<Option<String>, Thrown> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a date holds whole milliseconds below 2^53"
    )]
    let whole = |milliseconds: f64| milliseconds.trunc() as i64;
    match expires {
        Expires::Never => Ok(None),
        Expires::At(time) if time.is_finite() => {
            let date = http_date::format(whole(time)).ok_or_else(|| invalid("expires"))?;
            Ok(Some(format!("; Expires={date}")))
        }
        Expires::At(_) | Expires::Invalid => Err(invalid("expires")),
    }
}

fn flag(name: &str, value: &JsValue) -> Option<String> {
    value.truthy().then(|| format!("; {name}"))
}

fn priority(value: &JsValue) -> Result<Option<String>, Thrown> {
    if !value.truthy() {
        return Ok(None);
    }
    let name = match lower(value).as_str() {
        "low" => "Low",
        "medium" => "Medium",
        "high" => "High",
        _ => return Err(invalid("priority")),
    };
    Ok(Some(format!("; Priority={name}")))
}

fn same_site(value: &JsValue) -> Result<Option<String>, Thrown> {
    if !value.truthy() {
        return Ok(None);
    }
    let name = match lower(value).as_str() {
        "strict" => "Strict",
        "lax" => "Lax",
        "none" => "None",
        _ if *value == true => "Strict",
        _ => return Err(invalid("sameSite")),
    };
    Ok(Some(format!("; SameSite={name}")))
}

/// A string in lower case, nothing for anything else.
fn lower(value: &JsValue) -> String {
    value
        .as_string()
        .map(|text| text.to_text().to_lowercase())
        .unwrap_or_default()
}

/// `/^("?)[\u0021\u0023-\u002B\u002D-\u003A\u003C-\u005B\u005D-\u007E]*\1$/`.
fn is_value(value: &str) -> bool {
    let inner = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value);
    let allowed = |c| matches!(c, '!' | '#'..='+' | '-'..=':' | '<'..='[' | ']'..='~');
    inner.chars().all(allowed)
}

fn is_domain(text: &str) -> bool {
    static DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
        let label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
        Regex::with_flags(&format!("^([.]?{label})([.]{label})*$"), "i")
            .expect("a constant source is covered by the tests")
    });
    DOMAIN.find(text).is_some()
}

fn is_path(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' '..=':' | '='..='~'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    fn check(others: &JsValue, expected: Result<&str, &str>) {
        let others = others.as_object().unwrap().clone();
        let attributes = Attributes {
            others,
            ..Attributes::default()
        };
        let actual = serialize("a", "b c", &attributes).map_err(|error| error.to_string());
        assert_eq!(actual.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn attributes_are_written_in_the_order_of_the_original() {
        check(&object![], Ok("a=b%20c"));
        check(
            &object![
                ("sameSite", true),
                ("httpOnly", true),
                ("domain", "Example.com"),
                ("priority", "HIGH")
            ],
            Ok("a=b%20c; Domain=Example.com; HttpOnly; Priority=High; SameSite=Strict"),
        );
        check(
            &object![("domain", "a;b")],
            Err("TypeError: option domain is invalid"),
        );
        check(
            &object![("sameSite", "x")],
            Err("TypeError: option sameSite is invalid"),
        );
    }
}
