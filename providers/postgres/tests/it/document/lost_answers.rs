//! Writes whose answer is lost: recognised by their version, never applied twice (rule R21).

use std::sync::Arc;

use isobar::document::{
    BatchWrite, Condition, Idempotency, Map, PutOptions, SortType, Update, UpdateOptions, WriteSet,
};
use isobar::{Collection, CollectionSpec, Error, ErrorKind, Result};
use isobar_fault_proxy::{Answer, Fault, Gate, Proxy};

use super::{map, store};
use crate::{clock, server};

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes").sort("part", SortType::Str);
const ADOPTED: CollectionSpec<Map> = NOTES.adopt();

/// The same table twice: directly, and behind a proxy that loses answers.
async fn fresh(spec: &CollectionSpec<Map>) -> (Collection<Map>, Collection<Map>, Proxy) {
    let (direct, table) = super::fresh(spec).await;
    let prefix = table.strip_suffix(spec.name()).expect("a prefixed name");
    let faults = server::behind_a_proxy().await;
    let store = store(&server::url(faults.address().port(), ""));
    let behind = Collection::new(store, clock(), spec, prefix);
    (direct, behind, faults)
}

fn document(n: i64) -> Map {
    map(&[("id", "a".into()), ("part", "1".into()), ("n", n.into())])
}

const KEY: (&str, &str) = ("a", "1");

#[tokio::test]
async fn a_create_recognises_its_own_commit() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    faults.plan(Fault::CutAfter.on("INSERT"));
    let version = behind.create(&document(1)).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap().version, version);
    let error = behind.create(&document(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn an_increment_counts_once() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    let update = || Update::new().increment("n", 1_i64);
    direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutAfter.on("COMMIT"));
    let item = behind.update(KEY, update()).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap(), item);
    faults.plan(Fault::CutBefore.on("COMMIT"));
    let item = behind.update(KEY, update()).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap(), item);
    assert_eq!(item.value, document(3));
    assert_eq!(faults.count("COMMIT"), 3, "one each, and one again");
}

#[tokio::test]
async fn an_increment_whose_fate_cannot_be_asked_for_says_so_and_counts_once() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutAfter.on("COMMIT"));
    faults.plan(Fault::CutAfter.on("pg_xact_status").times(1_000));
    let update = || Update::new().increment("n", 1_i64);
    let error = behind.update(KEY, update()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(direct.fetch(KEY).await.unwrap().value, document(2));
}

/// Others write before the server is asked what became of the commit: it knows all the same.
#[tokio::test]
async fn an_exact_increment_is_made_once_whatever_is_lost_and_whoever_else_writes() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutBefore.on("COMMIT"));
    faults.plan(Fault::CutAfter.on("COMMIT"));
    faults.plan(Fault::CutAfter.on("pg_xact_status").times(6));
    let asked = faults.hold("pg_xact_status");
    let update = tokio::spawn(async move {
        let options = UpdateOptions::default().with_idempotency(Idempotency::Exact);
        let update = Update::new().increment("n", 1_i64);
        behind.update_with(KEY, update, options).await
    });
    asked.reached().await;
    direct
        .update(KEY, Update::new().increment("n", 10_i64))
        .await
        .unwrap();
    asked.open();
    let item = update.await.unwrap().unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap().value, document(12));
    assert!(item.value["n"] == 2.into() || item.value["n"] == 12.into());
}

#[tokio::test]
async fn a_replace_and_a_delete_recognise_their_own_commits() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    let version = direct.create(&document(1)).await.unwrap();
    faults.plan(Fault::CutAfter.on("UPDATE"));
    let options = PutOptions::default().with_condition(Condition::version(&version));
    let version = behind.replace_with(&document(2), options).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap().version, version);
    faults.plan(Fault::CutAfter.on("DELETE"));
    assert_eq!(behind.delete(KEY).await.unwrap(), None);
    assert!(direct.get(KEY).await.unwrap().is_none());
}

#[tokio::test]
async fn of_an_adopted_table_a_put_is_unknown_and_a_transaction_is_asked_for() {
    let (direct, behind, faults) = fresh(&ADOPTED).await;
    faults.plan(Fault::CutAfter.on("INSERT"));
    let error = behind.upsert(&document(1)).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    assert!(direct.get(KEY).await.unwrap().is_some());
    faults.plan(Fault::CutAfter.on("COMMIT"));
    let update = Update::new().increment("n", 1_i64);
    behind.update(KEY, update).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap().value, document(2));
}

#[tokio::test]
async fn a_set_of_writes_happens_once() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    let mut other = document(1);
    other.insert("part".to_owned(), "2".into());
    let set = WriteSet::new()
        .update(KEY, Update::new().increment("n", 1_i64))
        .create(&other);
    faults.plan(Fault::CutAfter.on("COMMIT"));
    behind.commit("a", set).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap().value, document(2));
    assert!(direct.get(("a", "2")).await.unwrap().is_some());
    let set = WriteSet::new().delete(KEY).delete(("a", "2"));
    faults.plan(Fault::CutBefore.on("COMMIT"));
    behind.commit("a", set).await.unwrap();
    assert!(direct.get(KEY).await.unwrap().is_none());
}

#[tokio::test]
async fn conflicts_that_the_server_reports_are_tried_again() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    direct.create(&document(1)).await.unwrap();
    faults.plan(
        Fault::Refuse(Answer::Postgres("40P01"))
            .on("FOR UPDATE")
            .times(2),
    );
    faults.plan(
        Fault::Refuse(Answer::Postgres("40001"))
            .on("SET _doc")
            .times(1),
    );
    let update = Update::new().increment("n", 1_i64);
    behind.update(KEY, update).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap().value, document(2));
    faults.plan(
        Fault::Refuse(Answer::Postgres("40001"))
            .on("SET _doc")
            .times(1_000),
    );
    let update = Update::new().increment("n", 1_i64);
    let error = behind.update(KEY, update).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contention);
    assert!(error.retryable() && !error.outcome_unknown(), "{error:?}");
    assert_eq!(error.provider_code(), Some("40001"));
}

/// Writes while the next request that looks what became of a lost answer is held.
async fn overtaken<W, O>(look: Arc<Gate>, write: impl FnOnce() -> W, other: O) -> Error
where
    W: Future<Output = Result<()>> + Send + 'static,
    O: Future<Output = Result<()>>,
{
    let write = tokio::spawn(write());
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
    let put = async |n: i64| direct.upsert(&document(n)).await.map(drop);
    let notes = || behind.clone();

    faults.plan(Fault::CutAfter.on("INSERT"));
    let look = faults.hold("SELECT");
    let upsert = || {
        let notes = notes();
        async move { notes.upsert(&document(2)).await.map(drop) }
    };
    let error = overtaken(look, upsert, put(3)).await;
    assert!(error.outcome_unknown(), "{error:?}");

    faults.plan(Fault::CutAfter.on("INSERT"));
    let look = faults.hold("SELECT");
    let batch = || {
        let notes = notes();
        async move {
            let batch = BatchWrite::new().upsert(&document(2));
            notes.write_batch(batch).await?.remove(0)
        }
    };
    let error = overtaken(look, batch, put(4)).await;
    assert!(error.outcome_unknown(), "{error:?}");

    assert_eq!(direct.fetch(KEY).await.unwrap().value, document(4));
}

#[tokio::test]
async fn an_upsert_that_never_arrived_is_sent_again_where_nothing_is_stored() {
    let (direct, behind, faults) = fresh(&NOTES).await;
    faults.plan(Fault::CutBefore.on("INSERT"));
    let version = behind.upsert(&document(1)).await.unwrap();
    assert_eq!(direct.fetch(KEY).await.unwrap().version, version);

    direct.delete(KEY).await.unwrap();
    faults.plan(Fault::CutBefore.on("INSERT"));
    let again = faults.hold("WHERE t._exp <=");
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
    assert_eq!(direct.fetch(KEY).await.unwrap().value, document(2));
}

/// A pooler that hands out servers by the transaction knows no statement of an earlier one.
#[tokio::test]
async fn no_statement_has_a_name_and_no_session_has_a_state() {
    let (_, behind, faults) = fresh(&NOTES).await;
    behind.create(&document(1)).await.unwrap();
    behind
        .update(KEY, Update::new().increment("n", 1_i64))
        .await
        .unwrap();
    let set = WriteSet::new()
        .check_missing(("a", "2"))
        .upsert(&document(3));
    behind.commit("a", set).await.unwrap();
    let expected = Arc::new(document(3));
    assert_eq!(&behind.fetch(KEY).await.unwrap().value, &*expected);
    behind.ensure().await.unwrap();
    let messages = messages(&faults);
    let parsed = messages.iter().filter(|(kind, _)| *kind == b'P');
    let names: Vec<&[u8]> = parsed.map(|(_, content)| &content[..1]).collect();
    assert!(names.len() > 8, "{} statements", names.len());
    assert!(names.iter().all(|name| *name == b"\0"));
    for text in ["SET ", "LISTEN", "PREPARE", "advisory", "TEMP"] {
        let with = |(kind, content): &&(u8, Vec<u8>)| {
            matches!(kind, b'P' | b'Q') && String::from_utf8_lossy(content).starts_with(text)
        };
        assert_eq!(messages.iter().filter(with).count(), 0, "{text}");
    }
}

/// Every message of every request: its type, and its content.
fn messages(faults: &Proxy) -> Vec<(u8, Vec<u8>)> {
    let mut messages = Vec::new();
    for request in faults.requests() {
        let mut rest = request.as_slice();
        while let Some(length) = rest.get(1..5).and_then(|length| length.first_chunk::<4>()) {
            let end = 1 + u32::from_be_bytes(*length) as usize;
            messages.push((rest[0], rest[5..end].to_vec()));
            rest = &rest[end..];
        }
    }
    messages
}
