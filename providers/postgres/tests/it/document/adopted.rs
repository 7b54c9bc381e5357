//! A table that other code made: its columns and no others, plain JSON and nothing else.

use isobar::document::{CollectionSpec, Map, Query, SortType, Update, Value};
use isobar::{Collection, ErrorKind};

use super::{bind, client, map, store};
use crate::{clock, server};

const LOG: CollectionSpec<Map> = CollectionSpec::new("log")
    .table("their log")
    .partition("service")
    .sort("at", SortType::Str)
    .adopt();

async fn theirs() -> Collection<Map> {
    let sql = r#"CREATE TABLE IF NOT EXISTS "their log" (
        service varchar(40), at varchar(40), _doc jsonb NOT NULL DEFAULT '{}', level int DEFAULT 3,
        UNIQUE (service, at))"#;
    let created = client().await.batch_execute(sql).await;
    created.expect("a table");
    let collection = Collection::new(store(&server::shared().url("")), clock(), &LOG, "");
    collection.ensure().await.expect("it fits");
    collection
}

#[tokio::test]
async fn their_columns_are_left_as_they_are_and_text_is_in_the_order_of_bytes() {
    let log = theirs().await;
    let sql = r#"INSERT INTO "their log" (service, at, _doc, level) VALUES
        ('api', 'b', '{"_rev": "theirs"}', 1), ('api', 'B', '{}', 2), ('api', 'ä', '{}', 4)"#;
    client().await.batch_execute(sql).await.unwrap();
    log.update(("api", "b"), Update::new().set("$ts", 1))
        .await
        .unwrap();
    let entry = map(&[
        ("service", "api".into()),
        ("at", "C".into()),
        ("x", 1.into()),
    ]);
    log.upsert(&entry).await.unwrap();
    let page = log.query(&Query::partition("api")).await.unwrap();
    let order: Vec<&Value> = page.items.iter().map(|item| &item.value["at"]).collect();
    let expected: Vec<Value> = ["B", "C", "b", "ä"].map(Value::from).into();
    assert_eq!(order, expected.iter().collect::<Vec<_>>());
    let sql = r#"SELECT at, _doc::text, level FROM "their log" ORDER BY at COLLATE "C""#;
    let rows = client().await.query(sql, &[]).await.unwrap();
    let rows: Vec<(String, String, i32)> = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    let expected = [
        ("B", "{}", 2),
        ("C", r#"{"x": 1}"#, 3),
        ("b", r#"{"$ts": 1, "_rev": "theirs"}"#, 1),
        ("ä", "{}", 4),
    ];
    assert_eq!(
        rows,
        expected.map(|(at, json, level)| (at.to_owned(), json.to_owned(), level))
    );
}

#[tokio::test]
async fn what_plain_json_has_not_is_refused() {
    let log = theirs().await;
    let bytes = Value::Bytes(vec![1].into());
    let entry = map(&[("service", "x".into()), ("at", "1".into()), ("b", bytes)]);
    let error = log.create(&entry).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(
        error.to_string().contains("plain JSON, which has no bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_table_without_a_unique_key_says_what_to_create() {
    let sql = "CREATE TABLE keyless (id text, _doc jsonb)";
    client().await.batch_execute(sql).await.unwrap();
    let spec: CollectionSpec<Map> = CollectionSpec::new("keyless").adopt();
    let keyless = bind(&store(&server::shared().url("")), &spec, "");
    let error = keyless
        .create(&map(&[("id", "1".into())]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no unique index"), "{error}");
}

#[tokio::test]
async fn a_table_that_does_not_fit_is_refused_by_the_column() {
    let sql = "CREATE TABLE relational (id text PRIMARY KEY, title text)";
    client().await.batch_execute(sql).await.unwrap();
    let spec: CollectionSpec<Map> = CollectionSpec::new("relational").adopt();
    let collection = Collection::new(store(&server::shared().url("")), clock(), &spec, "");
    let error = collection.ensure().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        error.to_string().contains("its column \"_doc\" is missing"),
        "{error}"
    );
    let error = collection.get("1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.to_string().contains("not as it should be"), "{error}");
    let spec: CollectionSpec<Map> = CollectionSpec::new("relational");
    let collection = Collection::new(store(&server::shared().url("")), clock(), &spec, "");
    let error = collection.ensure().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is text and not text COLLATE \"C\""),
        "{error}"
    );
}
