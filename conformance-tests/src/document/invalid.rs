//! Calls that are wrong whatever the store holds.

use std::time::{Duration, Instant};

use isobar::document::{Query, SortKey, SortRange, Update};
use isobar::{Collection, ErrorKind};

use super::sample::{NOTES, READINGS, note, stored};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-078",
        "updates of empty, overlapping or key paths are InvalidArgument and change nothing",
        "R6",
        |ctx| Box::pin(bad_updates(ctx)),
    ),
    Case::document(
        "D-079",
        "queries with a limit of 0 or above 10,000, or a range of another type, are InvalidArgument",
        "R10 R12",
        |ctx| Box::pin(bad_queries(ctx)),
    ),
    Case::document(
        "D-301",
        "an error tells its operation, its collection and its provider, and its text the collection",
        "R19",
        |ctx| Box::pin(errors_have_context(ctx)),
    ),
    Case::document(
        "D-437",
        "each call is back within its time budget, and says where a write may have happened",
        "R22",
        |ctx| Box::pin(within_budget(ctx)),
    ),
];

async fn bad_updates(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let before = note("alice", "1", [("a", 1.into())]);
    notes.create(&before).await?;
    let bad = [
        Update::new(),
        Update::new().set("", 1),
        Update::new().set(".a", 1),
        Update::new().set("a..b", 1),
        Update::new().set("b.", 1),
        Update::new().set("a", 1).remove("a"),
        Update::new().set("m.a", 1).remove("m"),
        Update::new().set("owner", "bob"),
        Update::new().remove("id"),
        Update::new().set("_rev", "x"),
    ];
    for update in bad {
        let what = format!("{update:?}");
        let refused = notes.update(("alice", "1"), update).await;
        expect::kind(&what, refused, ErrorKind::InvalidArgument)?;
    }
    stored(&notes, ("alice", "1"), &before).await?;
    Ok(())
}

async fn bad_queries(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let bad = [
        Query::partition("p").limit(0),
        Query::partition("p").limit(Query::MAX_LIMIT + 1),
        Query::partition("p").range(SortRange::Less(SortKey::I64(1))),
        Query::partition("p").between("a", ""),
        Query::partition("p").prefix(""),
        Query::partition("a\0"),
    ];
    for query in bad {
        let what = format!("{query:?}");
        let refused = notes.query(&query).await;
        expect::kind(&what, refused, ErrorKind::InvalidArgument)?;
    }
    let largest = Query::partition("p").limit(Query::MAX_LIMIT);
    notes.query(&largest).await?;
    let readings = ctx.collection(&READINGS).await?;
    for key in [SortKey::from("1"), SortKey::I64(1)] {
        let refused = readings.query(&Query::partition("p").prefix(key)).await;
        let what = "a prefix of a number";
        expect::kind(what, refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn errors_have_context(ctx: Context) -> Result<(), Failure> {
    let notes: Collection<_> = ctx.collection(&NOTES).await?;
    let document = note("alice", "1", []);
    notes.create(&document).await?;
    let create = notes.create(&document).await;
    let create = expect::kind("create", create, ErrorKind::AlreadyExists)?;
    let update = notes
        .update(("alice", "2"), Update::new().set("x", 1))
        .await;
    let update = expect::kind("update", update, ErrorKind::NotFound)?;
    let fetch = notes.fetch(("alice", "2")).await;
    let fetch = expect::kind("fetch", fetch, ErrorKind::NotFound)?;
    for (error, operation) in [
        (create, "document.create"),
        (update, "document.update"),
        (fetch, "document.fetch"),
    ] {
        expect::equal("the operation", &error.operation(), &Some(operation))?;
        expect::equal("the collection", &error.resource(), &Some("notes"))?;
        expect::that(error.provider().is_some(), "the error names no provider")?;
        expect::that(!error.retryable(), "a final error is called retryable")?;
        expect::that(!error.outcome_unknown(), "a refusal has an unknown outcome")?;
        let text = error.to_string();
        let fits = text.contains("notes") && !text.ends_with('.');
        expect::that(fits, &format!("the error reads {text:?}"))?;
    }
    Ok(())
}

async fn within_budget(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    // Long enough for a machine that is busy, too short for what waits for an answer.
    let patience = Duration::from_millis(2_500);
    for budget in [Duration::ZERO, Duration::from_millis(200)] {
        let hasty = notes.with_budget(budget);
        let started = Instant::now();
        let written = hasty.upsert(&note("p", "1", [])).await;
        expect::that(
            started.elapsed() < patience,
            "a write took longer than its budget",
        )?;
        if let Err(error) = written {
            expect::equal("the kind", &error.kind(), &ErrorKind::DeadlineExceeded)?;
            expect::that(
                error.outcome_unknown(),
                "what became of the write is not known",
            )?;
        }
        let started = Instant::now();
        let read = hasty.get(("p", "2")).await;
        expect::that(
            started.elapsed() < patience,
            "a read took longer than its budget",
        )?;
        if let Err(error) = read {
            expect::equal("the kind", &error.kind(), &ErrorKind::DeadlineExceeded)?;
            expect::that(
                !error.outcome_unknown(),
                "a read has no outcome to be known",
            )?;
        }
    }
    let enough = notes.upsert(&note("p", "1", [])).await;
    expect::that(enough.is_ok(), "a call with enough time fails")
}
