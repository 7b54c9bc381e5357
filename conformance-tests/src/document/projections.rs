//! Some fields of a document instead of all.

use isobar::document::{Consistency, FieldPath, Filter, GetOptions, Query, Value};
use isobar::{Capability, ErrorKind};
use serde::Deserialize;

use super::sample::{NOTES, document, map, note};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-037",
        "a get of some fields, nested ones among them, gives those and the key",
        "R10",
        |ctx| Box::pin(some_fields(ctx)),
    ),
    Case::document(
        "D-038",
        "a field asked for in another case is not there",
        "R10",
        |ctx| Box::pin(wrong_case(ctx)),
    ),
    Case::document(
        "D-070",
        "queries, scans and batches give the fields asked for, whatever the filter tests",
        "R10",
        |ctx| Box::pin(in_queries(ctx)),
    ),
    Case::document(
        "D-427",
        "a view reads some fields into a type of their own, with version and expiry as ever",
        "R8 R10",
        |ctx| Box::pin(views(ctx)),
    ),
];

fn full() -> Value {
    note(
        "p",
        "1",
        [
            ("title", "T".into()),
            ("n", 1.into()),
            (
                "m",
                map([
                    ("b", 2.into()),
                    ("c", map([("d", 3.into())])),
                    ("x.y", 4.into()),
                ]),
            ),
        ],
    )
}

async fn some_fields(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&full()).await?;
    let dotted = FieldPath::of(["m", "x.y"]);
    for (paths, expected) in [
        (
            vec!["title".into()],
            note("p", "1", [("title", "T".into())]),
        ),
        (
            vec!["m.b".into()],
            note("p", "1", [("m", map([("b", 2.into())]))]),
        ),
        (
            vec!["m.c.d".into(), dotted],
            note(
                "p",
                "1",
                [("m", map([("c", map([("d", 3.into())])), ("x.y", 4.into())]))],
            ),
        ),
        (vec!["m.c".into(), "m".into(), "n".into()], {
            let Value::Map(mut fields) = full() else {
                return Err(Failure::new("the sample is no map"));
            };
            fields.shift_remove("title");
            Value::Map(fields)
        }),
        (vec!["gone".into(), "n.gone".into()], note("p", "1", [])),
        (vec!["id".into()], note("p", "1", [])),
    ] as [(Vec<FieldPath>, Value); 6]
    {
        let what = format!("{paths:?}");
        let options = GetOptions::default().with_fields(paths);
        let found = notes.get_with(("p", "1"), options).await?;
        let found = expect::some("the document", found)?;
        expect::equal(&what, &found.value, &expected)?;
    }
    let malformed = GetOptions::default().with_fields(["m..b"]);
    let refused = notes.get_with(("p", "1"), malformed).await;
    expect::kind("an empty name", refused, ErrorKind::InvalidArgument)?;
    let eventual = GetOptions::default().with_consistency(Consistency::Eventual);
    let none = notes.get_with(("p", "2"), eventual).await?;
    expect::equal(
        "a document that is not there",
        &none.map(|item| item.value),
        &None,
    )
}

async fn wrong_case(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&full()).await?;
    let options = GetOptions::default().with_fields(["Title", "M.b", "m.B", "N"]);
    let found = expect::some("the document", notes.get_with(("p", "1"), options).await?)?;
    expect::equal("what is left", &found.value, &note("p", "1", []))
}

async fn in_queries(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&full()).await?;
    notes.create(&note("p", "2", [("n", 2.into())])).await?;
    let expected = note("p", "1", [("title", "T".into())]);
    let filter = Filter::eq("m.c.d", 3).and(!Filter::begins_with("id", "2"));
    let mut queries = vec![Query::partition("p")];
    if notes.capabilities().has(Capability::Scans) {
        queries.push(Query::all().allow_scan());
    }
    for query in queries {
        let query = query.filter(filter.clone()).select(["title"]);
        let page = notes.query(&query).await?;
        let found: Vec<&Value> = page.items.iter().map(|item| &item.value).collect();
        expect::equal("what is found", &found, &vec![&expected])?;
    }
    let options = GetOptions::default().with_fields(["title"]);
    let keys = [("p", "2"), ("p", "0"), ("p", "1")];
    let found = notes.get_batch_with(keys, options).await?;
    let found: Vec<_> = found
        .into_iter()
        .map(|item| item.map(|item| item.value))
        .collect();
    expect::equal(
        "the batch",
        &found,
        &vec![Some(note("p", "2", [])), None, Some(expected)],
    )
}

#[derive(Debug, PartialEq, Deserialize)]
struct Title {
    id: String,
    title: String,
}

async fn views(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let version = notes.create(&full()).await?;
    let query = Query::partition("p").select(["title"]);
    let page = notes.view::<Title>().query(&query).await?;
    let item = expect::some("the document", page.items.into_iter().next())?;
    let title = Title {
        id: "1".to_owned(),
        title: "T".to_owned(),
    };
    expect::equal("the view", &item.value, &title)?;
    expect::equal("its version", &item.version, &version)?;
    let plain = document([
        ("id", "1".into()),
        ("owner", "p".into()),
        ("title", "T".into()),
    ]);
    let same = notes.query(&query).await?.items.into_iter().next();
    expect::equal(
        "the same untyped",
        &same.map(|item| item.value),
        &Some(plain),
    )
}
