//! Copies between buckets and with other attributes, and moves.

use isobar::blob::{Attributes, CopyOptions, PutBlobOptions};
use isobar::{Capability, ErrorKind};

use super::sample::{content, holds};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-215",
        "a copy may be given other attributes, all of them",
        "K9",
        |ctx| Box::pin(copy_with_attributes(ctx)),
    ),
    Case::blob(
        "B-271",
        "a blob is given other attributes in place, and keeps its content",
        "K9",
        |ctx| Box::pin(attributes_in_place(ctx)),
    ),
    Case::blob(
        "B-272",
        "a blob is copied into another bucket with its attributes",
        "K9",
        |ctx| Box::pin(copy_between_buckets(ctx)),
    ),
    Case::blob(
        "B-273",
        "a blob is moved, within a bucket and into another; one that is missing or stays is refused",
        "K9",
        |ctx| Box::pin(moves(ctx)),
    )
    .needs(&[Capability::BlobDeleteIfVersion, Capability::PinnedReads]),
    Case::blob(
        "B-407",
        "a copy of a version that the source has no more is PreconditionFailed",
        "K3 K9",
        |ctx| Box::pin(pinned_copy(ctx)),
    )
    .needs(&[Capability::PinnedReads]),
];

fn old() -> Attributes {
    Attributes::default()
        .with_content_type("text/plain")
        .with_cache_control("no-cache")
        .with_metadata("author", "alice")
}

fn new() -> Attributes {
    Attributes::default()
        .with_content_type("text/markdown")
        .with_metadata("reviewed-by", "bob")
}

fn with(attributes: Attributes) -> PutBlobOptions {
    PutBlobOptions::default().with_attributes(attributes)
}

async fn copy_with_attributes(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put_with("a", content(3_000), with(old())).await?;
    let options = CopyOptions::default().with_attributes(new());
    bucket.copy_with("a", "b", options).await?;
    holds(&bucket, "b", &content(3_000)).await?;
    let head = bucket.head("b").await?;
    expect::equal("the attributes of the copy", &head.attributes, &new())?;
    let head = bucket.head("a").await?;
    expect::equal("the attributes of the source", &head.attributes, &old())
}

async fn attributes_in_place(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let put = bucket.put_with("a", content(3_000), with(old())).await?;
    bucket.set_attributes("a", new()).await?;
    let head = bucket.head("a").await?;
    expect::equal("the attributes", &head.attributes, &new())?;
    if head.crc32c.is_some() {
        expect::equal("the checksum", &head.crc32c, &put.crc32c)?;
    }
    holds(&bucket, "a", &content(3_000)).await?;
    let missing = bucket.set_attributes("b", new()).await;
    expect::kind("attributes of nothing", missing, ErrorKind::NotFound)?;
    Ok(())
}

async fn copy_between_buckets(ctx: Context) -> Result<(), Failure> {
    let (from, to) = (ctx.bucket().await?, ctx.second_bucket().await?);
    from.put_with("a", content(3_000), with(old())).await?;
    to.put("b/é", "other").await?;
    let copied = from.copy_to("a", &to, "b/é", CopyOptions::default());
    expect::equal("the size told", &copied.await?.size, &3_000)?;
    holds(&to, "b/é", &content(3_000)).await?;
    let head = to.head("b/é").await?;
    expect::equal("the attributes", &head.attributes, &old())?;
    holds(&from, "a", &content(3_000)).await?;
    let none = to.head("a").await;
    expect::kind("head", none, ErrorKind::NotFound)?;
    let missing = from.copy_to("b/é", &to, "c", CopyOptions::default()).await;
    expect::kind("a copy of nothing", missing, ErrorKind::NotFound)?;
    Ok(())
}

async fn moves(ctx: Context) -> Result<(), Failure> {
    let (bucket, other) = (ctx.bucket().await?, ctx.second_bucket().await?);
    bucket.put_with("a", content(3_000), with(old())).await?;
    bucket.put("b", "replaced").await?;
    bucket.rename("a", "b").await?;
    holds(&bucket, "b", &content(3_000)).await?;
    bucket
        .move_to("b", &other, "a", CopyOptions::default())
        .await?;
    holds(&other, "a", &content(3_000)).await?;
    let head = other.head("a").await?;
    expect::equal("the attributes", &head.attributes, &old())?;
    for key in ["a", "b"] {
        let gone = bucket.head(key).await;
        expect::kind("head", gone, ErrorKind::NotFound)?;
        let missing = bucket.rename(key, "c").await;
        expect::kind("a move of nothing", missing, ErrorKind::NotFound)?;
    }
    let onto_itself = other.rename("a", "a").await;
    expect::kind(
        "a move to where it is",
        onto_itself,
        ErrorKind::InvalidArgument,
    )?;
    holds(&other, "a", &content(3_000)).await
}

async fn pinned_copy(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let past = bucket.put("a", "past").await?.version;
    let present = bucket.put("a", "present").await?.version;
    let at = |version| CopyOptions::default().with_source_version(version);
    let stale = bucket.copy_with("a", "b", at(past.clone())).await;
    expect::kind("a copy of the past", stale, ErrorKind::PreconditionFailed)?;
    let missing = bucket.copy_with("c", "b", at(past)).await;
    expect::kind("a copy of nothing", missing, ErrorKind::PreconditionFailed)?;
    let none = bucket.head("b").await;
    expect::kind("head", none, ErrorKind::NotFound)?;
    bucket.copy_with("a", "b", at(present)).await?;
    holds(&bucket, "b", b"present").await
}
