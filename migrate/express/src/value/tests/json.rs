//! `JSON.stringify` and `JSON.parse`.

use super::{fact, json};
use crate::value::{
    JsFunction, JsString, JsValue, json_parse, json_stringify, json_stringify_pretty,
};
use crate::{array, object};

#[test]
fn values_are_written_as_javascript_writes_them() {
    let write = |value: JsValue| json_stringify(&value);
    fact(
        r#"JSON.stringify({a: undefined, b: () => 1, c: null, d: NaN, e: -0, f: [undefined, () => 1]})"#,
        write(object![
            ("a", ()),
            ("b", JsFunction::new("b", |_| Ok(1.into()))),
            ("c", JsValue::Null),
            ("d", f64::NAN),
            ("e", -0.0),
            ("f", array![(), JsFunction::new("", |_| Ok(1.into()))]),
        ]),
    );
    fact(r#"JSON.stringify(undefined)"#, write(JsValue::Undefined));
    fact(
        r#"JSON.stringify("\"\\\b\f\n\r\t\u0001\u007f\u2028é😀/")"#,
        write("\"\\\u{8}\u{c}\n\r\t\u{1}\u{7f}\u{2028}é😀/".into()),
    );
    fact(
        r#"JSON.stringify("\ud800a\udc00")"#,
        write(JsString::from_units(&[0xd800, 97, 0xdc00]).into()),
    );
    fact(
        r#"JSON.stringify({toJSON: () => ({x: 1})})"#,
        write(object![(
            "toJSON",
            JsFunction::new("toJSON", |_| Ok(object![("x", 1)]))
        )]),
    );
    fact(
        r#"JSON.stringify({toJSON: 1})"#,
        write(object![("toJSON", 1)]),
    );
    let nested = || json(r#"{"a":[1,{"b":[]},[]],"c":{}}"#);
    fact(
        r#"JSON.stringify({"a":[1,{"b":[]},[]],"c":{}}, null, 2)"#,
        json_stringify_pretty(&nested(), "  "),
    );
    fact(
        r#"JSON.stringify({"a":[1,{"b":[]},[]],"c":{}}, null, "\t")"#,
        json_stringify_pretty(&nested(), "\t"),
    );
    fact(
        r#"JSON.stringify({a: undefined}, null, 2)"#,
        json_stringify_pretty(&object![("a", ())], "  "),
    );
}

#[test]
fn a_circle_is_described_as_v8_describes_it() {
    fact(r#"(o => { o.self = o; return JSON.stringify(o) })({})"#, {
        let o = object![];
        o.set("self", &o).and_then(|()| json_stringify(&o))
    });
    fact(
        r#"(o => { o.a[0].b = o; return JSON.stringify({top: o}) })({a: [{}]})"#,
        {
            let inner = object![];
            let o = object![("a", array![&inner])];
            inner
                .set("b", &o)
                .and_then(|()| json_stringify(&object![("top", o)]))
        },
    );
    fact(
        r#"(o => { o.a.b.c.d = o; return JSON.stringify(o) })({a: {b: {c: {}}}})"#,
        {
            let inner = object![];
            let o = object![("a", object![("b", object![("c", &inner)])])];
            inner.set("d", &o).and_then(|()| json_stringify(&o))
        },
    );
    fact(
        r#"(o => { o.a.b.c.d.e = o; return JSON.stringify(o) })({a: {b: {c: {d: {}}}}})"#,
        {
            let inner = object![];
            let o = object![("a", object![("b", object![("c", object![("d", &inner)])])])];
            inner.set("e", &o).and_then(|()| json_stringify(&o))
        },
    );
    fact(
        r#"(o => { o.a.b.c.d.e.f = o; return JSON.stringify(o) })({a: {b: {c: {d: {e: {}}}}}})"#,
        {
            let inner = object![];
            let o = object![(
                "a",
                object![("b", object![("c", object![("d", object![("e", &inner)])])])]
            )];
            inner.set("f", &o).and_then(|()| json_stringify(&o))
        },
    );
}

#[test]
fn text_is_read_as_v8_reads_it() {
    let read = |text: &'static str| json_parse(&text.into());
    fact(
        r#"JSON.parse(' {"a" : [1, -0.5e+3, "x\\n\\u00e9\\ud83d\\ude00", true, null] } ')"#,
        read(r#" {"a" : [1, -0.5e+3, "x\n\u00e9\ud83d\ude00", true, null] } "#),
    );
    fact(
        r#"JSON.parse('{"a":1,"b":2,"a":3}')"#,
        read(r#"{"a":1,"b":2,"a":3}"#),
    );
    fact(r#"JSON.parse('-0')"#, read("-0"));
    fact(r#"JSON.parse('"\\ud800"')"#, read(r#""\ud800""#));
    fact(r#"JSON.parse('[[],{},[{}]]')"#, read("[[],{},[{}]]"));
    fact(r#"JSON.parse('1e400')"#, read("1e400"));
}

#[test]
fn bad_text_is_refused_with_v8s_message() {
    let read = |text: &'static str| json_parse(&text.into());
    fact(r#"JSON.parse("")"#, read(""));
    fact(r#"JSON.parse("{")"#, read("{"));
    fact(r#"JSON.parse("[")"#, read("["));
    fact(r#"JSON.parse("[1")"#, read("[1"));
    fact(r#"JSON.parse("[1,")"#, read("[1,"));
    fact(r#"JSON.parse("[1,]")"#, read("[1,]"));
    fact(r#"JSON.parse("[1 2]")"#, read("[1 2]"));
    fact(r#"JSON.parse("{a:1}")"#, read("{a:1}"));
    fact(r#"JSON.parse("{'a':1}")"#, read("{'a':1}"));
    fact(r#"JSON.parse('{"a":1,}')"#, read(r#"{"a":1,}"#));
    fact(r#"JSON.parse('{"a":1')"#, read(r#"{"a":1"#));
    fact(r#"JSON.parse('{"a":1 "b"')"#, read(r#"{"a":1 "b""#));
    fact(r#"JSON.parse('{"a"')"#, read(r#"{"a""#));
    fact(r#"JSON.parse('{"a" 1}')"#, read(r#"{"a" 1}"#));
    fact(r#"JSON.parse('{"a":')"#, read(r#"{"a":"#));
    fact(r#"JSON.parse('{"a":}')"#, read(r#"{"a":}"#));
    fact(r#"JSON.parse('{"a":1} x')"#, read(r#"{"a":1} x"#));
    fact(r#"JSON.parse('1 2')"#, read("1 2"));
    fact(r#"JSON.parse('"abc')"#, read(r#""abc"#));
    fact(r#"JSON.parse('"a\u0001"')"#, read("\"a\u{1}\""));
    fact(r#"JSON.parse('"a\\x"')"#, read(r#""a\x""#));
    fact(r#"JSON.parse('"a\\u12g4"')"#, read(r#""a\u12g4""#));
    fact(r#"JSON.parse('"a\\u12')"#, read(r#""a\u12"#));
    fact(r#"JSON.parse('"a\\')"#, read(r#""a\"#));
    fact(r#"JSON.parse('tru')"#, read("tru"));
    fact(r#"JSON.parse('trux')"#, read("trux"));
    fact(r#"JSON.parse('nul ')"#, read("nul "));
    fact(r#"JSON.parse('-')"#, read("-"));
    fact(r#"JSON.parse('-a')"#, read("-a"));
    fact(r#"JSON.parse('01')"#, read("01"));
    fact(r#"JSON.parse('1.')"#, read("1."));
    fact(r#"JSON.parse('1.x')"#, read("1.x"));
    fact(r#"JSON.parse('1e')"#, read("1e"));
    fact(r#"JSON.parse('1e+x')"#, read("1e+x"));
    fact(r#"JSON.parse('undefined')"#, read("undefined"));
    fact(r#"JSON.parse('NaN')"#, read("NaN"));
    fact(r#"JSON.parse('[object Object]')"#, read("[object Object]"));
    fact(r#"JSON.parse('abc')"#, read("abc"));
    fact(r#"JSON.parse('a"b')"#, read(r#"a"b"#));
    fact(r#"JSON.parse('é')"#, read("é"));
    fact(
        r#"JSON.parse('x2345678901234567890x')"#,
        read("x2345678901234567890x"),
    );
    fact(
        r#"JSON.parse('[1,2,3,4,5,6,7,8,x,9,10,11,12,13]')"#,
        read("[1,2,3,4,5,6,7,8,x,9,10,11,12,13]"),
    );
    fact(
        r#"JSON.parse('[1,2,3,4,5,6,7,8,9,10,11,12,13,x]')"#,
        read("[1,2,3,4,5,6,7,8,9,10,11,12,13,x]"),
    );
    fact(r#"JSON.parse('<html></html>')"#, read("<html></html>"));
    fact(r#"JSON.parse("{\"a\":'x'}")"#, read(r#"{"a":'x'}"#));
}

#[test]
fn no_depth_of_nesting_exhausts_the_stack() {
    let depth = 200_000;
    let text = JsString::from("[".repeat(depth) + &"]".repeat(depth));
    let value = json_parse(&text).unwrap();
    let refused = json_stringify(&value).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "RangeError: Maximum call stack size exceeded"
    );
    assert_eq!(
        value.to_js_string().unwrap_err().to_string(),
        "RangeError: Maximum call stack size exceeded"
    );
}
