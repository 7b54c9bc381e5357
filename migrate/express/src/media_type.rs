//! Whether a request has a body, and of which type: packages `type-is` 1.6 (Express 4) and 2.1 (Express 5).

use std::sync::LazyLock;

use regress::Regex;

use crate::content_type::ContentType;
use crate::mime;
use crate::profile::Profile;
use crate::value::{JsString, JsValue};

/// `typeis.hasBody`.
pub(crate) fn has_body(transfer_encoding: Option<&str>, content_length: Option<&str>) -> bool {
    let is_number = |text: &str| {
        let number = JsValue::String(JsString::new(text)).to_number();
        number.is_ok_and(|number| !number.is_nan())
    };
    transfer_encoding.is_some() || content_length.is_some_and(is_number)
}

/// The first of `types` that the content type `header` is: as it was given, or the full type where it was given with a
/// wildcard. Without `types` the full type. `None` where nothing matches.
pub(crate) fn matching(profile: Profile, header: &str, types: &[&str]) -> Option<String> {
    let actual = normalized(profile, header)?;
    if types.is_empty() {
        return Some(actual);
    }
    let found = types.iter().find(|wanted| {
        expected(profile, wanted).is_some_and(|expected| is_match(&expected, &actual))
    })?;
    let full = found.starts_with('+') || found.contains('*');
    Some(if full { actual } else { (*found).to_owned() })
}

/// The type without its parameters, in lower case; `None` when it is not valid.
fn normalized(profile: Profile, header: &str) -> Option<String> {
    static TYPE: LazyLock<Regex> = LazyLock::new(|| {
        let source = "^ *[a-z0-9][a-z0-9!#$&^_-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126} *$";
        Regex::new(source).expect("a constant source is covered by the tests")
    });
    match profile {
        Profile::V5 => {
            let kind = ContentType::parse(profile, header).ok()?.kind;
            TYPE.find(&kind).map(|_| kind)
        }
        Profile::V4 => {
            let kind = header.split(';').next().unwrap_or_default();
            let lower = kind.to_lowercase();
            TYPE.find(&lower)?;
            // What `media-typer` 0.3 accepts as parameters is what `content-type` 1.0 accepts.
            ContentType::parse(profile, &format!("{}{}", "a/b", &header[kind.len()..])).ok()?;
            let lower = lower.trim_matches(' ');
            let subtype = lower.split_once('/')?.1;
            let extra_suffix = subtype.rsplit_once('+').is_some_and(|(subtype, suffix)| {
                subtype.is_empty() || subtype.contains('+') || !is_suffix(suffix)
            });
            (!extra_suffix).then(|| lower.to_owned())
        }
    }
}

/// Nothing, or a name that starts with a letter or digit and holds no dot.
fn is_suffix(suffix: &str) -> bool {
    suffix.is_empty()
        || (suffix.starts_with(|c: char| c.is_ascii_alphanumeric()) && !suffix.contains('.'))
}

fn expected(profile: Profile, wanted: &str) -> Option<String> {
    match wanted {
        "urlencoded" => Some("application/x-www-form-urlencoded".to_owned()),
        "multipart" => Some("multipart/*".to_owned()),
        _ if wanted.starts_with('+') => Some(format!("*/*{wanted}")),
        _ if wanted.contains('/') => Some(wanted.to_owned()),
        _ => match profile {
            Profile::V4 => mime::lookup_old(wanted).map(str::to_owned),
            Profile::V5 => mime::lookup_v5(wanted).map(str::to_owned),
        },
    }
}

/// `mimeMatch`.
fn is_match(expected: &str, actual: &str) -> bool {
    let two_parts = |text: &str| text.matches('/').count() == 1;
    if !two_parts(expected) || !two_parts(actual) {
        return false;
    }
    let (Some((wanted_kind, wanted)), Some((kind, subtype))) =
        (expected.split_once('/'), actual.split_once('/'))
    else {
        return false;
    };
    if wanted_kind != "*" && wanted_kind != kind {
        return false;
    }
    match wanted.strip_prefix('*') {
        Some(suffix) if suffix.starts_with('+') => subtype.ends_with(suffix),
        _ => wanted == "*" || wanted == subtype,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, types: &[&str], expected: Option<&str>) {
        for profile in [Profile::V4, Profile::V5] {
            assert_eq!(
                matching(profile, header, types).as_deref(),
                expected,
                "{header} {types:?}"
            );
        }
    }

    #[test]
    fn a_body_type_is_matched_by_name_wildcard_and_suffix() {
        check("application/json; charset=utf-8", &["json"], Some("json"));
        check("text/html", &["text/*"], Some("text/html"));
        check(
            "application/vnd.api+json",
            &["+json"],
            Some("application/vnd.api+json"),
        );
        check(
            "application/x-www-form-urlencoded",
            &["urlencoded"],
            Some("urlencoded"),
        );
        check("image/png", &["json", "html"], None);
        check("nonsense", &["json"], None);
    }
}
