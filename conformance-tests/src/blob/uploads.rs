//! Writers, streams and files: content that arrives piece by piece.

use std::convert::Infallible;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream::iter;
use isobar::blob::{Attributes, BlobCondition, List, PutBlobOptions};
use isobar::{Bucket, Capability, ErrorKind};

use super::sample::{content, holds, listed};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-011",
        "until a writer is finished, and after it was dropped or aborted, readers see what was there",
        "K7",
        |ctx| Box::pin(unfinished_writers(ctx)),
    ),
    Case::blob(
        "B-020",
        "a stream and a file are stored byte for byte, with their attributes",
        "K7 K8",
        |ctx| Box::pin(streams_and_files(ctx)),
    ),
    Case::blob(
        "B-230",
        "content around the bounds of parts comes back whole, with the checksum of the whole",
        "K7 K8",
        |ctx| Box::pin(bounds_of_parts(ctx)),
    ),
    Case::blob(
        "B-231",
        "content that is declared too large for the store is TooLarge before a byte is taken",
        "K7",
        |ctx| Box::pin(too_large_to_begin(ctx)),
    ),
    Case::blob(
        "B-233",
        "one call removes what unfinished uploads have left, but nothing younger than it is told",
        "K7",
        |ctx| Box::pin(abandoned_uploads(ctx)),
    )
    .needs(&[Capability::AbandonedUploads]),
    Case::blob(
        "B-235",
        "content of another size or checksum than declared is refused and leaves what was there",
        "K7 K8",
        |ctx| Box::pin(declarations_hold(ctx)),
    ),
    Case::blob(
        "B-404",
        "of large uploads if absent at once exactly one wins, the others hear AlreadyExists",
        "K3 K7",
        |ctx| Box::pin(one_upload_wins(ctx)),
    )
    .needs(&[Capability::BlobIfAbsent, Capability::BlobUploadConditions]),
    Case::blob(
        "B-405",
        "a large upload at the version that was read succeeds, at another PreconditionFailed",
        "K3 K7",
        |ctx| Box::pin(upload_at_a_version(ctx)),
    )
    .needs(&[Capability::BlobIfVersion, Capability::BlobUploadConditions]),
];

/// Content that takes three parts.
const LARGE: usize = 20_000_000;
const PART: usize = 8 << 20;

fn pieces(content: &[u8], size: usize) -> Vec<Result<Bytes, Infallible>> {
    let pieces = content.chunks(size);
    pieces
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect()
}

async fn unfinished_writers(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "old").await?;
    for size in [10, LARGE] {
        let new = content(size);
        for key in ["a", "new"] {
            let mut writer = bucket.writer(key)?;
            writer.write(new.clone()).await?;
            expect::equal("the bytes written", &writer.written(), &(size as u64))?;
            drop(writer);
            let mut writer = bucket.writer(key)?;
            writer.write(new.clone()).await?;
            holds(&bucket, "a", b"old").await?;
            writer.abort().await?;
        }
        holds(&bucket, "a", b"old").await?;
        let found = listed(&bucket, &List::new()).await?;
        expect::equal("the listing", &found, &vec!["a".to_owned()])?;
    }
    let mut writer = bucket.writer("a")?;
    writer.write("n").await?;
    writer.write("ew").await?;
    writer.finish().await?;
    holds(&bucket, "a", b"new").await?;
    bucket.writer("empty")?.finish().await?;
    holds(&bucket, "empty", b"").await
}

async fn streams_and_files(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let attributes = Attributes::default()
        .with_content_type("image/png")
        .with_metadata("uploaded-by", "alice");
    for size in [0, 1_000, LARGE] {
        let whole = content(size);
        let options = || PutBlobOptions::default().with_attributes(attributes.clone());
        let stream = iter(pieces(&whole, 70_001));
        let meta = bucket.put_stream("stream", stream, options()).await?;
        expect::equal("the size told", &meta.size, &(size as u64))?;
        holds(&bucket, "stream", &whole).await?;
        let broken = |error: std::io::Error| Failure::new(error.to_string());
        let mut file = tempfile::NamedTempFile::new().map_err(broken)?;
        file.write_all(&whole).map_err(broken)?;
        bucket.put_file("file", file.path(), options()).await?;
        holds(&bucket, "file", &whole).await?;
        for key in ["stream", "file"] {
            let head = bucket.head(key).await?;
            expect::equal("the attributes", &head.attributes, &attributes)?;
        }
    }
    let failing = iter([Ok(Bytes::from(content(LARGE))), Err("the disk is on fire")]);
    let refused = bucket.put_stream("stream", failing, PutBlobOptions::default());
    expect::kind("a stream that fails", refused.await, ErrorKind::Cancelled)?;
    holds(&bucket, "stream", &content(LARGE)).await
}

async fn bounds_of_parts(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for size in [PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1] {
        let whole = content(size);
        let checksum = crc32c::crc32c(&whole);
        let mut writer = bucket.writer("a")?;
        for piece in whole.chunks(3_000_017) {
            writer.write(piece.to_vec()).await?;
        }
        let told = writer.finish().await?;
        let head = bucket.head("a").await?;
        for (who, meta) in [("finish", &told), ("head", &head)] {
            expect::equal(
                &format!("the size told by {who}"),
                &meta.size,
                &(size as u64),
            )?;
            if let Some(found) = meta.crc32c {
                expect::equal(&format!("the checksum told by {who}"), &found, &checksum)?;
            }
        }
        expect::equal("the version told", &told.version, &head.version)?;
        holds(&bucket, "a", &whole).await?;
    }
    Ok(())
}

async fn too_large_to_begin(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let options = PutBlobOptions::default().with_size(u64::MAX);
    let refused = bucket.writer_with("a", options);
    let error = expect::kind("a writer", refused, ErrorKind::TooLarge)?;
    expect::equal("the measure told", &error.measured(), &Some(u64::MAX))?;
    expect::that(error.limit().is_some(), "the error tells no limit")?;
    expect::equal("the key told", &error.key(), &Some("a"))
}

async fn abandoned_uploads(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("kept", "old").await?;
    let mut writer = bucket.writer("kept")?;
    writer.write(content(LARGE)).await?;
    // As if the process had been killed: nobody aborts it.
    std::mem::forget(writer);
    let hour = Duration::from_hours(1);
    let young = bucket.remove_abandoned_uploads(hour).await?;
    expect::equal("the uploads older than an hour", &young, &0)?;
    ctx.clock().advance(2 * hour);
    let old = bucket.remove_abandoned_uploads(hour).await?;
    expect::equal("the uploads removed two hours later", &old, &1)?;
    let again = bucket.remove_abandoned_uploads(hour).await?;
    expect::equal("the uploads removed then", &again, &0)?;
    holds(&bucket, "kept", b"old").await
}

async fn declarations_hold(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", "old").await?;
    for size in [1_000, LARGE] {
        let whole = content(size);
        let checksum = crc32c::crc32c(&whole);
        let options = PutBlobOptions::default;
        let wrong = [
            options().with_size(size as u64 - 1),
            options().with_size(size as u64 + 1),
            options().with_crc32c(checksum ^ 1),
        ];
        for wrong in wrong {
            let put = bucket.put_with("a", whole.clone(), wrong.clone()).await;
            expect::kind("put", put, ErrorKind::InvalidArgument)?;
            let stream = iter(pieces(&whole, 1 << 20));
            let stream = bucket.put_stream("a", stream, wrong).await;
            expect::kind("put of a stream", stream, ErrorKind::InvalidArgument)?;
        }
        holds(&bucket, "a", b"old").await?;
        let right = options().with_size(size as u64).with_crc32c(checksum);
        let stream = iter(pieces(&whole, 1 << 20));
        bucket.put_stream("b", stream, right).await?;
        holds(&bucket, "b", &whole).await?;
    }
    Ok(())
}

async fn upload(bucket: &Bucket, whole: Vec<u8>, condition: BlobCondition) -> isobar::Result<()> {
    let options = PutBlobOptions::default().with_condition(condition);
    let mut writer = bucket.writer_with("a", options)?;
    writer.write(whole).await?;
    writer.finish().await.map(drop)
}

async fn one_upload_wins(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let writers = (0..4_usize).map(|n| {
        let bucket = bucket.clone();
        tokio::spawn(
            async move { upload(&bucket, content(LARGE + n), BlobCondition::IfAbsent).await },
        )
    });
    let mut winner = None;
    for (n, ended) in join_all(writers).await.into_iter().enumerate() {
        let ended = ended.map_err(|error| Failure::new(error.to_string()))?;
        if ended.is_ok() {
            let before = winner.replace(n);
            expect::equal("the winner before", &before, &None)?;
        } else {
            expect::kind("a loser", ended, ErrorKind::AlreadyExists)?;
        }
    }
    let winner = expect::some("a winner", winner)?;
    holds(&bucket, "a", &content(LARGE + winner)).await
}

async fn upload_at_a_version(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let first = bucket.put("a", "first").await?.version;
    let at = BlobCondition::IfVersion;
    upload(&bucket, content(LARGE), at(first.clone())).await?;
    holds(&bucket, "a", &content(LARGE)).await?;
    let stale = upload(&bucket, content(LARGE + 1), at(first.clone())).await;
    expect::kind(
        "an upload at a past version",
        stale,
        ErrorKind::PreconditionFailed,
    )?;
    holds(&bucket, "a", &content(LARGE)).await?;
    bucket.delete("a").await?;
    let nothing = upload(&bucket, content(LARGE), at(first)).await;
    expect::kind(
        "an upload over nothing",
        nothing,
        ErrorKind::PreconditionFailed,
    )?;
    let gone = bucket.head("a").await;
    expect::kind("head", gone, ErrorKind::NotFound)?;
    Ok(())
}
