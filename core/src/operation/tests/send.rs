//! Futures of the blob API may move between threads: handlers hold them, and runtimes spawn those.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::iter;

use super::silence::JumpingClock;
use crate::Bucket;
use crate::blob::{
    Attributes, Blob, BlobReader, BlobWriter, ByteRange, CopyOptions, DeleteBlobOptions, Entries,
    GetBlobOptions, List, PresignOptions, PresignPutOptions, PutBlobOptions, UploadToken,
    VersionId,
};

/// Drops what a thread could take; that this compiles is the test.
fn takes<T: Send>(value: T) {
    drop(value);
}

fn writes(bucket: &Bucket, other: &Bucket) {
    let (put, copy) = (PutBlobOptions::default, CopyOptions::default);
    let id = || VersionId::new("1");
    takes(bucket.ensure());
    takes(bucket.put("a", "x"));
    takes(bucket.put_with("a", "x", put()));
    let chunks = || iter([Ok::<_, io::Error>(Bytes::from_static(b"x"))]);
    takes(bucket.put_stream("a", chunks(), put()));
    takes(bucket.put_file(String::from("a"), "file", put()));
    takes(bucket.copy("a", "b"));
    takes(bucket.copy_with("a", "b", copy().with_source_version_id(id())));
    takes(bucket.copy_to("a", other, "b", copy()));
    takes(bucket.rename("a", "b"));
    takes(bucket.move_to("a", other, "b", copy()));
    takes(bucket.set_attributes("a", Attributes::default()));
    takes(bucket.delete("a"));
    takes(bucket.delete_with("a", DeleteBlobOptions::default()));
    takes(bucket.delete_many(["a", "b"]));
    takes(bucket.delete_prefix("a"));
    takes(bucket.remove_abandoned_uploads(Duration::ZERO));
    takes(bucket.plan_upload("a", 1, Duration::from_secs(1), put()));
}

fn reads(bucket: &Bucket) {
    takes(bucket.get("a"));
    takes(bucket.get_range("a", 0..1));
    takes(bucket.get_with("a", GetBlobOptions::default()));
    takes(bucket.get_ranges("a", [ByteRange::Suffix(1)]));
    takes(bucket.reader("a"));
    takes(bucket.head("a"));
    takes(bucket.head_version("a", VersionId::new("1")));
    takes(bucket.exists("a"));
    takes(bucket.list(&List::new()));
    takes(bucket.list_versions(&List::new()));
    takes(bucket.presign_get("a", PresignOptions::default()));
    takes(bucket.presign_head("a", PresignOptions::default()));
    takes(bucket.presign_delete("a", PresignOptions::default()));
    takes(bucket.presign_put("a", PresignPutOptions::default()));
}

/// What is had only of an answer.
fn answers(
    bucket: &Bucket,
    (blob, reader, token): (Blob, &BlobReader, &UploadToken),
    mut writer: BlobWriter,
) {
    takes(blob.bytes());
    takes(reader.get(0..1));
    takes(reader.bytes(0..1));
    takes(writer.write("x"));
    takes(writer.finish());
    takes(bucket.finish_upload(token));
    takes(bucket.abort_upload(token));
}

#[test]
fn futures_and_streams_of_blobs_are_send() {
    let clock = Arc::new(JumpingClock::default());
    let bucket = super::files(&clock);
    writes(&bucket, &bucket.with_budget(Duration::from_secs(1)));
    reads(&bucket);
    takes::<Entries>(bucket.entries(List::new()));
    takes(bucket.writer("a").expect("a key").abort());
    // Compiled, and not called: nothing answers here.
    let _ = answers;
}
