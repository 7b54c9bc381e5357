//! Listings in pages.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use isobar::blob::List;
use isobar::{Bucket, ErrorKind};

use super::sample::{listed, name, pages};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-002",
        "listings of nothing, of one blob by its prefix, and by pages of 1, 2 and 3 are exact",
        "K12",
        |ctx| Box::pin(small_pages(ctx)),
    ),
    Case::blob(
        "B-003",
        "an insert on a page already given does not disturb the next page",
        "K12",
        |ctx| Box::pin(insert_between_pages(ctx)),
    ),
    Case::blob(
        "B-004",
        "the delete of the last key given does not disturb the next page",
        "K12",
        |ctx| Box::pin(delete_between_pages(ctx)),
    ),
    Case::blob(
        "B-250",
        "1, 999, 1,000 and 1,001 blobs are listed whole, in pages of at most 1,000",
        "K12",
        |ctx| Box::pin(full_pages(ctx)),
    ),
    Case::blob(
        "B-251",
        "after is exclusive, whether or not its key is there",
        "K12",
        |ctx| Box::pin(after_is_exclusive(ctx)),
    ),
];

async fn filled(ctx: &Context, count: usize) -> Result<Bucket, Failure> {
    let bucket = ctx.bucket().await?;
    fill(&bucket, 0..count).await?;
    Ok(bucket)
}

async fn fill(bucket: &Bucket, numbers: std::ops::Range<usize>) -> Result<(), Failure> {
    let puts = stream::iter(numbers).map(|n| bucket.put(key(n), "x"));
    puts.buffer_unordered(16).try_collect::<Vec<_>>().await?;
    Ok(())
}

fn key(n: usize) -> String {
    format!("key-{n:04}")
}

fn keys(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(key).collect()
}

async fn small_pages(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let page = bucket.list(&List::new()).await?;
    expect::that(page.entries.is_empty(), "an empty bucket lists something")?;
    expect::that(page.next.is_none(), "an empty bucket has a next page")?;
    fill(&bucket, 0..3).await?;
    let one = listed(&bucket, &List::new().prefix(key(1))).await?;
    expect::equal("the one blob", &one, &vec![key(1)])?;
    let none = listed(&bucket, &List::new().prefix("key-1")).await?;
    expect::equal("the blobs of another prefix", &none, &Vec::new())?;
    for (limit, lengths) in [
        (1, vec![1, 1, 1]),
        (2, vec![2, 1]),
        (3, vec![3]),
        (1_000, vec![3]),
    ] {
        let pages = pages(&bucket, &List::new().limit(limit)).await?;
        let mut found: Vec<usize> = pages.iter().map(Vec::len).collect();
        // A store may learn only from one more, empty page that there is no more.
        if found.last() == Some(&0) {
            found.pop();
        }
        expect::equal(&format!("the pages of {limit}"), &found, &lengths)?;
        expect::equal("the keys", &pages.concat(), &keys(0..3))?;
    }
    for limit in [0, List::MAX_LIMIT + 1] {
        let refused = bucket.list(&List::new().limit(limit)).await;
        expect::kind("the limit", refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn first_page(bucket: &Bucket) -> Result<(Vec<String>, List), Failure> {
    let list = List::new().limit(3);
    let page = bucket.list(&list).await?;
    let next = expect::some("the next page", page.next)?;
    Ok((page.entries.iter().map(name).collect(), list.resume(next)))
}

async fn insert_between_pages(ctx: Context) -> Result<(), Failure> {
    let bucket = filled(&ctx, 6).await?;
    let (first, next) = first_page(&bucket).await?;
    expect::equal("the first page", &first, &keys(0..3))?;
    bucket.put("key-0000-new", "x").await?;
    let rest = listed(&bucket, &next).await?;
    expect::equal("the rest", &rest, &keys(3..6))
}

async fn delete_between_pages(ctx: Context) -> Result<(), Failure> {
    let bucket = filled(&ctx, 6).await?;
    let (first, next) = first_page(&bucket).await?;
    bucket.delete(&first[2]).await?;
    let rest = listed(&bucket, &next).await?;
    expect::equal("the rest", &rest, &keys(3..6))
}

async fn full_pages(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let mut there = 0;
    for count in [1, 999, 1_000, 1_001] {
        fill(&bucket, there..count).await?;
        there = count;
        let pages = pages(&bucket, &List::new()).await?;
        let longest = pages.iter().map(Vec::len).max().unwrap_or(0);
        expect::that(longest <= 1_000, "a page has more than 1,000 entries")?;
        expect::equal(&format!("{count} blobs"), &pages.concat(), &keys(0..count))?;
    }
    Ok(())
}

async fn after_is_exclusive(ctx: Context) -> Result<(), Failure> {
    let bucket = filled(&ctx, 6).await?;
    let table = [
        ("key-0002", 3),
        ("key-0002\u{1}", 3),
        ("key-00015", 2),
        ("key-", 0),
        ("key-0005", 6),
        ("l", 6),
    ];
    for (after, from) in table {
        let found = listed(&bucket, &List::new().after(after)).await?;
        expect::equal(&format!("what is after {after:?}"), &found, &keys(from..6))?;
    }
    Ok(())
}
