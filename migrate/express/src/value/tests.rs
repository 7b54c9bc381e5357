//! JavaScript's own answers, recorded with Node by `tests/facts/record-values.js`, against ours.

#![expect(
    clippy::needless_raw_string_hashes,
    reason = "one form that the recorder can find"
)]

mod arrays;
mod conversions;
mod dates;
mod globals;
mod json;
mod objects;
mod operators;
mod regexps;
mod strings;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{JsValue, Thrown, json_parse, json_stringify};

static FACTS: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../tests/facts/values.json")).unwrap());

/// Asserts that `ours` is what Node answers for `source`.
#[track_caller]
fn fact(source: &str, ours: Result<impl Into<JsValue>, Thrown>) {
    let Some(expected) = FACTS.get(source) else {
        panic!("no recorded fact for {source}: run tests/facts/record-values.js");
    };
    let ours = match ours {
        Ok(value) => show(&value.into()),
        Err(thrown) => format!("throws {}", show(thrown.value())),
    };
    assert_eq!(&ours, expected, "{source}");
}

fn show(value: &JsValue) -> String {
    match value {
        JsValue::Undefined => "undefined".to_owned(),
        JsValue::Number(zero) if *zero == 0.0 && zero.is_sign_negative() => "-0".to_owned(),
        JsValue::Number(_) => value.to_js_string().unwrap().to_string(),
        JsValue::Object(object) if object.error_class().is_some() => {
            value.to_js_string().unwrap().to_string()
        }
        JsValue::Object(object) if object.is_function() => {
            format!("function {}", object.get("name").as_string().unwrap())
        }
        _ => json_stringify(value)
            .unwrap()
            .to_js_string()
            .unwrap()
            .to_string(),
    }
}

/// A value from JSON text.
fn json(text: &'static str) -> JsValue {
    json_parse(&text.into()).unwrap()
}
