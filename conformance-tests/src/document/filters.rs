//! What is asked of the documents that a query finds: the same answers on every store.

use isobar::document::{BatchWrite, FieldPath, Filter, Query, Timestamp, Value};
use isobar::{Collection, ErrorKind};

use super::sample::{NOTES, all_written, bytes, list, map, note, texts};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-067",
        "one-of tests find text and booleans, and their negation finds the others",
        "R10",
        |ctx| Box::pin(one_of_and_its_negation(ctx)),
    ),
    Case::document(
        "D-074",
        "a filter leads into maps, and dots in names are no paths",
        "R10",
        |ctx| Box::pin(nested_paths(ctx)),
    ),
    Case::document(
        "D-093",
        "any-of, all-of and their nesting find what they say",
        "R10",
        |ctx| Box::pin(parts_put_together(ctx)),
    ),
    Case::document(
        "D-262",
        "a negation holds exactly where what it negates does not, missing fields included",
        "R6 R10",
        |ctx| Box::pin(negations(ctx)),
    ),
    Case::document(
        "D-263",
        "ranges over two fields hold together, numbers by value across integer and float",
        "R1 R10",
        |ctx| Box::pin(two_ranges(ctx)),
    ),
    Case::document(
        "D-264",
        "one-of takes 1 to 100 values, and 101 are LimitExceeded",
        "R10",
        |ctx| Box::pin(many_values(ctx)),
    ),
    Case::document(
        "D-412",
        "each comparison and between finds values of its kind and no others",
        "R1 R10",
        |ctx| Box::pin(comparisons(ctx)),
    ),
    Case::document(
        "D-413",
        "contains finds items of lists and parts of text, and nothing else",
        "R10",
        |ctx| Box::pin(contains(ctx)),
    ),
    Case::document(
        "D-414",
        "exists, missing and is-null tell null from a field that is not there",
        "R6",
        |ctx| Box::pin(null_and_missing(ctx)),
    ),
    Case::document(
        "D-415",
        "a filter that compares with null, mixes kinds or names no field is InvalidArgument",
        "R6 R10",
        |ctx| Box::pin(malformed(ctx)),
    ),
    Case::document(
        "D-416",
        "a filter on the fields of the key narrows as any other",
        "R4 R10",
        |ctx| Box::pin(on_key_fields(ctx)),
    ),
    Case::document(
        "D-417",
        "instants, bytes, lists and maps are compared as values",
        "R1 R10",
        |ctx| Box::pin(other_kinds(ctx)),
    ),
    Case::document(
        "D-434",
        "begins-with finds text and bytes that do, and no value of another kind",
        "R10",
        |ctx| Box::pin(beginnings(ctx)),
    ),
    Case::document(
        "D-436",
        "begins-with finds the text that does, to the last planes of Unicode",
        "R10",
        |ctx| Box::pin(beginnings_of_text(ctx)),
    ),
];

/// A partition of documents that hold one field `v` each, named by their ids.
async fn of_values<const N: usize>(
    ctx: &Context,
    values: [(&str, Value); N],
) -> Result<Collection<Value>, Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let batch = values
        .into_iter()
        .fold(BatchWrite::new(), |batch, (id, v)| {
            batch.upsert(&note("p", id, [("v", v)]))
        });
    let batch = batch.upsert(&note("p", "none", []));
    all_written(notes.write_batch(batch).await?)?;
    Ok(notes)
}

/// The filter finds these of the partition `p`, and as many when they are counted.
async fn finds(
    notes: &Collection<Value>,
    filter: Filter,
    expected: &[&str],
) -> Result<(), Failure> {
    let query = Query::partition("p").filter(filter.clone());
    let found = texts(&notes.query(&query).await?.items, "id");
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    expect::equal(&format!("what {filter:?} finds"), &found, &expected)?;
    let count = notes.count(&query).await?;
    expect::equal(
        &format!("the count of {filter:?}"),
        &count,
        &(found.len() as u64),
    )
}

async fn one_of_and_its_negation(ctx: Context) -> Result<(), Failure> {
    let values = [
        ("a", "billie".into()),
        ("b", "mel".into()),
        ("c", true.into()),
        ("d", false.into()),
        ("e", "fran".into()),
    ];
    let notes = of_values(&ctx, values).await?;
    let players = Filter::one_of("v", ["billie", "fran", "nobody"]);
    finds(&notes, players.clone(), &["a", "e"]).await?;
    finds(&notes, !players, &["b", "c", "d", "none"]).await?;
    let flags = Filter::one_of("v", [true, true]);
    finds(&notes, flags.clone(), &["c"]).await?;
    finds(
        &notes,
        Filter::exists("v").and(!flags),
        &["a", "b", "d", "e"],
    )
    .await
}

async fn nested_paths(ctx: Context) -> Result<(), Failure> {
    let author = |last: &str| map([("last", last.into()), ("a.b", 1.into())]);
    let notes = of_values(
        &ctx,
        [
            ("a", author("Elton")),
            ("b", author("Prefect")),
            ("c", "Elton".into()),
            ("d", list(["Elton".into()])),
        ],
    )
    .await?;
    finds(&notes, Filter::eq("v.last", "Elton"), &["a"]).await?;
    finds(&notes, Filter::exists("v.last"), &["a", "b"]).await?;
    finds(&notes, Filter::missing("v.last"), &["c", "d", "none"]).await?;
    let dotted = FieldPath::of(["v", "a.b"]);
    finds(&notes, Filter::eq(dotted, 1), &["a", "b"]).await?;
    finds(&notes, Filter::exists("v.a.b"), &[]).await?;
    finds(&notes, Filter::exists("V"), &[]).await
}

async fn parts_put_together(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for (id, state, price) in [
        ("1", "CA", 11.5),
        ("2", "WA", 0.25),
        ("3", "CA", 0.5),
        ("4", "OR", 9.0),
    ] {
        let fields = [("state", state.into()), ("price", price.into())];
        notes.create(&note("p", id, fields)).await?;
    }
    let ca = || Filter::eq("state", "CA");
    finds(
        &notes,
        ca().or(Filter::one_of("state", ["WA"])),
        &["1", "2", "3"],
    )
    .await?;
    finds(&notes, ca().and(Filter::gt("price", 11.1)), &["1"]).await?;
    let dear = ca().and(Filter::gt("price", 11.1));
    let cheap = Filter::eq("state", "WA").and(Filter::le("price", 0.5));
    finds(&notes, dear.clone().or(cheap.clone()), &["1", "2"]).await?;
    let either = dear.or(cheap).and(Filter::ne("state", "CA"));
    finds(&notes, either.clone(), &["2"]).await?;
    finds(&notes, !either, &["1", "3", "4"]).await
}

async fn negations(ctx: Context) -> Result<(), Failure> {
    let values = [
        ("a", 1.into()),
        ("b", 2.into()),
        ("c", "1".into()),
        ("d", Value::Null),
    ];
    let notes = of_values(&ctx, values).await?;
    let table: [(Filter, &[&str]); 6] = [
        (Filter::eq("v", 1), &["b", "c", "d", "none"]),
        (Filter::lt("v", 2), &["b", "c", "d", "none"]),
        (Filter::ne("v", 1), &["a", "none"]),
        (Filter::between("v", 0, 9), &["c", "d", "none"]),
        (Filter::contains("v", "1"), &["a", "b", "d", "none"]),
        (Filter::exists("v"), &["none"]),
    ];
    for (filter, others) in table {
        finds(&notes, !filter, others).await?;
    }
    let neither = !(Filter::eq("v", 1).or(Filter::eq("v", "1")));
    finds(&notes, neither, &["b", "d", "none"]).await
}

async fn two_ranges(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for (id, low, high) in [
        ("1", 1.0, 5.0),
        ("2", 2.5, 3.0),
        ("3", 3.0, 9.5),
        ("4", 4.0, 1.0),
    ] {
        let fields = [("low", Value::Float(low)), ("high", high.into())];
        notes.create(&note("p", id, fields)).await?;
    }
    let both = Filter::ge("low", 2).and(Filter::lt("high", 9.5));
    finds(&notes, both, &["2", "4"]).await?;
    finds(&notes, Filter::eq("low", 3), &["3"]).await?;
    finds(
        &notes,
        Filter::gt("low", 2).and(Filter::le("high", 9.5)),
        &["2", "3", "4"],
    )
    .await
}

async fn many_values(ctx: Context) -> Result<(), Failure> {
    let notes = of_values(&ctx, [("a", 7.into()), ("b", 200.into())]).await?;
    for count in [1_i64, 10, 30, 31, 100] {
        finds(
            &notes,
            Filter::one_of("v", (0..count).map(|n| 7 - n)),
            &["a"],
        )
        .await?;
    }
    let too_many = Query::partition("p").filter(Filter::one_of("v", 0..101_i64));
    let refused = notes.query(&too_many).await;
    let error = expect::kind("101 values", refused, ErrorKind::LimitExceeded)?;
    expect::equal(
        "the limit",
        &(error.limit(), error.measured()),
        &(Some(100), Some(101)),
    )
}

async fn comparisons(ctx: Context) -> Result<(), Failure> {
    let values = [
        ("a", 2.into()),
        ("b", 2.5.into()),
        ("c", 10.into()),
        ("d", "2".into()),
        ("e", "isobar".into()),
        ("f", "isotherm".into()),
        ("g", true.into()),
        ("h", false.into()),
    ];
    let notes = of_values(&ctx, values).await?;
    let table: [(Filter, &[&str]); 13] = [
        (Filter::eq("v", 2), &["a"]),
        (Filter::eq("v", 2.0), &["a"]),
        (Filter::ne("v", 2), &["b", "c", "d", "e", "f", "g", "h"]),
        (Filter::lt("v", 10), &["a", "b"]),
        (Filter::le("v", 10), &["a", "b", "c"]),
        (Filter::gt("v", 2), &["b", "c"]),
        (Filter::ge("v", 2.5), &["b", "c"]),
        (Filter::lt("v", "isotherm"), &["d", "e"]),
        (Filter::lt("v", true), &["h"]),
        (Filter::ge("v", false), &["g", "h"]),
        (Filter::between("v", 2, 2.5), &["a", "b"]),
        (Filter::between("v", 10, 2), &[]),
        (Filter::between("v", "2", "isobar"), &["d", "e"]),
    ];
    for (filter, expected) in table {
        finds(&notes, filter, expected).await?;
    }
    Ok(())
}

async fn contains(ctx: Context) -> Result<(), Failure> {
    let values = [
        ("a", list([1.into(), "red".into(), Value::Null])),
        ("b", list([list([1.into()]), 2.5.into()])),
        ("c", "a red line".into()),
        ("d", list([])),
        ("e", map([("red", 1.into())])),
    ];
    let notes = of_values(&ctx, values).await?;
    finds(&notes, Filter::contains("v", "red"), &["a", "c"]).await?;
    finds(&notes, Filter::contains("v", "re"), &["c"]).await?;
    finds(&notes, Filter::contains("v", 1.0), &["a"]).await?;
    finds(&notes, Filter::contains("v", 2.5), &["b"]).await?;
    finds(&notes, Filter::contains("v", list([1.into()])), &["b"]).await?;
    finds(&notes, Filter::contains("v", ""), &["c"]).await?;
    finds(
        &notes,
        !Filter::contains("v", "red"),
        &["b", "d", "e", "none"],
    )
    .await
}

async fn null_and_missing(ctx: Context) -> Result<(), Failure> {
    let values = [
        ("a", Value::Null),
        ("b", "".into()),
        ("c", list([])),
        ("d", 0.into()),
    ];
    let notes = of_values(&ctx, values).await?;
    finds(&notes, Filter::is_null("v"), &["a"]).await?;
    finds(&notes, Filter::exists("v"), &["a", "b", "c", "d"]).await?;
    finds(&notes, Filter::missing("v"), &["none"]).await?;
    finds(&notes, !Filter::is_null("v"), &["b", "c", "d", "none"]).await?;
    finds(&notes, Filter::eq("v", ""), &["b"]).await
}

async fn malformed(ctx: Context) -> Result<(), Failure> {
    let notes = of_values(&ctx, [("a", Value::Null)]).await?;
    for filter in [
        Filter::eq("v", Value::Null),
        Filter::ne("v", Value::Null),
        Filter::one_of("v", [Value::Null]),
        Filter::one_of::<i64>("v", []),
        Filter::contains("v", Value::Null),
        Filter::between("v", 1, "2"),
        Filter::begins_with("v", 1),
        Filter::gt("v", f64::INFINITY),
        Filter::exists(""),
        Filter::exists("v..w"),
        Filter::exists("_rev"),
        Filter::All(Vec::new()),
    ] {
        let what = format!("{filter:?}");
        let refused = notes.query(&Query::partition("p").filter(filter)).await;
        expect::kind(&what, refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn on_key_fields(ctx: Context) -> Result<(), Failure> {
    let notes = of_values(&ctx, [("a", 1.into()), ("b", 2.into()), ("c", 1.into())]).await?;
    let filter = Filter::ne("id", "c").and(Filter::eq("v", 1));
    finds(&notes, filter.clone(), &["a"]).await?;
    finds(&notes, Filter::eq("owner", "q"), &[]).await?;
    let of_range = Query::partition("p")
        .between("a", "b")
        .filter(Filter::eq("v", 1));
    let found = texts(&notes.query(&of_range).await?.items, "id");
    expect::equal("a range and a filter", &found, &vec!["a".to_owned()])
}

async fn other_kinds(ctx: Context) -> Result<(), Failure> {
    let at = |second: i64| Value::from(Timestamp::from_micros(second * 1_000_000));
    let values = [
        ("a", at(10)),
        ("b", at(20)),
        ("c", bytes(b"ab")),
        ("d", bytes(b"b")),
        ("e", list([1.into(), 2.into()])),
        ("f", map([("x", 1.into()), ("y", 2.into())])),
        ("g", 10_000_000.into()),
    ];
    let notes = of_values(&ctx, values).await?;
    let turned = map([("y", 2.into()), ("x", 1.into())]);
    let table: [(Filter, &[&str]); 8] = [
        (Filter::eq("v", at(10)), &["a"]),
        (Filter::gt("v", at(10)), &["b"]),
        (Filter::between("v", at(0), at(10)), &["a"]),
        (Filter::one_of("v", [at(20), at(30)]), &["b"]),
        (Filter::eq("v", bytes(b"ab")), &["c"]),
        (Filter::lt("v", bytes(b"b")), &["c"]),
        (Filter::eq("v", list([1.0.into(), 2.into()])), &["e"]),
        (Filter::eq("v", turned), &["f"]),
    ];
    for (filter, expected) in table {
        finds(&notes, filter, expected).await?;
    }
    Ok(())
}

async fn beginnings(ctx: Context) -> Result<(), Failure> {
    let values = [
        ("a", "isobar".into()),
        ("b", 1.into()),
        ("c", bytes(b"iso")),
        ("d", bytes(b"")),
        ("e", Value::Null),
        ("f", list(["isobar".into()])),
    ];
    let notes = of_values(&ctx, values).await?;
    finds(&notes, Filter::begins_with("v", "iso"), &["a"]).await?;
    finds(&notes, Filter::begins_with("v", ""), &["a"]).await?;
    finds(&notes, Filter::begins_with("v", bytes(b"i")), &["c"]).await?;
    finds(&notes, Filter::begins_with("v", bytes(b"")), &["c", "d"]).await?;
    let others = ["b", "c", "d", "e", "f", "none"];
    finds(&notes, !Filter::begins_with("v", "iso"), &others).await
}

async fn beginnings_of_text(ctx: Context) -> Result<(), Failure> {
    let values = [
        ("a", "iso".into()),
        ("b", "isobar".into()),
        ("c", "iso\u{10ffff}".into()),
        ("d", "isp".into()),
        ("e", "Iso".into()),
        ("f", "".into()),
    ];
    let notes = of_values(&ctx, values).await?;
    finds(&notes, Filter::begins_with("v", "iso"), &["a", "b", "c"]).await?;
    finds(&notes, Filter::begins_with("v", "isobars"), &[]).await?;
    finds(&notes, !Filter::begins_with("v", "is"), &["e", "f", "none"]).await
}
