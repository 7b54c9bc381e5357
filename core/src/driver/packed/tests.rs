//! Values come back as they were, and bytes that are not ours are refused.

use super::{PackedRecords, Reader, fields, put_fields, put_signed, put_varint};
use crate::document::{Map, Timestamp, Value};
use bytes::Bytes;
use proptest::prelude::*;

fn encode(map: &Map) -> Vec<u8> {
    let mut out = Vec::new();
    put_fields(&mut out, map);
    out
}

fn decode(bytes: &[u8]) -> Option<Map> {
    let mut reader = Reader::new(bytes);
    let map = fields(&mut reader).ok()?;
    reader.end().ok().map(|()| map)
}

/// A rendering that tells apart what `==` on values does not: variants, bits, order of entries.
fn exactly(value: &Value) -> String {
    match value {
        Value::Float(float) => format!("float {:016x}", float.to_bits()),
        Value::List(items) => format!("{:?}", items.iter().map(exactly).collect::<Vec<_>>()),
        Value::Map(map) => {
            let entries = map.iter().map(|(name, value)| (name, exactly(value)));
            format!("map {:?}", entries.collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        ".{0,8}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(|bytes| Value::Bytes(Bytes::from(bytes))),
        any::<i64>().prop_map(|micros| Value::Timestamp(Timestamp::from_micros(micros))),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            prop::collection::vec((".{0,4}", inner), 0..6)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn document() -> impl Strategy<Value = Map> {
    prop::collection::vec((".{0,6}", value()), 0..6)
        .prop_map(|entries| entries.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_come_back(number in any::<u64>(), signed in any::<i64>()) {
        let mut out = Vec::new();
        put_varint(&mut out, number);
        put_signed(&mut out, signed);
        let mut reader = Reader::new(&out);
        prop_assert_eq!(reader.varint(), Ok(number));
        prop_assert_eq!(reader.signed(), Ok(signed));
        prop_assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_document_comes_back_exactly(map in document()) {
        let bytes = encode(&map);
        let back = decode(&bytes).map(Value::Map);
        prop_assert_eq!(back.as_ref().map(exactly), Some(exactly(&Value::Map(map))));
    }

    #[test]
    fn a_document_is_the_same_to_whoever_takes_anything(map in document()) {
        let read: Value = Value::unpack(&encode(&map)).unwrap();
        prop_assert_eq!(exactly(&read), exactly(&Value::Map(map)));
    }

    #[test]
    fn bytes_that_are_cut_are_refused(map in document(), at in any::<prop::sample::Index>()) {
        let bytes = encode(&map);
        prop_assert!(decode(&bytes[..at.index(bytes.len())]).is_none());
    }

    #[test]
    fn any_bytes_end_in_a_document_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let read = Value::unpack::<Value>(&bytes);
        prop_assert_eq!(decode(&bytes).is_some(), read.is_ok());
    }
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let check = |value: Value, expected: &[u8]| {
        let map = Map::from_iter([("n".to_owned(), value)]);
        assert_eq!(encode(&map), [&[1, 1, b'n'], expected].concat());
    };
    check(Value::Null, &[0]);
    check(Value::Bool(false), &[1]);
    check(Value::Bool(true), &[2]);
    check(Value::Int(-1), &[3, 1]);
    check(Value::Int(64), &[3, 0x80, 1]);
    check(Value::Float(1.5), &[4, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f]);
    check(Value::from("é"), &[5, 2, 0xc3, 0xa9]);
    check(Value::Bytes(Bytes::from_static(&[0, 255])), &[6, 2, 0, 255]);
    check(Value::Timestamp(Timestamp::from_micros(1)), &[7, 2]);
    check(Value::List(vec![Value::Null]), &[8, 1, 0]);
    check(Value::Map(Map::new()), &[9, 0]);
}

#[test]
fn records_come_back_in_their_order_whatever_their_size() {
    let mut records = PackedRecords::default();
    let fields = |number: usize| vec![7; number * 37 % 900 * (1 + number % 50)];
    for number in 0..500 {
        let micros = i64::try_from(number).unwrap();
        let expires_at = (number % 3 == 0).then(|| Timestamp::from_micros(micros));
        records.push(
            format!("v{number}").as_bytes(),
            expires_at,
            (&fields(number), 500 - number),
        );
    }
    for number in 0..500 {
        assert_eq!(records.len(), 500 - number);
        let same = records.next(|record| {
            let record = record.unwrap();
            record.version == format!("v{number}").as_bytes()
                && record.expires_at.is_some() == (number % 3 == 0)
                && record.fields == fields(number)
        });
        assert_eq!(same, Some(true), "{number}");
    }
    assert!(records.is_empty() && records.next(|_| ()).is_none());
}

#[test]
fn values_that_are_nested_without_end_are_refused() {
    let mut bytes = vec![1, 0];
    bytes.extend([8, 1].repeat(100_000));
    bytes.push(0);
    assert!(decode(&bytes).is_none());
}

#[test]
fn a_number_that_does_not_fit_is_refused() {
    assert!(Reader::new(&[0xff; 10]).varint().is_err());
    let mut largest = [0xff; 10];
    largest[9] = 1;
    assert_eq!(Reader::new(&largest).varint(), Ok(u64::MAX));
}
