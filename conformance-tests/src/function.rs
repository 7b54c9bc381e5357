//! The cases about invocations.

mod damaged;
mod envelopes;
pub(crate) mod events;
mod files;
mod lifecycle;
mod messages;
pub(crate) mod notes;
mod observed;
mod replays;
mod ticks;

use futures_util::future::join_all;
use isobar::Capability;

use crate::door::{Door, Piece, WireRequest};
use crate::probe::prompted::{Prompter, event};
use crate::probe::seen;
use crate::{Case, Context, Failure, expect};

/// Every case about invocations.
pub(crate) const CASES: &[&[Case]] = &[
    INVOCATIONS,
    messages::CASES,
    files::CASES,
    notes::CASES,
    observed::CASES,
    ticks::CASES,
    lifecycle::CASES,
    events::CASES,
    envelopes::CASES,
    damaged::CASES,
    replays::CASES,
];

const INVOCATIONS: &[Case] = &[
    Case::function(
        "G-229",
        "a panic of a handler is a 500 that tells nothing of it, and the function goes on",
        "N8",
        |ctx| Box::pin(panics(ctx)),
    ),
    Case::function(
        "G-470",
        "a panic in what makes the content of a response is a 500, or a broken transfer where a part has been sent, and \
         the function goes on",
        "N8",
        |ctx| Box::pin(panics_in_content(ctx)),
    ),
    Case::function(
        "G-240",
        "a handler that takes longer than its route allows is answered with 504",
        "N8",
        |ctx| Box::pin(timeouts(ctx)),
    ),
    Case::function(
        "G-244",
        "requests at the same time are answered each with its own",
        "N1",
        |ctx| Box::pin(concurrent_requests(ctx)),
    ),
    Case::function(
        "G-250",
        "each response carries the id that its handler saw, and no two are the same",
        "N9",
        |ctx| Box::pin(request_ids(ctx)),
    ),
];

fn get(target: &str) -> WireRequest {
    WireRequest::new("GET", target)
}

async fn panics(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for _ in 0..3 {
        panicked(&*door, "/panic").await?;
    }
    Ok(())
}

async fn panics_in_content(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for _ in 0..3 {
        if ctx
            .doors()?
            .capabilities()
            .has(Capability::ResponseStreaming)
        {
            panicked_on_the_way(&*door).await?;
        } else {
            panicked(&*door, "/panic/content").await?;
        }
    }
    Ok(())
}

/// A request at this path is answered with 500, and the next one as ever.
async fn panicked(door: &dyn Door, path: &str) -> Result<(), Failure> {
    let response = door.send(&get(path)).await?;
    expect::equal("the status", &response.status, &500)?;
    let body = String::from_utf8_lossy(&response.body).into_owned();
    let told = body.contains("secret");
    expect::that(!told, &format!("the response tells of the panic: {body}"))?;
    let id = response.joined("x-request-id");
    expect::that(!id.is_empty(), "the response has no request id")?;
    seen(door, &get("/after")).await?;
    Ok(())
}

async fn panicked_on_the_way(door: &dyn Door) -> Result<(), Failure> {
    let prompter = Prompter::new().await?;
    let mut response = door.stream(&prompter.request()?).await?;
    let mut prompt = prompter.prompt().await?;
    response.reads(&event(0)).await?;
    prompt.panic().await?;
    let broken = response.next().await?;
    let is_broken = matches!(broken, Some(Piece::Broken(_)));
    expect::that(is_broken, &format!("the client sees {broken:?}"))?;
    seen(door, &get("/after")).await?;
    Ok(())
}

async fn timeouts(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let response = door.send(&get("/slow")).await?;
    expect::equal("the status", &response.status, &504)?;
    seen(&*door, &get("/after")).await?;
    Ok(())
}

async fn concurrent_requests(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let requests = (0..20).map(|n| {
        let path = format!("/request/{n}");
        let content = vec![n; 1_000 + usize::from(n)];
        let request = WireRequest::new("POST", path.as_str()).body(content);
        let door = &door;
        async move {
            let seen = seen(&**door, &request).await?;
            expect::equal("the path", seen.path.as_str(), path.as_str())?;
            let checksum = crc32c::crc32c(&request.body);
            expect::equal("the checksum", &seen.crc32c, &checksum)
        }
    });
    join_all(requests).await.into_iter().collect()
}

async fn request_ids(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let response = door.send(&get("/")).await?;
        let told = response.joined("x-request-id");
        let body = String::from_utf8_lossy(&response.body).into_owned();
        let id = format!("\"id\":\"{told}\"");
        let agrees = !told.is_empty() && body.contains(&id);
        expect::that(
            agrees,
            &format!("the header says {told:?}, the handler saw {body}"),
        )?;
        expect::that(!ids.contains(&told), "two requests have one id")?;
        ids.push(told);
    }
    Ok(())
}
