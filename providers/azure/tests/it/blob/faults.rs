//! What a network and a busy service do to requests, with a proxy between the store and Azurite.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use isobar::blob::{BlobCondition, PutBlobOptions};
use isobar::{Bucket, ErrorKind};
use isobar_fault_proxy::{Answer, Fault, Protocol, Proxy};

use super::{bucket, content, emulated, fresh, holds, store};
use crate::emulator;

/// A bucket, and the same one behind a proxy.
async fn proxied() -> (Bucket, Bucket, Proxy) {
    let direct = fresh(emulated()).await;
    let upstream = SocketAddr::from(([127, 0, 0, 1], emulator::blob_port()));
    let proxy = Proxy::before(upstream, Protocol::Http1).await;
    let proxy = proxy.expect("a proxy");
    let behind = bucket(store(&proxy.address().to_string()), direct.name());
    (direct, behind, proxy)
}

fn absent() -> PutBlobOptions {
    PutBlobOptions::default().with_condition(BlobCondition::IfAbsent)
}

#[tokio::test]
async fn a_body_that_is_cut_goes_on_at_its_byte_and_version() {
    let (direct, behind, proxy) = proxied().await;
    let whole = content(1_000_000);
    let meta = direct.put("a", whole.clone()).await.unwrap();
    proxy.plan(Fault::Truncate.on("GET "));
    holds(&behind, "a", &whole).await;
    assert_eq!(proxy.count("GET "), 2);
    let requests = proxy.requests();
    let second = String::from_utf8_lossy(requests.last().unwrap()).to_lowercase();
    let version = format!("if-match: \"{}\"", meta.version.as_str()).to_lowercase();
    assert!(second.contains(&version), "{second}");
    assert!(!second.contains("range: bytes=0-"), "{second}");
}

#[tokio::test]
async fn a_body_that_is_cut_never_goes_on_with_another_version() {
    let (direct, behind, proxy) = proxied().await;
    direct.put("a", content(1_000_000)).await.unwrap();
    proxy.plan(Fault::Truncate.on("GET "));
    let blob = behind.get("a").await.unwrap();
    direct.put("a", content(2_000_000)).await.unwrap();
    let error = blob.bytes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}");
}

#[tokio::test]
async fn a_body_that_is_cut_again_and_again_is_no_body() {
    let (direct, behind, proxy) = proxied().await;
    direct.put("a", content(1_000_000)).await.unwrap();
    let blob = behind.get("a").await.unwrap();
    proxy.plan(Fault::CutBefore.on("GET ").times(100));
    let first = blob.bytes().await;
    // What had arrived before may have been all of it.
    if let Err(error) = first {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
    let error = behind.get("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_recognises_its_own_blob() {
    let (direct, behind, proxy) = proxied().await;
    proxy.plan(Fault::CutAfter.on("PUT "));
    let meta = behind.put_with("a", "mine", absent()).await.unwrap();
    assert_eq!(direct.head("a").await.unwrap().version, meta.version);
    assert_eq!(proxy.count("PUT "), 1);
    let again = behind.put_with("a", "mine", absent()).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    assert!(!again.outcome_unknown());
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_recognises_its_own_blob() {
    let (direct, behind, proxy) = proxied().await;
    proxy.plan(Fault::CutAfter.on("PUT "));
    let meta = behind.put("a", "mine").await.unwrap();
    assert_eq!(direct.head("a").await.unwrap().version, meta.version);
    proxy.plan(Fault::CutBefore.on("PUT "));
    behind.put("b", "mine").await.unwrap();
    holds(&direct, "b", b"mine").await;
    assert_eq!(proxy.count("PUT "), 3);
}

#[tokio::test]
async fn an_upload_whose_commit_was_lost_is_finished_once() {
    let (direct, behind, proxy) = proxied().await;
    let whole = content(20_000_000);
    let mut writer = behind.writer_with("a", absent()).unwrap();
    writer.write(whole.clone()).await.unwrap();
    proxy.plan(Fault::CutAfter.on("comp=blocklist"));
    let meta = writer.finish().await.unwrap();
    assert_eq!(direct.head("a").await.unwrap().version, meta.version);
    holds(&direct, "a", &whole).await;
}

#[tokio::test]
async fn parts_are_sent_again_where_their_connections_break() {
    let (direct, behind, proxy) = proxied().await;
    let whole = content(20_000_000);
    proxy.plan(Fault::CutBefore.on("blockid="));
    proxy.plan(Fault::CutAfter.on("blockid="));
    let mut writer = behind.writer("a").unwrap();
    writer.write(whole.clone()).await.unwrap();
    writer.finish().await.unwrap();
    assert_eq!(proxy.clear(), 2);
    holds(&direct, "a", &whole).await;
}

/// The service discards the blocks of one upload when another is finished; Azurite keeps them.
#[tokio::test]
async fn parts_that_another_upload_discarded_are_told_of() {
    let (direct, behind, proxy) = proxied().await;
    let discarded = Answer::Http {
        status: 400,
        content_type: "application/xml",
        body: "<Error><Code>InvalidBlockList</Code><Message>no</Message></Error>".to_owned(),
    };
    for (options, expected) in [
        (PutBlobOptions::default(), ErrorKind::Contention),
        (absent(), ErrorKind::AlreadyExists),
    ] {
        let mut writer = behind.writer_with("a", options).unwrap();
        writer.write(content(20_000_000)).await.unwrap();
        direct.put("a", "theirs").await.unwrap();
        proxy.plan(Fault::Refuse(discarded.clone()).on("comp=blocklist"));
        let error = writer.finish().await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        direct.delete("a").await.unwrap();
    }
    assert_eq!(proxy.count("comp=blocklist"), 2);
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_does_not_say_what_was_there() {
    let (direct, behind, proxy) = proxied().await;
    direct.put("a", "x").await.unwrap();
    proxy.plan(Fault::CutAfter.on("DELETE "));
    assert_eq!(behind.delete("a").await.unwrap(), None);
    assert!(!direct.exists("a").await.unwrap());
    assert_eq!(behind.delete("a").await.unwrap(), Some(false));
}

#[tokio::test]
async fn a_copy_whose_answer_was_lost_recognises_its_own_blob() {
    let (direct, behind, proxy) = proxied().await;
    direct.put("a", "x").await.unwrap();
    proxy.plan(Fault::CutAfter.on("x-ms-copy-source"));
    let meta = behind.copy("a", "b").await.unwrap();
    assert_eq!(direct.head("b").await.unwrap().version, meta.version);
    assert_eq!(proxy.count("x-ms-copy-source"), 1);
}

#[tokio::test]
async fn what_the_service_refuses_for_now_is_sent_again() {
    let (_, behind, proxy) = proxied().await;
    let busy = Answer::Http {
        status: 503,
        content_type: "application/xml",
        body: "<Error><Code>ServerBusy</Code><Message>no</Message></Error>".to_owned(),
    };
    proxy.plan(Fault::Refuse(busy).times(2));
    behind.put_with("a", "x", absent()).await.unwrap();
    assert_eq!(proxy.count("PUT "), 3);
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_given_up_in_time() {
    let (_, behind, proxy) = proxied().await;
    let behind = behind.with_budget(Duration::from_secs(2));
    proxy.plan(Fault::HoleBefore.times(100));
    let started = Instant::now();
    let error = behind.head("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    let error = behind.put("a", "x").await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_has_done_nothing() {
    let port = emulator::free_port();
    let nowhere = bucket(store(&format!("127.0.0.1:{port}")), "nowhere");
    let error = nowhere.put("a", "x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(!error.outcome_unknown());
}
