//! Routes that take only so many requests, in one instance of the application.

use std::time::Instant;

use futures_util::future::join;

use crate::door::{Door, WireRequest, WireResponse};
use crate::probe::callers::BURST;
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::gateway(
        "G-429",
        "a request beyond those that a route serves at once is answered 503, and the next one is served",
        "N10",
        |ctx| Box::pin(at_once(ctx)),
    ),
    Case::gateway(
        "G-430",
        "a request beyond the rate of a route is answered 429, and hears when to come again",
        "N10",
        |ctx| Box::pin(in_a_time(ctx)),
    ),
];

/// Longer than the suite waits for a case, since the request that is refused releases the other.
const HELD: u32 = 60_000;
/// Enough where the second request has to wait for the first.
const SHORT: u32 = 50;

async fn at_once(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let alone = ctx.doors()?.one_at_a_time();
    let millis = if alone { SHORT } else { HELD };
    let held = WireRequest::new("GET", format!("/held?millis={millis}"));
    let (one, other) = join(visit(&*door, &held), visit(&*door, &held)).await;
    let mut statuses = [one?.status, other?.status];
    statuses.sort_unstable();
    let expected = if alone { [200, 200] } else { [200, 503] };
    expect::equal("the statuses", &statuses, &expected)?;
    let after = WireRequest::new("GET", "/held?millis=0");
    expect::equal("the next status", &door.send(&after).await?.status, &200)?;
    if alone {
        let reason = "requests come one at a time here, so that there is never one too many";
        return Err(Failure::unverified(reason));
    }
    Ok(())
}

/// Asks, and releases the other request where this one is refused.
async fn visit(door: &dyn Door, held: &WireRequest) -> Result<WireResponse, Failure> {
    let response = door.send(held).await?;
    if response.status == 503 {
        told_to_wait(&response)?;
        let released = door.send(&WireRequest::new("POST", "/released")).await?;
        expect::equal("the status of the release", &released.status, &200)?;
    }
    Ok(response)
}

fn told_to_wait(response: &WireResponse) -> Result<(), Failure> {
    let after: Option<u64> = response.joined("retry-after").parse().ok();
    let waits = after.is_some_and(|seconds| (1..=60).contains(&seconds));
    expect::that(waits, &format!("nobody says when to come again: {after:?}"))?;
    let kind = response.joined("content-type");
    expect::equal("the type", kind.as_str(), "application/problem+json")
}

async fn in_a_time(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let begin = Instant::now();
    let (mut served, mut refused) = (0, false);
    for nth in 0..10 * BURST {
        let response = door.send(&WireRequest::new("GET", "/limited")).await?;
        match response.status {
            200 => served += 1,
            429 => {
                told_to_wait(&response)?;
                let in_burst = nth < BURST;
                expect::that(!in_burst, "a request within the burst is refused")?;
                refused = true;
                break;
            }
            status => return Err(Failure::new(format!("the status is {status}"))),
        }
    }
    expect::that(
        refused,
        &format!("{served} requests were served and none refused"),
    )?;
    // As many as the bucket holds, and one for each second that passed meanwhile.
    let most = u64::from(BURST) + begin.elapsed().as_secs() + 1;
    let fits = served <= most;
    expect::that(
        fits,
        &format!("{served} requests were served, {most} may be"),
    )
}
