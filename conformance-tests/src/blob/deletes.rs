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
    Case::blob(
        "B-412",
        "1,100 keys are deleted with one call, which answers for each in its place",
        "K6",
        |ctx| Box::pin(one_call_for_many(ctx)),
    ),
    Case::blob(
        "B-413",
        "all below a prefix is deleted with one call, and counted; an empty prefix is refused",
        "K6",
        |ctx| Box::pin(below_a_prefix(ctx)),
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

async fn one_call_for_many(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let odd = ["a&b<c>", "\u{1}\u{7f}", "é ☺/", "a+b%20c", "dir/../x"];
    for key in odd {
        bucket.put(key, "x").await?;
    }
    bucket.put("kept", "x").await?;
    let missing = (0..1_095).map(|n| format!("missing/{n}"));
    let keys: Vec<String> = odd.map(str::to_owned).into_iter().chain(missing).collect();
    let answers = bucket.delete_many(&keys).await;
    expect::equal("the number of answers", &answers.len(), &keys.len())?;
    for (key, answer) in keys.iter().zip(answers) {
        let wrong = Some(!odd.contains(&key.as_str()));
        let what = format!("whether {key:?} was there");
        expect::different(&what, &answer?, &wrong)?;
    }
    let left = listed(&bucket, &List::new()).await?;
    expect::equal("what is left", &left, &vec!["kept".to_owned()])?;
    let answers = bucket.delete_many(["kept", "", "kept"]).await;
    let told: Vec<_> = answers.iter().map(Result::is_ok).collect();
    expect::equal("which of three succeeded", &told, &vec![true, false, true])?;
    expect::equal(
        "no answers",
        &bucket.delete_many::<&str>([]).await.len(),
        &0,
    )
}

async fn below_a_prefix(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for n in 0..60 {
        bucket.put(format!("dir/{}/{n}", n % 7), "x").await?;
    }
    for beside in ["dir", "dir.txt", "di", "other/dir/1"] {
        bucket.put(beside, "beside").await?;
    }
    let removed = bucket.delete_prefix("dir/").await?;
    expect::equal("the blobs removed", &removed, &60)?;
    let again = bucket.delete_prefix("dir/").await?;
    expect::equal("the blobs removed again", &again, &0)?;
    let all = bucket.delete_prefix("").await;
    expect::kind("an empty prefix", all, ErrorKind::InvalidArgument)?;
    let left = listed(&bucket, &List::new()).await?;
    let expected = ["di", "dir", "dir.txt", "other/dir/1"].map(str::to_owned);
    expect::equal("what is left", &left, &expected.into())
}
