//! Values encoded, decoded, compared and measured.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::error::ErrorKind;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle { radius: f64 },
    Labels(Vec<String>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    flag: bool,
    small: i8,
    large: i64,
    unsigned: u64,
    half: f32,
    whole: f64,
    text: String,
    nothing: Option<String>,
    something: Option<u8>,
    at: Timestamp,
    shapes: Vec<Shape>,
    counts: BTreeMap<String, i64>,
    raw: Value,
}

fn sample() -> Sample {
    Sample {
        flag: true,
        small: -3,
        large: i64::MIN,
        unsigned: 9_007_199_254_740_993,
        half: 1.5,
        whole: 3.0,
        text: "héllo".into(),
        nothing: None,
        something: Some(7),
        at: Timestamp::from_micros(-1),
        shapes: vec![
            Shape::Point,
            Shape::Circle { radius: 0.1 },
            Shape::Labels(vec![]),
        ],
        counts: BTreeMap::from([("a".into(), 1)]),
        raw: Value::Bytes(Bytes::from_static(b"\x00\xff")),
    }
}

#[test]
fn a_typed_value_reads_back_equal() {
    let encoded = Value::encode(&sample()).unwrap();
    assert_eq!(encoded.decode::<Sample>().unwrap(), sample());
}

#[test]
fn an_untyped_value_keeps_bytes_and_timestamps() {
    let encoded = Value::encode(&sample()).unwrap();
    let untyped: Value = encoded.clone().decode().unwrap();
    let Value::Map(fields) = &untyped else {
        panic!("a struct is a map")
    };
    assert!(matches!(fields["at"], Value::Timestamp(_)));
    assert!(matches!(fields["raw"], Value::Bytes(_)));
    assert_eq!(untyped, encoded);
}

#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct UserId(String);

#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Side {
    Left,
    Right,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Keyed {
    numbers: HashMap<i64, u8>,
    small: HashMap<u8, u8>,
    flags: HashMap<bool, u8>,
    letters: HashMap<char, u8>,
    users: HashMap<UserId, u8>,
    sides: HashMap<Side, HashMap<Option<i8>, u8>>,
}

#[test]
fn map_keys_that_are_no_text_read_back_equal() {
    let keyed = Keyed {
        numbers: HashMap::from([(i64::MIN, 1), (0, 2), (7, 3)]),
        small: HashMap::from([(255, 1)]),
        flags: HashMap::from([(true, 1), (false, 0)]),
        letters: HashMap::from([('é', 1)]),
        users: HashMap::from([(UserId("12".into()), 1)]),
        sides: HashMap::from([
            (Side::Left, HashMap::from([(Some(-1), 1)])),
            (Side::Right, HashMap::new()),
        ]),
    };
    let encoded = Value::encode(&keyed).unwrap();
    assert_eq!(encoded.decode::<Keyed>().unwrap(), keyed);
}

#[test]
fn a_field_name_that_is_not_such_a_key_is_corrupt() {
    for name in ["", "x", "007", "+7", "7.0", "99999999999999999999"] {
        let fields = Value::Map(Map::from_iter([(name.to_owned(), Value::Int(1))]));
        let error = fields.decode::<HashMap<i64, u8>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{name}");
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: String,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Audited {
    id: String,
    #[serde(flatten)]
    audit: Audit,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Audit {
    at: Timestamp,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Known { at: Timestamp },
    Other(Value),
}

#[test]
fn instants_stay_instants_where_serde_puts_values_aside() {
    let at = Timestamp::from_micros(1_500_000);
    let stored = Map::from_iter([("id".into(), "1".into()), ("at".into(), Value::from(at))]);
    let stored = Value::Map(stored);
    let flat: Flat = stored.clone().decode().unwrap();
    assert!(matches!(flat.rest["at"], Value::Timestamp(found) if found == at));
    assert_eq!(Value::encode(&flat).unwrap(), stored);
    let audited: Audited = stored.clone().decode().unwrap();
    assert_eq!(audited.audit, Audit { at });
    let known: Loose = stored.clone().decode().unwrap();
    assert_eq!(known, Loose::Known { at });
    let other: Loose = Value::List(vec![at.into()]).decode().unwrap();
    assert_eq!(other, Loose::Other(Value::List(vec![at.into()])));
    let foreign: serde_json::Value = stored.clone().decode().unwrap();
    assert_eq!(Value::encode(&foreign).unwrap(), stored);
    let micros: HashMap<String, i64> = Value::Map(Map::from_iter([("at".into(), at.into())]))
        .decode()
        .unwrap();
    assert_eq!(micros["at"], 1_500_000);
}

#[test]
fn an_instant_is_a_number_in_other_formats() {
    let at = Timestamp::from_micros(-5);
    assert_eq!(serde_json::to_string(&at).unwrap(), "-5");
    assert_eq!(serde_json::from_str::<Timestamp>("-5").unwrap(), at);
    assert_eq!(
        serde_json::from_str::<Timestamp>("5").unwrap().as_micros(),
        5
    );
    assert!(serde_json::from_str::<Timestamp>("\"5\"").is_err());
}

#[test]
fn the_first_second_there_is_has_no_whole_second() {
    let first = Timestamp::from_micros(i64::MIN);
    assert_eq!(first.to_second(), first);
    let later = Timestamp::from_micros(-1);
    assert_eq!(later.to_second().as_micros(), -1_000_000);
}

#[test]
fn an_integral_float_becomes_an_integer_and_negative_zero_disappears() {
    assert!(matches!(Value::encode(&3.0).unwrap(), Value::Int(3)));
    assert!(matches!(Value::encode(&-0.0).unwrap(), Value::Int(0)));
    assert!(matches!(Value::encode(&1e20).unwrap(), Value::Float(_)));
}

#[test]
fn numbers_that_not_every_store_holds_are_refused() {
    for float in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e126,
        9e-131,
        5e-324,
    ] {
        assert_eq!(
            Value::encode(&float).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
    assert!(Value::encode(&1e-130).is_ok());
    assert!(Value::encode(&9.9e125).is_ok());
    assert_eq!(
        Value::encode(&u64::MAX).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}

#[test]
fn numbers_compare_by_exact_value() {
    let above = 9_007_199_254_740_993_i64;
    assert_ne!(Value::Int(above), Value::Float(9_007_199_254_740_992.0));
    assert_eq!(Value::Int(3), Value::Float(3.0));
    assert_eq!(
        Value::Int(2).order(&Value::Float(2.5)),
        Some(std::cmp::Ordering::Less)
    );
    assert_eq!(
        Value::Int(-2).order(&Value::Float(-2.5)),
        Some(std::cmp::Ordering::Greater)
    );
}

#[test]
fn size_counts_names_and_contents() {
    let value = Value::encode(&BTreeMap::from([("name", "abc")])).unwrap();
    assert_eq!(value.size(), 3 + 1 + 4 + 3);
    assert_eq!(value.depth(), 1);
}

#[test]
fn a_value_that_does_not_fit_its_type_is_corrupt() {
    let error = Value::from("text").decode::<i64>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

proptest! {
    #[test]
    fn order_of_integer_and_float_agrees_with_wide_arithmetic(int: i64, float in -1e19..1e19) {
        #[expect(clippy::cast_possible_truncation, reason = "1e19 * 2^64 fits 128 bits")]
        let float_times_2_to_64 = (float * 18_446_744_073_709_551_616.0) as i128;
        let wide = (i128::from(int) << 64).cmp(&float_times_2_to_64);
        prop_assert_eq!(Value::Int(int).order(&Value::Float(float)), Some(wide));
    }
}

fn packed(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    match value {
        Value::Map(fields) => crate::driver::packed::put_fields(&mut bytes, fields),
        other => panic!("a document is no {}", other.kind_name()),
    }
    bytes
}

fn unpacked<T: DeserializeOwned>(value: &Value) -> Result<T> {
    Value::unpack(&packed(value))
}

#[test]
fn packed_fields_read_as_the_values_they_were() {
    let encoded = Value::encode(&sample()).unwrap();
    assert_eq!(unpacked::<Sample>(&encoded).unwrap(), sample());
    let untyped: Value = unpacked(&encoded).unwrap();
    let Value::Map(fields) = &untyped else {
        panic!("a struct is a map")
    };
    assert!(matches!(fields["at"], Value::Timestamp(_)));
    assert!(matches!(fields["raw"], Value::Bytes(_)));
    assert_eq!(untyped, encoded);
}

#[derive(Debug, PartialEq, Deserialize)]
struct Part {
    shapes: (Shape, Shape),
    counts: BTreeMap<String, i64>,
}

/// What only some of is asked for, and what does not fit, is as with values.
#[test]
fn packed_fields_that_are_not_asked_for_are_passed_over() {
    let encoded = Value::encode(&sample()).unwrap();
    let part: Part = unpacked(&encoded).unwrap();
    assert_eq!(part, encoded.clone().decode().unwrap());
    let typed = unpacked::<BTreeMap<String, i64>>(&encoded).unwrap_err();
    let plain = encoded.decode::<BTreeMap<String, i64>>().unwrap_err();
    assert_eq!(typed.kind(), ErrorKind::Corrupt);
    assert_eq!(typed.to_string(), plain.to_string());
}

#[test]
fn packed_fields_that_are_cut_or_longer_are_corrupt() {
    let bytes = packed(&Value::encode(&sample()).unwrap());
    for end in 0..bytes.len() {
        let error = Value::unpack::<Value>(&bytes[..end]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{end}");
        assert!(Value::unpack::<Sample>(&bytes[..end]).is_err(), "{end}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Value::unpack::<Sample>(&longer).is_err());
}

#[test]
fn packed_values_nested_without_end_are_corrupt() {
    let mut bytes = vec![1, 0];
    bytes.extend([8, 1].repeat(100_000));
    bytes.push(0);
    assert!(Value::unpack::<Value>(&bytes).is_err());
    assert!(Value::unpack::<serde::de::IgnoredAny>(&bytes).is_err());
}

#[test]
fn text_that_is_not_utf_8_is_no_value() {
    for bytes in [
        &b"\"\\ud800\""[..],
        b"\"\\udc00\\ud800\"",
        b"\"\xff\"",
        b"\"\xed\xa0\x80\"",
    ] {
        assert!(serde_json::from_slice::<Value>(bytes).is_err(), "{bytes:?}");
    }
    let pair: Value = serde_json::from_slice(b"\"\\ud83d\\ude00\"").unwrap();
    assert_eq!(pair, Value::from("\u{1f600}"));
}
