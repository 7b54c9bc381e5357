//! Calls that their callers give up before they are done.

use std::pin::pin;

use futures_util::poll;
use isobar::document::{Query, Value, WriteSet};
use isobar::{Capability, Collection};
use tokio::task::JoinSet;

use super::sample::{NOTES, field, note, stored};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-300",
        "a write that its caller gives up, however far it has come, is there whole or not at all",
        "R22",
        |ctx| Box::pin(abandoned_writes(ctx)),
    ),
    Case::document("D-446", "so is a set of writes", "R9 R22", |ctx| {
        Box::pin(abandoned_sets(ctx))
    })
    .needs(&[Capability::AtomicPartition]),
];

/// How often a call is polled before it is given up; each more than the one before.
const POLLS: [u32; 16] = [
    1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 40, 80, 160, 640, 2_560, 10_240,
];
const KEY: (&str, &str) = ("p", "a");

/// Polls a call so often, and drops it where it has not ended by then.
async fn give_up<T>(call: impl Future<Output = T>, polls: u32) {
    let mut call = pin!(call);
    for _ in 0..polls {
        if poll!(call.as_mut()).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Somebody who writes elsewhere all the time: a store that has but one writer may be done with a
/// write at the first poll, and there is nothing to give up. It ends when it is dropped.
fn busy(notes: &Collection<Value>) -> JoinSet<()> {
    let notes = notes.clone();
    let mut others = JoinSet::new();
    others.spawn(async move {
        while notes.upsert(&note("others", "a", [])).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    others
}

/// A document whose fields all tell its round.
fn of_round(id: &str, round: i64) -> Value {
    let text = round.to_string().repeat(2_000);
    note(
        "p",
        id,
        [
            ("first", round.into()),
            ("last", round.into()),
            ("text", text.into()),
        ],
    )
}

fn round_of(document: &Value, id: &str) -> Result<i64, Failure> {
    let round = match field(document, "first")? {
        Value::Int(round) => *round,
        other => return Err(Failure::new(format!("the first field is {other:?}"))),
    };
    expect::equal("the document", document, &of_round(id, round))?;
    Ok(round)
}

async fn abandoned_writes(ctx: Context) -> Result<(), Failure> {
    let notes: Collection<Value> = ctx.collection(&NOTES).await?;
    notes.create(&of_round("a", 0)).await?;
    let others = busy(&notes);
    for (round, polls) in (1..).zip(POLLS) {
        let write = of_round("a", round);
        give_up(notes.upsert(&write), polls).await;
        let found = notes.fetch(KEY).await?.value;
        let found = round_of(&found, "a")?;
        expect::that(found <= round, "a write is seen before it is made")?;
    }
    drop(others);
    // Nothing that was given up keeps others from writing.
    let last = note("p", "last", []);
    notes.create(&last).await?;
    stored(&notes, ("p", "last"), &last).await?;
    Ok(())
}

async fn abandoned_sets(ctx: Context) -> Result<(), Failure> {
    let notes: Collection<Value> = ctx.collection(&NOTES).await?;
    let set = |round| {
        WriteSet::new()
            .upsert(&of_round("a", round))
            .upsert(&of_round("b", round))
    };
    notes.commit("p", set(0)).await?;
    let others = busy(&notes);
    for (round, polls) in (1..).zip(POLLS) {
        give_up(notes.commit("p", set(round)), polls).await;
        let found = notes.query(&Query::partition("p")).await?.items;
        let rounds = ["a", "b"].iter().zip(&found);
        let rounds = rounds.map(|(id, item)| round_of(&item.value, id));
        let rounds = rounds.collect::<Result<Vec<_>, _>>()?;
        let whole = matches!(rounds[..], [first, second] if first == second);
        expect::that(
            whole,
            &format!("the two documents are of the rounds {rounds:?}"),
        )?;
    }
    drop(others);
    Ok(())
}
