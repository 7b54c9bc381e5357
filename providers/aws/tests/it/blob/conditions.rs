//! Conditional writes, alone, in a race, and with a lost answer.

use std::sync::Arc;

use isobar::blob::{
    Attributes, BlobCondition, CopyOptions, DeleteBlobOptions, ObjectMeta, PutBlobOptions,
};
use isobar::document::Version;
use isobar::{Bucket, ErrorKind};
use isobar_aws::S3Store;
use isobar_fault_proxy::{Answer, Fault, Proxy};
use tokio::task::JoinHandle;

use super::{client, fresh};
use crate::{clock, emulator};

fn absent() -> PutBlobOptions {
    PutBlobOptions::default().with_condition(BlobCondition::IfAbsent)
}

fn at(version: &Version) -> PutBlobOptions {
    PutBlobOptions::default().with_condition(BlobCondition::IfVersion(version.clone()))
}

async fn text(bucket: &Bucket, key: &str) -> String {
    let blob = bucket.get(key).await.expect("it is there");
    String::from_utf8(blob.bytes().await.expect("bytes").to_vec()).expect("text")
}

#[tokio::test]
async fn a_blob_is_created_once_and_replaced_at_a_known_version() {
    let (bucket, ..) = fresh().await;
    let first = bucket.put_with("a", "1", absent()).await.unwrap();
    let error = bucket.put_with("a", "2", absent()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(bucket.head("a").await.unwrap().attributes.metadata.len(), 0);

    let second = bucket.put_with("a", "2", at(&first.version)).await.unwrap();
    let error = bucket
        .put_with("a", "3", at(&first.version))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    let error = bucket
        .put_with("b", "3", at(&first.version))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    assert_eq!(text(&bucket, "a").await, "2");

    let delete = |version: &Version| {
        let condition = BlobCondition::IfVersion(version.clone());
        DeleteBlobOptions::default().with_condition(condition)
    };
    let error = bucket
        .delete_with("a", delete(&first.version))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    bucket
        .delete_with("a", delete(&second.version))
        .await
        .unwrap();
    let error = bucket
        .delete_with("a", delete(&second.version))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn of_racing_creates_one_wins_and_the_others_know() {
    let (bucket, ..) = fresh().await;
    let tasks: Vec<_> = (0..12)
        .map(|writer| {
            let bucket = bucket.clone();
            tokio::spawn(async move {
                let put = bucket.put_with("a", format!("{writer}"), absent());
                put.await.map(|_| ()).map_err(|error| error.kind())
            })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => winners += 1,
            Err(kind) => assert_eq!(kind, ErrorKind::AlreadyExists),
        }
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn a_copy_onto_itself_changes_nothing_and_judges_its_condition() {
    let (bucket, ..) = fresh().await;
    let put = bucket.put("a", "1").await.unwrap();
    assert_eq!(bucket.copy("a", "a").await.unwrap().version, put.version);
    let absent = CopyOptions::default().with_condition(BlobCondition::IfAbsent);
    let error = bucket.copy_with("a", "a", absent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let other = BlobCondition::IfVersion(Version::generate());
    let other = CopyOptions::default().with_condition(other);
    let error = bucket.copy_with("a", "a", other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
}

/// The same bucket twice: directly, and behind a proxy that loses answers.
async fn behind() -> (Bucket, Bucket, Proxy) {
    let (direct, _, name) = fresh().await;
    let faults = emulator::behind_a_proxy().await;
    let store = Arc::new(S3Store::new(client(&faults.url())));
    (direct, Bucket::new(store, clock(), name), faults)
}

#[tokio::test]
async fn a_put_recognises_its_own_write_when_the_answer_is_lost() {
    let (direct, behind, faults) = behind().await;
    faults.plan(Fault::CutAfter.on("PUT "));
    let put = behind.put_with("a", "1", absent()).await.unwrap();
    let head = direct.head("a").await.unwrap();
    assert_eq!(put.version, head.version);
    assert_eq!(head.attributes.metadata.len(), 0);

    faults.plan(Fault::CutAfter.on("PUT "));
    let put = behind.put_with("a", "2", at(&head.version)).await.unwrap();
    assert_eq!(text(&direct, "a").await, "2");

    faults.plan(Fault::CutAfter.on("PUT "));
    behind.put("a", "3").await.unwrap();
    assert_eq!(text(&direct, "a").await, "3");

    let error = behind
        .put_with("a", "4", at(&put.version))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_put_that_never_arrived_is_not_taken_for_one_that_did() {
    let (direct, behind, faults) = behind().await;
    let typed = |content_type: &str| {
        let attributes = Attributes::default().with_content_type(content_type);
        PutBlobOptions::default().with_attributes(attributes)
    };
    direct
        .put_with("a", "1", typed("text/plain"))
        .await
        .unwrap();
    faults.plan(Fault::CutBefore.on("PUT "));
    let error = behind
        .put_with("a", "1", typed("text/html"))
        .await
        .unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    let head = direct.head("a").await.unwrap();
    assert_eq!(head.attributes.content_type.as_deref(), Some("text/plain"));

    faults.plan(Fault::CutBefore.on("PUT "));
    behind.put("b", "1").await.unwrap();
    assert_eq!(text(&direct, "b").await, "1");
}

fn spawn_put(bucket: &Bucket, key: &'static str) -> JoinHandle<isobar::Result<ObjectMeta>> {
    let bucket = bucket.clone();
    tokio::spawn(async move { bucket.put(key, "1").await })
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_undoes_nobodys_work() {
    let (direct, behind, faults) = behind().await;
    for key in ["a", "b"] {
        faults.plan(Fault::CutAfter.on("PUT "));
        let look = faults.hold("HEAD ");
        let put = spawn_put(&behind, key);
        look.reached().await;
        direct.put(key, "2").await.unwrap();
        look.open();
        let error = put.await.unwrap().unwrap_err();
        assert!(error.outcome_unknown(), "{error:?}");
        assert_eq!(text(&direct, key).await, "2");
    }
    // It never arrived, nothing was there, and somebody is faster than its repetition.
    faults.plan(Fault::CutBefore.on("PUT "));
    let again = faults.hold("if-none-match: *");
    let put = spawn_put(&behind, "c");
    again.reached().await;
    direct.put("c", "2").await.unwrap();
    again.open();
    let error = put.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contention);
    assert!(error.outcome_unknown(), "{error:?}");
    assert_eq!(text(&direct, "c").await, "2");
}

#[tokio::test]
async fn a_service_that_asks_to_slow_down_is_asked_again_but_not_for_ever() {
    let (direct, behind, faults) = behind().await;
    faults.plan(Fault::Refuse(s3_error(503, "SlowDown")).on("PUT ").times(2));
    behind.put("a", "1").await.unwrap();
    assert_eq!(text(&direct, "a").await, "1");
    faults.plan(Fault::Refuse(s3_error(503, "SlowDown")).on("PUT ").times(4));
    let error = behind.put("a", "2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(error.retryable() && !error.outcome_unknown(), "{error:?}");
    assert_eq!(text(&direct, "a").await, "1");
}

#[tokio::test]
async fn a_delete_whose_answer_is_lost_sees_that_the_blob_is_gone() {
    let (direct, behind, faults) = behind().await;
    direct.put("a", "1").await.unwrap();
    faults.plan(Fault::CutAfter.on("DELETE "));
    assert_eq!(behind.delete("a").await.unwrap(), None);

    let put = direct.put("a", "1").await.unwrap();
    faults.plan(Fault::CutAfter.on("DELETE "));
    let condition = BlobCondition::IfVersion(put.version);
    let options = DeleteBlobOptions::default().with_condition(condition);
    let error = behind.delete_with("a", options).await.unwrap_err();
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn a_body_that_is_cut_off_goes_on_at_its_byte_and_only_of_its_version() {
    let (direct, behind, faults) = behind().await;
    let first: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    direct.put("a", first.clone()).await.unwrap();
    faults.plan(Fault::Truncate.on("GET "));
    let blob = behind.get("a").await.unwrap();
    assert_eq!(blob.bytes().await.unwrap(), first);

    faults.plan(Fault::Truncate.on("GET "));
    let blob = behind.get("a").await.unwrap();
    direct.put("a", vec![b'x'; 100_000]).await.unwrap();
    let error = blob.bytes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error:?}");
}

/// The answer of S3 to a request that it refuses.
fn s3_error(status: u16, code: &str) -> Answer {
    Answer::Http {
        status,
        content_type: "application/xml",
        body: format!("<Error><Code>{code}</Code></Error>"),
    }
}
