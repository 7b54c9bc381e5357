//! Items as the store writes them and as the change feed of Cosmos DB tells them.

use isobar::ErrorKind;
use isobar::document::{CollectionSpec, Key, Map, SortType, Value, Version};
use isobar::driver::document::Record;

use super::*;

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::I64);

fn record() -> Record {
    Record {
        fields: Map::from_iter([
            ("owner".to_owned(), Value::String("ann".to_owned())),
            ("id".to_owned(), Value::Int(i64::MIN)),
            ("large".to_owned(), Value::Int(i64::MAX)),
            (
                "at".to_owned(),
                Value::Timestamp(Timestamp::from_micros(-1)),
            ),
            ("_etag".to_owned(), Value::String("own".to_owned())),
        ]),
        version: Version::parse("v-1").unwrap(),
        expires_at: Some(Timestamp::from_micros(100_000_000)),
    }
}

/// What the service adds to an item.
fn fed(second: i64) -> Object<String, Json> {
    let schema = NOTES.schema("");
    let names = Names::of(&schema).unwrap();
    let key = Key::from(("ann", i64::MIN));
    let mut item = row::item(&names, &key, &record(), Timestamp::from_micros(0)).unwrap();
    for (name, value) in [
        ("_rid", Json::from("OdxQAJl+Qz8BAAAAAAAAAA==")),
        ("_self", "dbs/OdxQAA==/colls/OdxQAJl+Qz8=/docs/x/".into()),
        ("_etag", "\"00000000-0000-0000-9c3a-000000000000\"".into()),
        ("_attachments", "attachments/".into()),
        (TS, second.into()),
        ("_lsn", 17.into()),
    ] {
        item.insert(name.to_owned(), value);
    }
    item
}

#[test]
fn what_the_store_writes_is_read_as_it_was() {
    let now = Timestamp::from_micros(60_000_000);
    let schema = NOTES.schema("");
    let names = Names::of(&schema).unwrap();
    let told = change(&names, fed(50), now).unwrap();
    assert_eq!(told.key, Key::from(("ann", i64::MIN)));
    assert_eq!((told.kind, told.old), (ChangeKind::Upsert, None));
    assert_eq!(told.at, Timestamp::from_micros(50_000_000));
    let mut expected = record();
    expected.fields.sort_unstable_keys();
    assert_eq!(told.new, Some(expected));
    // Another state of the item has another ETag.
    let again = change(&names, fed(50), now).unwrap();
    assert_eq!(again.id, told.id);
    let mut later = fed(50);
    later.insert("_etag".to_owned(), "\"1\"".into());
    assert_ne!(change(&names, later, now).unwrap().id, told.id);
}

#[test]
fn what_has_expired_is_not_there() {
    let now = Timestamp::from_micros(100_000_000);
    let schema = NOTES.schema("");
    let names = Names::of(&schema).unwrap();
    let told = change(&names, fed(50), now).unwrap();
    assert_eq!((told.kind, told.new), (ChangeKind::Upsert, None));
}

#[test]
fn an_item_without_what_the_service_adds_is_none_of_its_feed() {
    let schema = NOTES.schema("");
    let names = Names::of(&schema).unwrap();
    for name in [TS, "_etag"] {
        let mut item = fed(50);
        item.remove(name);
        let error = change(&names, item, Timestamp::from_micros(0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(name), "{error}");
    }
    let mut keyless = fed(50);
    keyless.remove("owner");
    let error = change(&names, keyless, Timestamp::from_micros(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}
