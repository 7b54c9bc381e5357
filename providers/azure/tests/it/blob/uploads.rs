//! Uploads and copies in blocks.

use isobar::blob::{Attributes, BlobCondition, CopyOptions, List, PutBlobOptions};
use isobar::{Bucket, ErrorKind};

use super::{content, emulated, fresh, holds};

/// More than two parts of the usual size.
const SIZE: usize = 20_000_000;

async fn half_written(bucket: &Bucket, options: PutBlobOptions) -> isobar::blob::BlobWriter {
    let mut writer = bucket.writer_with("a", options).expect("a writer");
    writer.write(content(SIZE)).await.expect("a write");
    writer
}

#[tokio::test]
async fn an_upload_is_seen_when_it_is_finished_and_not_when_it_is_dropped() {
    let bucket = fresh(emulated()).await;
    let writer = half_written(&bucket, PutBlobOptions::default()).await;
    assert!(!bucket.exists("a").await.unwrap());
    let meta = writer.finish().await.unwrap();
    let expected = content(SIZE);
    holds(&bucket, "a", &expected).await;
    let head = bucket.head("a").await.unwrap();
    assert_eq!((head.version, head.crc32c), (meta.version, meta.crc32c));
    assert!(head.crc32c.is_some());

    drop(half_written(&bucket, PutBlobOptions::default()).await);
    holds(&bucket, "a", &expected).await;
    let listed = bucket.list(&List::new()).await.unwrap();
    assert_eq!(listed.entries.len(), 1);
}

#[tokio::test]
async fn an_upload_of_what_must_be_missing_replaces_nothing() {
    let bucket = fresh(emulated()).await;
    let options = PutBlobOptions::default().with_condition(BlobCondition::IfAbsent);
    let writer = half_written(&bucket, options).await;
    let own = content(5);
    // A put discards the blocks; the condition is what the writer hears of.
    bucket.put("a", own.clone()).await.unwrap();
    let refused = writer.finish().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    holds(&bucket, "a", &own).await;
}

/// Azurite has no "Put Block From URL": the blocks pass through this process.
#[tokio::test]
async fn a_copy_in_blocks_is_whole_has_its_attributes_and_keeps_its_condition() {
    let bucket = fresh(emulated().with_block_bytes(1 << 20)).await;
    let whole = content(3_500_000);
    let attributes = Attributes::default()
        .with_content_type("image/png")
        .with_metadata("owner", "alice");
    let options = PutBlobOptions::default().with_attributes(attributes.clone());
    let source = bucket
        .put_with("a/b c", whole.clone(), options)
        .await
        .unwrap();
    let copied = bucket.copy("a/b c", "copy").await.unwrap();
    assert_eq!(copied.attributes, attributes);
    assert_eq!(copied.crc32c, source.crc32c);
    holds(&bucket, "copy", &whole).await;
    let options = CopyOptions::default().with_condition(BlobCondition::IfAbsent);
    let again = bucket.copy_with("a/b c", "copy", options).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn other_attributes_are_set_where_the_blob_is() {
    let bucket = fresh(emulated()).await;
    bucket.put("a", "content").await.unwrap();
    let attributes = Attributes::default().with_content_type("text/css");
    let set = bucket
        .set_attributes("a", attributes.clone())
        .await
        .unwrap();
    assert_eq!(set.attributes, attributes);
    let head = bucket.head("a").await.unwrap();
    assert_eq!((head.attributes, head.version), (attributes, set.version));
    holds(&bucket, "a", b"content").await;
}
