//! Conversions between types, and numbers as text.

use super::{fact, json};
use crate::value::{
    ErrorClass, JsFunction, JsObject, JsString, JsValue, number_to_string, parse_float, parse_int,
};
use crate::{array, object};

#[test]
fn numbers_print_as_javascript_prints_them() {
    let print = |number: f64| Ok(number_to_string(number));
    fact(r#"String(0.1 + 0.2)"#, print(0.1 + 0.2));
    fact(r#"String(1e21)"#, print(1e21));
    fact(
        r#"String(123456789012345680000)"#,
        print(123_456_789_012_345_680_000.0),
    );
    fact(r#"String(1e-7)"#, print(1e-7));
    fact(r#"String(-0)"#, print(-0.0));
    fact(r#"String(-1.5e300)"#, print(-1.5e300));
    fact(r#"String(5e-324)"#, print(5e-324));
    fact(r#"String(NaN)"#, print(f64::NAN));
    fact(r#"String(-Infinity)"#, print(f64::NEG_INFINITY));
    let fixed = |number: f64, digits: f64| JsString::from_fixed(number, digits);
    fact(r#"(1.005).toFixed(2)"#, fixed(1.005, 2.0));
    fact(r#"(2.5).toFixed(0)"#, fixed(2.5, 0.0));
    fact(r#"(1e21).toFixed(2)"#, fixed(1e21, 2.0));
    fact(r#"(-0.0000001).toFixed(2)"#, fixed(-0.000_000_1, 2.0));
    fact(r#"(-0).toFixed(1)"#, fixed(-0.0, 1.0));
    fact(r#"(1.45).toFixed(1)"#, fixed(1.45, 1.0));
    fact(r#"(1).toFixed(101)"#, fixed(1.0, 101.0));
    fact(r#"NaN.toFixed(2)"#, fixed(f64::NAN, 2.0));
}

#[test]
fn text_becomes_the_number_javascript_reads() {
    let read = |text: &'static str| JsValue::from(text).to_number();
    fact(r#"Number("")"#, read(""));
    fact(r#"Number(" \n42 ")"#, read(" \n42 "));
    fact(r#"Number("1_000")"#, read("1_000"));
    fact(r#"Number("0x1F")"#, read("0x1F"));
    fact(r#"Number("-0x1F")"#, read("-0x1F"));
    fact(r#"Number("0b101")"#, read("0b101"));
    fact(r#"Number("0x")"#, read("0x"));
    fact(r#"Number("1e3")"#, read("1e3"));
    fact(r#"Number(".5")"#, read(".5"));
    fact(r#"Number("5.")"#, read("5."));
    fact(r#"Number(".")"#, read("."));
    fact(r#"Number("1e")"#, read("1e"));
    fact(r#"Number("+-1")"#, read("+-1"));
    fact(r#"Number("-Infinity")"#, read("-Infinity"));
    fact(r#"Number("infinity")"#, read("infinity"));
    fact(r#"Number("nan")"#, read("nan"));
    fact(r#"Number("12px")"#, read("12px"));
    fact(r#"Number("-0")"#, read("-0"));
    fact(r#"Number("0x20000000000001")"#, read("0x20000000000001"));
    fact(r#"Number("0x20000000000003")"#, read("0x20000000000003"));
    fact(
        r#"Number("0xfffffffffffffbff")"#,
        read("0xfffffffffffffbff"),
    );
}

#[test]
fn parse_int_and_parse_float_stop_where_javascript_stops() {
    let int = |text: &'static str, radix: f64| Ok(parse_int(&text.into(), radix));
    fact(r#"parseInt("42abc")"#, int("42abc", 0.0));
    fact(r#"parseInt("  -7.9")"#, int("  -7.9", 0.0));
    fact(r#"parseInt("0x1f")"#, int("0x1f", 0.0));
    fact(r#"parseInt("0x1f", 10)"#, int("0x1f", 10.0));
    fact(r#"parseInt("0x1f", 16)"#, int("0x1f", 16.0));
    fact(r#"parseInt("1f", 16)"#, int("1f", 16.0));
    fact(r#"parseInt("12", 2)"#, int("12", 2.0));
    fact(r#"parseInt("", 10)"#, int("", 10.0));
    fact(r#"parseInt("abc")"#, int("abc", 0.0));
    fact(r#"parseInt("zz", 36)"#, int("zz", 36.0));
    fact(r#"parseInt("1", 1)"#, int("1", 1.0));
    fact(r#"parseInt("1", 37)"#, int("1", 37.0));
    fact(r#"parseInt("-0")"#, int("-0", 0.0));
    fact(
        r#"parseInt("123456789012345678901234567890")"#,
        int("123456789012345678901234567890", 0.0),
    );
    let float = |text: &'static str| Ok(parse_float(&text.into()));
    fact(r#"parseFloat("3.14abc")"#, float("3.14abc"));
    fact(r#"parseFloat(".5.5")"#, float(".5.5"));
    fact(r#"parseFloat("-.5e-2x")"#, float("-.5e-2x"));
    fact(r#"parseFloat("1e+")"#, float("1e+"));
    fact(r#"parseFloat("Infinityx")"#, float("Infinityx"));
    fact(r#"parseFloat("-")"#, float("-"));
    fact(r#"parseFloat("e5")"#, float("e5"));
}

#[test]
fn objects_become_text_as_in_javascript() {
    let text = |value: JsValue| value.to_js_string();
    fact(r#"String({})"#, text(object![]));
    fact(
        r#"String([1,[2,null],"x"])"#,
        text(json(r#"[1,[2,null],"x"]"#)),
    );
    fact(r#"String([])"#, text(array![].into()));
    fact(r#"String(null)"#, text(JsValue::Null));
    fact(r#"String(undefined)"#, text(JsValue::Undefined));
    fact(
        r#"String(new TypeError("bad"))"#,
        text(JsObject::error(ErrorClass::TypeError, "bad".into()).into()),
    );
    fact(
        r#"String(new Error())"#,
        text(JsObject::error(ErrorClass::Error, "".into()).into()),
    );
    fact(r#"String({toString: 1})"#, text(object![("toString", 1)]));
    fact(
        r#"String({toString: 1, valueOf: () => 7})"#,
        text(object![
            ("toString", 1),
            ("valueOf", JsFunction::new("valueOf", |_| Ok(7.into())))
        ]),
    );
    fact(r#"Number([])"#, JsValue::from(array![]).to_number());
    fact(r#"Number([5])"#, JsValue::from(array![5]).to_number());
    fact(r#"Number({})"#, object![].to_number());
    fact(r#"Number(true)"#, JsValue::from(true).to_number());
    fact(r#"Number(null)"#, JsValue::Null.to_number());
    fact(r#"Number(undefined)"#, JsValue::Undefined.to_number());
}

#[test]
fn truth_and_type_are_javascripts() {
    let values = [
        JsValue::Undefined,
        JsValue::Null,
        0.into(),
        (-0.0).into(),
        f64::NAN.into(),
        "".into(),
        "0".into(),
        "false".into(),
        array![].into(),
        object![],
        false.into(),
        JsFunction::new("", |_| Ok(JsValue::Undefined)).into(),
    ];
    fact(
        r#"[undefined, null, 0, -0, NaN, "", "0", "false", [], {}, false, () => {}].map(Boolean)"#,
        Ok(values
            .iter()
            .map(JsValue::truthy)
            .collect::<crate::JsArray>()),
    );
    fact(
        r#"[undefined, null, 0, -0, NaN, "", "0", "false", [], {}, false, () => {}].map(x => typeof x)"#,
        Ok(values
            .iter()
            .map(JsValue::type_of)
            .collect::<crate::JsArray>()),
    );
}
