//! Callers that the service does not let in: each hears why, and of which bucket and key.

use bytes::Bytes;
use isobar::blob::List;
use isobar::{Bucket, Error, ErrorKind, Result};
use isobar_azure::Credential;
use isobar_azure::config::blob::BlobPlace;

use super::{bucket, emulated, fresh, holds};
use crate::emulator;
use crate::signature::signature;

/// The bucket, as somebody with this credential sees it.
fn with(name: &str, credential: Credential) -> Bucket {
    let account = "devstoreaccount1";
    let mut place = BlobPlace::parse(&format!("azure-blob://{account}")).expect("a place");
    place.endpoint = format!("http://127.0.0.1:{}/{account}", emulator::blob_port());
    place.credential = Some(credential);
    bucket(place.open().expect("a store"), name)
}

fn refused<T: std::fmt::Debug>(result: Result<T>, begin: &str) -> Error {
    let error = result.expect_err("this is refused");
    let told = error.to_string();
    assert!(told.starts_with(begin), "{told}");
    assert!(!error.retryable() && !error.outcome_unknown(), "{error:?}");
    error
}

#[tokio::test]
async fn a_shared_access_signature_allows_what_it_says() {
    let owned = fresh(emulated()).await;
    owned.put("a", "x").await.unwrap();
    let name = owned.name();
    let at = |operation: &str| format!("blob.{operation} on \"{name}\" at \"a\": ");
    let listing = format!("blob.list on \"{name}\": ");
    let reader = with(name, Credential::sas(&signature('b', "r")));
    holds(&reader, "a", b"x").await;
    let large = Bytes::from(vec![0; 33 << 20]);
    let adder = with(name, Credential::sas(&signature('b', "c")));
    for error in [
        refused(reader.put("a", "y").await, &at("put")),
        refused(reader.put("a", large).await, &at("put")),
        refused(reader.delete("a").await, &at("delete")),
        refused(reader.list(&List::new()).await, &listing),
        refused(adder.get("a").await, &at("get")),
        refused(adder.head("a").await, &at("head")),
    ] {
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
        let told = error.to_string();
        assert!(told.contains("what it allows"), "{told}");
    }
    holds(&owned, "a", b"x").await;
}

#[tokio::test]
async fn a_wrong_key_is_told_apart_from_a_missing_blob() {
    let owned = fresh(emulated()).await;
    let name = owned.name();
    let stranger = with(name, Credential::key("d3Jvbmc=").unwrap());
    let begin = format!("blob.get on \"{name}\" at \"a\": ");
    let error = refused(stranger.get("a").await, &begin);
    // The service says AuthenticationFailed, which is another kind.
    assert_eq!(error.provider_code(), Some("AuthorizationFailure"));
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let told = error.to_string();
    assert!(told.contains("check the account's name and key"), "{told}");
}
