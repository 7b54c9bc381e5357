//! Callers that S3 does not let in: each hears why, and of which bucket and key.

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use bytes::Bytes;
use isobar::blob::List;
use isobar::{Bucket, Error, ErrorKind, Result};
use isobar_aws::S3Store;

use super::client;
use crate::clock;
use crate::emulator;
use crate::user::{User, root};

/// The bucket, as somebody with these credentials sees it.
fn bucket(name: &str, credentials: Credentials) -> Bucket {
    let config = client(emulator::guarded()).config().to_builder();
    let config = config.credentials_provider(credentials).build();
    let store = S3Store::new(Client::from_conf(config));
    Bucket::new(Arc::new(store), clock(), name)
}

/// A new bucket with a blob, of the account's root.
async fn filled(name: &str) -> Bucket {
    let bucket = bucket(name, root());
    bucket.ensure().await.expect("a bucket");
    bucket.put("a", "x").await.expect("a blob");
    bucket
}

fn refused<T: std::fmt::Debug>(result: Result<T>, begin: &str) -> Error {
    let error = result.expect_err("this is refused");
    let told = error.to_string();
    assert!(told.starts_with(begin), "{told}");
    assert!(!error.retryable() && !error.outcome_unknown(), "{error:?}");
    error
}

/// What each operation on one blob comes to.
async fn each(bucket: &Bucket, name: &str) -> Vec<Error> {
    let at = |operation: &str| format!("blob.{operation} on \"{name}\" at \"a\": ");
    let large = Bytes::from(vec![0; 33 << 20]);
    vec![
        refused(bucket.get("a").await, &at("get")),
        refused(bucket.head("a").await, &at("head")),
        refused(bucket.put("a", "y").await, &at("put")),
        refused(bucket.put("a", large).await, &at("write")),
        refused(bucket.delete("a").await, &at("delete")),
        refused(bucket.copy("a", "b").await, "blob.copy on "),
        refused(
            bucket.list(&List::new()).await,
            &format!("blob.list on \"{name}\": "),
        ),
    ]
}

#[tokio::test]
async fn who_has_no_permission_is_told_what_to_give() {
    let name = "guarded";
    let owned = filled(name).await;
    let user = User::create("nobody-of-blobs").await;
    let theirs = bucket(name, user.credentials());
    for error in each(&theirs, name).await {
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
        let told = error.to_string();
        let advice = "give the role of this program the permission";
        assert!(told.contains(advice), "{told}");
    }
    assert_eq!(owned.get("a").await.unwrap().bytes().await.unwrap(), "x");

    user.allow("s3:GetObject").await;
    assert_eq!(theirs.get("a").await.unwrap().bytes().await.unwrap(), "x");
    let begin = format!("blob.put on \"{name}\" at \"a\": ");
    let error = refused(theirs.put("a", "y").await, &begin);
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
    assert_eq!(error.provider_code(), Some("AccessDenied"));
}

#[tokio::test]
async fn whom_nobody_knows_is_told_to_check_the_key() {
    let name = "unknown-callers";
    filled(name).await;
    let user = User::create("known-of-blobs").await;
    let wrong = Credentials::new(&user.key, "another secret", None, None, "tests");
    let stranger = Credentials::new("AKIANOBODYKNOWSTHIS0", "secret", None, None, "tests");
    for credentials in [wrong, stranger] {
        let theirs = bucket(name, credentials);
        let begin = format!("blob.get on \"{name}\" at \"a\": ");
        let error = refused(theirs.get("a").await, &begin);
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
        let told = error.to_string();
        assert!(
            told.contains("check the access key with its secret"),
            "{told}"
        );
    }
}
