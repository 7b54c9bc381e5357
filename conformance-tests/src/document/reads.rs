//! Get and batch get.

use std::collections::BTreeMap;

use isobar::ErrorKind;
use isobar::document::{CollectionSpec, SortType, Timestamp};
use serde::{Deserialize, Serialize};

use super::sample::{NOTES, PLAIN, bytes, document, list, map, note, stored, values};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-001",
        "a typed document with every kind of field reads back equal",
        "R1",
        |ctx| Box::pin(typed_round_trip(ctx)),
    ),
    Case::document(
        "D-036",
        "get populates the whole document, nested fields included",
        "R1 R7",
        |ctx| Box::pin(get_is_whole(ctx)),
    ),
    Case::document(
        "D-039",
        "get of a missing document is None, fetch NotFound, an empty key InvalidArgument",
        "R4 R19",
        |ctx| Box::pin(get_of_nothing(ctx)),
    ),
    Case::document(
        "D-063",
        "a key needs all its parts, and eight documents of one partition keep apart",
        "R4 R16",
        |ctx| Box::pin(composite_keys(ctx)),
    ),
    Case::document(
        "D-095",
        "a batch get answers each key asked for, in order, with None for missing ones",
        "R16",
        |ctx| Box::pin(batch_get_keeps_places(ctx)),
    ),
    Case::document(
        "D-130",
        "each read sees the write that was acknowledged just before",
        "R13",
        |ctx| Box::pin(reads_see_writes(ctx)),
    )
    .needs(&[isobar::Capability::ConsistentReads]),
];

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle { radius: f64 },
    Path(Vec<i32>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    id: String,
    nothing: Option<i64>,
    something: Option<String>,
    flag: bool,
    small: i8,
    large: i64,
    unsigned: u32,
    float: f64,
    single: f32,
    pair: (i64, String),
    names: Vec<String>,
    counts: BTreeMap<String, i64>,
    shapes: Vec<Shape>,
    at: Timestamp,
}

const EVERYTHING: CollectionSpec<Everything> = CollectionSpec::new("everything");
const BY_OWNER: CollectionSpec<BTreeMap<String, String>> = CollectionSpec::new("people")
    .partition("owner")
    .sort("id", SortType::Str);

fn everything() -> Everything {
    Everything {
        id: "1".to_owned(),
        nothing: None,
        something: Some(String::new()),
        flag: true,
        small: -3,
        large: i64::MIN,
        unsigned: u32::MAX,
        float: 0.1,
        single: 1.5,
        pair: (7, "seven".to_owned()),
        names: vec!["a".to_owned(), String::new()],
        counts: BTreeMap::from([("x".to_owned(), 1), ("y".to_owned(), -1)]),
        shapes: vec![
            Shape::Point,
            Shape::Circle { radius: 2.0 },
            Shape::Path(vec![1, 2]),
        ],
        at: Timestamp::from_micros(1_700_000_000_123_456),
    }
}

async fn typed_round_trip(ctx: Context) -> Result<(), Failure> {
    let typed = ctx.collection(&EVERYTHING).await?;
    typed.create(&everything()).await?;
    let read = typed.fetch("1").await?.value;
    expect::equal("the typed document", &read, &everything())
}

async fn get_is_whole(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let inner = map([("b", 2.into()), ("c", list([1.into(), "x".into()]))]);
    let whole = note(
        "alice",
        "1",
        [
            ("text", "hello".into()),
            ("flag", false.into()),
            ("raw", bytes(&[0, 255])),
            ("m", map([("a", inner)])),
        ],
    );
    notes.create(&whole).await?;
    stored(&notes, ("alice", "1"), &whole).await?;
    let people = ctx.collection(&BY_OWNER).await?;
    let person: BTreeMap<_, _> = [("owner", "bob"), ("id", "9"), ("name", "Bob")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    people.create(&person).await?;
    let read = people.fetch(("bob", "9")).await?.value;
    expect::equal("the typed map", &read, &person)
}

async fn get_of_nothing(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&note("alice", "1", [])).await?;
    for key in [
        ("alice", "2"),
        ("bob", "1"),
        ("alice", "10"),
        ("alic", "e1"),
    ] {
        let found = notes.get(key).await?;
        expect::that(
            found.is_none(),
            "get found a document that was never stored",
        )?;
        expect::kind("fetch", notes.fetch(key).await, ErrorKind::NotFound)?;
    }
    for key in [("", "1"), ("alice", "")] {
        let refused = notes.get(key).await;
        expect::kind("get with an empty key", refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn composite_keys(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let incomplete = [
        document([("owner", "alice".into())]),
        document([("id", "1".into())]),
        document([("owner", "alice".into()), ("id", 1.into())]),
        document([("owner", 1.into()), ("id", "1".into())]),
    ];
    for document in &incomplete {
        let refused = notes.create(document).await;
        expect::kind("create", refused, ErrorKind::InvalidArgument)?;
    }
    let refused = notes.get("alice").await;
    expect::kind("get", refused, ErrorKind::InvalidArgument)?;
    let all: Vec<_> = (0..8)
        .map(|n| {
            note(
                ["a", "b"][n % 2],
                &n.to_string(),
                [("n", i64::try_from(n).unwrap_or(0).into())],
            )
        })
        .collect();
    for document in &all {
        notes.upsert(document).await?;
    }
    let keys = (0..8).map(|n| (["a", "b"][n % 2], n.to_string()));
    let found = notes.get_batch(keys).await?;
    let found = values(found.into_iter().flatten().collect());
    expect::equal("the eight documents", &found, &all)
}

async fn batch_get_keeps_places(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    for n in 0..3_i64 {
        let id = n.to_string();
        plain
            .create(&document([("id", id.into()), ("n", n.into())]))
            .await?;
    }
    let keys = ["2", "missing", "0", "2", "1", "absent"];
    let found = plain.get_batch(keys).await?;
    let found: Vec<Option<i64>> = found
        .into_iter()
        .map(|item| item.map(|item| numbered(&item.value)))
        .collect();
    let expected = [Some(2), None, Some(0), Some(2), Some(1), None];
    expect::equal("the answers", &found.as_slice(), &expected.as_slice())?;
    let none = plain.get_batch(Vec::<&str>::new()).await?;
    expect::that(none.is_empty(), "a batch of no keys has answers")
}

fn numbered(document: &isobar::document::Value) -> i64 {
    match super::sample::field(document, "n") {
        Ok(isobar::document::Value::Int(n)) => *n,
        _ => -1,
    }
}

async fn reads_see_writes(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for turn in 0..20_i64 {
        let written = note("alice", "1", [("turn", turn.into())]);
        notes.upsert(&written).await?;
        stored(&notes, ("alice", "1"), &written).await?;
        let query = isobar::document::Query::partition("alice");
        let found = values(notes.query(&query).await?.items);
        expect::equal("what query finds", &found, &vec![written])?;
    }
    Ok(())
}
