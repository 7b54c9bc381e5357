//! Changes of a collection, read from a place on.

use std::time::{Duration, SystemTime};

use isobar::document::{
    BatchWrite, ChangeEvent, ChangeKind, ChangesQuery, CollectionSpec, Cursor, DeleteCause, Key,
    PutOptions, SortType, Update, Value, WriteSet,
};
use isobar::{Capability, Collection, ErrorKind};

use super::sample::{NOTES, all_written, note};
use crate::{Case, Context, Failure, expect};

const NEEDS: &[Capability] = &[Capability::ChangeFeed];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-290",
        "create, update and delete are each a change, with key and kind",
        "R15",
        |ctx| Box::pin(each_write(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-291",
        "the changes of one document come in their order",
        "R15",
        |ctx| Box::pin(in_order(ctx)),
    )
    .needs(&[Capability::ChangeFeed, Capability::OrderedChangeFeed]),
    Case::document(
        "D-293",
        "reading goes on from a cursor, again from the same one, and loses nothing",
        "R15",
        |ctx| Box::pin(resumed(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-297",
        "every write of a set and of a batch is a change",
        "R15",
        |ctx| Box::pin(sets_and_batches(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-286",
        "the removal of an expired document is a change of its own kind",
        "R14 R15",
        |ctx| Box::pin(expiries(ctx)),
    )
    .needs(&[Capability::ChangeFeed, Capability::ExpiryChanges]),
    Case::document(
        "D-428",
        "changes of a collection that declares no feed, and foreign cursors, are InvalidArgument",
        "R15",
        |ctx| Box::pin(refused(ctx)),
    )
    .needs(NEEDS),
];

const WATCHED: CollectionSpec<Value> = CollectionSpec::new("watched")
    .partition("owner")
    .sort("id", SortType::Str)
    .change_feed();

/// All changes from a place on, once each; some stores deliver late.
async fn all_after(
    watched: &Collection<Value>,
    start: &ChangesQuery,
    at_least: usize,
) -> Result<(Vec<ChangeEvent<Value>>, Cursor), Failure> {
    let mut found: Vec<ChangeEvent<Value>> = Vec::new();
    let mut query = start.clone();
    for _ in 0..200 {
        let page = watched.changes(&query).await?;
        for change in page.changes {
            if !found.iter().any(|known| known.id == change.id) {
                found.push(change);
            }
        }
        if !page.more && found.len() >= at_least {
            return Ok((found, page.cursor));
        }
        if !page.more {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        query = ChangesQuery::after(Cursor::from_token(page.cursor.as_str())).limit(7);
    }
    let count = found.len();
    Err(Failure::new(format!(
        "{count} changes came, not {at_least}"
    )))
}

async fn start(watched: &Collection<Value>) -> Result<ChangesQuery, Failure> {
    let page = watched.changes(&ChangesQuery::from_now()).await?;
    expect::equal("changes of the future", &page.changes.len(), &0)?;
    Ok(ChangesQuery::after(page.cursor))
}

fn kinds(changes: &[ChangeEvent<Value>]) -> Vec<(Key, ChangeKind)> {
    changes
        .iter()
        .map(|change| (change.key.clone(), change.kind))
        .collect()
}

const DELETED: ChangeKind = ChangeKind::Delete(DeleteCause::Requested);

async fn each_write(ctx: Context) -> Result<(), Failure> {
    let watched = ctx.collection(&WATCHED).await?;
    let start = start(&watched).await?;
    watched.create(&note("p", "1", [("n", 1.into())])).await?;
    watched.create(&note("q", "2", [])).await?;
    watched
        .update(("q", "2"), Update::new().set("n", 2))
        .await?;
    watched.delete(("p", "1")).await?;
    watched.delete(("p", "never")).await?;
    let refused = watched.create(&note("q", "2", [])).await;
    expect::kind("a second create", refused, ErrorKind::AlreadyExists)?;
    let (changes, _) = all_after(&watched, &start, 4).await?;
    let one = || Key::from(("p", "1"));
    let two = || Key::from(("q", "2"));
    let mut of_one = kinds(&changes);
    of_one.retain(|(key, _)| *key == one());
    let expected = vec![(one(), ChangeKind::Upsert), (one(), DELETED)];
    expect::equal("the changes of one", &of_one, &expected)?;
    let mut of_two = kinds(&changes);
    of_two.retain(|(key, _)| *key == two());
    let expected = vec![(two(), ChangeKind::Upsert), (two(), ChangeKind::Upsert)];
    expect::equal("the changes of the other", &of_two, &expected)?;
    let latest = changes.iter().rfind(|change| change.key == two());
    let latest = latest.and_then(|change| change.new.as_ref());
    if let Some(latest) = latest {
        expect::equal(
            "its content",
            &latest.value,
            &note("q", "2", [("n", 2.into())]),
        )?;
    }
    // By the clock of the store, which may be ten minutes off.
    let now = ctx.now().max(SystemTime::now().into());
    let latest = now.plus(Duration::from_mins(10));
    let dated = changes.iter().all(|change| change.at <= latest);
    expect::that(dated, "a change is of the future")
}

async fn in_order(ctx: Context) -> Result<(), Failure> {
    let watched = ctx.collection(&WATCHED).await?;
    watched.require(&[Capability::ChangeFeed, Capability::OrderedChangeFeed])?;
    let start = start(&watched).await?;
    let mut expected = Vec::new();
    for n in 0..12_i64 {
        if n % 3 == 2 {
            watched.delete(("p", "1")).await?;
            expected.push(DELETED);
        } else {
            watched.upsert(&note("p", "1", [("n", n.into())])).await?;
            expected.push(ChangeKind::Upsert);
        }
        watched.upsert(&note("p", "2", [])).await?;
    }
    let (changes, _) = all_after(&watched, &start, 24).await?;
    let key = Key::from(("p", "1"));
    let of_one = changes.iter().filter(|change| change.key == key);
    let found: Vec<ChangeKind> = of_one.map(|change| change.kind).collect();
    expect::equal("the kinds in their order", &found, &expected)
}

async fn resumed(ctx: Context) -> Result<(), Failure> {
    let watched = ctx.collection(&WATCHED).await?;
    let start = start(&watched).await?;
    let write = |n: i64| note("p", &format!("{n:02}"), []);
    for n in 0..10 {
        watched.create(&write(n)).await?;
    }
    let (first, cursor) = all_after(&watched, &start, 10).await?;
    for n in 10..15 {
        watched.create(&write(n)).await?;
    }
    let next = ChangesQuery::after(cursor);
    let (second, _) = all_after(&watched, &next, 5).await?;
    let (again, _) = all_after(&watched, &next, 5).await?;
    expect::equal("the same changes again", &kinds(&again), &kinds(&second))?;
    let (all, _) = all_after(&watched, &start, 15).await?;
    expect::equal("all changes", &all.len(), &15)?;
    let mut keys: Vec<String> = first
        .iter()
        .chain(&second)
        .map(|change| format!("{:?}", change.key.sort))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    expect::equal("the documents that changed", &keys.len(), &15)?;
    let page = watched
        .changes(&ChangesQuery::from_oldest().limit(3))
        .await?;
    expect::that(page.changes.len() <= 3, "a page is longer than its limit")
}

async fn sets_and_batches(ctx: Context) -> Result<(), Failure> {
    let watched = ctx.collection(&WATCHED).await?;
    let start = start(&watched).await?;
    let set = (0..5_i64).fold(WriteSet::new(), |set, n| {
        set.upsert(&note("p", &n.to_string(), []))
    });
    watched.commit("p", set).await?;
    let batch = (0..30_i64).fold(BatchWrite::new(), |batch, n| {
        batch.upsert(&note("q", &n.to_string(), []))
    });
    all_written(watched.write_batch(batch).await?)?;
    let failing = WriteSet::new()
        .upsert(&note("p", "9", []))
        .create(&note("p", "0", []));
    let refused = watched.commit("p", failing).await;
    expect::kind("a set that fails", refused, ErrorKind::AlreadyExists)?;
    let (changes, _) = all_after(&watched, &start, 35).await?;
    let mut keys: Vec<String> = changes
        .iter()
        .map(|change| format!("{} {:?}", change.key.partition, change.key.sort))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    expect::equal("the documents that changed", &keys.len(), &35)
}

async fn expiries(ctx: Context) -> Result<(), Failure> {
    let watched = ctx.collection(&WATCHED).await?;
    watched.require(&[Capability::ChangeFeed, Capability::ExpiryChanges])?;
    let start = start(&watched).await?;
    let soon = PutOptions::default().with_expires_at(ctx.now().plus(Duration::from_mins(1)));
    watched.create_with(&note("p", "1", []), soon).await?;
    ctx.clock().advance(Duration::from_hours(80));
    // Rows are removed with other writes, and only once all who write at the time see them expired.
    let expired = (
        Key::from(("p", "1")),
        ChangeKind::Delete(DeleteCause::Expired),
    );
    for n in 0..100 {
        watched.upsert(&note("p", "2", [])).await?;
        let (changes, _) = all_after(&watched, &start, n + 2).await?;
        if kinds(&changes).contains(&expired) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(Failure::new("the expiry is not told"))
}

async fn refused(ctx: Context) -> Result<(), Failure> {
    let watched = ctx.collection(&WATCHED).await?;
    let notes = ctx.collection(&NOTES).await?;
    let undeclared = notes.changes(&ChangesQuery::from_oldest()).await;
    expect::kind("an undeclared feed", undeclared, ErrorKind::InvalidArgument)?;
    let cursor = watched.changes(&ChangesQuery::from_now()).await?.cursor;
    let token = cursor.as_str();
    for token in [String::new(), token[2..].to_owned(), format!("{token}00")] {
        let foreign = ChangesQuery::after(Cursor::from_token(token));
        let refused = watched.changes(&foreign).await;
        expect::kind("a foreign cursor", refused, ErrorKind::InvalidArgument)?;
    }
    for limit in [0, 10_001] {
        let query = ChangesQuery::from_oldest().limit(limit);
        let refused = watched.changes(&query).await;
        expect::kind("a limit", refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}
