//! Tests of CBOR: examples of the standard, every value there and back, and bytes that are none.

use proptest::prelude::*;

use super::*;

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1e100_f64..1e100).prop_map(Value::Float),
        ".{0,40}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(|b| Value::Bytes(b.into())),
        any::<i64>().prop_map(|micros| Value::Timestamp(Timestamp::from_micros(micros))),
    ];
    scalar.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            prop::collection::vec((".{0,6}", inner), 0..6)
                .prop_map(|fields| Value::Map(fields.into_iter().collect())),
        ]
    })
}

fn fields() -> impl Strategy<Value = Map> {
    prop::collection::vec((".{0,6}", value()), 0..8).prop_map(|fields| fields.into_iter().collect())
}

proptest! {
    #[test]
    fn fields_come_back_in_their_order(fields in fields()) {
        let back = decode(&encode(&fields).unwrap()).unwrap();
        prop_assert!(back.keys().eq(fields.keys()));
        prop_assert_eq!(back, fields);
    }

    #[test]
    fn what_is_cut_short_is_not_read(fields in fields(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&fields).unwrap();
        prop_assert_eq!(decode(&bytes[..cut.index(bytes.len())]), None);
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Some(fields) = decode(&bytes) {
            prop_assert!(encode(&fields).is_ok());
        }
    }
}

#[test]
fn the_bytes_are_those_of_the_standards() {
    let encoded = |value: Value| {
        let mut out = Vec::new();
        put(&mut out, &value).unwrap();
        out.iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    assert_eq!(encoded(Value::Int(1_000_000)), "1a000f4240");
    assert_eq!(encoded(Value::Int(-1_000)), "3903e7");
    assert_eq!(encoded(Value::Int(i64::MIN)), "3b7fffffffffffffff");
    assert_eq!(encoded(Value::Float(1.1)), "fb3ff199999999999a");
    assert_eq!(encoded("IETF".into()), "6449455446");
    let map = Map::from_iter([("a".to_owned(), Value::List(vec![Value::Bool(true)]))]);
    assert_eq!(encoded(map.into()), "a1616181f5");
    let at = Timestamp::from_micros(-1);
    assert_eq!(encoded(at.into()), "d903e9a20120251a000f423f");
}

#[test]
fn bytes_nested_too_deeply_are_not_read() {
    let nested = |levels: usize| [vec![0xa1, 0x61, b'a'], vec![0x81; levels], vec![0xf6]].concat();
    assert!(decode(&nested(100)).is_some());
    assert_eq!(decode(&nested(100_000)), None);
}
