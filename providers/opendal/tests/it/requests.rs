//! Requests to OSS, COS and OBS: conditions by their own headers, or refused before they are sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use isobar::blob::{Attributes, BlobCondition, PresignOptions, PresignPutOptions, PutBlobOptions};
use isobar::driver::SystemClock;
use isobar::{Bucket, Capability, Error, ErrorKind};
use isobar_fault_proxy::{Protocol, Proxy};
use isobar_opendal::{OpendalStore, Service};
use opendal::Operator;
use opendal::services::{Cos, Obs, Oss};

fn store(service: Service, endpoint: &str) -> OpendalStore {
    let endpoint = endpoint.to_owned();
    let made = OpendalStore::new(service, move |bucket| match service {
        Service::Oss => Operator::new(
            Oss::default()
                .endpoint(&endpoint)
                .addressing_style("path")
                .access_key_id("id")
                .access_key_secret("secret")
                .bucket(bucket),
        ),
        Service::Cos => Operator::new(
            Cos::default()
                .endpoint(&endpoint)
                .disable_config_load()
                .secret_id("id")
                .secret_key("secret")
                .bucket(bucket),
        ),
        _ => Operator::new(
            Obs::default()
                .endpoint(&endpoint)
                .access_key_id("id")
                .secret_access_key("secret")
                .bucket(bucket),
        ),
    });
    made.expect("a store")
}

fn bucket(store: OpendalStore) -> Bucket {
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let bucket = Bucket::new(Arc::new(store), Arc::new(clock), "photos");
    bucket.with_budget(Duration::from_secs(5))
}

fn if_absent() -> PutBlobOptions {
    let attributes = Attributes::default()
        .with_content_language("de")
        .with_metadata("owner", "alice");
    PutBlobOptions::default()
        .with_attributes(attributes)
        .with_condition(BlobCondition::IfAbsent)
}

/// What a put if absent hears where nobody answers, and what it has sent first.
async fn put(store: impl Fn(&str) -> OpendalStore) -> (Error, Option<String>) {
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let proxy = Proxy::before(nobody, Protocol::Http1)
        .await
        .expect("a port");
    let photos = bucket(store(&proxy.url()));
    let put = photos.put_with("a b", "x", if_absent()).await;
    let first = proxy.requests().into_iter().next();
    let first = first.map(|request| String::from_utf8_lossy(&request).to_lowercase());
    (put.expect_err("nobody is there"), first)
}

#[tokio::test]
async fn oss_is_told_not_to_replace_a_blob() {
    let (error, request) = put(|url| store(Service::Oss, url).never_versioned()).await;
    assert_ne!(error.kind(), ErrorKind::Unsupported, "{error}");
    let request = request.expect("a request");
    assert!(request.starts_with("put /photos/a%20w"), "{request}");
    assert!(
        request.contains("x-oss-forbid-overwrite: true"),
        "{request}"
    );
    assert!(request.contains("x-oss-meta-owner: alice"), "{request}");
    assert!(request.contains("x-oss-meta-isobar: crc32c="), "{request}");
    assert!(request.contains("language=de"), "{request}");
}

#[tokio::test]
async fn conditions_that_a_service_may_ignore_are_never_sent() {
    for service in [Service::Oss, Service::Cos, Service::Obs] {
        let (error, request) = put(|url| store(service, url)).await;
        assert_eq!(
            error.capability(),
            Some(Capability::BlobIfAbsent),
            "{service:?}"
        );
        assert_eq!(request, None);
    }
    let (error, _) = put(|url| store(Service::Obs, url).never_versioned()).await;
    assert_eq!(error.capability(), Some(Capability::BlobIfAbsent));
}

#[tokio::test]
async fn no_service_but_s3_compares_versions() {
    for service in [
        Service::Oss,
        Service::Cos,
        Service::Obs,
        Service::Fs,
        Service::Memory,
    ] {
        assert!(
            !service.capabilities().has(Capability::BlobIfVersion),
            "{service:?}"
        );
    }
    assert!(Service::S3.capabilities().has(Capability::BlobIfVersion));
}

#[tokio::test]
async fn reads_and_puts_are_signed_and_deletes_refused() {
    let signatures = [
        (Service::Oss, "https://oss.example", "signature"),
        (Service::Cos, "https://cos.example", "q-signature"),
        (Service::Obs, "https://obs.example", "signature"),
    ];
    for (service, endpoint, signature) in signatures {
        let photos = bucket(store(service, endpoint));
        let put = photos.presign_put("a", PresignPutOptions::default()).await;
        let put = put.unwrap();
        let attributes = Attributes::default().with_content_type("image/png");
        let held = PresignPutOptions::default().with_attributes(attributes);
        let held = photos.presign_put("a", held).await.unwrap_err();
        assert_eq!(held.kind(), ErrorKind::Unsupported);
        let get = photos
            .presign_get("a", PresignOptions::default())
            .await
            .unwrap();
        for url in [put.url, get.url] {
            assert!(url.to_lowercase().contains(signature), "{url}");
        }
        let sized = PresignPutOptions::default().with_size(1);
        let sized = photos.presign_put("a", sized).await.unwrap_err();
        assert_eq!(sized.kind(), ErrorKind::Unsupported);
        let delete = photos.presign_delete("a", PresignOptions::default()).await;
        assert_eq!(delete.unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
