//! The order of sort keys as bytes is their own order, and nothing is lost.

use super::{sort_bytes, sort_key};
use bytes::Bytes;
use isobar::document::SortKey;
use proptest::prelude::*;

fn sort_keys() -> impl Strategy<Value = (SortKey, SortKey)> {
    let number = || prop_oneof![any::<i64>(), -3_i64..3, Just(i64::MIN), Just(i64::MAX)];
    let text = || prop_oneof![".{0,6}", "[a-b\u{7f}\u{80}\u{10ffff}]{0,4}"];
    let bytes = || prop::collection::vec(prop_oneof![Just(0_u8), Just(255), any::<u8>()], 0..5);
    prop_oneof![
        (number(), number()).prop_map(|(a, b)| (SortKey::I64(a), SortKey::I64(b))),
        (text(), text()).prop_map(|(a, b)| (SortKey::Str(a), SortKey::Str(b))),
        (bytes(), bytes()).prop_map(|(a, b)| {
            (
                SortKey::Bytes(Bytes::from(a)),
                SortKey::Bytes(Bytes::from(b)),
            )
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_are_in_the_order_of_the_keys((a, b) in sort_keys()) {
        let (a_bytes, b_bytes) = (sort_bytes(Some(&a)), sort_bytes(Some(&b)));
        prop_assert_eq!(a_bytes.cmp(&b_bytes), a.cmp(&b));
        prop_assert_eq!(sort_key(&a_bytes), Some(a));
    }
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let check = |key: Option<SortKey>, expected: &[u8]| {
        assert_eq!(sort_bytes(key.as_ref()), expected);
    };
    check(None, &[0]);
    check(Some(SortKey::I64(1)), &[0x10, 0x80, 0, 0, 0, 0, 0, 0, 1]);
    check(
        Some(SortKey::I64(-1)),
        &[0x10, 0x7f, 255, 255, 255, 255, 255, 255, 255],
    );
    check(Some(SortKey::from("né")), &[0x20, b'n', 0xc3, 0xa9]);
    check(
        Some(SortKey::Bytes(Bytes::from_static(&[0, 255]))),
        &[0x30, 0, 255],
    );
}
