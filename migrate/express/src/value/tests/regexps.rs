//! Regular expressions.

use super::fact;
use crate::value::{JsString, JsValue, Thrown, new_regexp};

fn regexp(source: &'static str, flags: &'static str) -> JsValue {
    new_regexp(&[source.into(), flags.into()]).unwrap()
}

fn s(text: &'static str) -> JsString {
    JsString::literal(text)
}

fn call(receiver: &JsValue, method: &str, argument: &'static str) -> Result<JsValue, Thrown> {
    receiver.invoke(method, method, &[argument.into()])
}

#[test]
fn matches_are_javascripts() {
    fact(
        r#"/a(b)?c/.exec("xacx")"#,
        call(&regexp("a(b)?c", ""), "exec", "xacx"),
    );
    fact(
        r#"/^\d+$/.test("123")"#,
        call(&regexp(r"^\d+$", ""), "test", "123"),
    );
    fact(
        r#"/^\d+$/.test("12a")"#,
        call(&regexp(r"^\d+$", ""), "test", "12a"),
    );
    fact(r#"/É/i.test("é")"#, call(&regexp("É", "i"), "test", "é"));
    fact(
        r#"/^.$/.test("😀")"#,
        call(&regexp("^.$", ""), "test", "😀"),
    );
    fact(
        r#"/^.$/u.test("😀")"#,
        call(&regexp("^.$", "u"), "test", "😀"),
    );
    fact(
        r#"/(?<y>\d{4})-(?<m>\d\d)/.exec("on 2024-02").groups"#,
        call(&regexp(r"(?<y>\d{4})-(?<m>\d\d)", ""), "exec", "on 2024-02")
            .and_then(|it| it.get("groups")),
    );
    fact(
        r#"(r => [r.test("aa"), r.lastIndex, r.test("aa"), r.lastIndex, r.test("aa"), r.lastIndex])(/a/g)"#,
        {
            let r = regexp("a", "g");
            let seen = crate::JsArray::new();
            for _ in 0..3 {
                seen.push(call(&r, "test", "aa").unwrap());
                seen.push(r.get("lastIndex").unwrap());
            }
            Ok(seen)
        },
    );
    fact(r#"String(/a\/b/gi)"#, regexp(r"a\/b", "gi").to_js_string());
    fact(
        r#"JSON.stringify(/a/)"#,
        crate::value::json_stringify(&regexp("a", "")),
    );
    fact(
        r#"new RegExp("(")"#,
        new_regexp(&["(".into()]).map_err(|_| {
            Thrown::syntax_error("Invalid regular expression: /(/: Unterminated group")
        }),
    );
}

#[test]
fn text_methods_take_regular_expressions() {
    fact(
        r#""a1b22c".split(/\d+/)"#,
        s("a1b22c").split_by(regexp(r"\d+", "")),
    );
    fact(
        r#""a1b2".split(/(\d)/)"#,
        s("a1b2").split_by(regexp(r"(\d)", "")),
    );
    fact(
        r#""abc".split(/(?:)/)"#,
        s("abc").split_by(regexp("(?:)", "")),
    );
    fact(
        r#""a, b,c".split(/,\s*/)"#,
        s("a, b,c").split_by(regexp(r",\s*", "")),
    );
    fact(
        r#""abc".split(undefined)"#,
        s("abc").split_by(JsValue::Undefined),
    );
    fact(r#""".split(/x/)"#, s("").split_by(regexp("x", "")));
}

#[test]
fn text_is_replaced_by_regular_expressions_and_patterns() {
    fact(
        r#""Hello World".replace(/o/, "0")"#,
        s("Hello World").replace_by(regexp("o", ""), "0"),
    );
    fact(
        r#""Hello World".replace(/o/g, "0")"#,
        s("Hello World").replace_by(regexp("o", "g"), "0"),
    );
    fact(
        r#""Hello World!".replace(/[^a-z]+/gi, "-")"#,
        s("Hello World!").replace_by(regexp("[^a-z]+", "gi"), "-"),
    );
    fact(
        r#""John Smith".replace(/(\w+)\s(\w+)/, "$2, $1 $$ $& $3 $<x>")"#,
        s("John Smith").replace_by(regexp(r"(\w+)\s(\w+)", ""), "$2, $1 $$ $& $3 $<x>"),
    );
    fact(
        r#""abc".replace("b", "[$&$`$']")"#,
        s("abc").replace_by("b", "[$&$`$']"),
    );
    fact(
        r#""aXbX".replaceAll("X", "$$")"#,
        s("aXbX").replace_all_by("X", "$$"),
    );
    fact(
        r#""ab".replaceAll("", "-")"#,
        s("ab").replace_all_by("", "-"),
    );
    fact(
        r#""aa".replaceAll(/a/, "b")"#,
        s("aa").replace_all_by(regexp("a", ""), "b"),
    );
    fact(
        r#""aa".replaceAll(/a/g, "b")"#,
        s("aa").replace_all_by(regexp("a", "g"), "b"),
    );
}

#[test]
fn text_is_searched_by_regular_expressions() {
    fact(
        r#""x1y2".match(/\d/g)"#,
        s("x1y2").match_by(regexp(r"\d", "g")),
    );
    fact(
        r#""x1y2".match(/\d/)"#,
        s("x1y2").match_by(regexp(r"\d", "")),
    );
    fact(r#""xy".match(/\d/)"#, s("xy").match_by(regexp(r"\d", "")));
    fact(
        r#""x1y2".search(/y/)"#,
        s("x1y2").search_by(regexp("y", "")),
    );
    fact(
        r#""😀x".replace(/./gu, "o")"#,
        s("😀x").replace_by(regexp(".", "gu"), "o"),
    );
}
