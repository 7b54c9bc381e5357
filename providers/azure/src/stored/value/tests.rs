//! What is stored of values, and that it reads back.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn stored(fields: &Map) -> (Object<String, Json>, Format) {
    let mut encoder = Encoder::new(Format::Marked);
    let item = encoder.fields(fields).unwrap();
    (item, encoder.used)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1e100..1e100_f64).prop_map(Value::Float),
        ".{0,8}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Value::Bytes(bytes.into())),
        any::<i64>().prop_map(|micros| Value::Timestamp(Timestamp::from_micros(micros))),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::hash_map(name(), inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["_{0,3}(id|ttl|ts|etag|i|t|b|x)", ".{1,4}"]
}

proptest! {
    #[test]
    fn every_value_comes_back(map in prop::collection::hash_map(name(), value(), 0..5)) {
        let fields: Map = map.into_iter().collect();
        let Value::Map(fields) = Value::Map(fields).normalized().unwrap() else { unreachable!() };
        let (encoded, format) = stored(&fields);
        let text = serde_json::to_vec(&encoded).unwrap();
        let read: Object<String, Json> = serde_json::from_slice(&text).unwrap();
        prop_assert!(!read.keys().any(|name| is_system(name) || USED.contains(&name.as_str())));
        prop_assert_eq!(decode(read, format).unwrap(), fields);
    }
}

#[test]
fn plain_values_are_plain_json_and_the_others_are_marked() {
    let fields = Map::from_iter([
        ("whole".to_owned(), Value::Int((1 << 53) - 1)),
        ("exact".to_owned(), Value::Int((1 << 53) + 1)),
        ("at".to_owned(), Value::Timestamp(Timestamp::from_micros(0))),
        (
            "bytes".to_owned(),
            Value::Bytes(bytes::Bytes::from_static(b"foobar")),
        ),
        ("id".to_owned(), Value::Null),
        ("_ts".to_owned(), Value::Bool(true)),
    ]);
    let (encoded, format) = stored(&fields);
    assert_eq!(format, Format::Marked);
    let expected = json!({
        "whole": 9_007_199_254_740_991_i64,
        "exact": {"_i": "8020000000000001"},
        "at": {"_t": "8000000000000000"},
        "bytes": {"_b": "cpnmuoj1e8"},
        "_id": null,
        "__ts": true,
    });
    assert_eq!(Json::Object(encoded), expected);
}

#[test]
fn items_of_other_code_are_read_as_they_are_and_written_only_plainly() {
    let item = json!({"_id": {"_t": 1}, "price": 5.0});
    let Json::Object(item) = item else {
        unreachable!()
    };
    let read = decode(item.clone(), Format::Plain).unwrap();
    assert_eq!(read["price"], Value::Int(5));
    let again = Encoder::new(Format::Plain).fields(&read).unwrap();
    assert_eq!(again["_id"], item["_id"]);
    for refused in [
        ("_etag", Value::Null),
        ("x", Value::Int(1 << 53)),
        ("x", Value::Timestamp(Timestamp::from_micros(0))),
    ] {
        let fields = Map::from([(refused.0.to_owned(), refused.1)]);
        let error = Encoder::new(Format::Plain).fields(&fields).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
