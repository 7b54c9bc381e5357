//! Batches of writes: any number, each for itself.

use isobar::ErrorKind;
use isobar::document::{BatchWrite, Query, Value};

use super::sample::{NOTES, absent, all_written, bytes, note, stored, texts, values};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-054",
        "a batch of upserts creates and replaces, with one answer for each",
        "R16",
        |ctx| Box::pin(batch_upserts(ctx)),
    ),
    Case::document(
        "D-055",
        "a batch of upserts and deletes of different documents does each of them",
        "R16 R17",
        |ctx| Box::pin(mixed_batch(ctx)),
    ),
    Case::document(
        "D-243",
        "batches of 26, 101 and 501 writes and reads are cut to what the store takes",
        "R16",
        |ctx| Box::pin(long_batches(ctx)),
    ),
    Case::document(
        "D-244",
        "the same key twice in one batch is InvalidArgument and writes nothing",
        "R16",
        |ctx| Box::pin(batch_keys_are_distinct(ctx)),
    ),
    Case::document(
        "D-245",
        "a batch of 20 MB is written and read back whole",
        "R16",
        |ctx| Box::pin(heavy_batch(ctx)),
    ),
    Case::document(
        "D-403",
        "one document of a batch that is not valid is told by its place and nothing is written",
        "R16",
        |ctx| Box::pin(batch_is_checked_first(ctx)),
    ),
];

fn numbered(n: i64, by: &str) -> Value {
    note(
        "p",
        &format!("{n:04}"),
        [("n", n.into()), ("by", by.into())],
    )
}

async fn batch_upserts(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for n in 0..3 {
        notes.create(&numbered(n, "old")).await?;
    }
    let batch = (0..9).fold(BatchWrite::new(), |batch, n| {
        batch.upsert(&numbered(n, "new"))
    });
    let results = notes.write_batch(batch).await?;
    expect::equal("the number of answers", &results.len(), &9)?;
    all_written(results)?;
    for n in 0..9 {
        let key = ("p", format!("{n:04}"));
        stored(&notes, key, &numbered(n, "new")).await?;
    }
    all_written(notes.write_batch(BatchWrite::new()).await?)
}

async fn mixed_batch(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for n in 0..4 {
        notes.create(&numbered(n, "old")).await?;
    }
    let batch = BatchWrite::new()
        .delete(("p", "0000"))
        .upsert(&numbered(1, "new"))
        .delete(("p", "missing"))
        .upsert(&numbered(4, "new"))
        .delete(("p", "0003"))
        .upsert(&note("other", "1", []));
    all_written(notes.write_batch(batch).await?)?;
    let page = notes.query(&Query::partition("p")).await?;
    let expected = vec![numbered(1, "new"), numbered(2, "old"), numbered(4, "new")];
    expect::equal("the documents left", &values(page.items), &expected)?;
    stored(&notes, ("other", "1"), &note("other", "1", [])).await?;
    Ok(())
}

async fn long_batches(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for length in [26, 101, 501] {
        let by = length.to_string();
        let batch = (0..length).fold(BatchWrite::new(), |batch, n| {
            batch.upsert(&numbered(n, &by))
        });
        let results = notes.write_batch(batch).await?;
        let count = i64::try_from(results.len()).unwrap_or(0);
        expect::equal("the number of answers", &count, &length)?;
        all_written(results)?;
        let keys = (0..length).rev().map(|n| ("p", format!("{n:04}")));
        let found = notes.get_batch(keys).await?;
        let found = values(found.into_iter().flatten().collect());
        let expected: Vec<Value> = (0..length).rev().map(|n| numbered(n, &by)).collect();
        expect::equal("the documents read", &found, &expected)?;
    }
    let emptying = (0..501).fold(BatchWrite::new(), |batch, n| {
        batch.delete(("p", format!("{n:04}")))
    });
    all_written(notes.write_batch(emptying).await?)?;
    let page = notes.query(&Query::partition("p")).await?;
    expect::equal("the documents left", &texts(&page.items, "id"), &Vec::new())
}

async fn batch_keys_are_distinct(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let batch = BatchWrite::new()
        .upsert(&numbered(1, "first"))
        .upsert(&numbered(2, "first"))
        .upsert(&numbered(1, "second"));
    let refused = notes.write_batch(batch).await;
    let error = expect::kind("the batch", refused, ErrorKind::InvalidArgument)?;
    expect::equal("the place told", &error.index(), &Some(2))?;
    let batch = BatchWrite::new()
        .delete(("p", "0001"))
        .upsert(&numbered(1, "x"));
    let refused = notes.write_batch(batch).await;
    expect::kind("the batch", refused, ErrorKind::InvalidArgument)?;
    absent(&notes, ("p", "0001")).await?;
    absent(&notes, ("p", "0002")).await
}

async fn heavy_batch(ctx: Context) -> Result<(), Failure> {
    const EACH: usize = 340_000;
    const COUNT: i64 = 60;
    let notes = ctx.collection(&NOTES).await?;
    let heavy = |n: i64| {
        let fill = u8::try_from(n).unwrap_or(0);
        note("p", &n.to_string(), [("x", bytes(&vec![fill; EACH]))])
    };
    let batch = (0..COUNT).fold(BatchWrite::new(), |batch, n| batch.upsert(&heavy(n)));
    all_written(notes.write_batch(batch).await?)?;
    let keys = (0..COUNT).map(|n| ("p", n.to_string()));
    let found = notes.get_batch(keys).await?;
    let whole = (0..COUNT)
        .zip(found)
        .all(|(n, item)| item.is_some_and(|item| item.value == heavy(n)));
    expect::that(whole, "a document of the batch is missing or changed")?;
    let page = notes.query(&Query::partition("p").limit(1_000)).await?;
    let count = i64::try_from(page.items.len()).unwrap_or(0);
    expect::equal("the documents of one query", &count, &COUNT)
}

async fn batch_is_checked_first(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let invalid = [
        (note("p", "", []), ErrorKind::InvalidArgument),
        (
            note("p", "2", [("x", f64::NAN.into())]),
            ErrorKind::InvalidArgument,
        ),
        (
            note("p", "2", [("_rev", 1.into())]),
            ErrorKind::InvalidArgument,
        ),
        (
            note("p", "2", [("x", "x".repeat(400_000).into())]),
            ErrorKind::TooLarge,
        ),
    ];
    for (document, kind) in invalid {
        let batch = BatchWrite::new()
            .upsert(&numbered(1, "x"))
            .upsert(&document);
        let error = expect::kind("the batch", notes.write_batch(batch).await, kind)?;
        expect::equal("the place told", &error.index(), &Some(1))?;
    }
    absent(&notes, ("p", "0001")).await
}
