//! Writes that belong together beyond one partition, and writes that happen exactly once.

use std::time::Duration;

use isobar::document::{
    BatchWrite, Condition, DeleteOptions, Idempotency, PutOptions, Update, UpdateOptions, WriteSet,
};
use isobar::{Capability, ErrorKind};

use super::sample::{NOTES, absent, field, note, stored};
use crate::{Case, Context, Failure, expect};

const ACROSS: &[Capability] = &[Capability::CrossPartitionTransactions];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-429",
        "a set over several partitions commits together, or not at all",
        "R9",
        |ctx| Box::pin(sets(ctx)),
    )
    .needs(ACROSS),
    Case::document(
        "D-430",
        "a transaction over two partitions reads and writes as if nobody else did",
        "R9",
        |ctx| Box::pin(transfers(ctx)),
    )
    .needs(&[
        Capability::DocumentVersions,
        Capability::CrossPartitionTransactions,
    ]),
    Case::document(
        "D-431",
        "a set over several partitions is held to the limits of a set",
        "R9",
        |ctx| Box::pin(limits(ctx)),
    )
    .needs(ACROSS),
    Case::document(
        "D-432",
        "exact increments of many writers are each made once",
        "R18 R21",
        |ctx| Box::pin(exact_increments(ctx)),
    )
    .needs(&[Capability::ExactWrites]),
    Case::document(
        "D-102",
        "a batch with conditions does what holds, and tells of each what does not",
        "R16",
        |ctx| Box::pin(conditional_batches(ctx)),
    )
    .needs(&[Capability::DocumentVersions]),
    Case::document(
        "D-433",
        "documents of a batch expire as told",
        "R14 R16",
        |ctx| Box::pin(expiring_batches(ctx)),
    )
    .needs(&[Capability::DocumentExpiry]),
];

async fn sets(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let set = WriteSet::new()
        .create(&note("p", "1", [("n", 1.into())]))
        .create(&note("q", "1", [("n", 2.into())]));
    notes.commit_across(set).await?;
    let set = WriteSet::new()
        .update(("p", "1"), Update::new().increment("n", 1))
        .delete(("q", "1"))
        .check_missing(("r", "1"))
        .upsert(&note("s", "1", []));
    notes.commit_across(set).await?;
    stored(&notes, ("p", "1"), &note("p", "1", [("n", 2.into())])).await?;
    absent(&notes, ("q", "1")).await?;
    stored(&notes, ("s", "1"), &note("s", "1", [])).await?;
    let failing = WriteSet::new()
        .update(("p", "1"), Update::new().increment("n", 1))
        .create(&note("s", "1", []));
    let refused = notes.commit_across(failing).await;
    let error = expect::kind("the set", refused, ErrorKind::AlreadyExists)?;
    expect::equal("the place told", &error.index(), &Some(1))?;
    stored(&notes, ("p", "1"), &note("p", "1", [("n", 2.into())])).await?;
    Ok(())
}

async fn transfers(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for owner in ["p", "q"] {
        notes.create(&note(owner, "1", [("n", 100.into())])).await?;
    }
    let movers: Vec<_> = (0..ctx.race_width().min(6))
        .map(|mover| {
            let notes = notes.clone();
            tokio::spawn(async move { transfer(&notes, mover % 2 == 0).await })
        })
        .collect();
    let count = movers.len();
    for mover in movers {
        mover
            .await
            .map_err(|error| Failure::new(error.to_string()))??;
    }
    let mut sum = 0.0;
    for owner in ["p", "q"] {
        let item = notes.fetch((owner, "1")).await?;
        if let isobar::document::Value::Int(n) = field(&item.value, "n")? {
            sum += f64::from(i32::try_from(*n).unwrap_or(0));
        }
    }
    expect::that((sum - 200.0).abs() < 0.5, "something was lost or made")?;
    let p = notes.fetch(("p", "1")).await?;
    let odd = count % 2;
    let expected = if odd == 1 { 95 } else { 100 };
    expect::equal("the one side", field(&p.value, "n")?, &expected.into())
}

async fn transfer(
    notes: &isobar::Collection<isobar::document::Value>,
    forth: bool,
) -> Result<(), Failure> {
    let (from, to) = if forth { ("p", "q") } else { ("q", "p") };
    let done = notes.transact_across(|tx| async move {
        for (owner, by) in [(from, -5), (to, 5)] {
            let item = tx.get((owner, "1")).await?;
            let n = item.map(|item| item.value).and_then(|value| match value {
                isobar::document::Value::Map(fields) => fields.get("n").cloned(),
                _ => None,
            });
            if let Some(isobar::document::Value::Int(n)) = n {
                tx.put(&note(owner, "1", [("n", (n + by).into())]))?;
            }
        }
        Ok(())
    });
    Ok(done.await?)
}

async fn limits(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let of = |count: i64| {
        (0..count).fold(WriteSet::new(), |set, n| {
            set.create(&note(&format!("p{n}"), "1", []))
        })
    };
    let refused = notes.commit_across(of(101)).await;
    expect::kind("101 writes", refused, ErrorKind::LimitExceeded)?;
    absent(&notes, ("p0", "1")).await?;
    notes.commit_across(of(100)).await?;
    stored(&notes, ("p99", "1"), &note("p99", "1", [])).await?;
    let long = "x".repeat(300_000);
    let heavy = (0..7).fold(WriteSet::new(), |set, n| {
        let fields = [("long", long.as_str().into())];
        set.create(&note(&format!("h{n}"), "1", fields))
    });
    let refused = notes.commit_across(heavy).await;
    expect::kind("2.1 MB", refused, ErrorKind::LimitExceeded)?;
    absent(&notes, ("h0", "1")).await?;
    let twice = WriteSet::new().delete(("p1", "1")).delete(("p1", "1"));
    let refused = notes.commit_across(twice).await;
    expect::kind("a key twice", refused, ErrorKind::InvalidArgument)?;
    Ok(())
}

async fn exact_increments(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let options = || {
        let options = UpdateOptions::default().with_create_missing();
        options.with_idempotency(Idempotency::Exact)
    };
    let width = ctx.race_width().min(4);
    let writers: Vec<_> = (0..width)
        .map(|_| {
            let (notes, options) = (notes.clone(), options());
            tokio::spawn(async move {
                for _ in 0..5 {
                    let increment = Update::new().increment("n", 1);
                    notes
                        .update_with(("p", "1"), increment, options.clone())
                        .await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    for writer in writers {
        writer
            .await
            .map_err(|error| Failure::new(error.to_string()))??;
    }
    let last = notes
        .update_with(("p", "1"), Update::new().increment("n", 0.5), options())
        .await?;
    let sum = f64::from(u32::try_from(width * 5).unwrap_or(0)) + 0.5;
    expect::equal("the sum", field(&last.value, "n")?, &sum.into())?;
    stored(&notes, ("p", "1"), &last.value).await?;
    let text = Update::new().increment("id2", 1).set("text", "x");
    notes.update_with(("p", "1"), text, options()).await?;
    let wrong = Update::new().increment("text", 1);
    let refused = notes.update_with(("p", "1"), wrong, options()).await;
    expect::kind("an increment of text", refused, ErrorKind::InvalidArgument)?;
    let missing = UpdateOptions::default().with_idempotency(Idempotency::Exact);
    let refused = notes
        .update_with(("p", "2"), Update::new().increment("n", 1), missing)
        .await;
    expect::kind("an update of nothing", refused, ErrorKind::NotFound)?;
    Ok(())
}

async fn conditional_batches(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let old = notes.create(&note("p", "1", [])).await?;
    let new = notes.upsert(&note("p", "1", [("n", 1.into())])).await?;
    notes.create(&note("p", "2", [])).await?;
    let at = |version| PutOptions::default().with_condition(Condition::version(version));
    let gone = DeleteOptions::default().with_condition(Condition::version(&old));
    let batch = BatchWrite::new()
        .upsert_with(&note("p", "1", [("n", 2.into())]), at(&new))
        .upsert_with(&note("p", "3", []), at(&old))
        .create(&note("p", "2", [("n", 3.into())]))
        .delete_with(("p", "4"), gone)
        .create(&note("p", "5", []))
        .upsert(&note("p", "6", []));
    let results = notes.write_batch(batch).await?;
    let kinds: Vec<Option<ErrorKind>> = results
        .iter()
        .map(|result| result.as_ref().err().map(isobar::Error::kind))
        .collect();
    let expected = vec![
        None,
        Some(ErrorKind::NotFound),
        Some(ErrorKind::AlreadyExists),
        Some(ErrorKind::PreconditionFailed),
        None,
        None,
    ];
    expect::equal("the answers", &kinds, &expected)?;
    stored(&notes, ("p", "1"), &note("p", "1", [("n", 2.into())])).await?;
    stored(&notes, ("p", "2"), &note("p", "2", [])).await?;
    absent(&notes, ("p", "3")).await?;
    stored(&notes, ("p", "5"), &note("p", "5", [])).await?;
    stored(&notes, ("p", "6"), &note("p", "6", [])).await?;
    Ok(())
}

async fn expiring_batches(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let at = ctx.now().plus(Duration::from_mins(1)).to_second();
    let soon = || PutOptions::default().with_expires_at(at);
    let batch = BatchWrite::new()
        .upsert_with(&note("p", "1", []), soon())
        .create_with(&note("p", "2", []), soon())
        .upsert(&note("p", "3", []));
    for result in notes.write_batch(batch).await? {
        result?;
    }
    let item = stored(&notes, ("p", "1"), &note("p", "1", [])).await?;
    expect::equal("the expiry", &item.expires_at, &Some(at))?;
    ctx.clock().advance(Duration::from_secs(61));
    absent(&notes, ("p", "1")).await?;
    absent(&notes, ("p", "2")).await?;
    let again = BatchWrite::new().create(&note("p", "1", []));
    for result in notes.write_batch(again).await? {
        result?;
    }
    let item = stored(&notes, ("p", "1"), &note("p", "1", [])).await?;
    expect::equal("the expiry of a new one", &item.expires_at, &None)
}
