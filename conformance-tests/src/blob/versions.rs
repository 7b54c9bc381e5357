//! The versions that a bucket keeps.

use isobar::blob::{
    CopyOptions, DeleteBlobOptions, GetBlobOptions, List, ObjectVersion, PresignOptions, VersionId,
    VersionState,
};
use isobar::{Bucket, Capability, ErrorKind};

use super::sample::holds;
use crate::web::send;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-282",
        "each present blob is listed as its present version, which can be read, whatever the bucket keeps",
        "K3",
        |ctx| Box::pin(present_versions(ctx)),
    )
    .needs(&[Capability::BlobVersions]),
    Case::blob(
        "B-431",
        "a bucket that keeps versions tells what a blob was, the latest first; each can be read and asked about",
        "K3",
        |ctx| Box::pin(past_versions(ctx)),
    )
    .needs(&[Capability::BlobVersions]),
    Case::blob(
        "B-432",
        "a blob that was deleted is gone, and its versions are still there to be brought back",
        "K3 K6",
        |ctx| Box::pin(deleted_and_brought_back(ctx)),
    )
    .needs(&[Capability::BlobVersions]),
    Case::blob(
        "B-433",
        "a version that is deleted by its id is gone for good, and leaves the others",
        "K3 K6",
        |ctx| Box::pin(deleted_for_good(ctx)),
    )
    .needs(&[Capability::BlobVersions]),
    Case::blob(
        "B-434",
        "versions come in pages of any size, each once and those of a key together",
        "K3 K12",
        |ctx| Box::pin(pages_of_versions(ctx)),
    )
    .needs(&[Capability::BlobVersions]),
    Case::blob(
        "B-435",
        "a request can be signed to read one of the versions",
        "K3 K10",
        |ctx| Box::pin(signed_for_a_version(ctx)),
    )
    .needs(&[Capability::BlobVersions, Capability::PresignedRequests]),
];

/// All versions, read in pages of `limit`.
async fn versions(bucket: &Bucket, limit: u32) -> Result<Vec<ObjectVersion>, Failure> {
    let (mut found, mut list) = (Vec::new(), List::new().limit(limit));
    for _ in 0..10_000 {
        let page = bucket.list_versions(&list).await?;
        found.extend(page.versions);
        match page.next {
            Some(next) => list = list.resume(next),
            None => return Ok(found),
        }
    }
    Err(Failure::new("10,000 pages and no end"))
}

/// The contents, without the marks of deletions that some stores keep.
async fn contents(bucket: &Bucket, limit: u32) -> Result<Vec<ObjectVersion>, Failure> {
    let mut found = versions(bucket, limit).await?;
    found.retain(|version| version.state != VersionState::Deletion);
    Ok(found)
}

async fn read(bucket: &Bucket, key: &str, id: &VersionId) -> Result<String, Failure> {
    let options = GetBlobOptions::default().with_version_id(id.clone());
    let content = bucket.get_with(key, options).await?.bytes().await?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// Key, state and content of each version.
async fn told(
    bucket: &Bucket,
    versions: &[ObjectVersion],
) -> Result<Vec<(String, VersionState, String)>, Failure> {
    let mut told = Vec::new();
    for version in versions {
        let key = version.meta.key.as_str();
        let content = read(bucket, key, &version.id).await?;
        told.push((key.to_owned(), version.state, content));
    }
    Ok(told)
}

fn expected(versions: &[(&str, VersionState, &str)]) -> Vec<(String, VersionState, String)> {
    let owned = versions
        .iter()
        .map(|(key, state, content)| ((*key).to_owned(), *state, (*content).to_owned()));
    owned.collect()
}

async fn present_versions(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for key in ["a", "b/1", "b/2", "c +☺"] {
        bucket.put(key, format!("the first of {key}")).await?;
        bucket.put(key, format!("the last of {key}")).await?;
    }
    let mut found = versions(&bucket, 2).await?;
    found.retain(|version| version.state == VersionState::Present);
    let keys: Vec<_> = found
        .iter()
        .map(|version| version.meta.key.as_str())
        .collect();
    expect::equal("the keys", &keys, &vec!["a", "b/1", "b/2", "c +☺"])?;
    for version in found {
        let key = version.meta.key.as_str();
        let content = read(&bucket, key, &version.id).await?;
        expect::equal("the content", &*content, &*format!("the last of {key}"))?;
        let head = bucket.head_version(key, version.id).await?;
        expect::equal("the size", &head.size, &version.meta.size)?;
    }
    holds(&bucket, "a", b"the last of a").await
}

async fn past_versions(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket_with_versions().await?;
    expect::equal("versions", &versions(&bucket, 1).await?.len(), &0)?;
    let mut ids = Vec::new();
    for content in ["1", "22", "333"] {
        let put = bucket.put("a", content).await?;
        ids.push(expect::some("the id of the version", put.version_id)?);
    }
    bucket.put("b", "other").await?;
    let found = contents(&bucket, 1_000).await?;
    let all = [
        ("a", VersionState::Present, "333"),
        ("a", VersionState::Past, "22"),
        ("a", VersionState::Past, "1"),
        ("b", VersionState::Present, "other"),
    ];
    let read_all = told(&bucket, &found).await?;
    expect::equal("the versions", &read_all, &expected(&all))?;
    let listed: Vec<_> = found.iter().take(3).map(|version| &version.id).collect();
    expect::equal("the ids", &listed, &ids.iter().rev().collect())?;
    for (id, size) in ids.iter().zip(1..) {
        let head = bucket.head_version("a", id.clone()).await?;
        expect::equal("the size", &head.size, &size)?;
        expect::equal("the id told", &head.version_id.as_ref(), &Some(id))?;
    }
    let head = bucket.head("a").await?;
    expect::equal("the id of the present", &head.version_id, &ids.pop())?;
    holds(&bucket, "a", b"333").await
}

async fn deleted_and_brought_back(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket_with_versions().await?;
    bucket.put("a", "1").await?;
    bucket.put("a", "2").await?;
    bucket.delete("a").await?;
    expect::kind("get", bucket.get("a").await, ErrorKind::NotFound)?;
    let listed = bucket.list(&List::new()).await?;
    expect::equal("the blobs", &listed.entries.len(), &0)?;
    let found = contents(&bucket, 1_000).await?;
    let both = [
        ("a", VersionState::Past, "2"),
        ("a", VersionState::Past, "1"),
    ];
    let kept = told(&bucket, &found).await?;
    expect::equal("the versions", &kept, &expected(&both))?;
    let first = expect::some("the first version", found.last())?;
    let options = CopyOptions::default().with_source_version_id(first.id.clone());
    bucket.copy_with("a", "a", options).await?;
    holds(&bucket, "a", b"1").await?;
    let found = contents(&bucket, 1_000).await?;
    let three = [("a", VersionState::Present, "1"), both[0], both[1]];
    let kept = told(&bucket, &found).await?;
    expect::equal("the versions", &kept, &expected(&three))
}

async fn deleted_for_good(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket_with_versions().await?;
    for content in ["1", "2", "3"] {
        bucket.put("a", content).await?;
    }
    let found = contents(&bucket, 1_000).await?;
    let second = expect::some("the second version", found.get(1))?.id.clone();
    let by_id = || DeleteBlobOptions::default().with_version_id(second.clone());
    bucket.delete_with("a", by_id()).await?;
    let gone = bucket.head_version("a", second.clone()).await;
    expect::kind("head", gone, ErrorKind::NotFound)?;
    let options = GetBlobOptions::default().with_version_id(second.clone());
    let gone = bucket.get_with("a", options).await;
    let error = expect::kind("get", gone, ErrorKind::NotFound)?;
    expect::that(error.to_string().contains('a'), "the error names no key")?;
    let found = contents(&bucket, 1_000).await?;
    let rest = [
        ("a", VersionState::Present, "3"),
        ("a", VersionState::Past, "1"),
    ];
    let kept = told(&bucket, &found).await?;
    expect::equal("the versions", &kept, &expected(&rest))?;
    // As every delete, it does nothing where there is nothing.
    bucket.delete_with("a", by_id()).await?;
    holds(&bucket, "a", b"3").await
}

async fn pages_of_versions(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket_with_versions().await?;
    let keys = ["a", "a/1", "b c", "é"];
    for number in 1..=3 {
        for key in keys {
            bucket.put(key, format!("{key} {number}")).await?;
        }
    }
    bucket.delete("a/1").await?;
    let whole = versions(&bucket, 1_000).await?;
    let contents = whole
        .iter()
        .filter(|version| version.state != VersionState::Deletion);
    expect::equal("the contents", &contents.count(), &12)?;
    for limit in [1, 2, 5] {
        let found = versions(&bucket, limit).await?;
        let what = format!("the listing by {limit}");
        expect::equal(&what, &found, &whole)?;
    }
    let below = bucket.list_versions(&List::new().prefix("a/")).await?;
    let others = below
        .versions
        .iter()
        .filter(|one| one.meta.key.as_str() != "a/1");
    expect::equal("others than those of the prefix", &others.count(), &0)
}

async fn signed_for_a_version(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket_with_versions().await?;
    bucket.put("a", "first").await?;
    bucket.put("a", "second").await?;
    for version in contents(&bucket, 1_000).await? {
        let expected = read(&bucket, "a", &version.id).await?;
        let options = PresignOptions::default().with_version_id(version.id);
        let answer = send(&bucket.presign_get("a", options).await?, "").await?;
        expect::equal("the status", &answer.status, &200)?;
        expect::equal("the content", &*answer.body, expected.as_bytes())?;
    }
    Ok(())
}
