//! Copy within a bucket.

use isobar::blob::{Attributes, BlobCondition, CopyOptions, PutBlobOptions};
use isobar::{Capability, ErrorKind};

use super::sample::{content, holds};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-015",
        "a copy has the content and all attributes, replaces what was there, and is its own blob",
        "K9",
        |ctx| Box::pin(copies(ctx)),
    ),
    Case::blob(
        "B-213",
        "metadata of every kind survives a copy",
        "K2 K9",
        |ctx| Box::pin(copy_keeps_metadata(ctx)),
    ),
    Case::blob(
        "B-402",
        "a copy of a missing blob is NotFound and leaves the destination",
        "K9",
        |ctx| Box::pin(copy_needs_a_source(ctx)),
    ),
    Case::blob(
        "B-403",
        "a copy if absent never replaces a blob",
        "K3 K9",
        |ctx| Box::pin(copy_if_absent(ctx)),
    )
    .needs(&[Capability::BlobIfAbsent, Capability::BlobCopyConditions]),
];

fn attributes() -> Attributes {
    Attributes::default()
        .with_content_type("text/markdown")
        .with_cache_control("no-cache")
        .with_content_language("en")
        .with_metadata("author", "alice")
}

async fn copies(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let options = PutBlobOptions::default().with_attributes(attributes());
    let source = bucket.put_with("source", content(3_000), options).await?;
    let other = Attributes::default().with_metadata("stale", "x");
    let options = PutBlobOptions::default().with_attributes(other);
    bucket.put_with("target", "old", options).await?;
    let copied = bucket.copy("source", "target").await?;
    expect::equal("the key told", copied.key.as_str(), "target")?;
    expect::equal("the size told", &copied.size, &3_000)?;
    holds(&bucket, "target", &content(3_000)).await?;
    let head = bucket.head("target").await?;
    expect::equal("the attributes", &head.attributes, &attributes())?;
    expect::equal("the checksum", &head.crc32c, &source.crc32c)?;
    expect::equal("the version told", &copied.version, &head.version)?;
    bucket.put("source", "changed").await?;
    holds(&bucket, "target", &content(3_000)).await?;
    bucket.delete("source").await?;
    holds(&bucket, "target", &content(3_000)).await
}

async fn copy_keeps_metadata(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let odd = attributes()
        .with_metadata("with-dash", " edges ")
        .with_metadata("Capital_name", "naïve 😀");
    let options = PutBlobOptions::default().with_attributes(odd.clone());
    bucket.put_with("odd key/é+%", "x", options).await?;
    bucket.copy("odd key/é+%", "another key/?#").await?;
    let head = bucket.head("another key/?#").await?;
    expect::equal("the attributes", &head.attributes, &odd)?;
    holds(&bucket, "another key/?#", b"x").await
}

async fn copy_needs_a_source(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("target", "kept").await?;
    let refused = bucket.copy("missing", "target").await;
    expect::kind("the copy", refused, ErrorKind::NotFound)?;
    holds(&bucket, "target", b"kept").await?;
    let refused = bucket.copy("missing", "new").await;
    expect::kind("the copy", refused, ErrorKind::NotFound)?;
    let none = bucket.head("new").await;
    expect::kind("head", none, ErrorKind::NotFound)?;
    Ok(())
}

async fn copy_if_absent(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("source", "new").await?;
    bucket.put("target", "kept").await?;
    let options = || CopyOptions::default().with_condition(BlobCondition::IfAbsent);
    let refused = bucket.copy_with("source", "target", options()).await;
    expect::kind("the copy", refused, ErrorKind::AlreadyExists)?;
    holds(&bucket, "target", b"kept").await?;
    bucket.copy_with("source", "free", options()).await?;
    holds(&bucket, "free", b"new").await
}
