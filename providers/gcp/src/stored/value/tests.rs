//! Every value comes back, and what is stored is what Firestore takes.

use proptest::prelude::*;

use super::*;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1e15..1e15).prop_map(Value::Float),
        ".{0,4}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(|bytes| Value::Bytes(bytes.into())),
        any::<i64>().prop_map(|micros| Value::Timestamp(Timestamp::from_micros(micros))),
    ];
    leaf.prop_recursive(6, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::vec((name(), inner), 0..3)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[$]{0,3}(__x__|l|t|p|____|___|_)", "[a-c.`$_]{1,4}"]
}

/// Fails where a list is directly in a list, a name is reserved or there are too many levels.
fn check(value: &proto::Value, in_list: bool, depth: usize) {
    assert!(depth <= 20, "{depth} levels");
    match &value.value_type {
        Some(ValueType::ArrayValue(list)) => {
            assert!(!in_list, "a list in a list");
            list.values
                .iter()
                .for_each(|item| check(item, true, depth + 1));
        }
        Some(ValueType::MapValue(map)) => {
            for (name, value) in &map.fields {
                assert!(!is_reserved(name), "{name}");
                check(value, false, depth + 1);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn what_is_stored_is_read_again(entries in prop::collection::vec((name(), value()), 0..4)) {
        let fields: Map = entries.into_iter().collect();
        let expected = Value::Map(fields.clone()).normalized().unwrap();
        let Value::Map(expected) = expected else { unreachable!() };
        let Encoded { fields: stored, format, .. } = encode(&expected, Format::Marked).unwrap();
        for (name, value) in &stored {
            prop_assert!(!is_reserved(name));
            check(value, false, 0);
        }
        prop_assert_eq!(decode(stored, format).unwrap(), expected);
    }
}

fn nested(levels: usize, wrap: impl Fn(Value) -> Value) -> Map {
    let deep = (0..levels).fold(Value::Int(1), |inner, _| wrap(inner));
    Map::from([("deep".to_owned(), deep)])
}

#[test]
fn lists_and_maps_of_every_depth_stay_within_the_levels_of_firestore() {
    for levels in 1..25 {
        for fields in [
            nested(levels, |inner| Value::List(vec![inner])),
            nested(levels, |inner| {
                Value::Map(Map::from([("a".to_owned(), inner)]))
            }),
        ] {
            let encoded = encode(&fields, Format::Marked).unwrap();
            let (stored, format) = (encoded.fields, encoded.format);
            for value in stored.values() {
                check(value, false, 0);
            }
            assert_eq!(decode(stored, format).unwrap(), fields);
        }
    }
}

#[test]
fn fields_with_too_long_a_path_are_kept_apart() {
    let long = "n".repeat(1_500);
    let inner = Value::Map(Map::from([("x".to_owned(), Value::Int(2))]));
    let fields = Map::from([("a".to_owned(), Value::Int(1)), (long.clone(), inner)]);
    let encoded = encode(&fields, Format::Marked).unwrap();
    assert_eq!(encoded.fields.keys().collect::<Vec<_>>(), ["a"]);
    let mut stored = encoded.fields;
    stored.extend(unpack(encoded.apart.unwrap()).unwrap());
    assert_eq!(decode(stored, encoded.format).unwrap(), fields);
    let error = encode(&fields, Format::Plain).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn what_needs_a_mark_is_refused_where_other_code_reads() {
    let fields = nested(2, |inner| Value::List(vec![inner]));
    let error = encode(&fields, Format::Plain).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn packed_values_in_packed_values_without_end_are_corrupt() {
    let mut value = plain(ValueType::NullValue(0));
    for _ in 0..5_000 {
        value = marked(PACKED, ValueType::BytesValue(value.encode_to_vec()));
    }
    let fields = Fields::from([("deep".to_owned(), value)]);
    let error = decode(fields, Format::Marked).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}
