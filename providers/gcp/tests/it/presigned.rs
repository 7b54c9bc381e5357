//! Requests for others: what a key has signed is what has to be sent, by the V4 scheme.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use google_cloud_auth::credentials::{anonymous, service_account};
use isobar::blob::{
    Attributes, BlobCondition, PresignOptions, PresignPutOptions, PresignedRequest,
};
use isobar::driver::SystemClock;
use isobar::{Bucket, ErrorKind};
use isobar_gcp::blob::Place;
use ring::digest::{SHA256, digest};
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};

/// A key that was made for these tests and opens nothing.
const SERVICE_ACCOUNT: &str = include_str!("service-account.json");

async fn bucket() -> Bucket {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let account = serde_json::from_str(SERVICE_ACCOUNT).expect("JSON");
    let signer = service_account::Builder::new(account).build_signer();
    let place = Place::parse("gs://shop").expect("a place");
    let anonymous = anonymous::Builder::new().build();
    let store = place
        .open_as(anonymous, Some(signer.expect("a signer")))
        .await;
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    Bucket::new(Arc::new(store.expect("a store")), Arc::new(clock), "photos")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text takes text");
        text
    })
}

/// Checks the signature against what is sent: "Signatures" in the documents of Cloud Storage.
fn verify(request: &PresignedRequest, path: &str) {
    let (address, query) = request.url.split_once('?').expect("a query");
    assert_eq!(address, format!("https://storage.googleapis.com{path}"));
    let mut pairs: BTreeMap<&str, &str> = query
        .split('&')
        .map(|pair| pair.split_once('=').expect("a pair"))
        .collect();
    let signature = pairs.remove("X-Goog-Signature").expect("a signature");
    let signed_headers = pairs["X-Goog-SignedHeaders"].replace("%3B", ";");
    let mut headers = request.headers.clone();
    headers.insert("host".to_owned(), "storage.googleapis.com".to_owned());
    let names: Vec<&str> = headers.keys().map(String::as_str).collect();
    assert_eq!(signed_headers, names.join(";"));
    let headers: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let headers = headers.concat();
    let query: Vec<String> = pairs.iter().map(|(a, b)| format!("{a}={b}")).collect();
    let canonical = format!(
        "{}\n{path}\n{}\n{headers}\n{signed_headers}\nUNSIGNED-PAYLOAD",
        request.method,
        query.join("&"),
    );
    let scope = pairs["X-Goog-Credential"].replace("%2F", "/");
    let scope = scope.split_once('/').expect("a scope").1;
    let to_sign = format!(
        "GOOG4-RSA-SHA256\n{}\n{scope}\n{}",
        pairs["X-Goog-Date"],
        hex(digest(&SHA256, canonical.as_bytes()).as_ref()),
    );
    let signature: Vec<u8> = (0..signature.len() / 2)
        .map(|at| u8::from_str_radix(&signature[at * 2..at * 2 + 2], 16).expect("hexadecimal"))
        .collect();
    let key = key();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key());
    let verified = public.verify(to_sign.as_bytes(), &signature);
    assert!(verified.is_ok(), "{}", request.url);
}

fn key() -> RsaKeyPair {
    let account: serde_json::Value = serde_json::from_str(SERVICE_ACCOUNT).expect("JSON");
    let pem = account["private_key"].as_str().expect("a key");
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let bytes = STANDARD.decode(lines.collect::<String>()).expect("Base64");
    RsaKeyPair::from_pkcs8(&bytes).expect("a key")
}

#[tokio::test]
async fn a_put_is_signed_with_all_that_must_be_sent() {
    let attributes = Attributes::default()
        .with_content_type("image/png")
        .with_metadata("uploaded-by", "alice");
    let options = PresignPutOptions::default()
        .with_attributes(attributes)
        .with_condition(BlobCondition::IfAbsent)
        .with_size(11)
        .with_crc32c(0xc994_65aa);
    let signed = bucket().await.presign_put("a b/é.png", options).await;
    let signed = signed.unwrap();
    let sent: Vec<_> = signed.headers.iter().map(|(a, b)| (&**a, &**b)).collect();
    let expected = [
        ("content-type", "image/png"),
        ("x-goog-content-length-range", "11,11"),
        ("x-goog-hash", "crc32c=yZRlqg=="),
        ("x-goog-if-generation-match", "0"),
        ("x-goog-meta-zzelo6orr1chim8bb2f4", "alice"),
    ];
    assert_eq!(sent, expected);
    verify(&signed, "/photos/a%20b/%C3%A9.png");
}

#[tokio::test]
async fn reads_questions_and_deletes_are_signed_without_headers() {
    let bucket = bucket().await;
    let minute = PresignOptions::default().with_expires_in(Duration::from_mins(1));
    let get = minute
        .clone()
        .with_content_disposition("attachment; filename=\"a b\"");
    let signed = [
        bucket.presign_get("a", get).await.unwrap(),
        bucket.presign_head("a", minute.clone()).await.unwrap(),
        bucket.presign_delete("a", minute).await.unwrap(),
    ];
    for (signed, method) in signed.iter().zip(["GET", "HEAD", "DELETE"]) {
        assert_eq!(signed.method, method);
        assert!(signed.headers.is_empty());
        assert!(signed.url.contains("X-Goog-Expires=60"), "{}", signed.url);
        verify(signed, "/photos/a");
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_signed() {
    let place = Place::parse("gs://shop").unwrap();
    let store = place.open_as(anonymous::Builder::new().build(), None).await;
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let bucket = Bucket::new(Arc::new(store.unwrap()), Arc::new(clock), "photos");
    let refused = bucket.presign_get("a", PresignOptions::default()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
}
