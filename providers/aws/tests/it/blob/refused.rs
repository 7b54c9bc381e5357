//! What S3 refuses because of the state or the place of a bucket or an object.

use std::sync::Arc;

use aws_sdk_s3::config::Region;
use aws_sdk_s3::types::{ObjectLockLegalHold, ObjectLockLegalHoldStatus, StorageClass};
use isobar::blob::DeleteBlobOptions;
use isobar::{Bucket, Error, ErrorKind};
use isobar_aws::S3Store;

use super::{client, fresh};
use crate::clock;
use crate::emulator;

/// The kind and the code of an error, which must name its bucket and key.
fn told<T: std::fmt::Debug>(bucket: &str, result: Result<T, Error>) -> (ErrorKind, String) {
    let error = result.expect_err("this is refused");
    let text = error.to_string();
    assert!(text.contains(bucket) && text.contains("\"a\""), "{text}");
    let code = error.provider_code().unwrap_or_default().to_owned();
    (error.kind(), code)
}

#[tokio::test]
async fn an_archived_object_says_so_when_it_is_read() {
    let (bucket, client, name) = fresh().await;
    let archived = client.put_object().bucket(&name).key("a");
    let archived = archived.storage_class(StorageClass::Glacier);
    archived
        .body("x".to_owned().into_bytes().into())
        .send()
        .await
        .unwrap();
    assert_eq!(bucket.head("a").await.unwrap().size, 1);
    let expected = (ErrorKind::Unsupported, "InvalidObjectState".to_owned());
    assert_eq!(told(&name, bucket.get("a").await), expected);
}

#[tokio::test]
async fn a_version_that_is_held_cannot_be_deleted() {
    let (_, client, _) = fresh().await;
    let name = format!("held-{}", std::process::id());
    let created = client.create_bucket().bucket(&name);
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint("eu-central-1".into());
    let created = created.create_bucket_configuration(place.build());
    let created = created.object_lock_enabled_for_bucket(true);
    created.send().await.unwrap();
    let store = Arc::new(S3Store::new(client.clone()));
    let bucket = Bucket::new(store, clock(), &*name);
    let put = bucket.put("a", "x").await.unwrap();
    let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On);
    let request = client.put_object_legal_hold().bucket(&name).key("a");
    request.legal_hold(hold.build()).send().await.unwrap();
    let id = put.version_id.expect("a bucket with locks keeps versions");
    let by_id = DeleteBlobOptions::default().with_version_id(id.clone());
    let refused = told(&name, bucket.delete_with("a", by_id).await);
    assert_eq!(
        refused,
        (ErrorKind::PermissionDenied, "AccessDenied".to_owned())
    );
    // The blob itself can be deleted: its version stays.
    bucket.delete("a").await.unwrap();
    assert_eq!(bucket.head_version("a", id).await.unwrap().size, 1);
}

#[tokio::test]
async fn a_bucket_of_another_region_is_a_fault_of_the_deployment() {
    let (bucket, _, name) = fresh().await;
    bucket.put("a", "x").await.unwrap();
    let config = client(emulator::endpoint()).config().to_builder();
    let elsewhere = config.region(Region::new("us-west-2")).build();
    let store = Arc::new(S3Store::new(aws_sdk_s3::Client::from_conf(elsewhere)));
    let bucket = Bucket::new(store, clock(), &*name);
    for result in [
        bucket.get("a").await.map(drop),
        bucket.put("a", "y").await.map(drop),
    ] {
        let (kind, code) = told(&name, result);
        assert_eq!((kind, &*code), (ErrorKind::Internal, "PermanentRedirect"));
    }
}
