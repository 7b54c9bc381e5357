//! Many writers of blobs in bad weather, and what comes after it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use isobar::blob::{BlobCondition, PutBlobOptions};
use isobar::{Bucket, Capability, ErrorKind};
use isobar_fault_proxy::Fault;

use super::connections::BROKEN;
use super::verdict::{Doubt, End, Expected, Stored, Told, judge};
use super::weather::{BUDGET, STEPS, WRITERS, cloud_over, told_the_truth};
use crate::{Case, Context, Failure, emulator, expect};

pub(crate) const CASES: &[Case] = &[
    Case::blob_fault(
        "F-150",
        "of what many writers are told in bad weather, all is true",
        "R19 R21 R22",
        |ctx| Box::pin(all_is_true(ctx)),
    )
    .needs(&[Capability::BlobIfAbsent]),
    Case::blob_fault(
        "F-160",
        "after a connection that has fallen silent, the next call gets through",
        "R22",
        |ctx| Box::pin(next_call(ctx)),
    ),
    Case::blob_fault(
        "F-161",
        "where nobody listens, a call says so at once and without doubt",
        "R19 R21",
        |ctx| Box::pin(nobody_listens(ctx)),
    ),
];

async fn all_is_true(ctx: Context) -> Result<(), Failure> {
    let direct = ctx.bucket().await?;
    let (behind, proxy) = ctx.bucket_behind_a_proxy(&direct, BUDGET).await?;
    cloud_over(&proxy, &mut ctx.random());
    let writers = (0..WRITERS).map(|writer| {
        let (behind, direct) = (behind.clone(), direct.clone());
        tokio::spawn(write_in_bad_weather(behind, direct, writer))
    });
    for ended in join_all(writers).await {
        ended.map_err(|error| Failure::new(error.to_string()))??;
    }
    expect::that(proxy.clear() > WRITERS, "hardly any request met a fault")
}

async fn write_in_bad_weather(
    behind: Bucket,
    direct: Bucket,
    writer: usize,
) -> Result<(), Failure> {
    for step in 0..STEPS {
        let (key, text) = (format!("{writer}/{step}"), format!("{writer} {step}"));
        let absent = PutBlobOptions::default().with_condition(BlobCondition::IfAbsent);
        let created = behind.put_with(&key, text.clone(), absent).await.map(drop);
        let there = direct.exists(&key).await?;
        let stored = if there { Stored::Once } else { Stored::Before };
        told_the_truth(created, &stored)?;
        let Ok(blob) = behind.get(&key).await else {
            continue;
        };
        if let Ok(found) = blob.bytes().await {
            expect::equal("the blob", &*found, text.as_bytes())?;
        }
    }
    Ok(())
}

async fn next_call(ctx: Context) -> Result<(), Failure> {
    let budget = Duration::from_secs(5);
    let direct = ctx.bucket().await?;
    direct.put("a", "x").await?;
    let (behind, proxy) = ctx.bucket_behind_a_proxy(&direct, budget).await?;
    behind.head("a").await?;
    proxy.plan(Fault::HoleBefore);
    let first = behind.head("a").await.map(drop);
    let expected = Expected {
        budget,
        kinds: BROKEN,
        end: End::Either,
        doubt: Doubt::Groundless,
    };
    let first = first.map_err(|error| Told::from(&error));
    judge(&first, &Stored::Nothing, Duration::ZERO, &expected).map_err(Failure::new)?;
    behind.head("a").await?;
    Ok(())
}

async fn nobody_listens(ctx: Context) -> Result<(), Failure> {
    let port = emulator::free_port();
    let port = port.map_err(|error| Failure::new(format!("there is no port: {error}")))?;
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let files = ctx.bucket_at_address(nobody, BUDGET)?;
    let expected = Expected {
        budget: BUDGET / 2,
        kinds: &[ErrorKind::Unavailable],
        end: End::Failure,
        doubt: Doubt::Groundless,
    };
    let began = Instant::now();
    let put = files.put("a", "x").await.map(drop);
    let put = put.map_err(|error| Told::from(&error));
    judge(&put, &Stored::Before, began.elapsed(), &expected).map_err(Failure::new)?;
    let read = files.get("a").await.map(drop);
    let read = read.map_err(|error| Told::from(&error));
    judge(&read, &Stored::Nothing, Duration::ZERO, &expected).map_err(Failure::new)
}
