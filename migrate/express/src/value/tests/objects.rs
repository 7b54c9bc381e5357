//! Property access, order of properties, inherited properties and errors.

use super::{fact, json};
use crate::value::{ErrorClass, JsArray, JsObject, JsValue};
use crate::{array, object};

#[test]
fn integer_names_come_first_and_in_order() {
    let mixed = || json(r#"{"b":1,"10":2,"a":3,"2":4,"-1":5,"01":6}"#);
    fact(
        r#"Object.keys({"b":1,"10":2,"a":3,"2":4,"-1":5,"01":6})"#,
        Ok(JsArray::from_iter(mixed().as_object().unwrap().keys())),
    );
    fact(
        r#"(o => { delete o.b; o.b = 0; o[2] = 9; return o })({"b":1,"10":2,"a":3,"2":4,"-1":5,"01":6})"#,
        {
            let o = mixed();
            let changed = o
                .delete("b")
                .and_then(|()| o.set("b", 0))
                .and_then(|()| o.set_item(2, 9));
            changed.map(|()| o)
        },
    );
    fact(
        r#"({...{"z":1,"1":2}, ..."hi", ...[7], ...null, a: 1})"#,
        Ok(object![
            ..json(r#"{"z":1,"1":2}"#),
            .."hi",
            ..array![7],
            ..JsValue::Null,
            ("a", 1)
        ]),
    );
}

#[test]
fn reading_and_writing_undefined_and_null_throws_v8s_message() {
    fact(r#"undefined.x"#, JsValue::Undefined.get("x"));
    fact(r#"null.length"#, JsValue::Null.get("length"));
    fact(r#"undefined[{}]"#, JsValue::Undefined.item(object![]));
    fact(
        r#"(() => { undefined.x = 1 })()"#,
        JsValue::Undefined.set("x", 1),
    );
    fact(r#"(() => { null[0] = 1 })()"#, JsValue::Null.set_item(0, 1));
    fact(
        r#"(() => { delete undefined.x })()"#,
        JsValue::Undefined.delete("x"),
    );
    fact(
        r#"[...undefined]"#,
        JsValue::Undefined
            .iterate("undefined")
            .map(JsArray::from_values),
    );
    fact(
        r#"(x => { for (const y of x) ; })(5)"#,
        JsValue::from(5).iterate("x").map(JsArray::from_values),
    );
}

#[test]
fn inherited_properties_are_seen_through_computed_names() {
    let get = |value: JsValue, name: &str| value.get(name);
    fact(
        r#"({})["constructor"]"#.trim(),
        get(object![], "constructor").map(|it| rename(&it, "Object")),
    );
    fact(r#"({})["toString"]"#, get(object![], "toString"));
    fact(r#"[]["map"]"#, get(array![].into(), "map"));
    fact(r#"({})["map"]"#, get(object![], "map"));
    fact(r#""abc"["length"]"#, get("abc".into(), "length"));
    fact(r#""abc"["1"]"#, get("abc".into(), "1"));
    fact(r#"(5)["toFixed"]"#, get(5.into(), "toFixed"));
    fact(r#"(5)["x"]"#, get(5.into(), "x"));
    fact(r#"({})["__proto__"]"#, get(object![], "__proto__"));
    fact(r#""toString" in {}"#, Ok(JsObject::new().has("toString")));
    fact(
        r#"({}).toString === ({}).toString"#,
        get(object![], "toString").and_then(|it| Ok(it == get(object![], "toString")?)),
    );
    fact(
        r#"JSON.parse('{"__proto__":{"a":1}}')"#,
        Ok(json(r#"{"__proto__":{"a":1}}"#)),
    );
    fact(
        r#"JSON.parse('{"__proto__":{"a":1}}').__proto__"#,
        get(json(r#"{"__proto__":{"a":1}}"#), "__proto__"),
    );
    fact(r#"(o => { o["__proto__"] = 5; return o })({})"#, {
        let o = object![];
        o.set("__proto__", 5).map(|()| o)
    });
}

fn rename(value: &JsValue, name: &'static str) -> JsValue {
    assert_eq!(value.type_of(), "function");
    crate::JsFunction::new(name, |_| Ok(JsValue::Undefined)).into()
}

#[test]
fn errors_show_only_what_was_added_to_them() {
    let error = || JsValue::from(JsObject::error(ErrorClass::Error, "no".into()));
    fact(
        r#"JSON.stringify(new Error("no"))"#,
        Ok(JsValue::text(&format!("{:?}", error()))),
    );
    fact(r#"new Error("no").message"#, error().get("message"));
    fact(
        r#"new RangeError("no").name"#,
        JsValue::from(JsObject::error(ErrorClass::RangeError, "no".into())).get("name"),
    );
    fact(
        r#"(e => { e.status = 404; return JSON.stringify(e) })(new Error("no"))"#,
        {
            let e = error();
            e.set("status", 404)
                .map(|()| JsValue::text(&format!("{e:?}")))
        },
    );
    fact(
        r#"Object.hasOwn(new Error(), "message")"#,
        Ok(JsObject::error(ErrorClass::Error, "".into()).has_own("message")),
    );
    fact(
        r#"(e => { e.message = "other"; return String(e) })(new Error("no"))"#,
        {
            let e = error();
            e.set("message", "other").and_then(|()| e.to_js_string())
        },
    );
}

#[test]
fn values_nested_deeper_than_a_stack_are_freed() {
    let mut value = array![];
    for _ in 0..1_000_000 {
        value = array![value];
    }
    drop(value);
}
