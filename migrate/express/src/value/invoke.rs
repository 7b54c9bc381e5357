//! Built-in methods that are called by name on a value of unknown type.

use super::{JsArray, JsObject, JsString, JsValue, Thrown, date, index, number};

/// Calls `name` on `value`; none where the value has no such method.
pub(super) fn invoke(
    value: &JsValue,
    name: &str,
    arguments: &[JsValue],
) -> Option<Result<JsValue, Thrown>> {
    if let JsValue::Object(object) = value
        && object.has_own(name)
    {
        return None;
    }
    let own = match value {
        JsValue::String(text) => of_text(text, name, arguments).transpose(),
        JsValue::Number(number) => of_number(*number, name, arguments),
        JsValue::Bool(_) if matches!(name, "toString" | "valueOf") => Some(of_bool(value, name)),
        JsValue::Object(object) => of_object_kind(object, name, arguments),
        _ => None,
    };
    own.or_else(|| match value {
        JsValue::Object(object) => of_every_object(object, name, arguments),
        _ => None,
    })
}

fn at(arguments: &[JsValue], position: usize) -> JsValue {
    arguments.get(position).cloned().unwrap_or_default()
}

fn of_text(text: &JsString, name: &str, arguments: &[JsValue]) -> Result<Option<JsValue>, Thrown> {
    let needle = || at(arguments, 0).to_js_string();
    let start = || at(arguments, 0).to_number_or(0.0);
    let end = || at(arguments, 1).to_number_or(f64::INFINITY);
    Ok(Some(match name {
        "includes" => text.includes(&needle()?).into(),
        "indexOf" => text.index_of(&needle()?, 0.0).into(),
        "lastIndexOf" => text.last_index_of(&needle()?).into(),
        "slice" => text.slice(start()?, end()?).into(),
        "concat" => {
            let mut parts = vec![text.clone()];
            for argument in arguments {
                parts.push(argument.to_js_string()?);
            }
            JsString::concat_all(&parts).into()
        }
        "at" => text.at(start()?),
        "toString" | "valueOf" => text.into(),
        "hasOwnProperty" => {
            let key = needle()?;
            let position = key.as_str().and_then(index::from_text);
            (key == "length" || position.is_some_and(|it| it < text.len())).into()
        }
        _ => return Ok(None),
    }))
}

fn of_number(value: f64, name: &str, arguments: &[JsValue]) -> Option<Result<JsValue, Thrown>> {
    let radix = || at(arguments, 0).to_number_or(10.0);
    Some(match name {
        "toFixed" => at(arguments, 0)
            .to_number_or(0.0)
            .and_then(|digits| JsString::from_fixed(value, digits))
            .map(JsValue::from),
        "toString" => radix()
            .and_then(|radix| number::to_radix(value, radix))
            .map(JsValue::from),
        "valueOf" => Ok(value.into()),
        "hasOwnProperty" => Ok(false.into()),
        _ => return None,
    })
}

fn of_bool(value: &JsValue, name: &str) -> Result<JsValue, Thrown> {
    if name == "toString" {
        value.to_js_string().map(JsValue::from)
    } else {
        Ok(value.clone())
    }
}

fn of_object_kind(
    object: &JsObject,
    name: &str,
    arguments: &[JsValue],
) -> Option<Result<JsValue, Thrown>> {
    if let Some(array) = JsArray::from_object(object) {
        return of_array(&array, name, arguments).transpose();
    }
    if let Some(time) = object.date() {
        return date::invoke(time, name);
    }
    if let Some(regexp) = object.regexp() {
        return match name {
            "test" => Some(
                at(arguments, 0)
                    .to_js_string()
                    .and_then(|text| regexp.test(object, &text))
                    .map(JsValue::from),
            ),
            "exec" => Some(
                at(arguments, 0)
                    .to_js_string()
                    .and_then(|text| regexp.exec(object, &text)),
            ),
            _ => None,
        };
    }
    None
}

fn of_array(array: &JsArray, name: &str, arguments: &[JsValue]) -> Result<Option<JsValue>, Thrown> {
    let start = || at(arguments, 0).to_number_or(0.0);
    let end = || at(arguments, 1).to_number_or(f64::INFINITY);
    Ok(Some(match name {
        "includes" => array.includes(&at(arguments, 0)).into(),
        "indexOf" => array.index_of(&at(arguments, 0)).into(),
        "lastIndexOf" => array.last_index_of(&at(arguments, 0)).into(),
        "slice" => array.slice(start()?, end()?).into(),
        "concat" => array.concat(arguments).into(),
        "at" => array.at(start()?),
        "toString" => array.join(&JsString::literal(","))?.into(),
        _ => return Ok(None),
    }))
}

fn of_every_object(
    object: &JsObject,
    name: &str,
    arguments: &[JsValue],
) -> Option<Result<JsValue, Thrown>> {
    let value = || JsValue::Object(object.clone());
    Some(match name {
        "toString" => value().to_js_string().map(JsValue::from),
        "valueOf" => Ok(value()),
        "hasOwnProperty" => at(arguments, 0)
            .to_js_string()
            .map(|key| object.has_own(&key).into()),
        _ => return None,
    })
}
