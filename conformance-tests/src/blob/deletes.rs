//! Delete.

use isobar::ErrorKind;
use isobar::blob::List;

use super::sample::{holds, listed};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-016",
        "delete removes one blob, and of a missing one succeeds without saying that it was there",
        "K6",
        |ctx| Box::pin(deletes(ctx)),
    ),
    Case::blob(
        "B-255",
        "300 blobs below a prefix are listed and deleted, those beside it stay",
        "K6 K12",
        |ctx| Box::pin(many_deletes(ctx)),
    ),
];

async fn deletes(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for key in ["a", "a/b", "a/b/c", "ab"] {
        bucket.put(key, key).await?;
    }
    let existed = bucket.delete("a/b").await?;
    expect::different("whether it was there", &existed, &Some(false))?;
    let gone = bucket.get("a/b").await;
    expect::kind("get", gone, ErrorKind::NotFound)?;
    for key in ["a", "a/b/c", "ab"] {
        holds(&bucket, key, key.as_bytes()).await?;
    }
    for missing in ["a/b", "never", "a/", "a/b/"] {
        let existed = bucket.delete(missing).await?;
        expect::different("whether it was there", &existed, &Some(true))?;
    }
    let left = listed(&bucket, &List::new()).await?;
    let expected: Vec<String> = ["a", "a/b/c", "ab"].map(str::to_owned).into();
    expect::equal("what is left", &left, &expected)
}

async fn many_deletes(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for n in 0..300 {
        bucket.put(format!("dir/{}/{n:03}", n % 7), "x").await?;
    }
    bucket.put("dir", "beside").await?;
    bucket.put("dir.txt", "beside").await?;
    let below = List::new().prefix("dir/").limit(100);
    let found = listed(&bucket, &below).await?;
    expect::equal("the blobs below", &found.len(), &300)?;
    for key in &found {
        bucket.delete(key).await?;
    }
    let left = listed(&bucket, &List::new()).await?;
    let expected: Vec<String> = ["dir", "dir.txt"].map(str::to_owned).into();
    expect::equal("what is left", &left, &expected)
}
