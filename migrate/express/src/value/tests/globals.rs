//! Functions of the global object, and methods on values of unknown type.

use super::{fact, json};
use crate::value::{
    JsArray, JsString, JsValue, Thrown, array_from, math_max, math_min, math_round, math_sign,
    number_is_integer, object_assign, object_entries, object_from_entries, object_keys,
    object_values,
};
use crate::{array, object};

#[test]
fn numbers_are_rounded_and_compared_as_in_javascript() {
    for (number, expected) in [
        (2.5, 3.0),
        (-2.5, -2.0),
        (0.499_999_999_999_999_94, 0.0),
        (1e300, 1e300),
    ] {
        assert!(
            (math_round(number) - expected).abs() < f64::EPSILON,
            "{number}"
        );
    }
    fact(r#"Math.round(-0.2)"#, Ok(math_round(-0.2)));
    fact(r#"Math.round(NaN)"#, Ok(math_round(f64::NAN)));
    fact(
        r#"Math.round(4503599627370495.5)"#,
        Ok(math_round(4_503_599_627_370_495.5)),
    );
    fact(r#"Math.sign(-0)"#, Ok(math_sign(-0.0)));
    fact(r#"Math.sign(-3)"#, Ok(math_sign(-3.0)));
    fact(r#"Math.max()"#, Ok(math_max([])));
    fact(r#"Math.max(1, NaN, 3)"#, Ok(math_max([1.0, f64::NAN, 3.0])));
    fact(r#"Math.max(-0, 0)"#, Ok(math_max([-0.0, 0.0])));
    fact(r#"Math.min(0, -0)"#, Ok(math_min([0.0, -0.0])));
    fact(r#"Math.min()"#, Ok(math_min([])));
    fact(
        r#"Number.isInteger("1")"#,
        Ok(number_is_integer(&["1".into()])),
    );
    fact(
        r#"Number.isInteger(1.0)"#,
        Ok(number_is_integer(&[1.into()])),
    );
}

#[test]
fn numbers_print_in_every_radix_as_v8_prints_them() {
    let print = |number: f64, radix: f64| {
        JsValue::from(number).invoke("toString", "x.toString", &[radix.into()])
    };
    fact(r#"(255).toString(16)"#, print(255.0, 16.0));
    fact(r#"(-255).toString(2)"#, print(-255.0, 2.0));
    fact(r#"(0.1).toString(2)"#, print(0.1, 2.0));
    fact(r#"(0.5).toString(36)"#, print(0.5, 36.0));
    fact(r#"(0.123456789).toString(36)"#, print(0.123_456_789, 36.0));
    fact(r#"(1e21).toString(36)"#, print(1e21, 36.0));
    fact(
        r#"(1700000000123).toString(36)"#,
        print(1_700_000_000_123.0, 36.0),
    );
    fact(
        r#"(3.999999999999999).toString(3)"#,
        print(3.999_999_999_999_999, 3.0),
    );
    fact(r#"NaN.toString(2)"#, print(f64::NAN, 2.0));
    fact(r#"(5).toString(1)"#, print(5.0, 1.0));
}

#[test]
fn objects_are_taken_apart_and_put_together_as_in_javascript() {
    let o = || json(r#"{"b":1,"2":"x","a":[]}"#);
    fact(
        r#"Object.keys({"b":1,"2":"x","a":[]})"#,
        object_keys(&[o()]),
    );
    fact(
        r#"Object.values({"b":1,"2":"x","a":[]})"#,
        object_values(&[o()]),
    );
    fact(
        r#"Object.entries({"b":1,"2":"x","a":[]})"#,
        object_entries(&[o()]),
    );
    fact(r#"Object.keys("ab")"#, object_keys(&["ab".into()]));
    fact(r#"Object.keys(null)"#, object_keys(&[JsValue::Null]));
    fact(
        r#"Object.fromEntries([["a", 1], ["b", 2]])"#,
        object_from_entries(&[json(r#"[["a",1],["b",2]]"#)]),
    );
    fact(
        r#"Object.fromEntries([1])"#,
        object_from_entries(&[json("[1]")]),
    );
    fact(
        r#"Object.assign({a: 1}, null, {b: 2}, {a: 3})"#,
        object_assign(&[
            object![("a", 1)],
            JsValue::Null,
            object![("b", 2)],
            object![("a", 3)],
        ]),
    );
    fact(r#"Array.from("añ😀")"#, array_from(&["añ😀".into()]));
    fact(
        r#"Array.from({length: 2})"#,
        array_from(&[object![("length", 2)]]),
    );
    fact(r#"Array.from(5)"#, array_from(&[5.into()]));
    fact(
        r#"(({a, ...rest}) => rest)({a: 1, b: 2})"#,
        Ok(object![("a", 1), ("b", 2)].without(&["a"])),
    );
}

/// A method of a value whose type is not known.
fn call(value: impl Into<JsValue>, name: &str, arguments: &[JsValue]) -> Result<JsValue, Thrown> {
    value.into().invoke(name, &format!("x.{name}"), arguments)
}

#[test]
fn methods_on_values_of_any_type_answer_or_throw_as_in_javascript() {
    fact(
        r#"(x => x.includes(2))([1,2])"#,
        call(json("[1,2]"), "includes", &[2.into()]),
    );
    fact(
        r#"(x => x.includes("b"))("abc")"#,
        call("abc", "includes", &["b".into()]),
    );
    fact(
        r#"(x => x.includes(2))({})"#,
        call(object![], "includes", &[2.into()]),
    );
    fact(
        r#"(x => x.includes(2))(5)"#,
        call(5, "includes", &[2.into()]),
    );
    fact(
        r#"(x => x.includes(2))(null)"#,
        call(JsValue::Null, "includes", &[2.into()]),
    );
    fact(
        r#"(x => x.slice(1))("abc")"#,
        call("abc", "slice", &[1.into()]),
    );
    fact(
        r#"(x => x.slice(-1))([1,2])"#,
        call(json("[1,2]"), "slice", &[(-1).into()]),
    );
    fact(
        r#"(x => x.concat([3], 4))([1,2])"#,
        call(json("[1,2]"), "concat", &[json("[3]"), 4.into()]),
    );
}

#[test]
fn to_string_and_has_own_property_answer_on_values_of_any_type() {
    fact(
        r#"(x => x.toString())({})"#,
        call(object![], "toString", &[]),
    );
    fact(
        r#"(x => x.toString())([1,[2]])"#,
        call(json("[1,[2]]"), "toString", &[]),
    );
    fact(
        r#"(x => x.toString())(undefined)"#,
        call(JsValue::Undefined, "toString", &[]),
    );
    fact(r#"(x => x.toString())(1.5)"#, call(1.5, "toString", &[]));
    fact(
        r#"(x => x.hasOwnProperty("a"))({a: 1})"#,
        call(object![("a", 1)], "hasOwnProperty", &["a".into()]),
    );
    fact(
        r#"(x => x.hasOwnProperty("b"))({hasOwnProperty: 1})"#,
        call(
            object![("hasOwnProperty", 1)],
            "hasOwnProperty",
            &["b".into()],
        ),
    );
}

#[test]
fn methods_of_one_type_throw_on_values_of_another() {
    let trimmed: fn(JsValue) -> Result<JsString, Thrown> = |x| Ok(x.string_for("x.trim")?.trim());
    fact(r#"(x => x.trim())(" a ")"#, trimmed(" a ".into()));
    fact(r#"(x => x.trim())(5)"#, trimmed(5.into()));
    fact(r#"(x => x.trim())(undefined)"#, trimmed(JsValue::Undefined));
    fact(
        r#"(x => x.map(y => y))("abc")"#,
        JsValue::from("abc").array_for("x.map"),
    );
    fact(
        r#"(x => { const {a} = x; return a })(null)"#,
        JsValue::Null.pick("a", "x"),
    );
    fact(
        r#"(x => "a" in x)("abc")"#,
        JsValue::from("abc").contains("a"),
    );
    fact(
        r#"(x => "a" in x)({a: undefined})"#,
        object![("a", ())].contains("a"),
    );
}

#[test]
fn properties_are_changed_and_classes_told_apart() {
    fact(
        r#"(x => { x.n++; x.s += "!"; return x })({n: "1", s: "a"})"#,
        {
            let x = object![("n", "1"), ("s", "a")];
            let changed = x.update("n", |n| Ok((n.to_number()? + 1.0).into()));
            changed
                .and_then(|_| x.update_item("s", |s| s.plus(&"!".into())))
                .map(|_| x)
        },
    );
    fact(
        r#"[new TypeError("a") instanceof Error, new Error("a") instanceof TypeError, [] instanceof Array]"#,
        {
            let of = |class, message: &'static str| {
                JsValue::from(crate::JsObject::error(class, message.into()))
            };
            Ok(JsArray::from_iter([
                of(crate::ErrorClass::TypeError, "a").is_instance_of("Error"),
                of(crate::ErrorClass::Error, "a").is_instance_of("TypeError"),
                JsValue::from(array![]).is_instance_of("Array"),
            ]))
        },
    );
}
