//! Sets of writes of one partition: all or nothing.

use isobar::document::{Condition, Query, Update, Value, Version, WriteSet};
use isobar::{Capability, Collection, ErrorKind, Limits};

use super::sample::{NOTES, PLAIN, absent, document, field, note, stored, texts};
use crate::{Case, Context, Failure, expect};

const NEEDS: &[Capability] = &[Capability::AtomicPartition];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-053",
        "six creates in one set are all there",
        "R9",
        |ctx| Box::pin(set_of_creates(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-057",
        "creates, replaces, updates and deletes of one set take effect together",
        "R9",
        |ctx| Box::pin(mixed_set(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-058",
        "a set whose last update has no document changes nothing and tells which it was",
        "R9 R19",
        |ctx| Box::pin(failing_update_undoes_all(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-059",
        "a failed set changes nothing, whichever of its writes fails and wherever it stands",
        "R9 R19",
        |ctx| Box::pin(any_failure_undoes_all(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-097",
        "a delete of a missing document inside a set succeeds",
        "R9 R17",
        |ctx| Box::pin(set_deletes_nothing(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-250",
        "100 writes are one set, 101 are LimitExceeded before anything happens",
        "R9",
        |ctx| Box::pin(set_length(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-251",
        "a set above 2 MB is LimitExceeded before anything happens, one below is written",
        "R9",
        |ctx| Box::pin(set_size(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-252",
        "a set over two partitions is refused before anything happens",
        "R9",
        |ctx| Box::pin(one_partition(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-253",
        "the same key twice in a set is InvalidArgument",
        "R9",
        |ctx| Box::pin(set_keys_are_distinct(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-254",
        "a check writes nothing and stops the set when it does not hold",
        "R9",
        |ctx| Box::pin(checks(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-099",
        "text that is JSON stays the text it is, from a set and from a put",
        "R1 R9",
        |ctx| Box::pin(json_is_text(ctx)),
    )
    .needs(NEEDS),
    Case::document("D-256", "no reader sees half a set", "R9", |ctx| {
        Box::pin(no_torn_reads(ctx))
    })
    .needs(NEEDS),
];

async fn set_of_creates(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let all: Vec<Value> = (0..6_i64)
        .map(|n| note("p", &n.to_string(), [("n", n.into())]))
        .collect();
    let set = all.iter().fold(WriteSet::new(), WriteSet::create);
    notes.commit("p", set).await?;
    let found = notes.query(&Query::partition("p")).await?.items;
    expect::equal("the documents", &super::sample::values(found), &all)
}

async fn mixed_set(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let version = notes.create(&note("p", "1", [("n", 1.into())])).await?;
    notes.create(&note("p", "2", [("n", 2.into())])).await?;
    notes.create(&note("p", "3", [])).await?;
    let replaced = note("p", "1", [("by", "set".into())]);
    let set = WriteSet::new()
        .replace(&replaced, Condition::version(&version))
        .update(("p", "2"), Update::new().increment("n", 40))
        .delete(("p", "3"))
        .create(&note("p", "4", []))
        .upsert(&note("p", "5", []));
    notes.commit("p", set).await?;
    let first = stored(&notes, ("p", "1"), &replaced).await?;
    expect::different("the version", &first.version, &version)?;
    stored(&notes, ("p", "2"), &note("p", "2", [("n", 42.into())])).await?;
    absent(&notes, ("p", "3")).await?;
    stored(&notes, ("p", "4"), &note("p", "4", [])).await?;
    stored(&notes, ("p", "5"), &note("p", "5", [])).await?;
    Ok(())
}

async fn failing_update_undoes_all(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&NOTES).await?;
    let before = |id: &str| note("p", id, [("n", 1.into())]);
    plain.create(&before("1")).await?;
    plain.create(&before("2")).await?;
    let update = || Update::new().set("n", 2);
    let set = WriteSet::new()
        .update(("p", "1"), update())
        .update(("p", "2"), update())
        .update(("p", "missing"), update());
    let refused = plain.commit("p", set).await;
    let error = expect::kind("the set", refused, ErrorKind::NotFound)?;
    expect::equal("the place told", &error.index(), &Some(2))?;
    stored(&plain, ("p", "1"), &before("1")).await?;
    stored(&plain, ("p", "2"), &before("2")).await?;
    absent(&plain, ("p", "missing")).await
}

/// Adds a write that must fail, given a version that no document has.
type AddFailing = fn(WriteSet, Condition) -> WriteSet;

async fn any_failure_undoes_all(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let there = note("p", "there", [("n", 1.into()), ("text", "x".into())]);
    notes.create(&there).await?;
    let stale = Condition::version(&Version::generate());
    let failing: [(ErrorKind, AddFailing); 6] = [
        (ErrorKind::AlreadyExists, |set, _| {
            set.create(&note("p", "there", []))
        }),
        (ErrorKind::PreconditionFailed, |set, stale| {
            set.replace(&note("p", "there", []), stale)
        }),
        (ErrorKind::PreconditionFailed, |set, stale| {
            set.update_if(("p", "there"), Update::new().set("n", 9), stale)
        }),
        (ErrorKind::PreconditionFailed, |set, stale| {
            set.delete_if(("p", "there"), stale)
        }),
        (ErrorKind::InvalidArgument, |set, _| {
            set.update(("p", "there"), Update::new().increment("text", 1))
        }),
        (ErrorKind::NotFound, |set, _| {
            set.replace(&note("p", "missing", []), Condition::default())
        }),
    ];
    for (kind, fail) in failing {
        let set = fail(
            WriteSet::new().create(&note("p", "first", [])),
            stale.clone(),
        );
        let set = set.upsert(&note("p", "last", []));
        let error = expect::kind("the set", notes.commit("p", set).await, kind)?;
        expect::equal("the place told", &error.index(), &Some(1))?;
        let found = notes.query(&Query::partition("p")).await?.items;
        expect::equal(
            "what is left",
            &super::sample::values(found),
            &vec![there.clone()],
        )?;
    }
    Ok(())
}

async fn set_deletes_nothing(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let set = WriteSet::new()
        .delete(("p", "missing"))
        .create(&note("p", "1", []));
    notes.commit("p", set).await?;
    stored(&notes, ("p", "1"), &note("p", "1", [])).await?;
    Ok(())
}

async fn set_length(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let limit = Limits::PORTABLE.set_operations;
    let set = |count: u64| {
        (0..count).fold(WriteSet::new(), |set, n| {
            set.create(&note("p", &format!("{n:03}"), []))
        })
    };
    let refused = notes.commit("p", set(limit + 1)).await;
    let error = expect::kind("one write more", refused, ErrorKind::LimitExceeded)?;
    expect::equal("the limit told", &error.limit(), &Some(limit))?;
    expect::equal("the number told", &error.measured(), &Some(limit + 1))?;
    let found = notes.query(&Query::partition("p")).await?.items;
    expect::equal("what was written", &texts(&found, "id"), &Vec::new())?;
    notes.commit("p", set(limit)).await?;
    let found = notes
        .query(&Query::partition("p").limit(1_000))
        .await?
        .items;
    expect::equal("the documents", &found.len(), &100)?;
    let refused = notes.commit("p", WriteSet::new()).await;
    expect::kind("an empty set", refused, ErrorKind::InvalidArgument)?;
    Ok(())
}

async fn set_size(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let limit = Limits::PORTABLE.set_bytes;
    let set = |each: usize| {
        (0..8_i64).fold(WriteSet::new(), |set, n| {
            set.create(&note("p", &n.to_string(), [("x", "x".repeat(each).into())]))
        })
    };
    let refused = notes.commit("p", set(250_000)).await;
    let error = expect::kind("the heavy set", refused, ErrorKind::LimitExceeded)?;
    expect::equal("the limit told", &error.limit(), &Some(limit))?;
    let found = notes.query(&Query::partition("p")).await?.items;
    expect::equal("what was written", &texts(&found, "id"), &Vec::new())?;
    notes.commit("p", set(249_900)).await?;
    let found = notes.query(&Query::partition("p")).await?.items;
    expect::equal("the documents", &found.len(), &8)
}

async fn one_partition(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let set = WriteSet::new()
        .create(&note("p", "1", []))
        .create(&note("q", "1", []));
    let refused = notes.commit("p", set).await;
    let error = expect::kind("the set", refused, ErrorKind::InvalidArgument)?;
    expect::equal("the place told", &error.index(), &Some(1))?;
    absent(&notes, ("p", "1")).await?;
    absent(&notes, ("q", "1")).await?;
    let plain = ctx.collection(&PLAIN).await?;
    let set = WriteSet::new().create(&document([("id", "p".into())]));
    plain.commit("p", set).await?;
    stored(&plain, "p", &document([("id", "p".into())])).await?;
    Ok(())
}

async fn set_keys_are_distinct(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let twice = [
        WriteSet::new()
            .delete(("p", "1"))
            .create(&note("p", "1", [])),
        WriteSet::new()
            .check_missing(("p", "1"))
            .create(&note("p", "1", [])),
        WriteSet::new()
            .upsert(&note("p", "1", []))
            .update(("p", "1"), Update::new().set("x", 1)),
    ];
    for set in twice {
        let refused = notes.commit("p", set).await;
        let error = expect::kind("the set", refused, ErrorKind::InvalidArgument)?;
        expect::equal("the place told", &error.index(), &Some(1))?;
    }
    absent(&notes, ("p", "1")).await
}

async fn checks(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let lock = note("p", "lock", [("holder", "me".into())]);
    let held = notes.create(&lock).await?;
    let mine = Condition::version(&held).and_also(Condition::equals("holder", "me"));
    let set = WriteSet::new()
        .check(("p", "lock"), mine)
        .check_missing(("p", "stop"))
        .create(&note("p", "1", []));
    notes.commit("p", set).await?;
    let item = stored(&notes, ("p", "lock"), &lock).await?;
    expect::equal("the version checked", &item.version, &held)?;
    absent(&notes, ("p", "stop")).await?;
    let not_mine = Condition::equals("holder", "you");
    let refusals = [
        (
            WriteSet::new().check(("p", "lock"), not_mine),
            ErrorKind::PreconditionFailed,
        ),
        (
            WriteSet::new().check(("p", "none"), Condition::default()),
            ErrorKind::NotFound,
        ),
        (
            WriteSet::new().check_missing(("p", "lock")),
            ErrorKind::AlreadyExists,
        ),
    ];
    for (set, kind) in refusals {
        let refused = notes.commit("p", set.create(&note("p", "2", []))).await;
        let error = expect::kind("the set", refused, kind)?;
        expect::equal("the place told", &error.index(), &Some(0))?;
        absent(&notes, ("p", "2")).await?;
    }
    Ok(())
}

async fn json_is_text(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let text = r#"{"b": 1.0, "a":[ {"$i64":"1"}, null ], "b": "\u00e9"}"#;
    let [set, put] = ["1", "2"].map(|id| note("p", id, [("json", text.into())]));
    notes.commit("p", WriteSet::new().create(&set)).await?;
    notes.create(&put).await?;
    stored(&notes, ("p", "1"), &set).await?;
    stored(&notes, ("p", "2"), &put).await?;
    Ok(())
}

async fn no_torn_reads(ctx: Context) -> Result<(), Failure> {
    const ROUNDS: i64 = 60;
    let notes = ctx.collection(&NOTES).await?;
    let pair = |n: i64| {
        WriteSet::new()
            .upsert(&note("p", "a", [("n", n.into())]))
            .upsert(&note("p", "b", [("n", n.into())]))
    };
    notes.commit("p", pair(0)).await?;
    let writer = {
        let notes = notes.clone();
        tokio::spawn(async move {
            for n in 1..=ROUNDS {
                notes.commit("p", pair(n)).await?;
            }
            Ok::<(), Failure>(())
        })
    };
    while !writer.is_finished() {
        pair_is_whole(&notes).await?;
        // A store that answers without waiting would keep the writer from its thread.
        tokio::task::yield_now().await;
    }
    writer
        .await
        .map_err(|error| Failure::new(error.to_string()))??;
    let last = pair_is_whole(&notes).await?;
    expect::equal("the last round", &last, &Value::Int(ROUNDS))
}

async fn pair_is_whole(notes: &Collection<Value>) -> Result<Value, Failure> {
    let items = notes.query(&Query::partition("p")).await?.items;
    expect::equal(
        "the documents",
        &texts(&items, "id"),
        &["a", "b"].map(str::to_owned).into(),
    )?;
    let (a, b) = (field(&items[0].value, "n")?, field(&items[1].value, "n")?);
    expect::equal("the second document's round", b, a)?;
    Ok(a.clone())
}
