//! The format at rest, read and written with the vendor's own client.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use isobar::document::{
    Condition, Map, PutOptions, SortType, Timestamp, Update, UpdateOptions, Value, Version,
};
use isobar::{CollectionSpec, ErrorKind};

use super::{Item, fresh, map, raw};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");
const ORDERED: CollectionSpec<Map> = CollectionSpec::new("ordered").preserve_order();
const ADOPTED: CollectionSpec<Map> = CollectionSpec::new("adopted").adopt();

/// The attributes by name; of a version only that it is there.
fn text(item: &Item) -> String {
    let mut names: Vec<_> = item.keys().collect();
    names.sort();
    let attributes = names
        .into_iter()
        .map(|name| match (name.as_str(), &item[name]) {
            ("_rev", AttributeValue::S(token)) if token.len() == 32 => "_rev=S".to_owned(),
            (name, attribute) => format!("{name}={}", attribute_text(attribute)),
        });
    attributes.collect::<Vec<_>>().join(" ")
}

fn attribute_text(attribute: &AttributeValue) -> String {
    match attribute {
        AttributeValue::S(text) => format!("S'{text}'"),
        AttributeValue::N(text) => format!("N{text}"),
        AttributeValue::Bool(flag) => format!("BOOL{flag}"),
        AttributeValue::Null(_) => "NULL".to_owned(),
        AttributeValue::B(blob) => format!("B{:?}", blob.as_ref()),
        AttributeValue::L(items) => {
            let items: Vec<_> = items.iter().map(attribute_text).collect();
            format!("L[{}]", items.join(","))
        }
        AttributeValue::M(entries) => format!("M{{{}}}", text(entries)),
        other => format!("{other:?}"),
    }
}

/// Stores `fields` beside the key `a` and compares what DynamoDB then holds, and what comes back.
async fn check(spec: &CollectionSpec<Map>, fields: &[(&str, Value)], expected: &str) {
    let (notes, client, table) = fresh(spec).await;
    let mut document = map(&[("id", "a".into())]);
    document.extend(map(fields));
    notes.create(&document).await.expect("it is stored");
    let item = raw(&client, &table, "a").await.expect("it is there");
    assert_eq!(text(&item), expected);
    let found = notes.fetch("a").await.expect("it is read").value;
    assert_eq!(found, document);
    if spec.schema("").preserve_order {
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            document.keys().collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn the_fields_of_a_document_are_attributes_under_their_own_names() {
    check(
        &NOTES,
        &[("title", "hello".into()), ("size", 3_i64.into())],
        "_rev=S id=S'a' size=N3 title=S'hello'",
    )
    .await;
}

#[tokio::test]
async fn every_kind_of_value_has_its_attribute_type() {
    let nested = map(&[("list", vec![Value::Null, 1_i64.into(), true.into()].into())]);
    check(
        &NOTES,
        &[
            ("bytes", Bytes::from_static(b"\0\xff").into()),
            ("float", 0.1_f64.into()),
            ("huge", 1e20_f64.into()),
            ("least", i64::MIN.into()),
            ("map", nested.into()),
            ("none", Value::Null),
        ],
        "_rev=S bytes=B[0, 255] float=N0.1 huge=N100000000000000000000 id=S'a' least=N-9223372036854775808 \
         map=M{list=L[NULL,N1,BOOLtrue]} none=NULL",
    )
    .await;
}

#[tokio::test]
async fn empty_values_are_neither_null_nor_missing() {
    check(
        &NOTES,
        &[
            ("bytes", Bytes::new().into()),
            ("list", Vec::new().into()),
            ("map", Map::new().into()),
            ("text", "".into()),
        ],
        "_rev=S bytes=B[] id=S'a' list=L[] map=M{} text=S''",
    )
    .await;
}

#[tokio::test]
async fn an_adopted_table_holds_nothing_but_the_document() {
    check(&ADOPTED, &[("title", "x".into())], "id=S'a' title=S'x'").await;
    check(
        &ADOPTED,
        &[("_exp", 1_i64.into()), ("_rev", "theirs".into())],
        "_exp=N1 _rev=S'theirs' id=S'a'",
    )
    .await;
}

#[tokio::test]
async fn a_timestamp_is_a_marked_map_and_the_row_says_so() {
    let at = Timestamp::from_micros(1_700_000_000_123_456);
    check(
        &NOTES,
        &[("at", at.into())],
        "_rev=S _v=N1 at=M{$ts=N1700000000123456} id=S'a'",
    )
    .await;
    check(
        &NOTES,
        &[("map", map(&[("$ts", 5_i64.into())]).into())],
        "_rev=S _v=N1 id=S'a' map=M{$$ts=N5}",
    )
    .await;
}

#[tokio::test]
async fn the_order_of_entries_is_kept_where_it_is_asked_for_and_differs_from_the_names() {
    let inner = map(&[
        ("z", 1_i64.into()),
        ("y", 2_i64.into()),
        ("x", 3_i64.into()),
    ]);
    let (notes, client, table) = fresh(&ORDERED).await;
    let document = map(&[
        ("title", "t".into()),
        ("id", "a".into()),
        ("inner", vec![inner.into()].into()),
    ]);
    notes.create(&document).await.unwrap();
    let found = notes.fetch("a").await.unwrap().value;
    assert_eq!(format!("{found:?}"), format!("{document:?}"));

    let update = Update::new()
        .set("b", 1_i64)
        .set("a", 2_i64)
        .remove("title");
    let updated = notes.update("a", update.clone()).await.unwrap().value;
    let mut expected = document;
    update.apply(&mut expected).unwrap();
    assert_eq!(format!("{updated:?}"), format!("{expected:?}"));
    let found = notes.fetch("a").await.unwrap().value;
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));

    // Other code adds a field: the record of the order does not fit any more.
    let item = raw(&client, &table, "a").await.unwrap();
    let put = client.put_item().table_name(&table).set_item(Some(item));
    put.item("c", AttributeValue::Bool(true))
        .send()
        .await
        .unwrap();
    let found = notes.fetch("a").await.unwrap().value;
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        ["a", "b", "c", "id", "inner"]
    );
}

#[tokio::test]
async fn entries_in_the_order_of_their_names_need_no_record() {
    check(
        &ORDERED,
        &[("name", "x".into())],
        "_rev=S id=S'a' name=S'x'",
    )
    .await;
}

#[tokio::test]
async fn a_row_of_other_code_is_read_and_has_no_version_until_we_write_it() {
    let (notes, client, table) = fresh(&NOTES).await;
    let put = client.put_item().table_name(&table);
    put.item("id", AttributeValue::S("a".to_owned()))
        .item("tags", AttributeValue::Ss(vec!["x".to_owned()]))
        .item("price", AttributeValue::N("19.990".to_owned()))
        .item("photo", AttributeValue::Bs(vec![Blob::new([1])]))
        .send()
        .await
        .unwrap();
    let item = notes.fetch("a").await.unwrap();
    assert!(item.version.is_absent());
    assert_eq!(item.value["tags"], Value::List(vec!["x".into()]));
    assert_eq!(item.value["price"], Value::Float(19.99));
    assert_eq!(
        item.value["photo"],
        Value::List(vec![Bytes::from_static(&[1]).into()])
    );

    let unversioned =
        || PutOptions::default().with_condition(Condition::version(&Version::absent()));
    notes
        .replace_with(&item.value, unversioned())
        .await
        .unwrap();
    assert!(!notes.fetch("a").await.unwrap().version.is_absent());
    let error = notes
        .replace_with(&item.value, unversioned())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn a_row_of_a_newer_format_is_neither_read_nor_changed() {
    let (notes, client, table) = fresh(&NOTES).await;
    let put = client.put_item().table_name(&table);
    put.item("id", AttributeValue::S("a".to_owned()))
        .item("_v", AttributeValue::N("2".to_owned()))
        .send()
        .await
        .unwrap();
    let error = notes.get("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("format 2"), "{error}");
    let error = notes
        .update("a", Update::new().set("x", 1_i64))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let item = raw(&client, &table, "a").await.unwrap();
    assert_eq!(text(&item), "_v=N2 id=S'a'");
}

#[tokio::test]
async fn an_expired_row_is_absent_to_every_operation() {
    let (notes, client, table) = fresh(&NOTES).await;
    let past = PutOptions::default().with_expires_at(Timestamp::from_micros(1_000_000));
    let document = map(&[("id", "a".into()), ("old", true.into())]);
    let expired = async || notes.upsert_with(&document, past.clone()).await.unwrap();

    expired().await;
    let item = raw(&client, &table, "a").await.unwrap();
    assert_eq!(text(&item), "_exp=N1 _rev=S id=S'a' old=BOOLtrue");
    assert!(notes.get("a").await.unwrap().is_none());
    assert_eq!(notes.delete("a").await.unwrap(), Some(false));

    expired().await;
    let error = notes.replace(&document).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = notes
        .update("a", Update::new().set("x", 1_i64))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let create = UpdateOptions::default().with_create_missing();
    let increment = Update::new().increment("n", 2_i64);
    let item = notes.update_with("a", increment, create).await.unwrap();
    assert_eq!(item.value, map(&[("id", "a".into()), ("n", 2_i64.into())]));
    assert_eq!(item.expires_at, None);

    expired().await;
    notes.create(&map(&[("id", "a".into())])).await.unwrap();
    assert_eq!(notes.fetch("a").await.unwrap().expires_at, None);
}

#[tokio::test]
async fn sort_keys_of_every_type_are_ordered_and_paged() {
    const NUMBERS: CollectionSpec<Map> = CollectionSpec::new("numbers").sort("at", SortType::I64);
    let (numbers, ..) = fresh(&NUMBERS).await;
    for at in [10_i64, -1, i64::MAX, 0, i64::MIN, 9] {
        let document = map(&[("id", "a".into()), ("at", at.into())]);
        numbers.create(&document).await.unwrap();
    }
    let mut query = isobar::document::Query::partition("a").limit(2);
    let mut pages = Vec::new();
    loop {
        let page = numbers.query(&query).await.unwrap();
        let places = page.items.iter().map(|item| item.value["at"].clone());
        pages.push(format!("{:?}", places.collect::<Vec<_>>()));
        let Some(cursor) = page.cursor else { break };
        query = query.after(cursor);
    }
    assert_eq!(
        pages,
        [
            "[Int(-9223372036854775808), Int(-1)]",
            "[Int(0), Int(9)]",
            "[Int(10), Int(9223372036854775807)]"
        ]
    );
}

#[tokio::test]
async fn a_table_with_another_key_is_refused_when_it_is_ensured() {
    let (_, client, table) = fresh(&NOTES).await;
    let name: &'static str = table.leak();
    let other = CollectionSpec::<Map>::new("other")
        .table(name)
        .partition("owner");
    let store = std::sync::Arc::new(isobar_aws::DynamoStore::new(client));
    let other = isobar::Collection::new(store, crate::clock(), &other, "");
    let error = other.ensure().await.unwrap_err();
    assert!(error.to_string().contains("another key"), "{error}");
}
