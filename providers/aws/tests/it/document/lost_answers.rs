//! Writes whose answer is lost: recognised by their version, never applied twice (rule R21).

use isobar::document::{Condition, Map, PutOptions, SortType, Update, WriteSet};
use isobar::{Collection, CollectionSpec, ErrorKind};
use isobar_aws::DynamoStore;

use super::{client, map};
use crate::faults::Faults;
use crate::{clock, emulator};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::Str);
const ADOPTED: CollectionSpec<Map> = NOTES.adopt();

/// The same table twice: directly, and behind a proxy that loses answers.
async fn fresh(spec: &CollectionSpec<Map>) -> (Collection<Map>, Collection<Map>, Faults) {
    let (direct, _, table) = super::fresh(spec).await;
    let prefix = table.strip_suffix(spec.name()).expect("a prefixed name");
    let faults = Faults::before(emulator::endpoint()).await;
    let store = std::sync::Arc::new(DynamoStore::new(client(&faults.endpoint)));
    let behind = Collection::new(store, clock(), spec, prefix);
    (direct, behind, faults)
}

fn document(n: i64) -> Map {
    map(&[("id", "a".into()), ("part", "1".into()), ("n", n.into())])
}

#[tokio::test]
async fn a_create_recognises_its_own_commit() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    faults.lose("PutItem", 1);
    let version = behind.create(&document(1)).await.unwrap();
    assert_eq!(direct.fetch(("a", "1")).await.unwrap().version, version);
    let error = behind.create(&document(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn an_increment_counts_once() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    for update in [
        Update::new().increment("n", 1_i64),
        Update::new().increment("n", 0.5_f64),
    ] {
        faults.lose("UpdateItem", 1);
        let item = behind.update(("a", "1"), update).await.unwrap();
        assert_eq!(direct.fetch(("a", "1")).await.unwrap(), item);
    }
    assert_eq!(
        direct.fetch(("a", "1")).await.unwrap().value["n"],
        2.5.into()
    );
}

#[tokio::test]
async fn an_increment_that_cannot_be_recognised_is_not_repeated() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.lose("UpdateItem", 1);
    faults.lose("GetItem", 3);
    let update = Update::new().increment("n", 1_i64);
    let error = behind.update(("a", "1"), update).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.outcome_unknown());
    assert_eq!(
        direct.fetch(("a", "1")).await.unwrap().value["n"],
        2_i64.into()
    );
}

#[tokio::test]
async fn a_replace_of_a_known_version_recognises_its_own_commit() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    let version = direct.create(&document(1)).await.unwrap();
    faults.lose("PutItem", 1);
    let options = PutOptions::default().with_condition(Condition::version(&version));
    let version = behind.replace_with(&document(2), options).await.unwrap();
    assert_eq!(direct.fetch(("a", "1")).await.unwrap().version, version);
}

#[tokio::test]
async fn a_delete_recognises_that_the_document_is_gone() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.lose("DeleteItem", 1);
    assert_eq!(behind.delete(("a", "1")).await.unwrap(), None);
    assert!(direct.get(("a", "1")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_write_to_an_adopted_table_says_that_its_outcome_is_unknown() {
    let (direct, behind, faults) = fresh(&ADOPTED).await;
    faults.lose("PutItem", 1);
    let error = behind.upsert(&document(1)).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert!(direct.get(("a", "1")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_set_of_writes_happens_once() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.lose("TransactWriteItems", 1);
    let set = WriteSet::new().update(("a", "1"), Update::new().increment("n", 1_i64));
    behind.commit("a", set).await.unwrap();
    assert_eq!(
        direct.fetch(("a", "1")).await.unwrap().value["n"],
        2_i64.into()
    );
}

#[tokio::test]
async fn nobody_there_is_told_apart_from_an_unknown_outcome() {
    let closed = format!("http://127.0.0.1:{}", emulator::free_port());
    let store = std::sync::Arc::new(DynamoStore::new(client(&closed)));
    let notes = Collection::new(store, clock(), &NOTES, "");
    let error = notes.create(&document(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.retryable() && !error.outcome_unknown(), "{error:?}");
}
