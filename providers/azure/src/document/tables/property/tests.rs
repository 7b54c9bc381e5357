//! Tests of properties: every value there and back, and those that only other code writes.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn back(value: &Value) -> Option<Value> {
    let mut properties = Properties::new();
    Property::of(value)?.put(&mut properties, "p");
    // As it is sent.
    let sent = serde_json::to_string(&properties).unwrap();
    let properties: Properties<String, Json> = serde_json::from_str(&sent).unwrap();
    Some(super::value("p", &properties["p"], edm(&properties, "p")).unwrap())
}

proptest! {
    #[test]
    fn numbers_and_flags_come_back_exactly(int in any::<i64>(), float in -1e100..1e100, flag: bool) {
        let float = Value::Float(float).normalized().unwrap();
        for value in [Value::Int(int), float, Value::Bool(flag)] {
            prop_assert_eq!(back(&value), Some(value));
        }
    }

    #[test]
    fn text_and_bytes_come_back_exactly_or_are_not_taken(
        text in ".{0,40}", bytes in prop::collection::vec(any::<u8>(), 1..40)
    ) {
        let bytes = Value::Bytes(bytes.into());
        prop_assert_eq!(back(&bytes), Some(bytes));
        let is_taken = is_text(&text);
        let text = Value::String(text);
        prop_assert_eq!(back(&text), is_taken.then_some(text));
    }

    #[test]
    fn instants_come_back_to_the_microsecond(micros in FIRST * 1_000_000..LAST * 1_000_000) {
        let at = Value::Timestamp(Timestamp::from_micros(micros));
        prop_assert_eq!(back(&at), Some(at));
    }
}

#[test]
fn what_a_property_would_change_is_not_taken() {
    let long = "a".repeat(TEXT_UNITS + 1);
    for value in [
        Value::Null,
        Value::Bytes(bytes::Bytes::new()),
        "\r".into(),
        "\u{0}".into(),
        long.as_str().into(),
        Value::Bytes(vec![0; BINARY_BYTES + 1].into()),
        Value::Timestamp(Timestamp::from_micros((FIRST - 1) * 1_000_000)),
        Value::Timestamp(Timestamp::from_micros(i64::MAX)),
        Value::List(Vec::new()),
    ] {
        assert_eq!(Property::of(&value), None, "{value:?}");
    }
}

#[test]
fn properties_of_other_code_are_read_by_their_types() {
    let at = Timestamp::from_micros(1_500_000);
    for (stored, edm, expected) in [
        (json!(5), Some("Edm.Int32"), Value::Int(5)),
        (json!(5), None, Value::Int(5)),
        (json!(5.0), Some("Edm.Double"), Value::Int(5)),
        (json!(1e300), Some("Edm.Double"), Value::Float(1e300)),
        (json!("x"), Some("Edm.Guid"), "x".into()),
        (
            json!("1970-01-01T00:00:01.5000009Z"),
            Some("Edm.DateTime"),
            at.into(),
        ),
        (
            json!("1969-12-31T23:59:59.9999999Z"),
            Some("Edm.DateTime"),
            Timestamp::from_micros(-1).into(),
        ),
    ] {
        assert_eq!(value("p", &stored, edm).unwrap(), expected, "{stored}");
    }
    let error = value("p", &json!("NaN"), Some("Edm.Double")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("\"p\""), "{error}");
}

#[test]
fn names_are_identifiers_that_the_service_does_not_have() {
    for name in ["a", "_x9", "Name"] {
        assert!(is_name(name), "{name}");
    }
    let long = "a".repeat(256);
    for name in ["", "9a", "a-b", "a.b", "é", "RowKey", "Timestamp", &long] {
        assert!(!is_name(name), "{name}");
    }
}

/// The figures are those of the description's own example of a text and the keys.
#[test]
fn an_entity_counts_its_names_and_contents() {
    let properties = json!({"PartitionKey": "ab", "n": "5", "n@odata.type": "Edm.Int64"});
    let properties = properties.as_object().unwrap();
    assert_eq!(size(properties), 4 + (8 + 24 + 4 + 4) + (8 + 2 + 8));
}
