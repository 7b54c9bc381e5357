//! Reads at one version: several parts of one content, never of two.

use isobar::blob::{ByteRange, GetBlobOptions};
use isobar::{Capability, ErrorKind};

use super::sample::content;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-223",
        "a blob that is replaced or removed between two reads at its version is PreconditionFailed",
        "K5",
        |ctx| Box::pin(replaced_between_reads(ctx)),
    )
    .needs(&[Capability::PinnedReads]),
    Case::blob(
        "B-406",
        "several ranges of one version come in the order in which they were asked for",
        "K5",
        |ctx| Box::pin(several_ranges(ctx)),
    )
    .needs(&[Capability::PinnedReads]),
];

async fn replaced_between_reads(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", content(1_000)).await?;
    let reader = bucket.reader("a").await?;
    expect::equal("the size", &reader.meta().size, &1_000)?;
    let first = reader.bytes(0..500).await?;
    expect::equal("the first half", &*first, &content(1_000)[..500])?;
    bucket.put("a", content(2_000)).await?;
    for range in [ByteRange::Full, (500..1_000).into(), (500..500).into()] {
        let mixed = reader.bytes(range).await;
        expect::kind(
            "a read at the version before",
            mixed,
            ErrorKind::PreconditionFailed,
        )?;
    }
    let version = bucket.head("a").await?.version;
    let options = GetBlobOptions::default()
        .with_range(1_990..2_000)
        .with_version(version);
    let tail = bucket.get_with("a", options).await?.bytes().await?;
    expect::equal(
        "the end of the new content",
        &*tail,
        &content(2_000)[1_990..],
    )?;
    bucket.delete("a").await?;
    let gone = reader.bytes(0..1).await;
    expect::kind(
        "a read of what is gone",
        gone,
        ErrorKind::PreconditionFailed,
    )?;
    Ok(())
}

async fn several_ranges(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let whole = content(100_000);
    bucket.put("a", whole.clone()).await?;
    let ranges = [90_000..100_000, 0..10, 5..20, 50_000..50_000, 0..100_000];
    let found = bucket.get_ranges("a", ranges.clone()).await?;
    expect::equal("the number of ranges", &found.len(), &ranges.len())?;
    for (range, found) in ranges.into_iter().zip(found) {
        let part =
            usize::try_from(range.start).unwrap_or(0)..usize::try_from(range.end).unwrap_or(0);
        expect::equal(&format!("the bytes of {range:?}"), &*found, &whole[part])?;
    }
    let refused = bucket.get_ranges("a", [0..10, 100_000..100_001]).await;
    expect::kind(
        "a range beyond the end",
        refused,
        ErrorKind::InvalidArgument,
    )?;
    let missing = bucket.get_ranges("b", [ByteRange::Full]).await;
    expect::kind("ranges of nothing", missing, ErrorKind::NotFound)?;
    Ok(())
}
