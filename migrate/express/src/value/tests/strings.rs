//! `String.prototype`.

use super::fact;
use crate::value::{JsString, JsValue, decode_uri_component, encode_uri_component};

fn s(text: &'static str) -> JsString {
    JsString::literal(text)
}

fn units(units: &[u16]) -> JsString {
    JsString::from_units(units)
}

#[test]
fn length_and_positions_count_utf16_code_units() {
    let bytes = |n: usize| Ok(f64::from(u32::try_from(n).unwrap()));
    fact(r#""".length"#, bytes(s("").len()));
    fact(r#""née".length"#, bytes(s("née").len()));
    fact(r#""a😀b".length"#, bytes(s("a😀b").len()));
    fact(r#""a😀b"[1]"#, Ok(s("a😀b").at(1.0)));
    fact(r#""a😀b"[3]"#, Ok(s("a😀b").at(3.0)));
    fact(r#""abc"[3]"#, Ok(s("abc").at(3.0)));
    fact(r#""a😀b".charCodeAt(2)"#, Ok(s("a😀b").char_code_at(2.0)));
    fact(r#""abc".charCodeAt(9)"#, Ok(s("abc").char_code_at(9.0)));
    fact(
        r#""a😀b".indexOf("b")"#,
        Ok(s("a😀b").index_of(&s("b"), 0.0)),
    );
    fact(r#""a😀b".slice(1, 2)"#, Ok(s("a😀b").slice(1.0, 2.0)));
    fact(r#""a😀b".slice(1, 2) + "a😀b".slice(2, 3)"#, Ok(s("😀")));
    fact(
        r#"[..."a😀b"]"#,
        JsValue::from(s("a😀b"))
            .iterate("")
            .map(super::super::JsArray::from_values),
    );
    fact(
        r#""\ud83d" + "\ude00" === "😀""#,
        Ok(units(&[0xd83d]).concat(&units(&[0xde00])) == "😀"),
    );
    fact(
        r#"" \ud800 a ".trim()"#,
        Ok(units(&[32, 0xd800, 32, 97, 32]).trim()),
    );
    fact(
        r#""\ud800X".toLowerCase()"#,
        Ok(units(&[0xd800, 88]).to_lower_case()),
    );
}

#[test]
fn order_is_by_utf16_code_unit() {
    fact(r#""😀" < "\uffee""#, Ok(s("😀") < s("\u{ffee}")));
    fact(r#""a" < "B""#, Ok(s("a") < s("B")));
    fact(r#""" < "a""#, Ok(s("") < s("a")));
}

#[test]
fn pieces_are_cut_as_in_javascript() {
    let inf = f64::INFINITY;
    fact(r#""abcdef".slice(-2)"#, Ok(s("abcdef").slice(-2.0, inf)));
    fact(r#""abcdef".slice(2, -1)"#, Ok(s("abcdef").slice(2.0, -1.0)));
    fact(r#""abcdef".slice(4, 2)"#, Ok(s("abcdef").slice(4.0, 2.0)));
    fact(
        r#""abcdef".substring(4, 2)"#,
        Ok(s("abcdef").substring(4.0, 2.0)),
    );
    fact(
        r#""abcdef".substring(-3, NaN)"#,
        Ok(s("abcdef").substring(-3.0, f64::NAN)),
    );
    fact(
        r#""abcdef".substr(-3, 2)"#,
        Ok(s("abcdef").substr(-3.0, 2.0)),
    );
    fact(r#""abcdef".substr(2)"#, Ok(s("abcdef").substr(2.0, inf)));
    fact(r#""a,b,,c".split(",")"#, Ok(s("a,b,,c").split(&s(","))));
    fact(r#""abc".split("")"#, Ok(s("abc").split(&s(""))));
    fact(r#""".split("")"#, Ok(s("").split(&s(""))));
    fact(r#""".split(",")"#, Ok(s("").split(&s(","))));
    fact(r#""a--b--c".split("--")"#, Ok(s("a--b--c").split(&s("--"))));
}

#[test]
fn searching_finds_what_javascript_finds() {
    fact(
        r#""banana".lastIndexOf("an")"#,
        Ok(s("banana").last_index_of(&s("an"))),
    );
    fact(
        r#""banana".lastIndexOf("")"#,
        Ok(s("banana").last_index_of(&s(""))),
    );
    fact(
        r#""banana".indexOf("an", 2)"#,
        Ok(s("banana").index_of(&s("an"), 2.0)),
    );
    fact(
        r#""banana".indexOf("", 99)"#,
        Ok(s("banana").index_of(&s(""), 99.0)),
    );
    fact(
        r#""banana".includes("nan")"#,
        Ok(s("banana").includes(&s("nan"))),
    );
    fact(r#""é".includes("e")"#, Ok(s("é").includes(&s("e"))));
    fact(
        r#""banana".startsWith("ban")"#,
        Ok(s("banana").starts_with(&s("ban"))),
    );
    fact(
        r#""banana".endsWith("x")"#,
        Ok(s("banana").ends_with(&s("x"))),
    );
}

#[test]
fn changed_copies_are_the_same() {
    fact(
        r#""\ufeff\u00a0 a b \u2028\n".trim()"#,
        Ok(s("\u{feff}\u{a0} a b \u{2028}\n").trim()),
    );
    fact(r#""\u0085a".trim()"#, Ok(s("\u{85}a").trim()));
    fact(
        r#""  a ".trimStart() + "|""#,
        Ok(s("  a ").trim_start().concat(&s("|"))),
    );
    fact(
        r#""  a ".trimEnd() + "|""#,
        Ok(s("  a ").trim_end().concat(&s("|"))),
    );
    fact(r#""ΑΣ Σ".toLowerCase()"#, Ok(s("ΑΣ Σ").to_lower_case()));
    fact(r#""straße".toUpperCase()"#, Ok(s("straße").to_upper_case()));
    fact(
        r#""İ".toLowerCase().length"#,
        Ok(f64::from(
            u32::try_from(s("İ").to_lower_case().len()).unwrap(),
        )),
    );
    fact(r#""ab".repeat(3)"#, s("ab").repeat(3.0));
    fact(r#""ab".repeat(-1)"#, s("ab").repeat(-1.0));
    fact(r#""ab".repeat(2 ** 30)"#, s("ab").repeat(1_073_741_824.0));
    fact(r#""5".padStart(3, "0")"#, s("5").pad_start(3.0, &s("0")));
    fact(r#""5".padStart(6, "ab")"#, s("5").pad_start(6.0, &s("ab")));
    fact(r#""5".padEnd(3, "")"#, s("5").pad_end(3.0, &s("")));
    fact(r#""abc".padEnd(5, "-")"#, s("abc").pad_end(5.0, &s("-")));
    fact(
        r#""a.b.c".replaceAll(".", "-")"#,
        s("a.b.c").replace_all_by(".", "-"),
    );
    fact(
        r#""a.b.c".replace(".", "-")"#,
        s("a.b.c").replace_by(".", "-"),
    );
}

#[test]
fn uri_components_are_escaped_and_read_back() {
    fact(
        r#"encodeURIComponent("a b&c/é😀-_.!~*'()")"#,
        encode_uri_component(&s("a b&c/é😀-_.!~*'()")),
    );
    fact(
        r#"encodeURIComponent("\ud800")"#,
        encode_uri_component(&units(&[0xd800])),
    );
    fact(
        r#"decodeURIComponent("%C3%A9%20+")"#,
        decode_uri_component(&s("%C3%A9%20+")),
    );
    fact(
        r#"decodeURIComponent("%zz")"#,
        decode_uri_component(&s("%zz")),
    );
    fact(
        r#"decodeURIComponent("%E0%A4")"#,
        decode_uri_component(&s("%E0%A4")),
    );
    fact(r#"decodeURIComponent("%")"#, decode_uri_component(&s("%")));
}
