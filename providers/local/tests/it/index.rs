//! Indexes of a store: kept by whoever writes, filled when they are new, and part of its format.

use std::path::Path;
use std::sync::Arc;

use isobar::document::{CollectionSpec, IndexSpec, PutOptions, Query, SortType, Timestamp, Value};
use isobar::{Collection, ErrorKind};
use isobar_local::{LocalStore, check, clock};
use redb::{ReadableDatabase as _, ReadableTable as _, TableDefinition, TableHandle as _};
use serde_json::json;

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const PLAIN: CollectionSpec<Value> = CollectionSpec::new("books");
const BY_AUTHOR: IndexSpec = IndexSpec::new("by_author").partition("author");
const INDEXED: CollectionSpec<Value> = PLAIN.index(BY_AUTHOR);

fn books(store: &LocalStore, spec: &CollectionSpec<Value>) -> Collection<Value> {
    Collection::new(store.documents(), Arc::new(clock()), spec, "")
}

fn book(id: &str, author: &str) -> Value {
    Value::encode(&json!({ "id": id, "author": author })).unwrap()
}

fn format(directory: &Path) -> u64 {
    let database = redb::Database::open(directory.join("store.redb")).unwrap();
    let read = database.begin_read().unwrap();
    let format = read.open_table(META).unwrap().get("format").unwrap();
    format.unwrap().value()
}

async fn ids(books: &Collection<Value>, author: &str) -> usize {
    books
        .query(&Query::index("by_author", author))
        .await
        .unwrap()
        .items
        .len()
}

#[tokio::test]
async fn only_a_store_with_indexes_is_closed_to_older_versions() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    books(&store, &PLAIN)
        .upsert(&book("1", "ann"))
        .await
        .unwrap();
    drop(store);
    assert_eq!(format(directory.path()), 1);
    let store = LocalStore::open(directory.path()).unwrap();
    assert_eq!(ids(&books(&store, &INDEXED), "ann").await, 1);
    drop(store);
    assert_eq!(format(directory.path()), 2);
    let store = LocalStore::open(directory.path()).unwrap();
    assert_eq!(ids(&books(&store, &INDEXED), "ann").await, 1);
}

#[tokio::test]
async fn a_store_from_before_there_were_indexes_is_opened_and_checked() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    books(&store, &PLAIN)
        .upsert(&book("1", "ann"))
        .await
        .unwrap();
    drop(store);
    {
        let file = directory.path().join("store.redb");
        let database = redb::Database::open(file).unwrap();
        let write = database.begin_write().unwrap();
        let tables: Vec<_> = write.list_tables().unwrap().collect();
        let of_indexes = tables
            .into_iter()
            .filter(|table| table.name().starts_with("index"));
        for table in of_indexes {
            write.delete_table(table).unwrap();
        }
        write.commit().unwrap();
    }
    let report = check(directory.path()).unwrap();
    assert_eq!((report.problems, report.index_entries), (Vec::new(), 0));
    let store = LocalStore::open(directory.path()).unwrap();
    assert_eq!(ids(&books(&store, &INDEXED), "ann").await, 1);
}

#[tokio::test]
async fn who_declares_no_index_keeps_it_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let (plain, indexed) = (books(&store, &PLAIN), books(&store, &INDEXED));
    indexed.upsert(&book("1", "ann")).await.unwrap();
    plain.upsert(&book("1", "bob")).await.unwrap();
    plain.upsert(&book("2", "bob")).await.unwrap();
    plain.delete("2").await.unwrap();
    assert_eq!(
        (ids(&indexed, "ann").await, ids(&indexed, "bob").await),
        (0, 1)
    );
    drop((plain, indexed, store));
    let report = check(directory.path()).unwrap();
    assert_eq!((report.problems, report.index_entries), (Vec::new(), 1));
}

#[tokio::test]
async fn a_swept_document_leaves_no_entry() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let indexed = books(&store, &INDEXED);
    let long_ago = PutOptions::default().with_expires_at(Timestamp::from_micros(0));
    indexed
        .upsert_with(&book("1", "ann"), long_ago)
        .await
        .unwrap();
    indexed.upsert(&book("2", "bob")).await.unwrap();
    drop((indexed, store));
    let report = check(directory.path()).unwrap();
    assert_eq!((report.problems, report.index_entries), (Vec::new(), 1));
}

#[tokio::test]
async fn an_index_of_the_same_name_with_another_field_is_refused() {
    let store = LocalStore::in_memory().unwrap();
    books(&store, &INDEXED).ensure().await.unwrap();
    let other = PLAIN.index(
        IndexSpec::new("by_author")
            .partition("author")
            .sort("n", SortType::I64),
    );
    let other = books(&store, &other);
    let refused = other.ensure().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    assert!(refused.to_string().contains("another name"), "{refused}");
    let refused = other.upsert(&book("1", "ann")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn the_check_finds_an_entry_that_does_not_agree_with_its_document() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let indexed = books(&store, &INDEXED);
    for id in ["1", "2"] {
        indexed.upsert(&book(id, "ann")).await.unwrap();
    }
    drop((indexed, store));
    {
        type Key<'k> = (&'k str, &'k str, &'k str, &'k [u8], &'k str, &'k [u8]);
        const INDEX: TableDefinition<'_, Key<'static>, ()> = TableDefinition::new("index");
        let file = directory.path().join("store.redb");
        let database = redb::Database::open(file).unwrap();
        let write = database.begin_write().unwrap();
        let mut table = write.open_table(INDEX).unwrap();
        assert_eq!(table.iter().unwrap().count(), 2);
        let none: &[u8] = &[0];
        table
            .remove(("books", "by_author", "ann", none, "1", none))
            .unwrap();
        table
            .insert(("books", "by_author", "eve", none, "1", none), ())
            .unwrap();
        table
            .insert(("books", "by_author", "eve", none, "2", none), ())
            .unwrap();
        drop(table);
        write.commit().unwrap();
    }
    let problems = check(directory.path()).unwrap().problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("missing in the index"), "{problems:?}");
    assert!(problems[1].contains("2 entries too many"), "{problems:?}");
}
