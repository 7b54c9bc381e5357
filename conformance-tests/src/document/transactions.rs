//! Read, decide, write, as if nobody else did.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use isobar::document::{Transaction, Value, WriteSet};
use isobar::{Capability, Collection, Error, ErrorKind};

use super::sample::{NOTES, absent, field, note, stored};
use crate::{Case, Context, Failure, expect};

const NEEDS: &[Capability] = &[Capability::DocumentVersions, Capability::AtomicPartition];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-255",
        "a transaction that meets another writer runs again, from what is then stored",
        "R9",
        |ctx| Box::pin(transaction_runs_again(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-257",
        "two transactions that each read what the other writes cannot both have read the old state",
        "R9",
        |ctx| Box::pin(no_write_skew(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-404",
        "a transaction that returns an error writes nothing",
        "R9",
        |ctx| Box::pin(failed_transaction_writes_nothing(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-405",
        "transfers from several writers keep the total",
        "R9",
        |ctx| Box::pin(transfers_keep_the_total(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-409",
        "a transaction that only reads sees the state of one instant",
        "R9",
        |ctx| Box::pin(reads_are_of_one_instant(ctx)),
    )
    .needs(NEEDS),
];

fn balance(document: &Value) -> i64 {
    match field(document, "n") {
        Ok(Value::Int(n)) => *n,
        _ => i64::MIN,
    }
}

fn account(id: &str, n: i64) -> Value {
    note("p", id, [("n", n.into())])
}

async fn transaction_runs_again(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&account("1", 10)).await?;
    let runs = Arc::new(AtomicUsize::new(0));
    let answer = notes
        .transact("p", |tx| {
            let (notes, runs) = (notes.clone(), Arc::clone(&runs));
            async move {
                let read = tx.get(("p", "1")).await?;
                let n = read.map_or(i64::MIN, |item| balance(&item.value));
                if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                    // Another writer, between our read and our commit.
                    notes.upsert(&account("1", n + 100)).await?;
                }
                tx.put(&account("1", n + 1))?;
                Ok(n)
            }
        })
        .await?;
    expect::equal("the runs", &runs.load(Ordering::SeqCst), &3)?;
    expect::equal("what the last run read", &answer, &210)?;
    stored(&notes, ("p", "1"), &account("1", 211)).await?;
    Ok(())
}

async fn no_write_skew(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for round in 0..10 {
        let set = WriteSet::new()
            .upsert(&account("a", 1))
            .upsert(&account("b", 1));
        notes.commit("p", set).await?;
        let leaving = [("a", "b"), ("b", "a")]
            .map(|(me, other)| tokio::spawn(go_off_duty(notes.clone(), me, other)));
        for ended in join_all(leaving).await {
            ended.map_err(|error| Failure::new(error.to_string()))??;
        }
        let on_duty = total(&notes, &["a", "b"]).await?;
        expect::equal(&format!("who is on duty after round {round}"), &on_duty, &1)?;
    }
    Ok(())
}

/// Each may go off duty only while the other is on.
async fn go_off_duty(
    notes: Collection<Value>,
    me: &'static str,
    other: &'static str,
) -> isobar::Result<()> {
    let attempt = move |tx: Transaction<Value>| async move {
        let mine = tx.get(("p", me)).await?;
        let theirs = tx.get(("p", other)).await?;
        let on_duty = [mine, theirs].into_iter().flatten();
        if on_duty.map(|item| balance(&item.value)).sum::<i64>() == 2 {
            tx.put(&account(me, 0))?;
        }
        Ok(())
    };
    notes.transact("p", attempt).await
}

async fn total(notes: &Collection<Value>, ids: &[&str]) -> Result<i64, Failure> {
    let found = notes.get_batch(ids.iter().map(|id| ("p", *id))).await?;
    Ok(found
        .iter()
        .flatten()
        .map(|item| balance(&item.value))
        .sum())
}

async fn reads_are_of_one_instant(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let both = |n| {
        WriteSet::new()
            .upsert(&account("a", n))
            .upsert(&account("b", n))
    };
    notes.commit("p", both(1)).await?;
    let runs = Arc::new(AtomicUsize::new(0));
    let read = notes
        .transact("p", |tx| {
            let (notes, runs) = (notes.clone(), Arc::clone(&runs));
            async move {
                let a = tx.get(("p", "a")).await?;
                if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                    // Another writer, between our two reads.
                    notes.commit("p", both(2)).await?;
                }
                let b = tx.get(("p", "b")).await?;
                let values = [a, b].into_iter().flatten();
                Ok(values.map(|item| balance(&item.value)).collect::<Vec<_>>())
            }
        })
        .await?;
    expect::equal("what was read", &read, &vec![2, 2])?;
    expect::equal("the runs", &runs.load(Ordering::SeqCst), &2)
}

async fn failed_transaction_writes_nothing(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&account("1", 1)).await?;
    let refused = notes
        .transact("p", |tx| async move {
            tx.put(&account("1", 2))?;
            tx.put(&account("2", 2))?;
            tx.delete(("p", "3"))?;
            Err::<(), Error>(Error::new(ErrorKind::Cancelled, "changed our mind"))
        })
        .await;
    expect::kind("the transaction", refused, ErrorKind::Cancelled)?;
    stored(&notes, ("p", "1"), &account("1", 1)).await?;
    absent(&notes, ("p", "2")).await?;
    let refused = notes
        .transact("p", |tx| async move { tx.put(&note("q", "1", [])) })
        .await;
    let what = "a write of another partition";
    expect::kind(what, refused, ErrorKind::InvalidArgument)?;
    absent(&notes, ("q", "1")).await
}

const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

async fn transfers_keep_the_total(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for id in ACCOUNTS {
        notes.create(&account(id, 100)).await?;
    }
    // Few enough for every transaction to get through within its 64 attempts.
    let racers = ctx.race_width().min(4);
    let racers = (0..racers).map(|racer| tokio::spawn(transfers(notes.clone(), racer)));
    for ended in join_all(racers).await {
        ended.map_err(|error| Failure::new(error.to_string()))??;
    }
    expect::equal("the total", &total(&notes, &ACCOUNTS).await?, &300)
}

async fn transfers(notes: Collection<Value>, racer: usize) -> isobar::Result<()> {
    for turn in 0..5 {
        let from = ACCOUNTS[(racer + turn) % 3];
        let to = ACCOUNTS[(racer + turn + 1) % 3];
        let attempt = move |tx: Transaction<Value>| async move {
            let source = tx.get(("p", from)).await?;
            let target = tx.get(("p", to)).await?;
            if let (Some(source), Some(target)) = (source, target) {
                tx.put(&account(from, balance(&source.value) - 1))?;
                tx.put(&account(to, balance(&target.value) + 1))?;
            }
            Ok(())
        };
        notes.transact("p", attempt).await?;
    }
    Ok(())
}
