//! Tests of entities: what is a property, what is packed, and that all of it comes back.

use isobar::document::{CollectionSpec, Key, SortType};
use serde_json::json;

use super::*;

const NOTES: CollectionSpec<()> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);

fn record(fields: &[(&str, Value)]) -> Record {
    let mut all = Key::from(("ada", "1")).fields(&NOTES.schema(""));
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    all.extend(fields);
    Record {
        fields: all,
        version: Version::generate(),
        expires_at: Some(Timestamp::from_micros(5_000_000)),
    }
}

fn stored(schema: &CollectionSchema, record: &Record) -> Properties {
    let key = Key::of(&record.fields, schema).unwrap();
    let address = Address::of(schema, &key).unwrap();
    content(schema, &address, record, None).unwrap()
}

fn back(schema: &CollectionSchema, record: &Record) -> Record {
    row(schema, stored(schema, record), None).unwrap().record
}

#[test]
fn plain_fields_are_properties_and_the_row_has_no_format() {
    let schema = NOTES.schema("");
    let record = record(&[("text", "hi".into()), ("n", 5.into())]);
    let properties = stored(&schema, &record);
    let version = record.version.as_str();
    let expected = json!({
        "PartitionKey": "ada", "RowKey": "1", "text": "hi",
        "n": "5", "n@odata.type": "Edm.Int64",
        "_rev": version, "_exp": "5", "_exp@odata.type": "Edm.Int64",
    });
    assert_eq!(Json::Object(properties), expected);
    assert_eq!(back(&schema, &record), record);
}

#[test]
fn what_no_property_can_hold_is_packed() {
    let schema = NOTES.schema("");
    let record = record(&[
        ("PartitionKey", "x".into()),
        ("Timestamp", 1.into()),
        ("_doc", 2.into()),
        ("_doc7", 2.into()),
        ("_wide", true.into()),
        ("a.b", 3.into()),
        ("odata.etag", "e".into()),
        ("x@odata.type", "Edm.Int64".into()),
        ("empty", Value::Bytes(bytes::Bytes::new())),
        ("null", Value::Null),
        ("list", vec![1.into(), Value::Null].into()),
        ("text", "long".repeat(50_000).into()),
    ]);
    let properties = stored(&schema, &record);
    assert_eq!(properties["_v"], json!(1));
    assert!(properties.contains_key("_doc3") && !properties.contains_key("_doc4"));
    assert_eq!(back(&schema, &record), record);
}

#[test]
fn a_document_of_many_fields_says_that_some_are_packed() {
    let schema = NOTES.schema("");
    let names: Vec<String> = (0..1_000).map(|n| format!("f{n}")).collect();
    let fields: Vec<_> = names.iter().map(|name| (name.as_str(), 1.into())).collect();
    let record = record(&fields);
    let properties = stored(&schema, &record);
    assert_eq!(properties[WIDE], json!(true));
    let annotations = properties.keys().filter(|name| name.contains('@')).count();
    assert!(properties.len() - annotations < 252);
    assert_eq!(back(&schema, &record), record);
}

#[test]
fn the_order_of_fields_is_kept_where_it_is_asked_for() {
    let schema = NOTES.preserve_order().schema("");
    let inner = Map::from_iter([("z", 1), ("a", 2)].map(|(n, v)| (n.to_owned(), v.into())));
    let record = record(&[("z", 1.into()), ("m", inner.into()), ("a", 2.into())]);
    let mut properties = stored(&schema, &record);
    properties.sort_keys();
    let back = row(&schema, properties, None).unwrap().record.fields;
    assert!(back.keys().eq(record.fields.keys()), "{back:?}");
    let mut by_name = self::record(&[("a", 1.into()), ("zz", 2.into())]);
    by_name.fields.sort_keys();
    let back = self::back(&schema, &by_name).fields;
    assert!(back.keys().is_sorted(), "{back:?}");
}

#[test]
fn a_newer_format_is_refused() {
    let properties = json!({"PartitionKey": "a", "RowKey": "b", "_v": 2});
    let properties = properties.as_object().unwrap().clone();
    let error = row(&NOTES.schema(""), properties, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_row_without_a_format_may_have_a_field_of_any_name() {
    let properties = json!({"PartitionKey": "a", "RowKey": "b", "_doc": "theirs", "none": null});
    let properties = properties.as_object().unwrap().clone();
    let row = row(&NOTES.schema(""), properties, None).unwrap();
    assert!(row.record.version.is_absent());
    assert_eq!(row.record.fields["_doc"], "theirs".into());
    assert_eq!(row.record.fields.len(), 3);
}

#[test]
fn an_adopted_row_keeps_the_types_of_what_is_not_changed() {
    let schema = NOTES.adopt().schema("");
    let properties = json!({
        "PartitionKey": "ada", "RowKey": "1", "n": 5, "small": 6, "d": 1.5,
        "g": "c9da6455-213d-42c9-9a79-3e9149a57833", "g@odata.type": "Edm.Guid",
        "at": "2026-01-01T00:00:00.1234567Z", "at@odata.type": "Edm.DateTime",
    });
    let row = row(&schema, properties.as_object().unwrap().clone(), None).unwrap();
    let mut changed = row.record.clone();
    changed.fields.insert("n".to_owned(), 6.into());
    changed
        .fields
        .insert("small".to_owned(), (1_i64 << 40).into());
    let address = Address::of(&schema, &Key::from(("ada", "1"))).unwrap();
    let mut expected = properties;
    expected["n"] = json!(6);
    expected["small"] = json!((1_i64 << 40).to_string());
    expected["small@odata.type"] = json!("Edm.Int64");
    let content = content(&schema, &address, &changed, Some(&row)).unwrap();
    assert_eq!(Json::Object(content), expected);
}

#[test]
fn an_adopted_table_refuses_what_it_cannot_hold() {
    let schema = NOTES.adopt().schema("");
    for (name, value) in [
        ("a.b", 1.into()),
        ("a", Value::Null),
        ("a", vec![1.into()].into()),
    ] {
        let record = record(&[(name, value)]);
        let address = Address::of(&schema, &Key::from(("ada", "1"))).unwrap();
        let error = content(&schema, &address, &record, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
    }
}
