//! What is stored comes back: keys, bytes, attributes, parts.

use std::sync::Arc;

use aws_sdk_s3::types::ChecksumAlgorithm;
use bytes::Bytes;
use isobar::blob::{Attributes, BlobCondition, ByteRange, PutBlobOptions};
use isobar::{Bucket, ErrorKind};
use isobar_aws::S3Store;
use isobar_fault_proxy::Fault;

use super::{client, fresh};
use crate::{clock, emulator};

#[tokio::test]
async fn a_blob_is_an_object_of_the_same_key_with_its_headers() {
    let (bucket, client, name) = fresh().await;
    let attributes = Attributes::default()
        .with_content_type("text/plain; charset=utf-8")
        .with_content_disposition("attachment")
        .with_content_encoding("gzip")
        .with_content_language("de")
        .with_cache_control("max-age=60")
        .with_metadata("owner", "alice")
        .with_metadata("Uploaded-By", " Ümläut, 100 % ")
        .with_metadata("empty", "");
    let options = PutBlobOptions::default().with_attributes(attributes.clone());
    let put = bucket
        .put_with("photos/ü 1.jpg", "hello", options)
        .await
        .unwrap();
    let head = bucket.head("photos/ü 1.jpg").await.unwrap();
    assert_eq!(head.attributes, attributes);
    assert_eq!((head.size, head.crc32c), (5, Some(0x9a71_bb4c)));
    assert_eq!(head.version, put.version);
    let apart = head.modified.as_micros() - put.modified.as_micros();
    assert!(apart.abs() <= 1_000_000, "{apart} µs");
    let blob = bucket.get("photos/ü 1.jpg").await.unwrap();
    assert_eq!(blob.meta, head);
    assert_eq!(blob.bytes().await.unwrap(), "hello");

    let object = client.get_object().bucket(name).key("photos/ü 1.jpg");
    let object = object.send().await.unwrap();
    assert_eq!(object.content_type(), Some("text/plain; charset=utf-8"));
    assert_eq!(object.metadata().unwrap()["owner"], "alice");
    assert_eq!(object.metadata().unwrap().len(), 3);
}

#[tokio::test]
async fn the_native_client_is_s3s() {
    let (bucket, _, name) = fresh().await;
    bucket.put("a", "hello").await.unwrap();
    let native = bucket.native::<aws_sdk_s3::Client>().unwrap();
    let head = native.head_object().bucket(name).key("a").send().await;
    assert_eq!(head.unwrap().content_length(), Some(5));
    assert!(bucket.native::<String>().is_none());
}

#[tokio::test]
async fn metadata_may_have_any_name_the_mark_of_our_own_writes_too() {
    let (bucket, ..) = fresh().await;
    let attributes = Attributes::default()
        .with_metadata("isobarwrite", "theirs")
        .with_metadata("isobarwriter", "too");
    let options = PutBlobOptions::default()
        .with_attributes(attributes.clone())
        .with_condition(BlobCondition::IfAbsent);
    bucket.put_with("a", "", options).await.unwrap();
    bucket.copy("a", "b").await.unwrap();
    for key in ["a", "b"] {
        let found = bucket.head(key).await.unwrap().attributes;
        assert_eq!(found.metadata, attributes.metadata);
    }
}

#[tokio::test]
async fn every_key_is_one_object() {
    let (bucket, ..) = fresh().await;
    let keys = [
        "a",
        "a/b",
        "a//b",
        "a/",
        "A",
        ".",
        "..",
        "../x",
        "/lead",
        "trail/",
        "sp ace",
        "plus+",
        "per%20cent",
        "que?ry#frag",
        "back\\slash",
        "quo\"te",
        "☺",
        "e\u{301}",
        "é",
        "tab\tnl\n",
        "a%2Fb",
        "*'();:@&=$,![]",
        "\u{10FFFF}",
        "nul-free\u{1}",
    ];
    for key in keys {
        bucket.put(key, format!("content of {key}")).await.unwrap();
    }
    for key in keys {
        let blob = bucket.get(key).await.unwrap();
        assert_eq!(
            blob.bytes().await.unwrap(),
            format!("content of {key}"),
            "{key:?}"
        );
        let copied = format!("copy of {key}");
        bucket.copy(key, &copied).await.unwrap();
        let blob = bucket.get(&copied).await.unwrap();
        assert_eq!(
            blob.bytes().await.unwrap(),
            format!("content of {key}"),
            "{key:?}"
        );
        bucket.delete(&copied).await.unwrap();
    }
    let page = bucket.list(&isobar::blob::List::new()).await.unwrap();
    let mut expected = keys;
    expected.sort_unstable();
    assert_eq!(page.keys().collect::<Vec<_>>(), expected);
}

async fn check(bucket: &Bucket, key: &str, range: ByteRange, expected: &str) {
    let shown = match bucket.get_range(key, range).await {
        Ok(blob) => {
            let place = format!("{:?} of {}", blob.range, blob.meta.size);
            format!(
                "{place}: {}",
                String::from_utf8_lossy(&blob.bytes().await.expect("bytes"))
            )
        }
        Err(error) => format!("{:?}", error.kind()),
    };
    assert_eq!(shown, expected, "{range:?} of {key}");
}

#[tokio::test]
async fn a_range_is_cut_at_the_end_and_refused_beyond_it() {
    let (bucket, ..) = fresh().await;
    bucket.put("digits", "0123456789").await.unwrap();
    bucket.put("empty", "").await.unwrap();
    let bounded = |start, end| ByteRange::Bounded { start, end };
    check(
        &bucket,
        "digits",
        ByteRange::Full,
        "0..10 of 10: 0123456789",
    )
    .await;
    check(&bucket, "digits", ByteRange::From(7), "7..10 of 10: 789").await;
    check(&bucket, "digits", ByteRange::From(10), "InvalidArgument").await;
    check(&bucket, "digits", bounded(2, 5), "2..5 of 10: 234").await;
    check(&bucket, "digits", bounded(8, 99), "8..10 of 10: 89").await;
    check(&bucket, "digits", bounded(3, 3), "3..3 of 10: ").await;
    check(&bucket, "digits", bounded(10, 10), "10..10 of 10: ").await;
    check(&bucket, "digits", bounded(10, 11), "InvalidArgument").await;
    check(&bucket, "digits", bounded(11, 11), "InvalidArgument").await;
    check(&bucket, "digits", ByteRange::Suffix(3), "7..10 of 10: 789").await;
    check(
        &bucket,
        "digits",
        ByteRange::Suffix(99),
        "0..10 of 10: 0123456789",
    )
    .await;
    check(&bucket, "digits", ByteRange::Suffix(0), "10..10 of 10: ").await;
    check(&bucket, "empty", ByteRange::Full, "0..0 of 0: ").await;
    check(&bucket, "empty", ByteRange::Suffix(5), "0..0 of 0: ").await;
    check(&bucket, "empty", ByteRange::From(0), "InvalidArgument").await;
    check(&bucket, "missing", ByteRange::From(0), "NotFound").await;
    check(&bucket, "missing", ByteRange::Suffix(0), "NotFound").await;
}

#[tokio::test]
async fn a_copy_has_content_and_attributes_also_when_it_is_made_in_parts() {
    const PART: u64 = 5 * 1_024 * 1_024;
    let (bucket, client_, name) = fresh().await;
    drop(client_);
    let store = S3Store::new(client(emulator::endpoint())).with_part_bytes(PART);
    let in_parts = Bucket::new(Arc::new(store), clock(), &*name);
    let attributes = Attributes::default()
        .with_content_type("image/png")
        .with_metadata("camera-model", "x");
    let options = PutBlobOptions::default().with_attributes(attributes.clone());
    for size in [0_u64, 10, 5 * 1_024 * 1_024 + 1, 10 * 1_024 * 1_024] {
        let content: Bytes = (0..size)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        bucket
            .put_with("from", content.clone(), options.clone())
            .await
            .unwrap();
        let copied = in_parts.copy("from", "to").await.unwrap();
        assert_eq!(copied.size, size);
        assert_eq!(copied.attributes, attributes);
        let blob = bucket.get("to").await.unwrap();
        assert!(blob.bytes().await.unwrap() == content, "{size} bytes");
    }
    let error = in_parts.copy("missing", "to").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_copy_in_parts_that_is_given_up_leaves_no_parts() {
    const PART: u64 = 5 * 1_024 * 1_024;
    let (bucket, client_, name) = fresh().await;
    bucket
        .put("from", vec![b'x'; 6 * 1_024 * 1_024])
        .await
        .unwrap();
    let faults = emulator::behind_a_proxy().await;
    let store = S3Store::new(client(&faults.url())).with_part_bytes(PART);
    let behind = Bucket::new(Arc::new(store), clock(), &*name);
    let part = faults.hold("x-amz-copy-source-range");
    let copy = tokio::spawn(async move { behind.copy("from", "to").await });
    part.reached().await;
    let uploads = async || {
        let listed = client_.list_multipart_uploads().bucket(&name).send();
        listed.await.unwrap().uploads().len()
    };
    assert_eq!(uploads().await, 1);
    copy.abort();
    assert!(copy.await.unwrap_err().is_cancelled());
    let gone = async { while uploads().await > 0 {} };
    let gone = tokio::time::timeout(std::time::Duration::from_secs(20), gone);
    gone.await.expect("the upload is aborted");
    part.open();
}

#[tokio::test]
async fn metadata_that_is_too_large_when_encoded_is_refused_before_it_is_sent() {
    let (bucket, ..) = fresh().await;
    let attributes = Attributes::default().with_metadata("a", "é".repeat(500));
    let options = PutBlobOptions::default().with_attributes(attributes);
    let error = bucket.put_with("a", "", options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(
        (error.limit(), error.measured()),
        (Some(2_000), Some(3_001))
    );
}

#[tokio::test]
async fn a_missing_blob_is_not_found_and_a_missing_bucket_is_a_fault_of_the_deployment() {
    let (bucket, ..) = fresh().await;
    assert_eq!(
        bucket.head("a").await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        bucket.get("a").await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(bucket.delete("a").await.unwrap(), None);
    let store = Arc::new(S3Store::new(client(emulator::endpoint())));
    let nowhere = Bucket::new(store, clock(), "no-such-bucket-anywhere");
    let put = nowhere.put("a", "x").await.unwrap_err();
    let get = nowhere.get("a").await.unwrap_err();
    for error in [put, get] {
        assert_eq!(error.kind(), ErrorKind::Internal, "{error:?}");
        assert_eq!(error.provider_code(), Some("NoSuchBucket"));
    }
}

#[tokio::test]
async fn a_damaged_body_is_noticed_by_its_checksum_whoever_compares_it() {
    let (_, client, name) = fresh().await;
    for (algorithm, by_the_sdk) in [
        (ChecksumAlgorithm::Crc32C, false),
        (ChecksumAlgorithm::Sha256, true),
        (ChecksumAlgorithm::Crc64Nvme, true),
    ] {
        let put = client.put_object().bucket(&name).key("a");
        let put = put.checksum_algorithm(algorithm.clone());
        let body = Bytes::from_static(b"a body of which one bit will differ");
        put.body(body.into()).send().await.unwrap();

        let proxy = emulator::behind_a_proxy().await;
        let store = S3Store::new(super::client(&proxy.url()));
        let behind = Bucket::new(Arc::new(store), clock(), &*name);
        proxy.plan(Fault::Flip.on("GET /"));
        let blob = behind.get("a").await.unwrap();
        let error = blob.bytes().await.unwrap_err();
        assert_eq!(proxy.clear(), 1, "{algorithm:?}");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{algorithm:?}");
        let sdk = std::error::Error::source(&error).is_some();
        assert_eq!(sdk, by_the_sdk, "{algorithm:?}: {error:?}");
    }
}
