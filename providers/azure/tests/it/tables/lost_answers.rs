//! Requests whose answers are lost, cut or refused: recognised, never applied twice (rule R21).

use std::time::Duration;

use isobar::document::{Condition, Map, PutOptions, SortType, Update, WriteSet};
use isobar::{Collection, CollectionSpec, ErrorKind};

use super::faults::{Fault, Faults};
use super::{clock, emulator, map, store};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::Str);
const KEY: (&str, &str) = ("a", "1");

/// The same table twice: directly, and behind a proxy.
async fn fresh(spec: &CollectionSpec<Map>) -> (Collection<Map>, Collection<Map>, Faults) {
    let (direct, prefix) = super::fresh(spec).await;
    let faults = Faults::before(emulator::port()).await;
    let behind = Collection::new(store(faults.port), clock(), spec, &prefix);
    (direct, behind, faults)
}

fn document(part: &str, n: i64) -> Map {
    map(&[("id", "a".into()), ("part", part.into()), ("n", n.into())])
}

fn increment() -> Update {
    Update::new().increment("n", 1_i64)
}

#[tokio::test]
async fn a_create_recognises_its_own_commit() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    faults.lose("POST");
    let version = behind.create(&document("1", 1)).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap().version, version);
    let error = behind.create(&document("1", 2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn an_increment_counts_once_whether_request_or_answer_is_lost() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document("1", 1)).await.unwrap();
    for (fault, expected) in [(Fault::Cut(0), 2), (Fault::Drop, 3), (Fault::Cut(20), 4)] {
        faults.plan("PUT", 1, fault);
        let item = behind.update(KEY, increment()).await.unwrap();
        assert_eq!(direct.fetch(KEY).await.unwrap(), item);
        assert_eq!(item.value, document("1", expected));
    }
    assert_eq!(faults.count("PUT"), 4, "one each, and one again");
}

#[tokio::test]
async fn an_increment_whose_fate_cannot_be_seen_says_so() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document("1", 1)).await.unwrap();
    faults.lose("PUT");
    let looked = faults.hold("GET");
    let update = {
        let behind = behind.clone();
        tokio::spawn(async move { behind.update(KEY, increment()).await })
    };
    // The read before the write is held; the one after it waits until others have written.
    looked.reached().await;
    let after = faults.hold("GET");
    looked.open();
    after.reached().await;
    direct.update(KEY, increment()).await.unwrap();
    after.open();
    let error = update.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(direct.fetch(KEY).await.unwrap().value, document("1", 3));
}

#[tokio::test]
async fn a_replace_and_a_delete_recognise_their_own_commits() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    let version = direct.create(&document("1", 1)).await.unwrap();
    faults.lose("PUT");
    let options = PutOptions::default().with_condition(Condition::version(&version));
    let version = behind.replace_with(&document("1", 2), options).await;
    assert_eq!(direct.fetch(KEY).await.unwrap().version, version.unwrap());
    faults.lose("DELETE");
    behind.delete(KEY).await.unwrap();
    assert!(direct.get(KEY).await.unwrap().is_none());
}

#[tokio::test]
async fn a_set_whose_answer_is_lost_or_cut_is_made_once() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document("1", 1)).await.unwrap();
    for (fault, part, expected) in [(Fault::Cut(0), "2", 2), (Fault::Cut(300), "3", 3)] {
        faults.plan("POST /devstoreaccount1/$batch", 1, fault);
        let set = WriteSet::new().update(KEY, increment());
        let set = set.create(&document(part, 0));
        behind.commit("a", set).await.unwrap();
        let stored = direct.fetch(KEY).await.unwrap().value;
        assert_eq!(stored, document("1", expected));
        assert!(direct.get(("a", part)).await.unwrap().is_some());
    }
    assert_eq!(faults.count("POST /devstoreaccount1/$batch"), 2);
}

#[tokio::test]
async fn what_the_service_refuses_for_now_is_sent_again_after_its_wait() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    let started = tokio::time::Instant::now();
    faults.plan("POST", 1, Fault::Refuse(503, "ServerBusy", "1"));
    behind.create(&document("1", 1)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    faults.plan("GET", 2, Fault::Refuse(500, "InternalError", "0"));
    assert!(behind.get(KEY).await.unwrap().is_some());
    faults.plan("GET", 1, Fault::Cut(400));
    assert!(behind.get(KEY).await.unwrap().is_some());
    faults.plan("PUT", 9, Fault::Refuse(429, "TooManyRequests", "0"));
    let error = behind.update(KEY, increment()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(error.retryable() && !error.outcome_unknown(), "{error:?}");
    assert_eq!(direct.fetch(KEY).await.unwrap().value, document("1", 1));
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_given_up_in_time() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    let behind = behind.with_budget(Duration::from_millis(300));
    direct.create(&document("1", 1)).await.unwrap();
    let _held = faults.hold("PUT");
    let error = behind.update(KEY, increment()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(error.outcome_unknown() && error.retryable(), "{error:?}");
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_has_done_nothing() {
    let nobody = store(emulator::free_port());
    let notes = Collection::new(nobody, clock(), &NOTES, "");
    let error = notes.create(&document("1", 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.outcome_unknown() && error.retryable(), "{error:?}");
}
