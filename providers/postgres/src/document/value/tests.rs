//! What stands in the jsonb, and that it comes back as it was.

use proptest::prelude::*;

use super::*;

fn map(fields: &[(&str, Value)]) -> Map {
    let owned = |(name, value): &(&str, Value)| ((*name).to_owned(), value.clone());
    fields.iter().map(owned).collect()
}

fn check(fields: &[(&str, Value)], json: &str, format: Format) {
    let given = map(fields);
    let encoded = encode(&given, Format::Marked, |_| false).unwrap();
    assert_eq!(String::from_utf8(encoded.json.clone()).unwrap(), json);
    assert_eq!(encoded.format, format, "{json}");
    assert_eq!(decode(&encoded.json, format).unwrap(), given, "{json}");
}

#[test]
fn what_json_has_is_plain() {
    let list = Value::List(vec![Value::Null, true.into(), "é\u{1}".into()]);
    let inner = Value::Map(map(&[("$", 1.into()), ("$tsx", 2.into())]));
    let fields = [("a", list), ("m", inner)];
    let json = r#"{"a":[null,true,"é\u0001"],"m":{"$":1,"$tsx":2}}"#;
    check(&fields, json, Format::Plain);
}

#[test]
fn numbers_are_the_shortest_decimals_that_read_back_as_they_were() {
    let numbers = [i64::MAX.into(), i64::MIN.into(), 0.1.into(), 1e-130.into()];
    let json = r#"{"n":[9223372036854775807,-9223372036854775808,0.1,1e-130]}"#;
    check(&[("n", Value::List(numbers.into()))], json, Format::Plain);
}

#[test]
fn what_json_or_jsonb_has_not_is_marked() {
    let at = Value::Timestamp(Timestamp::from_micros(-1));
    check(&[("at", at)], r#"{"at":{"$ts":-1}}"#, Format::Marked);
    let bytes = Value::Bytes(Bytes::from_static(&[0, 255]));
    check(&[("b", bytes)], r#"{"b":{"$b":"AP8="}}"#, Format::Marked);
    let text = Value::from("a\0\\0");
    check(
        &[("t", text)],
        r#"{"t":{"$t":"a\\000\\\\0"}}"#,
        Format::Marked,
    );
}

#[test]
fn names_that_look_like_marks_or_have_nul_are_escaped_at_any_depth() {
    let names = [
        ("$ts", "$$ts"),
        ("$$b", "$$$b"),
        ("$t", "$$t"),
        ("$0x", "$$0x"),
        ("a\0\\b", "$0a\\\\000\\\\\\\\b"),
    ];
    for (name, stored) in names {
        let inner = Value::Map(map(&[(name, 1.into())]));
        let json = format!(r#"{{"m":{{"{stored}":1}}}}"#);
        check(&[("m", inner)], &json, Format::Marked);
        let json = format!(r#"{{"{stored}":1}}"#);
        check(&[(name, 1.into())], &json, Format::Marked);
    }
}

#[test]
fn a_plain_document_of_other_code_means_what_it_says() {
    let json = br#"{"b": {"$ts": 1}, "a": 2.0, "c": 18446744073709551615}"#;
    let mark = Value::Map(map(&[("$ts", 1.into())]));
    let large = Value::Float(18_446_744_073_709_551_615.0);
    let expected = map(&[("a", 2.into()), ("b", mark), ("c", large)]);
    let found = decode(json, Format::Plain).unwrap();
    assert_eq!(found, expected);
    let names: Vec<_> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["a", "b", "c"], "entries are by name");
}

#[test]
fn an_adopted_table_gets_plain_json_or_nothing() {
    let plain = |value: Value| encode(&map(&[("$ts", value)]), Format::Plain, |_| false);
    assert_eq!(plain(1.into()).unwrap().json, br#"{"$ts":1}"#);
    for value in [
        Value::Bytes(Bytes::new()),
        Value::Timestamp(Timestamp::from_micros(0)),
        "\0".into(),
    ] {
        let error = plain(value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn what_is_no_document_is_corrupt() {
    for json in ["[]", "null", "{", r#"{"n":1e999}"#] {
        let error = decode(json.as_bytes(), Format::Plain).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{json}");
    }
}

fn values() -> impl Strategy<Value = Value> {
    let text = "[$tsb0\\\\\0aé]{0,5}";
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter_map("not a number of ours", |n| Value::Float(n)
            .normalized()
            .ok()),
        text.prop_map(Value::String),
        any::<i64>().prop_map(|micros| Value::Timestamp(Timestamp::from_micros(micros))),
        any::<Vec<u8>>().prop_map(|bytes| Value::Bytes(bytes.into())),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let entries = prop::collection::vec((text, inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::List),
            entries.prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_comes_back_as_it_was(name in "[$tsb0\\\\\0a]{0,4}", value in values()) {
        let given = map(&[(&name, value)]);
        let encoded = encode(&given, Format::Marked, |_| false).unwrap();
        prop_assert!(!encoded.json.windows(6).any(|part| part == b"\\u0000"));
        prop_assert_eq!(decode(&encoded.json, encoded.format).unwrap(), given);
    }
}
