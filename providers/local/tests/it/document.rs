//! The document driver through the portable collection.

use isobar::document::{
    BatchWrite, ChangesQuery, Condition, DeleteOptions, PutOptions, Query, SortKey, SortRange,
    SortType, Timestamp, Update, UpdateOptions, Version, WriteSet,
};
use isobar::{CollectionSpec, ErrorKind};
use isobar_local::LocalStore;
use serde::{Deserialize, Serialize};

use crate::fixture::{Note, collection, kind, note};

const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);

fn second(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000)
}

#[tokio::test]
async fn existence_is_judged_before_conditions() {
    let (notes, _) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    let stale = || Condition::version(&Version::generate());
    let replace = |condition| PutOptions::default().with_condition(condition);
    let missing = note("alice", "1", "a");
    assert_eq!(
        kind(notes.replace_with(&missing, replace(stale())).await),
        ErrorKind::NotFound
    );
    let version = notes.create(&missing).await.unwrap();
    assert_eq!(kind(notes.create(&missing).await), ErrorKind::AlreadyExists);
    assert_eq!(
        kind(notes.replace_with(&missing, replace(stale())).await),
        ErrorKind::PreconditionFailed
    );
    let changed = note("alice", "1", "b");
    let current = replace(Condition::version(&version));
    let next = notes.replace_with(&changed, current).await.unwrap();
    assert_ne!(next, version);
    let stored = notes.fetch(("alice", "1")).await.unwrap();
    assert_eq!((stored.value, stored.version), (changed, next));
}

#[tokio::test]
async fn a_delete_says_whether_it_found_something_and_keeps_conditions() {
    let (notes, _) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    assert_eq!(notes.delete(("alice", "1")).await.unwrap(), Some(false));
    let unless = |text| DeleteOptions::default().with_condition(Condition::equals("text", text));
    assert_eq!(
        kind(notes.delete_with(("alice", "1"), unless("a")).await),
        ErrorKind::PreconditionFailed
    );
    notes.upsert(&note("alice", "1", "a")).await.unwrap();
    assert_eq!(
        kind(notes.delete_with(("alice", "1"), unless("b")).await),
        ErrorKind::PreconditionFailed
    );
    let gone = notes.delete_with(("alice", "1"), unless("a")).await;
    assert_eq!(gone.unwrap(), Some(true));
    assert_eq!(notes.get(("alice", "1")).await.unwrap(), None);
}

#[tokio::test]
async fn an_update_changes_parts_and_returns_the_document() {
    let (notes, _) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    let edit = || Update::new().increment("edits", 2).set("text", "b");
    assert_eq!(
        kind(notes.update(("alice", "1"), edit()).await),
        ErrorKind::NotFound
    );
    let create = UpdateOptions::default().with_create_missing();
    let fresh = notes.update_with(("alice", "1"), edit(), create).await;
    let mut expected = note("alice", "1", "b");
    expected.edits = 2;
    let fresh = fresh.unwrap();
    assert_eq!(fresh.value, expected);
    assert_eq!(notes.fetch(("alice", "1")).await.unwrap(), fresh);
    let wrong = notes.update(("alice", "1"), Update::new().increment("text", 1));
    assert_eq!(kind(wrong.await), ErrorKind::InvalidArgument);
    assert_eq!(notes.fetch(("alice", "1")).await.unwrap(), fresh);
}

#[tokio::test]
async fn an_update_that_outgrows_the_limit_leaves_the_document() {
    let (notes, _) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    let large = note("alice", "1", &"x".repeat(200_000));
    notes.create(&large).await.unwrap();
    let grow = Update::new().set("more", "y".repeat(200_000));
    let error = notes.update(("alice", "1"), grow).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(error.limit(), Some(350_000));
    assert!(error.measured().unwrap() > 400_000);
    assert_eq!(notes.fetch(("alice", "1")).await.unwrap().value, large);
}

#[tokio::test]
async fn an_expired_document_is_absent_to_every_operation() {
    let (notes, clock) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    let soon = || PutOptions::default().with_expires_at(second(1_010));
    let key = ("alice", "1");
    let old = notes.create_with(&note("alice", "1", "a"), soon()).await;
    let old = old.unwrap();
    assert_eq!(
        notes.fetch(key).await.unwrap().expires_at,
        Some(second(1_010))
    );
    clock.set(1_010);
    assert_eq!(notes.get(key).await.unwrap(), None);
    assert_eq!(notes.get_batch([key]).await.unwrap(), [None]);
    let page = notes.query(&Query::partition("alice")).await.unwrap();
    assert!(page.items.is_empty() && page.cursor.is_none());
    let edit = || Update::new().increment("edits", 1);
    assert_eq!(kind(notes.update(key, edit()).await), ErrorKind::NotFound);
    assert_eq!(
        kind(notes.replace(&note("alice", "1", "b")).await),
        ErrorKind::NotFound
    );
    assert_eq!(notes.delete(key).await.unwrap(), Some(false));
    let same = DeleteOptions::default().with_condition(Condition::version(&old));
    assert_eq!(
        kind(notes.delete_with(key, same).await),
        ErrorKind::PreconditionFailed
    );
    let create = UpdateOptions::default().with_create_missing();
    let fresh = notes.update_with(key, edit(), create).await.unwrap();
    assert_eq!((fresh.value.edits, fresh.expires_at), (1, None));
    notes.delete(key).await.unwrap();
    notes.create(&note("alice", "1", "c")).await.unwrap();
}

#[tokio::test]
async fn rows_that_expired_an_hour_ago_are_swept_and_live_ones_stay() {
    let (notes, clock) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    for id in ["1", "2", "3"] {
        let soon = PutOptions::default().with_expires_at(second(1_010));
        notes
            .create_with(&note("alice", id, ""), soon)
            .await
            .unwrap();
    }
    let keep = UpdateOptions::default().with_expires_at(None);
    let touch = Update::new().set("text", "kept");
    notes
        .update_with(("alice", "2"), touch, keep)
        .await
        .unwrap();
    clock.set(10_000);
    notes.upsert(&note("bob", "1", "")).await.unwrap();
    // The clock is set back, which must not bring back what is gone nor hide what is there.
    clock.set(1_000);
    let page = notes.query(&Query::partition("alice")).await.unwrap();
    let ids: Vec<_> = page
        .items
        .iter()
        .map(|item| item.value.id.as_str())
        .collect();
    assert_eq!(ids, ["2"]);
}

#[tokio::test]
async fn a_set_is_written_whole_or_not_at_all() {
    let (notes, _) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    notes.create(&note("alice", "1", "a")).await.unwrap();
    let set = WriteSet::new()
        .create(&note("alice", "2", "b"))
        .update(("alice", "1"), Update::new().set("text", "changed"))
        .create(&note("alice", "1", "again"))
        .delete(("alice", "3"));
    assert_eq!(
        kind(notes.commit("alice", set).await),
        ErrorKind::InvalidArgument
    );
    let set = WriteSet::new()
        .create(&note("alice", "2", "b"))
        .check_missing(("alice", "1"))
        .delete(("alice", "3"));
    let error = notes.commit("alice", set).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.index()),
        (ErrorKind::AlreadyExists, Some(1))
    );
    assert_eq!(notes.get(("alice", "2")).await.unwrap(), None);
    let set = WriteSet::new()
        .create(&note("alice", "2", "b"))
        .update(("alice", "1"), Update::new().set("text", "changed"))
        .check_missing(("alice", "3"));
    notes.commit("alice", set).await.unwrap();
    let first = notes.fetch(("alice", "1")).await.unwrap();
    assert_eq!(first.value.text, "changed");
    assert!(notes.get(("alice", "2")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_batch_has_one_result_for_each_write() {
    let (notes, _) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    let batch = (0..150).fold(BatchWrite::new(), |batch, number| {
        batch.upsert(&note("alice", &format!("{number:03}"), "x"))
    });
    let results = notes.write_batch(batch).await.unwrap();
    assert_eq!(results.len(), 150);
    assert!(results.iter().all(Result::is_ok));
    let keys = ["149", "150", "000"].map(|id| ("alice", id));
    let found = notes.get_batch(keys).await.unwrap();
    let found: Vec<_> = found.iter().map(Option::is_some).collect();
    assert_eq!(found, [true, false, true]);
}

#[tokio::test]
async fn rows_that_expired_go_faster_than_new_ones_come() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let (notes, clock) = collection(&store, &NOTES);
    for round in 0..4_u64 {
        clock.set(1_000 + round * 10_000);
        let expiry = second(1_010).plus(std::time::Duration::from_secs(round * 10_000));
        let created: Vec<_> = (0..400)
            .map(|id| note("alice", &format!("{round} {id}"), ""))
            .collect();
        let writes = created.iter().map(|note| {
            let expiring = PutOptions::default().with_expires_at(expiry);
            notes.create_with(note, expiring)
        });
        for written in futures_util::future::join_all(writes).await {
            written.unwrap();
        }
    }
    drop((notes, store));
    let left = isobar_local::check(directory.path()).unwrap().documents;
    // The last round, and of the one before what one small commit had to leave.
    assert!(left < 500, "{left} rows are left of 400 that have not gone");
}

async fn ids(notes: &isobar::Collection<Note>, mut query: Query) -> String {
    let mut pages = Vec::new();
    loop {
        let page = notes.query(&query).await.unwrap();
        let ids: Vec<_> = page.items.iter().map(|item| &*item.value.id).collect();
        pages.push(ids.join(" "));
        match page.cursor {
            Some(cursor) => query = query.after(cursor),
            None => return pages.join(" | "),
        }
    }
}

#[tokio::test]
async fn queries_page_in_both_directions_within_their_range() {
    let (notes, _) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    for id in ["a", "ab", "abc", "b", "ba", "c", "é", "\u{10ffff}"] {
        notes.create(&note("p", id, "")).await.unwrap();
    }
    notes.create(&note("o", "z", "")).await.unwrap();
    notes.create(&note("q", "0", "")).await.unwrap();
    let all = || Query::partition("p");
    let key = |text: &str| SortKey::from(text);
    let cases = [
        (all().limit(3), "a ab abc | b ba c | é \u{10ffff}"),
        (all().limit(8), "a ab abc b ba c é \u{10ffff}"),
        (
            all().descending().limit(3),
            "\u{10ffff} é c | ba b abc | ab a",
        ),
        (all().prefix("ab"), "ab abc"),
        (all().prefix("\u{10ffff}"), "\u{10ffff}"),
        (all().prefix("a").descending().limit(2), "abc ab | a"),
        (all().between("ab", "b").limit(2), "ab abc | b"),
        (all().between("b", "ab"), ""),
        (all().range(SortRange::Equal(key("b"))), "b"),
        (all().range(SortRange::Less(key("ab"))), "a"),
        (all().range(SortRange::LessOrEqual(key("ab"))), "a ab"),
        (all().range(SortRange::Greater(key("c"))), "é \u{10ffff}"),
        (
            all().range(SortRange::GreaterOrEqual(key("c"))).limit(1),
            "c | é | \u{10ffff}",
        ),
        (Query::partition("nobody"), ""),
    ];
    for (query, expected) in cases {
        let shown = format!("{query:?}");
        assert_eq!(ids(&notes, query).await, expected, "{shown}");
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Event {
    stream: String,
    number: i64,
}

#[tokio::test]
async fn whole_numbers_are_in_numeric_order_and_a_collection_needs_no_sort_key() {
    const EVENTS: CollectionSpec<Event> = CollectionSpec::new("events")
        .partition("stream")
        .sort("number", SortType::I64);
    const STREAMS: CollectionSpec<Event> = CollectionSpec::new("streams").partition("stream");
    let store = LocalStore::in_memory().unwrap();
    let (events, _) = collection(&store, &EVENTS);
    let (streams, _) = collection(&store, &STREAMS);
    let numbers = [10, -1, 9, i64::MIN, 0, i64::MAX, -10];
    for number in numbers {
        let stream = "s".to_owned();
        events.create(&Event { stream, number }).await.unwrap();
    }
    let page = events.query(&Query::partition("s")).await.unwrap();
    let found: Vec<_> = page.items.iter().map(|item| item.value.number).collect();
    assert_eq!(found, [i64::MIN, -10, -1, 0, 9, 10, i64::MAX]);
    let only = Event {
        stream: "s".to_owned(),
        number: 3,
    };
    streams.create(&only).await.unwrap();
    let page = streams.query(&Query::partition("s").limit(1)).await;
    let page = page.unwrap();
    assert_eq!(page.items[0].value, only);
    assert_eq!(page.cursor, None);
}

#[tokio::test]
async fn counters_under_contention_lose_nothing() {
    let (notes, _) = collection(&LocalStore::in_memory().unwrap(), &NOTES);
    notes.create(&note("alice", "1", "")).await.unwrap();
    let increment = |notes: isobar::Collection<Note>| async move {
        for _ in 0..50 {
            let update = Update::new().increment("edits", 1);
            notes.update(("alice", "1"), update).await.unwrap();
        }
    };
    let tasks: Vec<_> = (0..16)
        .map(|_| tokio::spawn(increment(notes.clone())))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let end = notes.fetch(("alice", "1")).await.unwrap();
    assert_eq!(end.value.edits, 800);
}

#[tokio::test]
async fn a_store_that_was_closed_is_there_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("deep/data");
    let store = LocalStore::open(&place).unwrap();
    let (notes, _) = collection(&store, &NOTES);
    notes.create(&note("alice", "1", "a")).await.unwrap();
    let again = LocalStore::open(&place).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Unavailable);
    assert!(again.to_string().contains("deep/data"), "{again}");
    drop((notes, store));
    let (notes, _) = collection(&LocalStore::open(&place).unwrap(), &NOTES);
    assert_eq!(
        notes.fetch(("alice", "1")).await.unwrap().value,
        note("alice", "1", "a")
    );
    assert!(notes.native::<LocalStore>().is_some());
}

const FED: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str)
    .change_feed();

#[tokio::test]
async fn changes_are_kept_from_the_first_declaration_on_whoever_writes() {
    let store = LocalStore::in_memory().unwrap();
    let (plain, _) = collection(&store, &NOTES);
    let (fed, _) = collection(&store, &FED);
    plain.upsert(&note("alice", "1", "a")).await.unwrap();
    let oldest = ChangesQuery::from_oldest();
    assert!(fed.changes(&oldest).await.unwrap().changes.is_empty());
    plain.upsert(&note("alice", "2", "b")).await.unwrap();
    plain.delete(("alice", "1")).await.unwrap();
    let changes = fed.changes(&oldest).await.unwrap().changes;
    let keys: Vec<_> = changes
        .iter()
        .map(|change| change.key.sort.clone())
        .collect();
    assert_eq!(keys, ["2", "1"].map(|id| Some(SortKey::from(id))));
}
