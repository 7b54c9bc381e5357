//! One partition, a range of its sort keys, in order.

use isobar::document::{Direction, Query, SortKey, SortRange, Value};
use isobar::{Collection, ErrorKind};

use super::sample::{DIGESTS, NOTES, PLAIN, READINGS, bytes, document, field, note, texts, values};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-060",
        "each range of sort keys finds exactly the documents within it",
        "R10",
        |ctx| Box::pin(ranges(ctx)),
    ),
    Case::document(
        "D-065",
        "a query finds the documents of its partition and of no other, whole",
        "R10",
        |ctx| Box::pin(one_partition(ctx)),
    ),
    Case::document(
        "D-066",
        "ranges of numeric and binary sort keys find exactly the documents within them",
        "R10",
        |ctx| Box::pin(other_ranges(ctx)),
    ),
    Case::document(
        "D-069",
        "a range comes in ascending or descending order, as asked",
        "R11",
        |ctx| Box::pin(directions(ctx)),
    ),
    Case::document(
        "D-260",
        "a prefix and a range from first to last find exactly what they say, edges included",
        "R10",
        |ctx| Box::pin(prefixes(ctx)),
    ),
    Case::document(
        "D-261",
        "a prefix that ends in the largest character or byte finds what starts with it",
        "R10",
        |ctx| Box::pin(largest_prefixes(ctx)),
    ),
    Case::document(
        "D-406",
        "a collection without a sort key is queried as partitions of one document",
        "R10",
        |ctx| Box::pin(without_a_sort_key(ctx)),
    ),
];

const IDS: [&str; 5] = ["a", "b", "ba", "c", "d"];

async fn five_notes(ctx: &Context) -> Result<Collection<Value>, Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for owner in ["p", "o", "q"] {
        for id in IDS {
            notes
                .create(&note(owner, id, [("of", owner.into())]))
                .await?;
        }
    }
    Ok(notes)
}

async fn expect_ids(
    notes: &Collection<Value>,
    query: &Query,
    expected: &[&str],
) -> Result<(), Failure> {
    let found = texts(&notes.query(query).await?.items, "id");
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    expect::equal(&format!("what {query:?} finds"), found.as_slice(), expected)
}

async fn ranges(ctx: Context) -> Result<(), Failure> {
    use SortRange as R;
    let notes = five_notes(&ctx).await?;
    let key = |text: &str| SortKey::from(text);
    let table: [(SortRange, &[&str]); 14] = [
        (R::All, &IDS),
        (R::Equal(key("b")), &["b"]),
        (R::Equal(key("bb")), &[]),
        (R::Less(key("b")), &["a"]),
        (R::Less(key("a")), &[]),
        (R::LessOrEqual(key("b")), &["a", "b"]),
        (R::LessOrEqual(key("bb")), &["a", "b", "ba"]),
        (R::Greater(key("b")), &["ba", "c", "d"]),
        (R::Greater(key("d")), &[]),
        (R::GreaterOrEqual(key("b")), &["b", "ba", "c", "d"]),
        (R::Between(key("b"), key("c")), &["b", "ba", "c"]),
        (R::Between(key("b"), key("b")), &["b"]),
        (R::Between(key("bb"), key("bc")), &[]),
        (R::Between(key("c"), key("b")), &[]),
    ];
    for (range, expected) in table {
        let query = Query::partition("p").range(range);
        expect_ids(&notes, &query, expected).await?;
        let backwards: Vec<&str> = expected.iter().rev().copied().collect();
        expect_ids(&notes, &query.descending(), &backwards).await?;
    }
    Ok(())
}

async fn one_partition(ctx: Context) -> Result<(), Failure> {
    let notes = five_notes(&ctx).await?;
    let found = notes.query(&Query::partition("p")).await?;
    let expected: Vec<Value> = IDS
        .iter()
        .map(|id| note("p", id, [("of", "p".into())]))
        .collect();
    expect::equal("the documents", &values(found.items), &expected)?;
    expect::that(found.cursor.is_none(), "the only page has a cursor")?;
    for empty in ["x", "P", "pp", "p/", "%"] {
        expect_ids(&notes, &Query::partition(empty), &[]).await?;
    }
    let refused = notes.query(&Query::partition("")).await;
    expect::kind("an empty partition", refused, ErrorKind::InvalidArgument)?;
    Ok(())
}

async fn other_ranges(ctx: Context) -> Result<(), Failure> {
    use SortRange as R;
    let readings = ctx.collection(&READINGS).await?;
    let instants = [-20, -3, 0, 3, 20];
    for at in instants {
        let fields = [("sensor", "s".into()), ("at", at.into())];
        readings.create(&document(fields)).await?;
    }
    let number = SortKey::I64;
    let table: [(SortRange, &[i32]); 5] = [
        (R::Less(number(-3)), &[-20]),
        (R::LessOrEqual(number(-3)), &[-20, -3]),
        (R::Greater(number(-4)), &[-3, 0, 3, 20]),
        (R::Between(number(-3), number(3)), &[-3, 0, 3]),
        (R::Equal(number(20)), &[20]),
    ];
    for (range, expected) in table {
        let query = Query::partition("s").range(range);
        let expected: Vec<Value> = expected.iter().map(|at| (*at).into()).collect();
        expect_field(&readings, &query, "at", &expected).await?;
    }
    let digests = ctx.collection(&DIGESTS).await?;
    for digest in [&[0][..], &[0, 0], &[0x7f], &[0x80], &[0xff]] {
        let fields = [("algorithm", "p".into()), ("digest", bytes(digest))];
        digests.create(&document(fields)).await?;
    }
    let from = SortKey::Bytes(vec![0, 0].into());
    let query = Query::partition("p").between(from, SortKey::Bytes(vec![0x80].into()));
    let expected = [bytes(&[0, 0]), bytes(&[0x7f]), bytes(&[0x80])];
    expect_field(&digests, &query, "digest", &expected).await
}

async fn expect_field(
    collection: &Collection<Value>,
    query: &Query,
    name: &str,
    expected: &[Value],
) -> Result<(), Failure> {
    let items = collection.query(query).await?.items;
    let found = items.iter().map(|item| field(&item.value, name).cloned());
    let found: Vec<Value> = found.collect::<Result<_, _>>()?;
    expect::equal(&format!("what {query:?} finds"), found.as_slice(), expected)
}

async fn directions(ctx: Context) -> Result<(), Failure> {
    let notes = five_notes(&ctx).await?;
    expect::equal("the default", &Direction::default(), &Direction::Ascending)?;
    let range = || Query::partition("p").between("b", "d");
    expect_ids(&notes, &range(), &["b", "ba", "c", "d"]).await?;
    expect_ids(&notes, &range().descending(), &["d", "c", "ba", "b"]).await?;
    expect_ids(&notes, &range().limit(2), &["b", "ba"]).await?;
    expect_ids(&notes, &range().limit(2).descending(), &["d", "c"]).await
}

async fn prefixes(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let ids = [
        "2025-12-31",
        "2026",
        "2026-",
        "2026-01",
        "2026-02",
        "2026.",
        "2027",
    ];
    for id in ids {
        notes.create(&note("p", id, [])).await?;
    }
    let table: [(&str, &[&str]); 5] = [
        ("2026-", &["2026-", "2026-01", "2026-02"]),
        ("2026", &["2026", "2026-", "2026-01", "2026-02", "2026."]),
        ("2026-02", &["2026-02"]),
        ("2", &ids),
        ("2028", &[]),
    ];
    for (prefix, expected) in table {
        let query = Query::partition("p").prefix(prefix);
        expect_ids(&notes, &query, expected).await?;
        let backwards: Vec<&str> = expected.iter().rev().copied().collect();
        expect_ids(&notes, &query.descending(), &backwards).await?;
    }
    let between = Query::partition("p").between("2026", "2026-01");
    expect_ids(&notes, &between, &["2026", "2026-", "2026-01"]).await
}

async fn largest_prefixes(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let ids = [
        "a",
        "a\u{ffff}",
        "a\u{ffff}b",
        "a\u{10ffff}",
        "a\u{10ffff}\u{10ffff}",
        "b",
    ];
    for id in ids {
        notes.create(&note("p", id, [])).await?;
    }
    let query = Query::partition("p").prefix("a\u{ffff}");
    expect_ids(&notes, &query, &ids[1..3]).await?;
    let query = Query::partition("p").prefix("a\u{10ffff}");
    expect_ids(&notes, &query, &ids[3..5]).await?;
    let query = Query::partition("p").prefix("a");
    expect_ids(&notes, &query, &ids[..5]).await?;
    let digests = ctx.collection(&DIGESTS).await?;
    let keys = [
        &[0xfe, 0xff][..],
        &[0xff],
        &[0xff, 0],
        &[0xff, 0xff],
        &[0xff, 0xff, 1],
    ];
    for key in keys {
        let fields = [("algorithm", "p".into()), ("digest", bytes(key))];
        digests.create(&document(fields)).await?;
    }
    let all = |range: std::ops::Range<usize>| keys[range].iter().map(|key| bytes(key)).collect();
    let starting =
        |prefix: &[u8]| Query::partition("p").prefix(SortKey::Bytes(prefix.to_vec().into()));
    let expected: Vec<Value> = all(1..5);
    expect_field(&digests, &starting(&[0xff]), "digest", &expected).await?;
    let expected: Vec<Value> = all(3..5);
    expect_field(&digests, &starting(&[0xff, 0xff]), "digest", &expected).await
}

async fn without_a_sort_key(ctx: Context) -> Result<(), Failure> {
    let plain = ctx.collection(&PLAIN).await?;
    let only = document([("id", "1".into()), ("x", 1.into())]);
    plain.create(&only).await?;
    plain.create(&document([("id", "2".into())])).await?;
    let found = plain.query(&Query::partition("1")).await?;
    expect::equal("the documents", &values(found.items), &vec![only])?;
    expect::that(found.cursor.is_none(), "the only page has a cursor")?;
    let refused = plain.query(&Query::partition("1").prefix("x")).await;
    expect::kind("a range", refused, ErrorKind::InvalidArgument)?;
    Ok(())
}
