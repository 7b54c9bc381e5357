//! Writes whose answers are lost, and uploads that are given up while they are under way.

use std::time::Duration;

use bytes::Bytes;
use isobar::blob::{BlobCondition, PutBlobOptions};
use isobar::{Bucket, Capability, ErrorKind};
use isobar_fault_proxy::{Fault, Proxy};

use crate::blob::sample::{content, holds};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob_fault(
        "B-241",
        "a create whose answer was lost recognises its own blob, and only that",
        "K3 R19 R21",
        |ctx| Box::pin(recognised(ctx)),
    )
    .needs(&[Capability::BlobIfAbsent]),
    Case::blob_fault(
        "F-170",
        "an upload that is dropped under way leaves the whole blob or none, and no parts",
        "K7",
        |ctx| Box::pin(dropped(ctx)),
    )
    .alone(),
];

const BUDGET: Duration = Duration::from_secs(10);
/// One part, and the beginning of another.
const UPLOADED: usize = (8 << 20) + 1_000;
/// How long after its sender has gone a request still arrives.
const LATE: Duration = Duration::from_millis(100);
const PUT: &str = "PUT ";
/// How it is asked what is stored.
const HEAD: &str = "HEAD ";

async fn recognised(ctx: Context) -> Result<(), Failure> {
    let direct = ctx.bucket().await?;
    let (behind, proxy) = ctx.bucket_behind_a_proxy(&direct, BUDGET).await?;
    let absent = || PutBlobOptions::default().with_condition(BlobCondition::IfAbsent);
    proxy.plan(Fault::CutAfter.on(PUT));
    let created = behind.put_with("own", "mine", absent()).await?;
    expect::equal("the lost answers", &proxy.clear(), &1)?;
    let found = direct.head("own").await?;
    expect::equal("the version", &created.version, &found.version)?;
    let again = behind.put_with("own", "mine", absent()).await;
    let again = expect::kind("a second create", again, ErrorKind::AlreadyExists)?;
    expect::that(!again.outcome_unknown(), "nothing about it is unknown")?;

    proxy.plan(Fault::CutAfter.on(PUT));
    proxy.plan(Fault::CutBefore.on(HEAD).times(2));
    behind.put_with("unseen", "mine", absent()).await?;
    expect::equal("the broken connections", &proxy.clear(), &3)?;

    direct.put("other", "theirs").await?;
    proxy.plan(Fault::CutAfter.on(PUT));
    let late = behind.put_with("other", "mine", absent()).await;
    expect::kind("a create over another's", late, ErrorKind::AlreadyExists)?;
    holds(&direct, "other", b"theirs").await
}

async fn dropped(ctx: Context) -> Result<(), Failure> {
    let direct = ctx.bucket().await?;
    let (behind, proxy) = ctx.bucket_behind_a_proxy(&direct, BUDGET).await?;
    let whole = Bytes::from(content(UPLOADED));
    upload(&behind, "unharmed", &whole).await?;
    let requests = proxy.count("");
    for at in 0..requests {
        let (behind, proxy) = ctx.bucket_behind_a_proxy(&direct, BUDGET).await?;
        let key = format!("dropped-{at}");
        proxy.plan(Fault::Late(LATE).after(at));
        give_up(&proxy, upload(&behind, &key, &whole)).await?;
        let there = direct.exists(&key).await?;
        if there {
            holds(&direct, &key, &whole).await?;
        }
        let commits = at + 2 >= requests;
        expect::that(commits || !there, "a blob without its last parts is there")?;
    }
    if direct.capabilities().has(Capability::AbandonedUploads) {
        ctx.clock().advance(Duration::from_hours(1));
        direct.remove_abandoned_uploads(Duration::ZERO).await?;
        let left = direct.remove_abandoned_uploads(Duration::ZERO).await?;
        expect::equal("the uploads that are left", &left, &0)?;
    }
    Ok(())
}

async fn upload(bucket: &Bucket, key: &str, content: &Bytes) -> isobar::Result<()> {
    let mut writer = bucket.writer(key)?;
    writer.write(content.clone()).await?;
    writer.finish().await.map(drop)
}

/// Drops an upload at the request that meets a fault.
async fn give_up(
    proxy: &Proxy,
    upload: impl Future<Output = isobar::Result<()>>,
) -> Result<(), Failure> {
    tokio::select! {
        ended = upload => {
            expect::that(ended.is_err(), "it has ended though it was not answered")?;
        }
        () = proxy.one_met() => {}
    }
    proxy.all_arrived().await;
    Ok(())
}
