//! Reads the options of middleware.

use crate::value::{JsObject, JsString, JsValue, parse_float, parse_int};

/// Why options cannot be used.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) String);

/// `limit`, `type`, `inflate`.
#[derive(Debug)]
pub(super) struct Common {
    /// In bytes, after decompression.
    pub(super) limit: f64,
    pub(super) types: Vec<String>,
    pub(super) inflate: bool,
}

impl Common {
    pub(super) fn new(options: &JsValue, default_type: &str) -> Result<Self, Refusal> {
        const DEFAULT_LIMIT: f64 = 102_400.0;
        for name in ["verify", "reviver"] {
            if member(options, name).truthy() {
                return Err(Refusal(format!(
                    "option {name} of a body parser is not supported"
                )));
            }
        }
        let limit = member(options, "limit");
        let limit = if limit.is_nullish() {
            Some(DEFAULT_LIMIT)
        } else {
            bytes(&limit)
        };
        let limit = limit.ok_or_else(|| {
            let shown = member(options, "limit").to_js_string().unwrap_or_default();
            Refusal(format!("option limit \"{shown}\" is invalid"))
        })?;
        let inflate = member(options, "inflate") != false;
        Ok(Self {
            limit,
            types: types(options, default_type)?,
            inflate,
        })
    }
}

/// `options.name`; `undefined` where there are no options.
pub(super) fn member(options: &JsValue, name: &str) -> JsValue {
    options
        .as_object()
        .map(|options| options.get(name))
        .unwrap_or_default()
}

/// A text option, unless it is falsy.
pub(super) fn text(options: &JsValue, name: &str) -> Result<Option<String>, Refusal> {
    let value = member(options, name);
    match value.as_string() {
        Some(text) => Ok(Some(text.to_text().into_owned()).filter(|text| !text.is_empty())),
        None if value.truthy() => Err(Refusal(format!("option {name} is not a string"))),
        None => Ok(None),
    }
}

fn types(options: &JsValue, default_type: &str) -> Result<Vec<String>, Refusal> {
    let value = member(options, "type");
    if !value.truthy() {
        return Ok(vec![default_type.to_owned()]);
    }
    if value.as_object().is_some_and(JsObject::is_function) {
        return Err(Refusal(
            "a function as option type is not supported".to_owned(),
        ));
    }
    let values = value
        .as_array()
        .map_or_else(|| vec![value], |list| list.to_vec());
    // What is no string matches nothing.
    let texts = values.iter().filter_map(JsValue::as_string);
    Ok(texts.map(|text| text.to_text().into_owned()).collect())
}

/// `bytes.parse` of the package `bytes` 3.1.
pub(super) fn bytes(value: &JsValue) -> Option<f64> {
    let text = match value {
        JsValue::Number(number) => return (!number.is_nan()).then_some(*number),
        JsValue::String(text) => text.to_text().into_owned(),
        _ => return None,
    };
    let number = match with_unit(&text) {
        Some((number, factor)) => number * factor,
        None => parse_int(&JsString::new(&text), 10.0),
    };
    (!number.is_nan()).then(|| number.floor())
}

/// `/^((-|\+)?(\d+(?:\.\d+)?)) *(kb|mb|gb|tb|pb)$/i`.
fn with_unit(text: &str) -> Option<(f64, f64)> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let power = ["kb", "mb", "gb", "tb", "pb"]
        .iter()
        .position(|known| unit.eq_ignore_ascii_case(known))?;
    let number = number.trim_end_matches(' ');
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let factor = 1024_f64.powi(i32::try_from(power).ok()? + 1);
    Some((parse_float(&JsString::new(number)), factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limit: impl Into<JsValue>, expected: Option<f64>) {
        assert_eq!(bytes(&limit.into()), expected);
    }

    #[test]
    fn a_limit_is_a_number_or_a_text_with_a_unit() {
        check(10, Some(10.0));
        check("100kb", Some(102_400.0));
        check("1.5 MB", Some(1_572_864.0));
        check("42", Some(42.0));
        check("42 apples", Some(42.0));
        check("apples", None);
        check(true, None);
    }
}
