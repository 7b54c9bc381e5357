//! Tests of the order and the way back of keys.

use isobar::document::CollectionSpec;
use proptest::prelude::*;

use super::*;

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes");

fn characters() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c/._ !#^~\\x00-\\x20\\x7e-\\u{a1}\\u{d7fe}\\u{d7ff}\\u{e000}\\u{fffd}\\u{ffff}𝒳]{1,6}",
        ".{1,8}",
    ]
}

fn sort() -> impl Strategy<Value = SortKey> {
    prop_oneof![
        characters().prop_map(SortKey::Str),
        any::<i64>().prop_map(SortKey::I64),
        prop::collection::vec(any::<u8>(), 1..12).prop_map(|bytes| SortKey::Bytes(bytes.into())),
    ]
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

proptest! {
    #[test]
    fn keys_are_in_the_order_of_what_they_are_made_of_however_text_is_compared(
        a in sort(), b in sort()
    ) {
        let schema = NOTES.sort("at", a.sort_type()).schema("");
        if a.sort_type() == b.sort_type() {
            let (x, y) = (row(&schema, &a).unwrap(), row(&schema, &b).unwrap());
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            prop_assert_eq!(a.cmp(&b), units(&x).cmp(&units(&y)));
        }
    }

    #[test]
    fn the_key_comes_back_from_what_is_stored(partition in characters(), sort in sort()) {
        let schema = NOTES.sort("at", sort.sort_type()).schema("");
        let key = Key { partition, sort: Some(sort) };
        let address = Address::of(&schema, &key).unwrap();
        prop_assert_eq!(address.key(&schema).unwrap(), key);
        for stored in [address.partition, address.row] {
            let forbidden = |c: char| c.is_control() || "/\\#?%".contains(c);
            prop_assert!(!stored.contains(forbidden), "{stored:?}");
        }
    }

    #[test]
    fn what_was_never_stored_is_not_read(stored in ".{0,6}") {
        if let Some(text) = plain_text(&stored) {
            prop_assert_eq!(stored_text(&text), stored);
        }
    }
}

#[test]
fn a_key_shows_plain_text_as_it_is() {
    let schema = NOTES.sort("at", SortType::Str).schema("");
    let address = Address::of(&schema, &Key::from(("ada", "2026-11-29 a/b"))).unwrap();
    assert_eq!(address.partition, "ada");
    assert_eq!(address.row, "2026-11-29 wa.1b");
    let bytes = SortKey::Bytes(Bytes::from_static(&[0, 255]));
    assert_eq!(row(&schema, &bytes).unwrap(), "\u{2800}\u{28ff}");
    assert_eq!(row(&schema, &SortKey::I64(-1)).unwrap(), "7fffffffffffffff");
}

#[test]
fn a_key_that_grows_too_long_is_refused_with_its_length() {
    let schema = NOTES.schema("");
    assert!(partition(&schema, &"a".repeat(512)).is_ok());
    let error = partition(&schema, &"/".repeat(257)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!((error.limit(), error.measured()), (Some(512), Some(514)));
}

#[test]
fn the_longest_portable_keys_of_bytes_and_ideographs_fit() {
    let schema = NOTES.schema("");
    assert!(row(&schema, &SortKey::Bytes(vec![7; 512].into())).is_ok());
    assert!(row(&schema, &"\u{fffd}".repeat(170).into()).is_ok());
}

#[test]
fn the_keys_of_an_adopted_table_are_not_escaped() {
    let schema = NOTES.adopt().sort("at", SortType::Str).schema("");
    let key = Key::from(("a b", "x%y.z"));
    let address = Address::of(&schema, &key).unwrap();
    assert_eq!((&*address.partition, &*address.row), ("a b", "x%y.z"));
    assert_eq!(address.key(&schema).unwrap(), key);
    let error = Address::of(&schema, &Key::from(("a/b", "x"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
