//! Writes that depend on what is there.

use futures_util::future::join_all;
use isobar::blob::{BlobCondition, DeleteBlobOptions, PutBlobOptions};
use isobar::{Bucket, Capability, ErrorKind};

use super::sample::holds;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob(
        "B-019",
        "put if absent stores once, then answers AlreadyExists and leaves what is there",
        "K3",
        |ctx| Box::pin(if_absent(ctx)),
    )
    .needs(&[Capability::BlobIfAbsent]),
    Case::blob(
        "B-237",
        "of writers that put if absent at once exactly one wins, the others hear AlreadyExists",
        "K3",
        |ctx| Box::pin(one_writer_wins(ctx)),
    )
    .needs(&[Capability::BlobIfAbsent]),
    Case::blob(
        "B-238",
        "put with the version that was read succeeds, with another or of nothing PreconditionFailed",
        "K3",
        |ctx| Box::pin(if_version(ctx)),
    )
    .needs(&[Capability::BlobIfVersion]),
    Case::blob(
        "B-239",
        "delete with the version that was read succeeds, with another PreconditionFailed",
        "K3 K6",
        |ctx| Box::pin(conditional_delete(ctx)),
    )
    .needs(&[Capability::BlobDeleteIfVersion]),
    Case::blob(
        "B-401",
        "counting by versions from several writers loses no step",
        "K3",
        |ctx| Box::pin(versioned_counting(ctx)),
    )
    .needs(&[Capability::BlobIfVersion]),
];

fn when(condition: BlobCondition) -> PutBlobOptions {
    PutBlobOptions::default().with_condition(condition)
}

async fn if_absent(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let absent = || when(BlobCondition::IfAbsent);
    bucket.put_with("a", "first", absent()).await?;
    let again = bucket.put_with("a", "second", absent()).await;
    expect::kind("the second put", again, ErrorKind::AlreadyExists)?;
    holds(&bucket, "a", b"first").await?;
    bucket.delete("a").await?;
    bucket.put_with("a", "third", absent()).await?;
    holds(&bucket, "a", b"third").await
}

async fn one_writer_wins(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    for round in 0..5 {
        let key = format!("round-{round}");
        let racers = (0..ctx.race_width()).map(|racer| {
            let (bucket, key) = (bucket.clone(), key.clone());
            tokio::spawn(async move {
                let own = format!("racer {racer}");
                let put = bucket.put_with(&key, own.clone(), when(BlobCondition::IfAbsent));
                put.await.map(|_| own)
            })
        });
        let mut winners = Vec::new();
        for ended in join_all(racers).await {
            match ended.map_err(|error| Failure::new(error.to_string()))? {
                Ok(own) => winners.push(own),
                refused => {
                    expect::kind("the loser's put", refused, ErrorKind::AlreadyExists)?;
                }
            }
        }
        expect::equal("the number of winners", &winners.len(), &1)?;
        holds(&bucket, &key, winners[0].as_bytes()).await?;
    }
    Ok(())
}

async fn if_version(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let first = bucket.put("a", "first").await?.version;
    let nothing = bucket
        .put_with("b", "x", when(BlobCondition::IfVersion(first.clone())))
        .await;
    expect::kind("a put on nothing", nothing, ErrorKind::PreconditionFailed)?;
    let read = bucket.head("a").await?.version;
    expect::equal("the version read", &read, &first)?;
    let second = bucket
        .put_with("a", "second", when(BlobCondition::IfVersion(read)))
        .await?;
    expect::different("the version", &second.version, &first)?;
    let stale = bucket
        .put_with("a", "third", when(BlobCondition::IfVersion(first)))
        .await;
    expect::kind("the stale put", stale, ErrorKind::PreconditionFailed)?;
    holds(&bucket, "a", b"second").await?;
    let gone = bucket.head("b").await;
    expect::kind("head", gone, ErrorKind::NotFound)?;
    Ok(())
}

async fn conditional_delete(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    let when = |condition| DeleteBlobOptions::default().with_condition(condition);
    let first = bucket.put("a", "first").await?.version;
    let second = bucket.put("a", "second").await?.version;
    let stale = when(BlobCondition::IfVersion(first));
    let refused = bucket.delete_with("a", stale).await;
    expect::kind("the stale delete", refused, ErrorKind::PreconditionFailed)?;
    holds(&bucket, "a", b"second").await?;
    let absurd = bucket.delete_with("a", when(BlobCondition::IfAbsent)).await;
    expect::kind("delete if absent", absurd, ErrorKind::InvalidArgument)?;
    let current = when(BlobCondition::IfVersion(second));
    bucket.delete_with("a", current.clone()).await?;
    let gone = bucket.head("a").await;
    expect::kind("head", gone, ErrorKind::NotFound)?;
    let nothing = bucket.delete_with("a", current).await;
    expect::kind(
        "a delete of nothing",
        nothing,
        ErrorKind::PreconditionFailed,
    )?;
    Ok(())
}

const WRITERS: usize = 5;
const STEPS: usize = 10;

async fn versioned_counting(ctx: Context) -> Result<(), Failure> {
    let bucket = ctx.bucket().await?;
    bucket.put("count", "0").await?;
    let racers = (0..WRITERS).map(|_| tokio::spawn(count_by_versions(bucket.clone())));
    for ended in join_all(racers).await {
        ended.map_err(|error| Failure::new(error.to_string()))??;
    }
    let total = (WRITERS * STEPS).to_string();
    holds(&bucket, "count", total.as_bytes()).await
}

async fn count_by_versions(bucket: Bucket) -> Result<(), Failure> {
    let mut done = 0;
    // Each refusal means that another writer got on, so this ends well before the bound.
    for _ in 0..10_000 {
        let blob = bucket.get("count").await?;
        let seen = BlobCondition::IfVersion(blob.meta.version.clone());
        let text = String::from_utf8_lossy(&blob.bytes().await?).into_owned();
        let count: u32 = text
            .parse()
            .map_err(|_| Failure::new(format!("the count is {text:?}")))?;
        let next = (count + 1).to_string();
        match bucket.put_with("count", next, when(seen)).await {
            Ok(_) => done += 1,
            Err(error) if error.kind() == ErrorKind::Contention => {}
            late => {
                expect::kind("the late put", late, ErrorKind::PreconditionFailed)?;
            }
        }
        if done == STEPS {
            return Ok(());
        }
    }
    Err(Failure::new("a writer was refused 10,000 times"))
}
