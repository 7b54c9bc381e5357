//! Cases about how long a request and an instance live.

use futures_util::future::try_join;

use crate::door::WireRequest;
use crate::probe::prompted::{Prompter, WAITED};
use crate::probe::{NO_START, seen};
use crate::{Case, Context, Failure, expect};

/// Every case about deadlines and ends.
pub(super) const CASES: &[Case] = &[
    Case::function(
        "G-241",
        "the platform hears why an application cannot start, and the process ends with an error",
        "N8",
        |ctx| Box::pin(failed_starts(ctx)),
    ),
    Case::function(
        "G-242",
        "a process that is told to end answers the request that is under way, and ends without an error",
        "N8",
        |ctx| Box::pin(ends(ctx)),
    ),
    Case::function(
        "G-460",
        "a handler sees the deadline of its platform, 250 ms before it",
        "N8",
        |ctx| Box::pin(deadlines(ctx)),
    ),
];

async fn failed_starts(ctx: Context) -> Result<(), Failure> {
    let (heard, ended) = ctx.doors()?.open_broken().await?;
    expect::that(
        heard.contains(NO_START),
        &format!("the platform hears {heard:?}"),
    )?;
    expect::that(
        !ended.success(),
        "the process ended as if nothing was wrong",
    )
}

async fn ends(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let Some(process) = door.process() else {
        let reason = "the platform ends containers without a word";
        return Err(Failure::unverified(reason));
    };
    let prompter = Prompter::new().await?;
    let request = prompter.waiting()?;
    let ended = async {
        let mut prompt = prompter.prompt().await?;
        process.terminate().await?;
        prompt.ends().await?;
        prompt.next().await
    };
    let (response, ()) = try_join(door.send(&request), ended).await?;
    expect::equal("the status", &response.status, &200)?;
    let body = String::from_utf8_lossy(&response.body);
    expect::equal("the content", &*body, WAITED)?;
    let end = process.end().await?;
    expect::that(end.success(), &format!("the process ended with {end}"))
}

async fn deadlines(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let seen = seen(&*door, &WireRequest::new("GET", "/")).await?;
    let Some(deadline) = ctx.doors()?.deadline() else {
        expect::equal("the time that is left", &seen.remaining, &None)?;
        let reason = "the platform does not say how long a request has";
        return Err(Failure::unverified(reason));
    };
    let left = expect::some("the time that is left", seen.remaining)?;
    let most = deadline.as_millis().saturating_sub(250);
    // A busy machine takes some of it.
    let fits = (most / 2..=most).contains(&left);
    expect::that(fits, &format!("{left} ms are left of {most}"))
}
