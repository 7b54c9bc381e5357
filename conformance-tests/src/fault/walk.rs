//! One fault at every request of every operation.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use isobar::document::{Value, Version};
use isobar::{Capability, Collection};
use isobar_fault_proxy::{Fault, Proxy};

use super::operation::Operation;
use super::verdict::{Expected, Told, judge};
use crate::document::sample::NOTES;
use crate::{Context, Failure, expect};

/// How many operations meet their fault at once.
const AT_ONCE: usize = 8;
/// More requests than an operation on so few documents needs.
const MOST_REQUESTS: usize = 24;

/// What happens to the requests of each operation, and what is expected of it then.
pub(super) struct Walk {
    pub(super) budget: Duration,
    pub(super) fault: Fault,
    /// How many requests meet it, from the one on that is its turn.
    pub(super) times: usize,
    /// How long the service asks to be left alone, where it does and its protocol can say it.
    pub(super) wait: Duration,
    pub(super) expected: fn(Operation) -> Expected,
}

/// Documents, directly and behind a proxy.
struct Sides {
    direct: Collection<Value>,
    behind: Collection<Value>,
    proxy: Proxy,
}

impl Sides {
    async fn of(
        ctx: &Context,
        direct: &Collection<Value>,
        budget: Duration,
    ) -> Result<Self, Failure> {
        let (behind, proxy) = ctx.behind_a_proxy(&NOTES, budget).await?;
        let direct = direct.clone();
        Ok(Self {
            direct,
            behind,
            proxy,
        })
    }
}

/// Runs each operation as often as it has requests, each time with the fault at another one.
pub(super) async fn walk(ctx: &Context, walk: &Walk) -> Result<(), Failure> {
    let direct = ctx.collection(&NOTES).await?;
    let has_exact = direct.capabilities().has(Capability::ExactWrites);
    let operations = Operation::ALL.into_iter();
    let operations =
        operations.filter(|operation| has_exact || *operation != Operation::ExactIncrement);
    let counted = stream::iter(operations).map(|operation| {
        let direct = &direct;
        async move {
            let sides = Sides::of(ctx, direct, walk.budget).await?;
            Ok::<_, Failure>((operation, unharmed(operation, &sides).await?))
        }
    });
    let counted: Vec<_> = counted.buffer_unordered(AT_ONCE).try_collect().await?;
    let steps = counted
        .into_iter()
        .flat_map(|(operation, requests)| (0..requests).map(move |at| (operation, at)));
    let met = stream::iter(steps).map(|(operation, at)| {
        let direct = &direct;
        async move {
            let sides = Sides::of(ctx, direct, walk.budget).await?;
            let met = meet(walk, operation, at, &sides).await;
            met.map_err(|failure| failure.about(&format!("{operation:?}, request {at}")))
        }
    });
    let met: Vec<Result<(), Failure>> = met.buffer_unordered(AT_ONCE).collect().await;
    let failures = met.iter().filter_map(|met| met.as_ref().err());
    let failures: Vec<String> = failures.map(Failure::to_string).collect();
    expect::that(failures.is_empty(), &failures.join("; "))
}

/// How many requests the operation needs where nothing happens to it.
async fn unharmed(operation: Operation, sides: &Sides) -> Result<usize, Failure> {
    let owner = format!("{operation:?}-unharmed");
    let version = operation.prepare(&sides.direct, &owner).await?;
    let ended = operation.run(&sides.behind, &owner, &version).await?;
    let fails = ended.iter().find_map(|ended| ended.as_ref().err());
    expect::equal("the error without any fault", &fails, &None)?;
    let requests = sides.proxy.count("");
    expect::that(
        (1..=MOST_REQUESTS).contains(&requests),
        &format!("{operation:?} has {requests} requests"),
    )?;
    Ok(requests)
}

async fn meet(walk: &Walk, operation: Operation, at: usize, sides: &Sides) -> Result<(), Failure> {
    let owner = format!("{operation:?}-{at}");
    let version = operation.prepare(&sides.direct, &owner).await?;
    sides
        .proxy
        .plan(walk.fault.clone().after(at).times(walk.times));
    let (ended, took) = timed(operation, sides, &owner, &version).await?;
    let met = sides.proxy.clear();
    expect::that(met > 0, "no request met the fault")?;
    sides.proxy.all_arrived().await;
    let stored = operation.look(&sides.direct, &owner).await?;
    let expected = (walk.expected)(operation);
    expect::equal("the number of answers", &ended.len(), &stored.len())?;
    let waited = took >= walk.wait || ended.iter().any(Result::is_err);
    let (took_ms, wait_ms) = (took.as_millis(), walk.wait.as_millis());
    expect::that(
        waited,
        &format!("it was asked to wait {wait_ms} ms and took {took_ms} ms"),
    )?;
    for (ended, stored) in ended.iter().zip(&stored) {
        judge(ended, stored, took, &expected).map_err(Failure::new)?;
    }
    Ok(())
}

async fn timed(
    operation: Operation,
    sides: &Sides,
    owner: &str,
    version: &Version,
) -> Result<(Vec<Result<(), Told>>, Duration), Failure> {
    let began = Instant::now();
    let ended = operation.run(&sides.behind, owner, version).await?;
    Ok((ended, began.elapsed()))
}
