//! Changes to parts of a document.

use isobar::document::{CollectionSpec, FieldPath, Update, UpdateOptions, Value, WriteSet};
use isobar::{ErrorKind, Limits};
use serde::{Deserialize, Serialize};

use super::sample::{NOTES, absent, list, map, note, stored};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-045",
        "one update sets, removes, adds, increments and appends",
        "R6 R18",
        |ctx| Box::pin(all_changes_at_once(ctx)),
    ),
    Case::document(
        "D-046",
        "set overwrites a field of any kind and leaves the others alone",
        "R6",
        |ctx| Box::pin(set_overwrites(ctx)),
    ),
    Case::document(
        "D-047",
        "increment adds integers and floats, and starts a missing field at 0",
        "R18",
        |ctx| Box::pin(increments(ctx)),
    ),
    Case::document(
        "D-048",
        "an update of a typed collection returns the document as it is afterwards",
        "R6 R18",
        |ctx| Box::pin(typed_update(ctx)),
    ),
    Case::document(
        "D-049",
        "update of a missing document answers NotFound and creates nothing",
        "R19",
        |ctx| Box::pin(update_needs_a_document(ctx)),
    ),
    Case::document(
        "D-050",
        "increment by a text is InvalidArgument",
        "R18",
        |ctx| Box::pin(increment_takes_numbers(ctx)),
    ),
    Case::document(
        "D-131",
        "an update that may create starts from the key and returns the new value",
        "R18",
        |ctx| Box::pin(increment_creates(ctx)),
    ),
    Case::document(
        "D-233",
        "an increment past 64 bits is LimitExceeded and changes nothing",
        "R18",
        |ctx| Box::pin(increment_never_wraps(ctx)),
    ),
    Case::document(
        "D-234",
        "increment of what is no number and append to what is no list are InvalidArgument",
        "R18",
        |ctx| Box::pin(changes_need_their_kind(ctx)),
    ),
    Case::document(
        "D-237",
        "a change below a missing parent is InvalidArgument and creates no parent",
        "R6",
        |ctx| Box::pin(parents_are_not_created(ctx)),
    ),
    Case::document(
        "D-238",
        "removing what is not there changes nothing and succeeds",
        "R6",
        |ctx| Box::pin(remove_of_nothing(ctx)),
    ),
    Case::document(
        "D-411",
        "an update makes a document as large as the limit and not a byte larger, alone or in a set",
        "R3 R23",
        |ctx| Box::pin(growth_is_limited(ctx)),
    ),
];

const KEY: (&str, &str) = ("alice", "1");

async fn all_changes_at_once(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let before = note(
        "alice",
        "1",
        [
            ("s", "old".into()),
            ("f", 3.5.into()),
            ("i", 1.into()),
            ("l", list([1.into()])),
            ("m", map([("a", 1.into()), ("b", 2.into())])),
        ],
    );
    notes.create(&before).await?;
    let update = Update::new()
        .set("s", "new")
        .set("added", true)
        .increment("f", -1)
        .remove("i")
        .append("l", "x")
        .set("m.a", "nested")
        .append("fresh", Value::Null);
    let after = note(
        "alice",
        "1",
        [
            ("s", "new".into()),
            ("f", 2.5.into()),
            ("l", list([1.into(), "x".into()])),
            ("m", map([("a", "nested".into()), ("b", 2.into())])),
            ("added", true.into()),
            ("fresh", list([Value::Null])),
        ],
    );
    let returned = notes.update(KEY, update).await?;
    expect::equal("the document returned", &returned.value, &after)?;
    let item = stored(&notes, KEY, &after).await?;
    expect::equal("the version returned", &returned.version, &item.version)
}

async fn set_overwrites(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let kinds: [Value; 6] = [
        "text".into(),
        5.into(),
        Value::Null,
        list([]),
        map([("deep", list([map([])]))]),
        false.into(),
    ];
    notes
        .create(&note("alice", "1", [("kept", "k".into())]))
        .await?;
    for kind in kinds {
        let update = Update::new().set("x", kind.clone()).remove("missing");
        notes.update(KEY, update).await?;
        let expected = note("alice", "1", [("kept", "k".into()), ("x", kind)]);
        stored(&notes, KEY, &expected).await?;
    }
    Ok(())
}

async fn increments(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes
        .create(&note("alice", "1", [("f", 3.5.into()), ("i", 1.into())]))
        .await?;
    let update = Update::new()
        .increment("f", -1)
        .increment("i", 2.5)
        .increment("new", 3);
    notes.update(KEY, update).await?;
    let sums = [("f", 2.5.into()), ("i", 3.5.into()), ("new", 3.into())];
    stored(&notes, KEY, &note("alice", "1", sums)).await?;
    let update = Update::new().increment("f", 0.5).increment("new", -10);
    let after = notes.update(KEY, update).await?.value;
    let sums = [("f", 3.into()), ("i", 3.5.into()), ("new", (-7).into())];
    expect::equal("the sums", &after, &note("alice", "1", sums))
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tally {
    id: String,
    title: String,
    count: i64,
    #[serde(default)]
    labels: Vec<String>,
}

const TALLIES: CollectionSpec<Tally> = CollectionSpec::new("tallies");

async fn typed_update(ctx: Context) -> Result<(), Failure> {
    let tallies = ctx.collection(&TALLIES).await?;
    let tally = |title: &str, count, labels: &[&str]| Tally {
        id: "1".to_owned(),
        title: title.to_owned(),
        count,
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    };
    tallies.create(&tally("one", 40, &["a"])).await?;
    let update = Update::new()
        .set("title", "two")
        .increment("count", 2)
        .remove("labels");
    let after = tallies.update("1", update).await?.value;
    expect::equal("the tally returned", &after, &tally("two", 42, &[]))?;
    let read = tallies.fetch("1").await?.value;
    expect::equal("the tally stored", &read, &tally("two", 42, &[]))
}

async fn update_needs_a_document(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let updates = [
        Update::new().set("x", 1),
        Update::new().increment("x", 1),
        Update::new().remove("x"),
    ];
    for update in updates {
        let refused = notes.update(KEY, update).await;
        expect::kind("update of nothing", refused, ErrorKind::NotFound)?;
    }
    absent(&notes, KEY).await
}

async fn increment_takes_numbers(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let before = note("alice", "1", [("n", 1.into())]);
    notes.create(&before).await?;
    for by in [Value::from("3"), Value::Null, true.into(), list([])] {
        let refused = notes.update(KEY, Update::new().increment("n", by)).await;
        expect::kind("the increment", refused, ErrorKind::InvalidArgument)?;
    }
    stored(&notes, KEY, &before).await?;
    Ok(())
}

async fn increment_creates(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for turn in 1..=3_i64 {
        let options = UpdateOptions::default().with_create_missing();
        let after = notes
            .update_with(KEY, Update::new().increment("n", 5), options)
            .await?;
        let expected = note("alice", "1", [("n", (turn * 5).into())]);
        expect::equal("the document returned", &after.value, &expected)?;
        stored(&notes, KEY, &expected).await?;
    }
    Ok(())
}

async fn increment_never_wraps(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let edges = [(i64::MAX, 1), (i64::MAX - 1, 2), (i64::MIN, -1)];
    for (start, by) in edges {
        let before = note("alice", "1", [("n", start.into())]);
        notes.upsert(&before).await?;
        let refused = notes.update(KEY, Update::new().increment("n", by)).await;
        expect::kind("the increment", refused, ErrorKind::LimitExceeded)?;
        stored(&notes, KEY, &before).await?;
    }
    notes
        .upsert(&note("alice", "1", [("n", (i64::MAX - 1).into())]))
        .await?;
    notes.update(KEY, Update::new().increment("n", 1)).await?;
    let exact = note("alice", "1", [("n", i64::MAX.into())]);
    stored(&notes, KEY, &exact).await?;
    Ok(())
}

async fn changes_need_their_kind(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let before = note(
        "alice",
        "1",
        [
            ("text", "3".into()),
            ("null", Value::Null),
            ("list", list([1.into()])),
            ("map", map([])),
            ("n", 1.into()),
        ],
    );
    notes.create(&before).await?;
    for name in ["text", "null", "list", "map"] {
        let update = Update::new().set("other", 1).increment(name, 1);
        let refused = notes.update(KEY, update).await;
        expect::kind("the increment", refused, ErrorKind::InvalidArgument)?;
    }
    for name in ["text", "null", "map", "n"] {
        let update = Update::new().set("other", 1).append(name, 1);
        let refused = notes.update(KEY, update).await;
        expect::kind("the append", refused, ErrorKind::InvalidArgument)?;
    }
    stored(&notes, KEY, &before).await?;
    Ok(())
}

async fn parents_are_not_created(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let before = note("alice", "1", [("text", "x".into()), ("m", map([]))]);
    notes.create(&before).await?;
    for path in ["missing.a", "text.a", "m.missing.a"] {
        let changes = [
            Update::new().set(path, 1),
            Update::new().increment(path, 1),
            Update::new().append(path, 1),
        ];
        for update in changes {
            let refused = notes.update(KEY, update).await;
            expect::kind("the update", refused, ErrorKind::InvalidArgument)?;
        }
    }
    stored(&notes, KEY, &before).await?;
    notes.update(KEY, Update::new().set("m.a", 1)).await?;
    let dotted = FieldPath::of(["a.b"]);
    notes.update(KEY, Update::new().set(dotted, 2)).await?;
    let after = [
        ("text", "x".into()),
        ("m", map([("a", 1.into())])),
        ("a.b", 2.into()),
    ];
    stored(&notes, KEY, &note("alice", "1", after)).await?;
    Ok(())
}

async fn remove_of_nothing(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let before = note("alice", "1", [("text", "x".into()), ("m", map([]))]);
    notes.create(&before).await?;
    for path in ["missing", "m.missing", "missing.a.b", "text.a"] {
        notes.update(KEY, Update::new().remove(path)).await?;
        stored(&notes, KEY, &before).await?;
    }
    Ok(())
}

/// What each change below can add to the document.
const ROOM: usize = 100;

/// Changes of every kind that make [`almost_full`] larger by so many bytes.
fn growing(by: usize) -> [(&'static str, Update); 5] {
    let text = |length: usize| "a".repeat(length);
    [
        ("append", Update::new().append("list", text(by - 1))),
        ("set of a new field", Update::new().set("new", text(by - 4))),
        ("set of a text", Update::new().set("text", text(ROOM + by))),
        ("set in a map", Update::new().set("map.a", text(by - 2))),
        (
            "increment of a new field",
            Update::new().increment(text(by - 22), 1),
        ),
    ]
}

/// A note with [`ROOM`] bytes left to the limit.
fn almost_full() -> Value {
    let of_length = |length: usize| {
        let fields = [
            ("text", "t".repeat(ROOM).into()),
            ("list", list(["x".into()])),
            ("map", map([])),
            ("filler", "f".repeat(length).into()),
        ];
        note("alice", "1", fields)
    };
    let used = of_length(0).size() - map([]).size();
    let room = Limits::PORTABLE.document_bytes - used;
    of_length(usize::try_from(room).unwrap_or(0) - ROOM)
}

async fn growth_is_limited(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let limit = Limits::PORTABLE.document_bytes;
    let before = almost_full();
    let (too_large, largest) = (growing(ROOM + 1), growing(ROOM));
    for ((change, over), (_, within)) in too_large.into_iter().zip(largest) {
        notes.upsert(&before).await?;
        let set = notes.commit("alice", WriteSet::new().update(KEY, over.clone()));
        expect::kind(
            &format!("{change} in a set"),
            set.await,
            ErrorKind::TooLarge,
        )?;
        let refused = notes.update(KEY, over).await;
        let error = expect::kind(change, refused, ErrorKind::TooLarge)?;
        expect::equal("the limit told", &error.limit(), &Some(limit))?;
        expect::equal("the size told", &error.measured(), &Some(limit + 1))?;
        stored(&notes, KEY, &before).await?;
        let after = notes.update(KEY, within).await?.value;
        let size = after.size() - map([]).size();
        expect::equal(&format!("the size after {change}"), &size, &limit)?;
        stored(&notes, KEY, &after).await?;
    }
    Ok(())
}
