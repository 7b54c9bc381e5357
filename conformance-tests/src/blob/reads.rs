//! Get, whole and in parts, and head.

use std::ops::Range;

use isobar::blob::ByteRange;
use isobar::{Bucket, ErrorKind};

use super::sample::{content, holds};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-008",
        "every range within a blob gives exactly its bytes, and tells which they are",
        "K5",
        |ctx| Box::pin(ranges(ctx)),
    ),
    Case::blob(
        "B-018",
        "get and head of a missing blob are NotFound, whatever lies above or below it",
        "K6",
        |ctx| Box::pin(missing_blobs(ctx)),
    ),
    Case::blob(
        "B-220",
        "a range that begins beyond the end, or at it, is InvalidArgument",
        "K5",
        |ctx| Box::pin(beyond_the_end(ctx)),
    ),
    Case::blob(
        "B-221",
        "of an empty blob only the empty ranges can be read",
        "K5",
        |ctx| Box::pin(ranges_of_nothing(ctx)),
    ),
    Case::blob(
        "B-226",
        "a range of no bytes within the blob gives none",
        "K5",
        |ctx| Box::pin(empty_ranges(ctx)),
    ),
];

const LENGTH: u64 = 1_000;

/// The range must give these bytes of a blob that was made by [`content`].
async fn check(
    bucket: &Bucket,
    key: &str,
    range: ByteRange,
    expected: Range<usize>,
) -> Result<(), Failure> {
    let blob = bucket.get_range(key, range).await?;
    let told = (blob.range.start, blob.range.end);
    let what = format!("the range told of {range:?}");
    expect::equal(&what, &told, &(expected.start as u64, expected.end as u64))?;
    let size = bucket.head(key).await?.size;
    expect::equal("the size of the whole", &blob.meta.size, &size)?;
    let found = blob.bytes().await?;
    let part = &content(expected.end)[expected];
    expect::equal(&format!("the bytes of {range:?}"), &*found, part)
}

async fn ranges(ctx: Context) -> Result<(), Failure> {
    use ByteRange as R;
    let bucket = ctx.bucket().await?;
    bucket.put("a", content(1_000)).await?;
    let bounded = |start, end| R::Bounded { start, end };
    let table = [
        (R::Full, 0..1_000),
        (R::From(0), 0..1_000),
        (R::From(1), 1..1_000),
        (R::From(999), 999..1_000),
        (bounded(0, 1), 0..1),
        (bounded(0, 1_000), 0..1_000),
        (bounded(3, 7), 3..7),
        (bounded(999, 1_000), 999..1_000),
        (bounded(990, 1_001), 990..1_000),
        (bounded(0, u64::MAX), 0..1_000),
        (bounded(500, 1 << 40), 500..1_000),
        (R::Suffix(1), 999..1_000),
        (R::Suffix(100), 900..1_000),
        (R::Suffix(1_000), 0..1_000),
        (R::Suffix(5_000), 0..1_000),
        (R::Suffix(u64::MAX), 0..1_000),
    ];
    for (range, expected) in table {
        check(&bucket, "a", range, expected).await?;
    }
    let mut random = ctx.random();
    for _ in 0..20 {
        let start = random.u32(..1_000);
        let end = random.u32(start + 1..=1_000);
        let range = bounded(u64::from(start), u64::from(end));
        check(&bucket, "a", range, start as usize..end as usize).await?;
    }
    let backwards = bucket.get_range("a", bounded(7, 3)).await;
    expect::kind(
        "a range that ends first",
        backwards,
        ErrorKind::InvalidArgument,
    )?;
    Ok(())
}

async fn missing_blobs(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("dir/file", "x").await?;
    for key in [
        "missing",
        "dir",
        "dir/",
        "dir/file/",
        "dir/fil",
        "DIR/file",
        "/dir/file",
    ] {
        let get = bucket.get(key).await;
        let error = expect::kind("get", get, ErrorKind::NotFound)?;
        expect::equal("the operation told", &error.operation(), &Some("blob.get"))?;
        let ranged = bucket.get_range(key, 0..1).await;
        expect::kind("get of a range", ranged, ErrorKind::NotFound)?;
        let head = bucket.head(key).await;
        expect::kind("head", head, ErrorKind::NotFound)?;
    }
    holds(&bucket, "dir/file", b"x").await
}

async fn beyond_the_end(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", content(1_000)).await?;
    let beyond = [
        ByteRange::From(LENGTH),
        ByteRange::From(LENGTH + 1),
        ByteRange::From(u64::MAX),
        (LENGTH..LENGTH + 1).into(),
        (LENGTH + 1..LENGTH + 1).into(),
        (5 * LENGTH..6 * LENGTH).into(),
    ];
    for range in beyond {
        let refused = bucket.get_range("a", range).await;
        let what = format!("{range:?}");
        expect::kind(&what, refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn ranges_of_nothing(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("empty", "").await?;
    for range in [ByteRange::Full, ByteRange::Suffix(5), (0..0).into()] {
        check(&bucket, "empty", range, 0..0).await?;
    }
    for range in [ByteRange::From(0), (0..1).into(), (1..2).into()] {
        let refused = bucket.get_range("empty", range).await;
        let what = format!("{range:?}");
        expect::kind(&what, refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn empty_ranges(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("a", content(1_000)).await?;
    for at in [0_u32, 1, 500, 1_000] {
        let offset = u64::from(at);
        let at = at as usize;
        check(&bucket, "a", (offset..offset).into(), at..at).await?;
    }
    check(&bucket, "a", ByteRange::Suffix(0), 1_000..1_000).await
}
