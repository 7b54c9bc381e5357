//! The printed definition: a table of one role, and the work of another.

use isobar::document::{CollectionSpec, Map, SortType, Update};
use isobar::{Collection, ErrorKind};
use isobar_postgres::{Roles, definition};

use super::{client, map, store};
use crate::{clock, server};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes")
    .partition("the owner")
    .sort("at", SortType::Bytes);

#[tokio::test]
async fn a_runtime_role_works_with_the_table_and_changes_no_definition() {
    let client = client().await;
    let sql = "CREATE ROLE keeper; CREATE ROLE app LOGIN; CREATE SCHEMA shop AUTHORIZATION keeper; \
               GRANT USAGE ON SCHEMA shop TO app";
    client.batch_execute(sql).await.unwrap();
    let roles = Roles {
        schema: "keeper".to_owned(),
        runtime: "app".to_owned(),
    };
    let schema = NOTES.schema("");
    let sql = definition(&schema, Some("shop"), &roles).unwrap();
    client.batch_execute(&sql).await.unwrap();

    let url = server::shared()
        .url("schema=shop")
        .replace("postgres@", "app@");
    let open = |spec: &CollectionSpec<Map>| Collection::new(store(&url), clock(), spec, "");
    let notes = open(&NOTES);
    notes.ensure().await.unwrap();
    let key = |at: &'static [u8]| ("alice", bytes::Bytes::from_static(at));
    let note = map(&[
        ("the owner", "alice".into()),
        ("at", isobar::document::Value::Bytes(vec![0, 255].into())),
    ]);
    notes.create(&note).await.unwrap();
    notes
        .update(key(&[0, 255]), Update::new().set("x", 1))
        .await
        .unwrap();
    assert_eq!(notes.delete(key(&[0, 255])).await.unwrap(), Some(true));
    let other: CollectionSpec<Map> = CollectionSpec::new("other");
    let error = open(&other).ensure().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    let error = open(&other).get("1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.to_string().contains("create it"), "{error}");
}
