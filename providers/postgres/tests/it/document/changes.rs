//! The log of changes: nothing is passed over, others' writes are told, and what is old is forgotten.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use isobar::document::{
    ChangeEvent, ChangeKind, ChangesQuery, CollectionSpec, Cursor, Key, Map, SortType, Timestamp,
};
use isobar::{Collection, ErrorKind};
use isobar_postgres::{Roles, definition};

use super::{bind, client, fresh, map, store};
use crate::server;

const NOTES: CollectionSpec<Map> = CollectionSpec::new("watched")
    .partition("owner")
    .sort("id", SortType::Str)
    .change_feed();

/// How long a change may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn note(id: &str, n: i64) -> Map {
    map(&[("owner", "p".into()), ("id", id.into()), ("n", n.into())])
}

/// What has changed since, at least so much: a transaction of anybody on the server delays it.
async fn after(
    notes: &Collection<Map>,
    cursor: &Cursor,
    at_least: usize,
) -> (Vec<ChangeEvent<Map>>, Cursor) {
    let mut query = ChangesQuery::after(cursor.clone()).limit(3);
    let mut found = Vec::new();
    let asked = Instant::now();
    loop {
        let page = notes.changes(&query).await.expect("a page");
        assert!(page.changes.len() <= 3);
        found.extend(page.changes);
        if !page.more && found.len() >= at_least {
            return (found, page.cursor);
        }
        assert!(asked.elapsed() < PATIENCE, "{} came", found.len());
        query = ChangesQuery::after(page.cursor).limit(3);
    }
}

async fn now(notes: &Collection<Map>) -> Cursor {
    let page = notes
        .changes(&ChangesQuery::from_now())
        .await
        .expect("a page");
    page.cursor
}

fn ids(changes: &[ChangeEvent<Map>]) -> Vec<String> {
    let ids = changes.iter().map(|change| match &change.key {
        Key {
            sort: Some(sort), ..
        } => format!("{sort:?}"),
        key => format!("{key:?}"),
    });
    ids.collect()
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_not_passed_over() {
    let (notes, table) = fresh(&NOTES).await;
    let start = now(&notes).await;
    let mut other = client().await;
    let late = other.transaction().await.unwrap();
    let sql = format!("INSERT INTO \"{table}\" (owner, id, _doc) VALUES ('p', 'late', '{{}}')");
    late.execute(&sql, &[]).await.unwrap();
    notes.create(&note("early", 1)).await.unwrap();
    let (changes, cursor) = after(&notes, &start, 0).await;
    let told_early: BTreeSet<String> = ids(&changes).into_iter().collect();
    late.commit().await.unwrap();
    let (changes, _) = after(&notes, &cursor, 2 - told_early.len()).await;
    let told: BTreeSet<String> = ids(&changes).into_iter().chain(told_early).collect();
    assert_eq!(told.len(), 2, "{told:?}");
}

/// Writes one document that others write too, and forty that nobody else does.
async fn write_often(notes: Collection<Map>, writer: i64) {
    for n in 0..40 {
        let shared = note("shared", n);
        let own = note(&format!("{writer}-{n}"), n);
        let (shared, own) = tokio::join!(notes.upsert(&shared), notes.create(&own));
        shared.and(own).expect("both are written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_lost_while_many_write() {
    let (notes, _) = fresh(&NOTES).await;
    let start = now(&notes).await;
    let writers: Vec<_> = (0..4)
        .map(|writer| tokio::spawn(write_often(notes.clone(), writer)))
        .collect();
    let (mut told, mut cursor) = (Vec::new(), start.clone());
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let (changes, next) = after(&notes, &cursor, 0).await;
        told.extend(changes);
        cursor = next;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let missing = 320 - told.len();
    told.extend(after(&notes, &cursor, missing).await.0);
    let numbers: BTreeSet<&str> = told.iter().map(|change| change.id.as_str()).collect();
    assert_eq!((told.len(), numbers.len()), (320, 320));
    let (again, _) = after(&notes, &start, 320).await;
    assert_eq!(again.len(), 320);
    // Of one document, in their order.
    let shared = told
        .iter()
        .filter(|change| change.key == Key::from(("p", "shared")));
    let numbers: Vec<u64> = shared.map(|change| change.id.parse().unwrap()).collect();
    assert_eq!(numbers.len(), 160);
    assert!(numbers.is_sorted(), "{numbers:?}");
    let last = told
        .iter()
        .rfind(|change| change.key == Key::from(("p", "shared")));
    let stored = notes.fetch(("p", "shared")).await.unwrap().value;
    let told = last.and_then(|change| change.new.as_ref());
    assert_eq!(told.map(|item| &item.value), Some(&stored));
}

#[tokio::test]
async fn writes_of_other_code_to_an_adopted_table_are_told() {
    let their = client().await;
    let sql =
        "CREATE TABLE theirs (owner text, id text, _doc jsonb NOT NULL, PRIMARY KEY (owner, id))";
    their.batch_execute(sql).await.unwrap();
    let adopted = NOTES.table("theirs").adopt();
    let notes = bind(&store(&server::shared().url("")), &adopted, "");
    notes.ensure().await.unwrap();
    notes.ensure().await.unwrap();
    let start = now(&notes).await;
    let sql = "INSERT INTO theirs VALUES ('p', '1', '{\"n\": 1}'), ('p', '2', '{\"n\": 2}');
        UPDATE theirs SET id = '3' WHERE id = '2'; DELETE FROM theirs WHERE id = '1'";
    their.batch_execute(sql).await.unwrap();
    let (changes, _) = after(&notes, &start, 5).await;
    let told: Vec<(String, bool)> = ids(&changes)
        .into_iter()
        .zip(
            changes
                .iter()
                .map(|change| change.kind == ChangeKind::Upsert),
        )
        .collect();
    let expected = [
        ("1", true),
        ("2", true),
        ("2", false),
        ("3", true),
        ("1", false),
    ];
    let expected = expected.map(|(id, is_stored)| (format!("Str({id:?})"), is_stored));
    assert_eq!(told, expected);
    let left = changes.iter().filter_map(|change| change.new.as_ref());
    let left: Vec<&Map> = left.map(|item| &item.value).collect();
    assert_eq!(left, [&note("3", 2)], "only what is still as it was left");
}

#[tokio::test]
async fn who_is_behind_what_was_forgotten_is_told_so() {
    let (notes, table) = fresh(&NOTES).await;
    let start = now(&notes).await;
    for n in 0..5 {
        notes.create(&note(&n.to_string(), n)).await.unwrap();
    }
    let (changes, cursor) = after(&notes, &start, 5).await;
    assert_eq!(changes.len(), 5);
    let store = store(&server::shared().url(""));
    let prefix = table.trim_end_matches("watched");
    let schema = NOTES.schema(prefix);
    let before = |span| Timestamp::from(std::time::SystemTime::now() - span);
    let hour = Duration::from_hours(1);
    assert_eq!(
        store.forget_changes(&schema, before(hour)).await.unwrap(),
        0
    );
    let nothing = Duration::ZERO;
    assert_eq!(
        store
            .forget_changes(&schema, before(nothing))
            .await
            .unwrap(),
        5
    );
    assert_eq!(
        store
            .forget_changes(&schema, before(nothing))
            .await
            .unwrap(),
        0
    );
    let behind = notes.changes(&ChangesQuery::after(start)).await;
    assert_eq!(behind.unwrap_err().kind(), ErrorKind::NotFound);
    notes.create(&note("new", 6)).await.unwrap();
    let (changes, _) = after(&notes, &cursor, 1).await;
    assert_eq!(ids(&changes), ["Str(\"new\")"]);
    let oldest = ChangesQuery::from_oldest();
    let page = notes.changes(&oldest).await.unwrap();
    assert_eq!(ids(&page.changes), ["Str(\"new\")"]);
}

#[tokio::test]
async fn a_runtime_role_writes_what_the_log_tells_and_cannot_write_the_log() {
    let keeper = client().await;
    let sql = "CREATE ROLE log_keeper; CREATE ROLE log_app LOGIN; \
               CREATE SCHEMA logged AUTHORIZATION log_keeper; GRANT USAGE ON SCHEMA logged TO log_app";
    keeper.batch_execute(sql).await.unwrap();
    let roles = Roles {
        schema: "log_keeper".to_owned(),
        runtime: "log_app".to_owned(),
    };
    let sql = definition(&NOTES.schema(""), Some("logged"), &roles).unwrap();
    keeper.batch_execute(&sql).await.unwrap();
    let url = server::shared().url("schema=logged");
    let url = url.replace("postgres@", "log_app@");
    let store = store(&url);
    let notes = bind(&store, &NOTES, "");
    notes.ensure().await.unwrap();
    let start = now(&notes).await;
    notes.create(&note("1", 1)).await.unwrap();
    assert_eq!(after(&notes, &start, 1).await.0.len(), 1);
    let app = store.pool().get().await.unwrap();
    let forged = "INSERT INTO logged.watched_changes (kind, partition, sort) VALUES (1, 'p', '2')";
    let refused = app.execute(forged, &[]).await.unwrap_err();
    assert!(
        format!("{refused:?}").contains("permission denied"),
        "{refused:?}"
    );
}
