//! Writes whose answer is lost: recognised by their version, never applied twice (rule R21).

use isobar::document::{
    BatchWrite, Condition, Idempotency, Map, PutOptions, SortType, Update, UpdateOptions, Value,
    WriteSet,
};
use isobar::{Collection, CollectionSpec, ErrorKind};
use isobar_aws::DynamoStore;
use isobar_fault_proxy::{Answer, Fault, Proxy};

use super::{client, map};
use crate::{clock, emulator};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::Str);
const ADOPTED: CollectionSpec<Map> = NOTES.adopt();

/// The same table twice: directly, and behind a proxy that loses answers.
async fn fresh(spec: &CollectionSpec<Map>) -> (Collection<Map>, Collection<Map>, Proxy) {
    let (direct, _, table) = super::fresh(spec).await;
    let prefix = table.strip_suffix(spec.name()).expect("a prefixed name");
    let faults = emulator::behind_a_proxy().await;
    let store = std::sync::Arc::new(DynamoStore::new(client(&faults.url())));
    let behind = Collection::new(store, clock(), spec, prefix);
    (direct, behind, faults)
}

fn document(n: i64) -> Map {
    map(&[("id", "a".into()), ("part", "1".into()), ("n", n.into())])
}

#[tokio::test]
async fn a_create_recognises_its_own_commit() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    faults.plan(Fault::CutAfter.on("PutItem"));
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
        faults.plan(Fault::CutAfter.on("UpdateItem"));
        let item = behind.update(("a", "1"), update).await.unwrap();
        assert_eq!(direct.fetch(("a", "1")).await.unwrap(), item);
    }
    assert_eq!(
        direct.fetch(("a", "1")).await.unwrap().value["n"],
        2.5.into()
    );
}

fn exact() -> UpdateOptions {
    UpdateOptions::default().with_idempotency(Idempotency::Exact)
}

#[tokio::test]
async fn an_exact_increment_counts_once_however_many_answers_are_lost() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutAfter.on("TransactWriteItems").times(3));
    let update = Update::new().increment("n", 1_i64);
    let item = behind
        .update_with(("a", "1"), update, exact())
        .await
        .unwrap();
    assert_eq!(item.value["n"], 2_i64.into());
    assert_eq!(direct.fetch(("a", "1")).await.unwrap(), item);
}

/// Without a token, nobody could tell whether the version of the other writer stands on ours.
#[tokio::test]
async fn an_exact_increment_counts_once_although_others_write_after_it() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutAfter.on("TransactWriteItems").times(2));
    let increment = || Update::new().increment("n", 1_i64);
    let ours = behind.update_with(("a", "1"), increment(), exact());
    let others = async {
        for _ in 0..5 {
            direct.update(("a", "1"), increment()).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let (item, ()) = tokio::join!(ours, others);
    item.unwrap();
    let sum = direct.fetch(("a", "1")).await.unwrap().value["n"].clone();
    assert_eq!(sum, 7_i64.into());
}

#[tokio::test]
async fn an_increment_that_cannot_be_recognised_is_not_repeated() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutAfter.on("UpdateItem"));
    faults.plan(Fault::CutAfter.on("GetItem").times(4));
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
    faults.plan(Fault::CutAfter.on("PutItem"));
    let options = PutOptions::default().with_condition(Condition::version(&version));
    let version = behind.replace_with(&document(2), options).await.unwrap();
    assert_eq!(direct.fetch(("a", "1")).await.unwrap().version, version);
}

#[tokio::test]
async fn a_delete_recognises_that_the_document_is_gone() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutAfter.on("DeleteItem"));
    assert_eq!(behind.delete(("a", "1")).await.unwrap(), None);
    assert!(direct.get(("a", "1")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_write_to_an_adopted_table_says_that_its_outcome_is_unknown() {
    let (direct, behind, faults) = fresh(&ADOPTED).await;
    faults.plan(Fault::CutAfter.on("PutItem"));
    let error = behind.upsert(&document(1)).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert!(direct.get(("a", "1")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_set_of_writes_happens_once() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutAfter.on("TransactWriteItems"));
    let set = WriteSet::new().update(("a", "1"), Update::new().increment("n", 1_i64));
    behind.commit("a", set).await.unwrap();
    assert_eq!(
        direct.fetch(("a", "1")).await.unwrap().value["n"],
        2_i64.into()
    );
}

#[tokio::test]
async fn a_set_that_is_still_in_progress_is_not_sent_as_another_one() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    let in_progress = dynamodb_error(400, "TransactionInProgressException");
    let increments = [
        (Value::Int(1), Value::Int(2)),
        (Value::Float(0.5), Value::Float(2.5)),
    ];
    for (by, sum) in increments {
        faults.plan(Fault::Replace(in_progress.clone()).on("TransactWriteItems"));
        let set = WriteSet::new().update(("a", "1"), Update::new().increment("n", by));
        behind.commit("a", set).await.unwrap();
        assert_eq!(direct.fetch(("a", "1")).await.unwrap().value["n"], sum);
    }
}

/// No row of an adopted table tells whose it is: only the token keeps the set from failing on
/// itself.
#[tokio::test]
async fn a_set_that_cannot_be_recognised_is_sent_again_under_its_token() {
    let (direct, behind, faults) = fresh(&ADOPTED).await;
    let in_progress = dynamodb_error(400, "TransactionInProgressException");
    faults.plan(Fault::Replace(in_progress).on("TransactWriteItems"));
    let set = WriteSet::new().create(&document(1));
    behind.commit("a", set).await.unwrap();
    assert_eq!(direct.fetch(("a", "1")).await.unwrap().value, document(1));
    assert_eq!(faults.count("TransactWriteItems"), 2);
}

#[tokio::test]
async fn an_increment_whose_correction_fails_is_not_called_repeatable() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    let mut fraction = document(0);
    fraction.insert("n".to_owned(), Value::Float(0.7));
    direct.create(&fraction).await.unwrap();
    let throttled = dynamodb_error(400, "ThrottlingException");
    faults.plan(Fault::Refuse(throttled).on("UpdateItem").after(1).times(4));
    let update = Update::new().increment("n", 1_i64);
    let error = behind.update(("a", "1"), update).await.unwrap_err();
    assert!(error.outcome_unknown() && !error.retryable(), "{error:?}");
    let found = direct.fetch(("a", "1")).await.unwrap().value;
    assert_eq!(found["n"], Value::Float(1.7));
}

/// A write whose answer is lost, and what somebody else does before it looks what became of it.
async fn overtaken<W, O>(
    (behind, faults): (&Collection<Map>, &Proxy),
    operation: &str,
    write: impl FnOnce(Collection<Map>) -> W,
    other: O,
) -> isobar::Error
where
    W: Future<Output = isobar::Result<()>> + Send + 'static,
    O: Future<Output = isobar::Result<()>>,
{
    faults.plan(Fault::CutAfter.on(operation));
    let look = faults.hold("GetItem");
    let write = tokio::spawn(write(behind.clone()));
    look.reached().await;
    other.await.expect("nothing is in its way");
    look.open();
    let written = write.await.expect("no panic");
    written.expect_err("the outcome is unknown")
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_undoes_nobodys_work() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    let there = (&behind, &faults);
    let put = async |n: i64| direct.upsert(&document(n)).await.map(drop);
    let upsert = |notes: Collection<Map>| async move { notes.upsert(&document(2)).await.map(drop) };
    let error = overtaken(there, "PutItem", upsert, put(3)).await;
    assert!(error.outcome_unknown(), "{error:?}");
    let remove = |notes: Collection<Map>| async move {
        let update = Update::new().remove("n");
        notes.update(("a", "1"), update).await.map(drop)
    };
    let error = overtaken(there, "UpdateItem", remove, put(3)).await;
    assert!(error.outcome_unknown(), "{error:?}");
    let batch = |notes: Collection<Map>| async move {
        let batch = BatchWrite::new().upsert(&document(2));
        notes.write_batch(batch).await?.remove(0)
    };
    let error = overtaken(there, "BatchWriteItem", batch, put(3)).await;
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(direct.fetch(("a", "1")).await.unwrap().value, document(3));
}

#[tokio::test]
async fn an_upsert_that_never_arrived_is_sent_again_where_nothing_is_stored() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    faults.plan(Fault::CutBefore.on("PutItem"));
    let version = behind.upsert(&document(1)).await.unwrap();
    assert_eq!(direct.fetch(("a", "1")).await.unwrap().version, version);

    direct.delete(("a", "1")).await.unwrap();
    faults.plan(Fault::CutBefore.on("PutItem"));
    let again = faults.hold("attribute_not_exists");
    let upsert = tokio::spawn({
        let behind = behind.clone();
        async move { behind.upsert(&document(1)).await }
    });
    again.reached().await;
    direct.create(&document(2)).await.unwrap();
    again.open();
    let error = upsert.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contention);
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(direct.fetch(("a", "1")).await.unwrap().value, document(2));
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

/// The answer of DynamoDB to a request that it refuses.
fn dynamodb_error(status: u16, code: &str) -> Answer {
    Answer::Http {
        status,
        content_type: "application/x-amz-json-1.0",
        body: format!("{{\"__type\":\"com.amazonaws.dynamodb.v20120810#{code}\"}}"),
    }
}
