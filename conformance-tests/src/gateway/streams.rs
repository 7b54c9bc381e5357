//! Responses that reach their client while the handler still makes them.

use isobar::Capability;

use super::responses::answer;
use crate::door::{Piece, WireRequest};
use crate::probe::prompted::{Prompter, event};
use crate::probe::{seen, telling};
use crate::{Case, Context, Failure, expect};

const STREAMING: &[Capability] = &[Capability::ResponseStreaming];

pub(crate) const CASES: &[Case] = &[
    Case::gateway(
        "G-105",
        "a response that is streamed has a head also where it has no content",
        "N1",
        |ctx| Box::pin(without_content(ctx)),
    )
    .needs(STREAMING),
    Case::gateway(
        "G-106",
        "the first content of a response arrives before its handler makes the next",
        "N1",
        |ctx| Box::pin(first_content(ctx)),
    )
    .needs(STREAMING),
    Case::gateway(
        "G-228",
        "each of several Server-Sent Events arrives when it is made, and the end is clean",
        "N1",
        |ctx| Box::pin(events(ctx)),
    )
    .needs(STREAMING),
    Case::gateway(
        "G-456",
        "a handler whose client goes away in the middle of a response is cancelled",
        "N8",
        |ctx| Box::pin(clients_that_go(ctx)),
    )
    .needs(STREAMING),
    Case::gateway(
        "G-457",
        "a response that fails on the way is a broken transfer for its client, not a shorter response",
        "N8",
        |ctx| Box::pin(failures_on_the_way(ctx)),
    )
    .needs(STREAMING),
];

async fn without_content(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for (method, status) in [
        ("GET", 204),
        ("GET", 302),
        ("GET", 304),
        ("POST", 200),
        ("HEAD", 200),
    ] {
        let told = answer(status, &[("location", "/b"), ("x-kept", "yes")], b"");
        let mut response = door.stream(&telling(method, &told)?).await?;
        let what = format!("the status of {status} to {method}");
        expect::equal(&what, &response.head.status, &status)?;
        let kept = response.head.joined("x-kept");
        expect::equal("a header", kept.as_str(), "yes")?;
        let end = response.next().await?;
        expect::equal("what comes after the head", &end, &None)?;
    }
    seen(&*door, &WireRequest::new("GET", "/after")).await?;
    Ok(())
}

async fn first_content(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let prompter = Prompter::new().await?;
    let mut response = door.stream(&prompter.request()?).await?;
    let mut prompt = prompter.prompt().await?;
    expect::equal("the status", &response.head.status, &200)?;
    // Nobody has prompted the handler to make more than this.
    response.reads(&event(0)).await?;
    prompt.next().await?;
    response.reads(&event(1)).await
}

async fn events(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let prompter = Prompter::new().await?;
    let mut response = door.stream(&prompter.request()?).await?;
    let kind = response.head.joined("content-type");
    expect::equal("the type", kind.as_str(), "text/event-stream")?;
    let mut prompt = prompter.prompt().await?;
    response.reads(&event(0)).await?;
    for number in 1..20 {
        prompt.next().await?;
        response.reads(&event(number)).await?;
    }
    drop(prompt);
    let end = response.next().await?;
    expect::equal("what comes after the last event", &end, &None)
}

async fn clients_that_go(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for _ in 0..2 {
        let prompter = Prompter::new().await?;
        let mut response = door.stream(&prompter.request()?).await?;
        let prompt = prompter.prompt().await?;
        response.reads(&event(0)).await?;
        drop(response);
        prompt.let_go().await?;
        seen(&*door, &WireRequest::new("GET", "/after")).await?;
    }
    Ok(())
}

async fn failures_on_the_way(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let prompter = Prompter::new().await?;
    let mut response = door.stream(&prompter.request()?).await?;
    let mut prompt = prompter.prompt().await?;
    response.reads(&event(0)).await?;
    prompt.fail().await?;
    let broken = response.next().await?;
    let is_broken = matches!(broken, Some(Piece::Broken(_)));
    expect::that(is_broken, &format!("the client sees {broken:?}"))?;
    seen(&*door, &WireRequest::new("GET", "/after")).await?;
    Ok(())
}
