//! Events as Google publishes them, and documents as the store writes them.

use std::collections::HashMap;

use isobar::document::{CollectionSpec, Key, Map, SortType, Value, Version};
use proto::value::ValueType;
use serde_json::Value as Json;

use super::*;

/// A file of Google's, from the JSON form of Protocol Buffers.
fn published(file: &str) -> DocumentEventData {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = root.join("../../conformance-tests/fixtures/events/gcp");
    let json: Json = serde_json::from_slice(&std::fs::read(root.join(file)).unwrap()).unwrap();
    let data = DocumentEventData {
        value: Some(document(&json["value"])),
        old_value: Some(document(&json["oldValue"])),
    };
    DocumentEventData::read(&data.encode_to_vec().into()).unwrap()
}

fn document(json: &Json) -> proto::Document {
    let Some(name) = json["name"].as_str() else {
        return proto::Document::default();
    };
    proto::Document {
        name: name.to_owned(),
        fields: fields(&json["fields"]),
        create_time: None,
        update_time: Some(time(&json["updateTime"])),
    }
}

fn time(json: &Json) -> prost_types::Timestamp {
    json.as_str().unwrap().parse().unwrap()
}

fn fields(json: &Json) -> HashMap<String, proto::Value> {
    let fields = json.as_object().unwrap().iter();
    fields
        .map(|(name, json)| (name.clone(), of_json(json)))
        .collect()
}

fn of_json(json: &Json) -> proto::Value {
    let (kind, json) = json.as_object().unwrap().iter().next().unwrap();
    let text = || json.as_str().unwrap().to_owned();
    value::plain(match kind.as_str() {
        "nullValue" => ValueType::NullValue(0),
        "booleanValue" => ValueType::BooleanValue(json.as_bool().unwrap()),
        "integerValue" => ValueType::IntegerValue(text().parse().unwrap()),
        "doubleValue" => ValueType::DoubleValue(json.as_f64().unwrap()),
        "timestampValue" => ValueType::TimestampValue(time(json)),
        "stringValue" => ValueType::StringValue(text()),
        "referenceValue" => ValueType::ReferenceValue(text()),
        // A point at zero, whose type is of another crate: field 8, without content.
        "geoPointValue" => return proto::Value::decode(&[0x42, 0][..]).unwrap(),
        "arrayValue" => {
            let values = json["values"].as_array().unwrap().iter();
            let values = values.map(of_json).collect();
            ValueType::ArrayValue(proto::ArrayValue { values })
        }
        "mapValue" => ValueType::MapValue(proto::MapValue {
            fields: fields(&json["fields"]),
        }),
        other => panic!("{other}"),
    })
}

const FOOS: CollectionSpec<()> = CollectionSpec::new("gcf-test").partition("foo");

fn told(data: DocumentEventData) -> Result<DocumentChange> {
    let told = Told {
        id: "e-1",
        at: None,
    };
    data.change(&FOOS.schema(""), &told, Timestamp::from_micros(0))
}

#[test]
fn an_update_is_told_with_the_document_before_and_after() {
    let told = told(published("firestore-document-simple.json")).unwrap();
    assert_eq!(told.collection, "gcf-test");
    let change = told.change;
    assert_eq!(
        (&*change.id, change.key, change.kind),
        ("e-1", Key::from("bar"), ChangeKind::Upsert)
    );
    assert_eq!(change.at, Timestamp::from_micros(1_587_643_227_247_187));
    let (new, old) = (change.new.unwrap(), change.old.unwrap());
    assert_eq!(new.fields["count"], Value::Int(4));
    assert_eq!(old.fields["count"], Value::Int(3));
    assert!(new.version.is_absent());
}

#[test]
fn a_document_that_was_not_there_may_be_told_as_an_empty_one() {
    let mut data = published("firestore-document-complex.json");
    assert!(data.old_value.is_none());
    // What only Firestore has is nothing that a handler could be told.
    let error = told(data.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let document = data.value.as_mut().unwrap();
    document.fields.remove("geoPointValue");
    document.fields.remove("referenceValue");
    // Other code wrote it, without the key that the collection declares.
    assert_eq!(told(data.clone()).unwrap_err().kind(), ErrorKind::Corrupt);
    let document = data.value.as_mut().unwrap();
    let key = value::plain(ValueType::StringValue("k".to_owned()));
    document.fields.insert("foo".to_owned(), key);
    let change = told(data).unwrap().change;
    let fields = change.new.unwrap().fields;
    assert_eq!(fields["doubleValue"], Value::Float(5.5));
    assert_eq!(fields["nullValue"], Value::Null);
    let at = Timestamp::from_micros(1_587_651_833_241_000);
    assert_eq!(fields["timestampValue"], Value::Timestamp(at));
    assert!(change.old.is_none());
}

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::I64);

fn record(expires_at: Option<Timestamp>) -> Record {
    let list = Value::List(vec![Value::List(vec![Value::Int(1)])]);
    let bytes = Value::Bytes(Bytes::from_static(&[0, 255]));
    Record {
        fields: Map::from_iter([
            ("owner".to_owned(), Value::String("ann".to_owned())),
            ("id".to_owned(), Value::Int(i64::MIN)),
            ("__x__".to_owned(), list),
            ("bytes".to_owned(), bytes),
        ]),
        version: Version::parse("v-1").unwrap(),
        expires_at,
    }
}

fn stored(record: &Record) -> proto::Document {
    proto::Document {
        name: "projects/p/databases/d/documents/notes/ann#0".to_owned(),
        fields: row::content(&NOTES.schema(""), record).unwrap(),
        ..Default::default()
    }
}

fn change(value: Option<&Record>, old: Option<&Record>, now: i64) -> RecordChange {
    let data = DocumentEventData {
        value: value.map(stored),
        old_value: old.map(stored),
    };
    let data = DocumentEventData::read(&data.encode_to_vec().into()).unwrap();
    assert_eq!(data.collection().unwrap(), "notes");
    let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(50);
    let told = Told {
        id: "e-2",
        at: Some(at),
    };
    let now = Timestamp::from_micros(now * 1_000_000);
    data.change(&NOTES.schema(""), &told, now).unwrap().change
}

#[test]
fn what_the_store_writes_is_read_as_it_was() {
    let written = record(None);
    let change = change(Some(&written), None, 60);
    assert_eq!(change.key, Key::from(("ann", i64::MIN)));
    let mut expected = written;
    expected.fields.sort_unstable_keys();
    assert_eq!(change.new, Some(expected));
    assert_eq!(change.at, Timestamp::from_micros(50_000_000));
}

#[test]
fn what_has_expired_is_neither_there_nor_deleted_by_anybody() {
    let at = |second: i64| Some(Timestamp::from_micros(second * 1_000_000));
    let stored = change(Some(&record(at(55))), None, 60);
    assert_eq!((stored.kind, stored.new), (ChangeKind::Upsert, None));
    let removed = change(None, Some(&record(at(40))), 60);
    let expired = ChangeKind::Delete(DeleteCause::Expired);
    assert_eq!((removed.kind, removed.old), (expired, None));
    let deleted = change(None, Some(&record(at(55))), 60);
    let requested = ChangeKind::Delete(DeleteCause::Requested);
    assert_eq!(deleted.kind, requested);
    assert!(deleted.old.is_some());
}

#[test]
fn what_is_no_event_of_a_collection_says_so() {
    let noise = DocumentEventData::read(&Bytes::from_static(b"{\"value\":{}}"));
    assert_eq!(noise.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let nothing = DocumentEventData::read(&Bytes::new()).unwrap();
    let error = nothing.collection().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let mut within = stored(&record(None));
    within.name.push_str("/inner/x");
    let within = DocumentEventData {
        value: Some(within),
        old_value: None,
    };
    let error = within.collection().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
