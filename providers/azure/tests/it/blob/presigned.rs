//! Signed requests, sent by a client that knows nothing but them.

use std::time::Duration;

use isobar::blob::{
    Attributes, BlobCondition, PresignOptions, PresignPutOptions, PresignedRequest, PutBlobOptions,
};
use isobar::document::Version;
use isobar::{Bucket, ErrorKind};

use super::{content, emulated, fresh, holds};

const MINUTE: Duration = Duration::from_mins(1);

async fn send(request: &PresignedRequest, body: impl Into<reqwest::Body>) -> reqwest::Response {
    let client = reqwest::Client::new();
    let mut sent = client.request(request.method.clone(), &request.url);
    for (name, value) in &request.headers {
        sent = sent.header(name, value);
    }
    sent.body(body).send().await.expect("an answer")
}

fn absent() -> PresignPutOptions {
    PresignPutOptions::default().with_condition(BlobCondition::IfAbsent)
}

#[tokio::test]
async fn a_blob_is_stored_read_and_removed_by_signed_requests() {
    let bucket = fresh(emulated()).await;
    let key = "50 % of /ü?.txt.";
    let put = bucket.presign_put(key, PresignPutOptions::default()).await;
    assert_eq!(send(&put.unwrap(), "123456789").await.status(), 201);
    holds(&bucket, key, b"123456789").await;

    let options =
        PresignOptions::default().with_content_disposition("attachment; filename=\"a b\"");
    let get = bucket.presign_get(key, options).await.unwrap();
    let answer = send(&get, "").await;
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"a b\""
    );
    assert_eq!(answer.text().await.unwrap(), "123456789");
    let head = bucket.presign_head(key, PresignOptions::default()).await;
    let answer = send(&head.unwrap(), "").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-length"], "9");
    let delete = bucket.presign_delete(key, PresignOptions::default()).await;
    assert_eq!(send(&delete.unwrap(), "").await.status(), 202);
    assert!(!bucket.exists(key).await.unwrap());
}

#[tokio::test]
async fn a_signed_put_that_may_only_create_replaces_nothing() {
    let bucket = fresh(emulated()).await;
    let put = bucket.presign_put("a", absent()).await.unwrap();
    assert_eq!(send(&put, "first").await.status(), 201);
    assert_eq!(send(&put, "second").await.status(), 403);
    holds(&bucket, "a", b"first").await;
}

#[tokio::test]
async fn what_azure_cannot_sign_is_refused() {
    let bucket = fresh(emulated()).await;
    let version = BlobCondition::IfVersion(Version::parse("0x1").unwrap());
    let put = PresignPutOptions::default;
    for options in [
        put().with_size(5),
        put().with_crc32c(5),
        put().with_condition(version),
        put().with_attributes(Attributes::default().with_content_type("text/plain")),
    ] {
        let refused = bucket.presign_put("a", options).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[tokio::test]
async fn a_request_is_good_for_what_was_signed_and_until_it_ends() {
    let bucket = fresh(emulated()).await;
    for key in ["a", "b"] {
        bucket.put(key, "x").await.unwrap();
    }
    let get = bucket.presign_get("a", PresignOptions::default()).await;
    let get = get.unwrap();
    for (what, url) in [
        ("another blob", get.url.replace("/a?", "/b?")),
        ("another right", get.url.replace("sp=r", "sp=d")),
        ("another end", get.url.replace("se=2", "se=3")),
    ] {
        assert_ne!(url, get.url, "{what}");
        let tampered = PresignedRequest { url, ..get.clone() };
        assert_eq!(send(&tampered, "").await.status(), 403, "{what}");
    }
    let method = http::Method::DELETE;
    let delete = PresignedRequest { method, ..get };
    assert_eq!(send(&delete, "").await.status(), 403);

    let options = PresignOptions::default().with_expires_in(Duration::from_secs(1));
    let short = bucket.presign_get("a", options).await.unwrap();
    assert_eq!(send(&short, "").await.status(), 200);
    let refused = async {
        while send(&short, "").await.status() != 403 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), refused)
        .await
        .expect("it ends");
}

async fn planned(bucket: &Bucket, size: usize) -> isobar::blob::UploadPlan {
    let attributes = Attributes::default().with_content_type("video/mp4");
    let options = PutBlobOptions::default().with_attributes(attributes);
    let plan = bucket.plan_upload("film", size as u64, MINUTE, options);
    plan.await.expect("a plan")
}

#[tokio::test]
async fn a_plan_is_carried_out_by_others_in_any_order_and_finished_once() {
    let bucket = fresh(emulated()).await;
    let film = content(20_000_000);
    let plan = planned(&bucket, film.len()).await;
    assert_eq!(plan.parts.len(), 3);
    let mut parts: Vec<_> = plan.parts.iter().rev().collect();
    let last = parts.pop().unwrap();
    let slice = |part: &isobar::blob::PlannedPart| {
        let start = usize::try_from(part.offset).unwrap();
        film.slice(start..start + usize::try_from(part.size).unwrap())
    };
    for part in parts {
        assert_eq!(send(&part.request, slice(part)).await.status(), 201);
    }
    let early = bucket.finish_upload(&plan.token).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::PreconditionFailed);
    assert!(!bucket.exists("film").await.unwrap());
    assert_eq!(send(&last.request, slice(last)).await.status(), 201);
    let meta = bucket.finish_upload(&plan.token).await.unwrap();
    assert_eq!(meta.attributes.content_type.as_deref(), Some("video/mp4"));
    assert_eq!(meta.size, film.len() as u64);
    holds(&bucket, "film", &film).await;
    let again = bucket.finish_upload(&plan.token).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_plan_that_was_aborted_cannot_be_finished() {
    let bucket = fresh(emulated()).await;
    let plan = planned(&bucket, 5).await;
    assert_eq!(send(&plan.parts[0].request, "12345").await.status(), 201);
    bucket.abort_upload(&plan.token).await.unwrap();
    bucket.abort_upload(&plan.token).await.unwrap();
    let finished = bucket.finish_upload(&plan.token).await.unwrap_err();
    assert_eq!(finished.kind(), ErrorKind::NotFound);
    assert!(!bucket.exists("film").await.unwrap());
}
