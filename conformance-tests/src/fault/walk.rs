//! One fault at every request of every operation of a store.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use isobar_fault_proxy::{Fault, Proxy};

use super::operation::{Nature, Operation};
use super::verdict::{Expected, Told, judge};
use crate::{Context, Failure, expect};

/// Time enough to count the requests of an operation beside whatever else the server has to do.
const UNHARMED: Duration = Duration::from_secs(10);
/// How many operations meet their fault at once.
const AT_ONCE: usize = 8;
/// More requests than an operation on so little needs.
const MOST_REQUESTS: usize = 24;

/// What happens to the requests of each operation, and what is expected of it then.
pub(super) struct Walk {
    pub(super) budget: Duration,
    pub(super) fault: Fault,
    /// How many requests meet it, from the one on that is its turn.
    pub(super) times: usize,
    /// How long the service asks to be left alone, where it does and its protocol can say it.
    pub(super) wait: Duration,
    pub(super) expected: fn(Nature) -> Expected,
}

/// A store, directly and behind a proxy.
struct Sides<S> {
    direct: S,
    behind: S,
    proxy: Proxy,
}

impl<S: Clone + Send + Sync> Sides<S> {
    async fn of<O: Operation<Store = S>>(
        ctx: &Context,
        direct: &S,
        budget: Duration,
    ) -> Result<Self, Failure> {
        let (behind, proxy) = O::behind_a_proxy(ctx, direct, budget).await?;
        let direct = direct.clone();
        Ok(Self {
            direct,
            behind,
            proxy,
        })
    }
}

/// Runs each operation as often as it has requests, each time with the fault at another one.
pub(super) async fn walk<O: Operation>(ctx: &Context, walk: &Walk) -> Result<(), Failure> {
    let (direct, capabilities) = O::store(ctx).await?;
    let needs_checks = matches!(walk.fault, Fault::Gibberish);
    let operations = O::all(capabilities).into_iter();
    let operations = operations.filter(|operation| !needs_checks || operation.nature().is_checked);
    let counted = stream::iter(operations).map(|operation| {
        let direct = &direct;
        async move {
            let sides = Sides::of::<O>(ctx, direct, UNHARMED).await?;
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
            let sides = Sides::of::<O>(ctx, direct, walk.budget).await?;
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
async fn unharmed<O: Operation>(operation: O, sides: &Sides<O::Store>) -> Result<usize, Failure> {
    let owner = format!("{operation:?}-unharmed");
    let prepared = operation.prepare(&sides.direct, &owner).await?;
    let ended = operation.run(&sides.behind, &owner, &prepared).await?;
    let fails = ended.iter().find_map(|ended| ended.as_ref().err());
    expect::equal("the error without any fault", &fails, &None)?;
    let requests = sides.proxy.count("");
    expect::that(
        (1..=MOST_REQUESTS).contains(&requests),
        &format!("{operation:?} has {requests} requests"),
    )?;
    Ok(requests)
}

async fn meet<O: Operation>(
    walk: &Walk,
    operation: O,
    at: usize,
    sides: &Sides<O::Store>,
) -> Result<(), Failure> {
    let owner = format!("{operation:?}-{at}");
    let prepared = operation.prepare(&sides.direct, &owner).await?;
    let fault = walk.fault.clone().times(walk.times);
    sides.proxy.plan(fault.after(at));
    let (ended, took) = timed(operation, sides, &owner, &prepared).await?;
    let met = sides.proxy.clear();
    expect::that(met > 0, "no request met the fault")?;
    sides.proxy.all_arrived().await;
    let stored = operation.look(&sides.direct, &owner).await?;
    let nature = operation.nature();
    let expected = (walk.expected)(nature);
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

async fn timed<O: Operation>(
    operation: O,
    sides: &Sides<O::Store>,
    owner: &str,
    prepared: &O::Prepared,
) -> Result<(Vec<Result<(), Told>>, Duration), Failure> {
    let began = Instant::now();
    let ended = operation.run(&sides.behind, owner, prepared).await?;
    Ok((ended, began.elapsed()))
}
