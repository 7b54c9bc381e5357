//! Prefix and delimiter.

use isobar::blob::{Entry, List};
use isobar::{Bucket, Capability, ErrorKind};

use super::sample::{content, expected_listing, listed, name};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-006",
        "a delimiter folds what is below it into one prefix, which goes with its last blob",
        "K12",
        |ctx| Box::pin(delimiters(ctx)),
    ),
    Case::blob(
        "B-007",
        "keys with characters below the delimiter come in their place, at every page size",
        "K12",
        |ctx| Box::pin(below_the_delimiter(ctx)),
    ),
    Case::blob(
        "B-205",
        "a listing is in the byte order of the keys as they were written",
        "K1",
        |ctx| Box::pin(byte_order(ctx)),
    )
    .needs(&[Capability::OrderedListing]),
    Case::blob(
        "B-252",
        "a delimiter may have several characters",
        "K12",
        |ctx| Box::pin(long_delimiters(ctx)),
    ),
    Case::blob(
        "B-256",
        "a listing tells size, version and time of each blob as head does",
        "K12",
        |ctx| Box::pin(entries_tell(ctx)),
    ),
];

async fn filled(ctx: &Context, keys: &[&str]) -> Result<Bucket, Failure> {
    let bucket = ctx.bucket().await?;
    for key in keys {
        bucket.put(*key, "x").await?;
    }
    Ok(bucket)
}

async fn expect_folded(
    bucket: &Bucket,
    keys: &[&str],
    prefix: &str,
    delimiter: &str,
) -> Result<(), Failure> {
    let all: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let expected = expected_listing(&all, prefix, Some(delimiter));
    for limit in [1_000, 1, 2, 3] {
        let list = List::new().prefix(prefix).delimiter(delimiter).limit(limit);
        let found = listed(bucket, &list).await?;
        let what = format!("{prefix:?} folded at {delimiter:?} by {limit}");
        expect::equal(&what, &found, &expected)?;
    }
    Ok(())
}

async fn delimiters(ctx: Context) -> Result<(), Failure> {
    let keys = [
        "dir1/a",
        "dir1/b",
        "dir1/sub/c",
        "dir2/d",
        "dir2/sub/e",
        "e",
        "f.txt",
        "f/g",
    ];
    let bucket = filled(&ctx, &keys).await?;
    for prefix in [
        "",
        "dir",
        "dir1",
        "dir1/",
        "dir1/s",
        "dir1/sub/",
        "f",
        "none/",
    ] {
        expect_folded(&bucket, &keys, prefix, "/").await?;
    }
    let page = bucket.list(&List::new().delimiter("/")).await?;
    let folded = page
        .entries
        .iter()
        .filter(|entry| matches!(entry, Entry::Prefix(_)))
        .map(name);
    let expected: Vec<String> = ["dir1/", "dir2/", "f/"].map(str::to_owned).into();
    expect::equal("the prefixes", &folded.collect::<Vec<_>>(), &expected)?;
    bucket.delete("f/g").await?;
    expect_folded(&bucket, &keys[..7], "", "/").await?;
    let refused = bucket.list(&List::new().delimiter("")).await;
    expect::kind("an empty delimiter", refused, ErrorKind::InvalidArgument)?;
    Ok(())
}

async fn below_the_delimiter(ctx: Context) -> Result<(), Failure> {
    let keys = [
        "t", "t!x", "t-/t.", "t-/x", "t.", "t/dir1/x", "t/t/x", "t0", "t//x", "u",
    ];
    let bucket = filled(&ctx, &keys).await?;
    let all: Vec<String> = keys.map(str::to_owned).into();
    for prefix in ["", "t", "t/"] {
        let expected = expected_listing(&all, prefix, Some("/"));
        for limit in 1..=10 {
            let list = List::new().prefix(prefix).delimiter("/").limit(limit);
            let found = listed(&bucket, &list).await?;
            let what = format!("the listing of {prefix:?} by {limit}");
            expect::equal(&what, &found, &expected)?;
        }
    }
    Ok(())
}

async fn byte_order(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    // A listing in another order is no call that could be refused.
    bucket
        .capabilities()
        .require(&[Capability::OrderedListing])?;
    let mut random = ctx.random();
    let alphabet = [
        'a', 'B', '/', '.', ' ', '-', '%', '~', '\u{1}', 'é', '\u{ffff}', '😀',
    ];
    // The first letter is no space, because a key of nothing but spaces is none.
    let mut key = || -> String {
        let rest = 0..random.usize(..6);
        let first = std::iter::once(alphabet[random.usize(..4)]);
        first
            .chain(rest.map(|_| alphabet[random.usize(..12)]))
            .collect()
    };
    let mut keys: Vec<String> = (0..80).map(|_| key()).collect();
    for key in &keys {
        bucket.put(key, "x").await?;
    }
    keys.sort();
    keys.dedup();
    expect::equal("the listing", &listed(&bucket, &List::new()).await?, &keys)?;
    for delimiter in ["/", "a", "//", "é"] {
        let expected = expected_listing(&keys, "", Some(delimiter));
        let list = List::new().delimiter(delimiter).limit(7);
        let what = format!("the listing by {delimiter:?}");
        expect::equal(&what, &listed(&bucket, &list).await?, &expected)?;
    }
    Ok(())
}

async fn long_delimiters(ctx: Context) -> Result<(), Failure> {
    let keys = [
        "aXYb", "aXYc", "aXb", "aYXb", "XY", "XYXY", "dirXY", "zXYXYz",
    ];
    let bucket = filled(&ctx, &keys).await?;
    expect_folded(&bucket, &keys, "", "XY").await?;
    expect_folded(&bucket, &keys, "aX", "XY").await?;
    expect_folded(&bucket, &keys, "XY", "XY").await?;
    expect_folded(&bucket, &keys, "", "never there").await
}

async fn entries_tell(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for (key, length) in [("a", 0), ("b", 1), ("c/d", 5_000)] {
        bucket.put(key, content(length)).await?;
    }
    let page = bucket.list(&List::new()).await?;
    expect::equal("the entries", &page.entries.len(), &3)?;
    for entry in page.entries {
        let Entry::Blob(listed) = entry else {
            return Err(Failure::new("a listing without a delimiter has a prefix"));
        };
        let head = bucket.head(&listed.key).await?;
        expect::equal("the size", &listed.size, &head.size)?;
        expect::equal("the version", &listed.version, &head.version)?;
        let (listed, head) = (listed.modified.as_seconds(), head.modified.as_seconds());
        expect::equal("the second it was modified", &listed, &head)?;
    }
    Ok(())
}
