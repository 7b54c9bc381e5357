//! Writers at the same time.

use futures_util::future::join_all;
use isobar::document::{Condition, PutOptions, Update, UpdateOptions, Value};
use isobar::{Capability, Collection, ErrorKind};

use super::sample::{NOTES, field, note, stored};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-230",
        "of writers that create one document at once exactly one wins, the others hear AlreadyExists",
        "R19",
        |ctx| Box::pin(one_creator_wins(ctx)),
    ),
    Case::document(
        "D-231",
        "counting by versions from several writers loses no step",
        "R8",
        |ctx| Box::pin(versioned_counting(ctx)),
    )
    .needs(&[Capability::DocumentVersions]),
    Case::document(
        "D-232",
        "incrementing from several writers loses no step and doubles none",
        "R18 R21",
        |ctx| Box::pin(concurrent_increments(ctx)),
    ),
];

const KEY: (&str, &str) = ("alice", "1");
const STEPS: usize = 10;

async fn one_creator_wins(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for round in 0..10_i64 {
        let id = round.to_string();
        let racers = (0_i64..).take(ctx.race_width()).map(|racer| {
            let (notes, id) = (notes.clone(), id.clone());
            tokio::spawn(async move {
                let document = note("alice", &id, [("racer", racer.into())]);
                notes.create(&document).await.map(|_| document)
            })
        });
        let mut winners = Vec::new();
        for ended in join_all(racers).await {
            match ended.map_err(|error| Failure::new(error.to_string()))? {
                Ok(document) => winners.push(document),
                refused => {
                    expect::kind("the loser's create", refused, ErrorKind::AlreadyExists)?;
                }
            }
        }
        expect::equal("the number of winners", &winners.len(), &1)?;
        stored(&notes, ("alice", id.as_str()), &winners[0]).await?;
    }
    Ok(())
}

async fn versioned_counting(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&note("alice", "1", [("n", 0.into())])).await?;
    let racers = (0..ctx.race_width()).map(|_| tokio::spawn(count_by_versions(notes.clone())));
    for ended in join_all(racers).await {
        ended.map_err(|error| Failure::new(error.to_string()))??;
    }
    expect_total(&notes, ctx.race_width() * STEPS).await
}

async fn count_by_versions(notes: Collection<Value>) -> Result<(), Failure> {
    let mut done = 0;
    // Each refusal means that another writer got on, so this ends well before the bound.
    for _ in 0..10_000 {
        let read = notes.fetch(KEY).await?;
        let Value::Int(n) = field(&read.value, "n")? else {
            return Err(Failure::new("the counter is not a whole number"));
        };
        let condition = Condition::version(&read.version);
        let options = PutOptions::default().with_condition(condition);
        let next = note("alice", "1", [("n", (n + 1).into())]);
        match notes.replace_with(&next, options).await {
            Ok(_) => done += 1,
            Err(error) if error.kind() == ErrorKind::Contention => {}
            refused => {
                let what = "the late replace";
                expect::kind(what, refused, ErrorKind::PreconditionFailed)?;
            }
        }
        if done == STEPS {
            return Ok(());
        }
    }
    Err(Failure::new("a writer was refused 10,000 times"))
}

async fn concurrent_increments(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let racers = (0..ctx.race_width()).map(|_| {
        let notes = notes.clone();
        tokio::spawn(async move {
            for _ in 0..STEPS {
                increment(&notes).await?;
            }
            Ok::<(), Failure>(())
        })
    });
    for ended in join_all(racers).await {
        ended.map_err(|error| Failure::new(error.to_string()))??;
    }
    expect_total(&notes, ctx.race_width() * STEPS).await
}

/// Where others are always faster, an update ends as `Contention` after some attempts, of which none had an effect.
async fn increment(notes: &Collection<Value>) -> Result<(), Failure> {
    for _ in 0..100 {
        let options = UpdateOptions::default().with_create_missing();
        let update = Update::new().increment("n", 1).append("log", 1);
        match notes.update_with(KEY, update, options).await {
            Err(error) if error.kind() == ErrorKind::Contention && !error.outcome_unknown() => {}
            ended => return Ok(ended.map(drop)?),
        }
    }
    Err(Failure::new("a writer was overtaken 100 times"))
}

async fn expect_total(notes: &Collection<Value>, expected: usize) -> Result<(), Failure> {
    let read = notes.fetch(KEY).await?.value;
    let expected = i64::try_from(expected).unwrap_or(i64::MAX);
    expect::equal("the total", field(&read, "n")?, &Value::Int(expected))?;
    if let Ok(Value::List(log)) = field(&read, "log") {
        let length = i64::try_from(log.len()).unwrap_or(i64::MAX);
        expect::equal("the length of the log", &length, &expected)?;
    }
    Ok(())
}
