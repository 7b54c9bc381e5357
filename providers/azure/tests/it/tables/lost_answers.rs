//! Requests whose answers are lost, cut or refused: recognised, never applied twice (rule R21).

use std::time::Duration;

use isobar::document::{Condition, Map, PutOptions, SortType, Update, WriteSet};
use isobar::{Collection, CollectionSpec, ErrorKind};
use isobar_fault_proxy::{Answer, Fault, Plan, Proxy};

use super::{behind_a_proxy, clock, emulator, map, store};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::Str);
const KEY: (&str, &str) = ("a", "1");

const POST: &str = "POST /devstoreaccount1";
const PUT: &str = "PUT /devstoreaccount1";
const BATCH: &str = "POST /devstoreaccount1/$batch";

/// The same table twice: directly, and behind a proxy.
async fn fresh(spec: &CollectionSpec<Map>) -> (Collection<Map>, Collection<Map>, Proxy) {
    let (direct, prefix) = super::fresh(spec).await;
    let faults = behind_a_proxy().await;
    let behind = store(faults.address().port());
    let behind = Collection::new(behind, clock(), spec, &prefix);
    (direct, behind, faults)
}

fn document(part: &str, n: i64) -> Map {
    map(&[("id", "a".into()), ("part", part.into()), ("n", n.into())])
}

/// The answer to the next such request does not arrive.
fn lost(request: &str) -> Plan {
    Fault::CutAfter.on(request)
}

fn increment() -> Update {
    Update::new().increment("n", 1_i64)
}

#[tokio::test]
async fn a_create_recognises_its_own_commit() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    faults.plan(lost(POST));
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
    let kinds = [Fault::CutAfter, Fault::CutBefore, Fault::Truncate];
    for (fault, expected) in kinds.into_iter().zip(2..) {
        faults.plan(fault.on(PUT));
        let item = behind.update(KEY, increment()).await.unwrap();
        assert_eq!(direct.fetch(KEY).await.unwrap(), item);
        assert_eq!(item.value, document("1", expected));
    }
    assert_eq!(faults.count(PUT), 4, "one each, and one again");
}

#[tokio::test]
async fn an_increment_whose_fate_cannot_be_seen_says_so() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document("1", 1)).await.unwrap();
    faults.plan(lost(PUT));
    let looked = faults.hold("GET /");
    let update = {
        let behind = behind.clone();
        tokio::spawn(async move { behind.update(KEY, increment()).await })
    };
    // The read before the write is held; the one after it waits until others have written.
    looked.reached().await;
    let after = faults.hold("GET /");
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
    faults.plan(lost(PUT));
    let options = PutOptions::default().with_condition(Condition::version(&version));
    let version = behind.replace_with(&document("1", 2), options).await;
    assert_eq!(direct.fetch(KEY).await.unwrap().version, version.unwrap());
    faults.plan(lost("DELETE /"));
    behind.delete(KEY).await.unwrap();
    assert!(direct.get(KEY).await.unwrap().is_none());
}

#[tokio::test]
async fn a_set_whose_answer_is_lost_or_cut_is_made_once() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document("1", 1)).await.unwrap();
    for (fault, part, expected) in [(Fault::CutAfter, "2", 2), (Fault::Truncate, "3", 3)] {
        faults.plan(fault.on(BATCH));
        let set = WriteSet::new().update(KEY, increment());
        let set = set.create(&document(part, 0));
        behind.commit("a", set).await.unwrap();
        let stored = direct.fetch(KEY).await.unwrap().value;
        assert_eq!(stored, document("1", expected));
        assert!(direct.get(("a", part)).await.unwrap().is_some());
    }
    assert_eq!(faults.count(BATCH), 2);
}

fn internal_error() -> Answer {
    let code = r#"{"code":"InternalError","message":{"value":"no"}}"#;
    Answer::Http {
        status: 500,
        content_type: "application/json",
        body: format!(r#"{{"odata.error":{code}}}"#),
    }
}

#[tokio::test]
async fn what_the_service_refuses_for_now_is_sent_again_after_its_wait() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    let started = tokio::time::Instant::now();
    let busy = Answer::Unavailable(Duration::from_secs(1));
    faults.plan(Fault::Refuse(busy).on(POST));
    behind.create(&document("1", 1)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    faults.plan(Fault::Refuse(internal_error()).on("GET /").times(2));
    assert!(behind.get(KEY).await.unwrap().is_some());
    faults.plan(Fault::Truncate.on("GET /"));
    assert!(behind.get(KEY).await.unwrap().is_some());
    let throttled = Answer::Throttled(Duration::ZERO);
    faults.plan(Fault::Refuse(throttled).on(PUT).times(9));
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
    let _held = faults.hold(PUT);
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
