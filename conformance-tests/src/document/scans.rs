//! All documents of a collection: only where it is allowed, each exactly once.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use isobar::document::{
    BatchWrite, Cursor, Direction, Filter, Item, PutOptions, Query, QueryClass, Value,
};
use isobar::{Capability, Collection, ErrorKind};

use super::sample::{BOOKS, NOTES, PLAIN, all_written, field, note, texts};
use crate::{Case, Context, Failure, expect};

const SCANS: &[Capability] = &[Capability::Scans];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-064",
        "a scan finds every document of the collection, and of no other",
        "R10",
        |ctx| Box::pin(everything(ctx)),
    )
    .needs(SCANS),
    Case::document(
        "D-418",
        "a scan that is not allowed is InvalidArgument and names the index to declare",
        "R10",
        |ctx| Box::pin(forbidden(ctx)),
    )
    .needs(SCANS),
    Case::document(
        "D-071",
        "a plan tells class, operations, who tests the filter, and the missing index",
        "R10",
        |ctx| Box::pin(plans(ctx)),
    )
    .needs(SCANS),
    Case::document(
        "D-121",
        "an order of a scan, or by another field than the sort field, is InvalidArgument",
        "R11",
        |ctx| Box::pin(no_order(ctx)),
    )
    .needs(SCANS),
    Case::document(
        "D-124",
        "pages of a filtered scan put together are all that the filter holds of, each once",
        "R12",
        |ctx| Box::pin(filtered_pages(ctx)),
    )
    .needs(SCANS),
    Case::document(
        "D-271",
        "pages on which nothing is found are passed over, expired documents among them",
        "R12 R14",
        |ctx| Box::pin(empty_pages(ctx)),
    )
    .needs(SCANS),
    Case::document(
        "D-272",
        "a limit counts what the filter holds of",
        "R12",
        |ctx| Box::pin(limits_after_filters(ctx)),
    ),
    Case::document(
        "D-275",
        "count and exists tell what a query would find, expired documents apart",
        "R14",
        |ctx| Box::pin(counts(ctx)),
    ),
    Case::document(
        "D-276",
        "the segments of a scan are disjoint and together everything",
        "R10",
        |ctx| Box::pin(segments(ctx)),
    )
    .needs(&[Capability::Scans, Capability::ScanSegments]),
    Case::document(
        "D-419",
        "a stream gives the pages of a query one document after the other, then ends for good",
        "R12",
        |ctx| Box::pin(streams(ctx)),
    ),
    Case::document(
        "D-420",
        "a cursor of a filter is refused for another, and with a key only a signed one is taken",
        "R12",
        |ctx| Box::pin(signed_cursors(ctx)),
    ),
];

async fn filled(ctx: &Context, partitions: i64, each: i64) -> Result<Collection<Value>, Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let mut batch = BatchWrite::new();
    for n in 0..partitions * each {
        let owner = format!("p{}", n / each);
        batch = batch.upsert(&note(&owner, &format!("{n:04}"), [("n", n.into())]));
    }
    all_written(notes.write_batch(batch).await?)?;
    Ok(notes)
}

fn ids(items: &[Item<Value>]) -> BTreeSet<String> {
    texts(items, "id").into_iter().collect()
}

fn every(range: impl Iterator<Item = i64>) -> BTreeSet<String> {
    range.map(|n| format!("{n:04}")).collect()
}

async fn everything(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 5, 8).await?;
    let others = ctx.collection(&PLAIN).await?;
    let all = notes.query(&Query::all().allow_scan()).await?;
    expect::equal("how many", &all.items.len(), &40)?;
    expect::equal("all documents", &ids(&all.items), &every(0..40))?;
    let none = others.query(&Query::all().allow_scan()).await?;
    expect::equal("an empty collection", &none.items.len(), &0)
}

async fn forbidden(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 1, 3).await?;
    let query = Query::all().filter(Filter::eq("author", "ann").and(Filter::gt("n", 1)));
    for refused in [
        notes.query(&query).await.map(|_| ()),
        notes.count(&query).await.map(|_| ()),
        notes.stream(&query).map(|_| ()),
        notes.scan(&query, 1).map(|_| ()),
    ] {
        let error = expect::kind("a scan", refused, ErrorKind::InvalidArgument)?;
        let index = ".partition(\"author\").sort(\"n\", SortType::I64)";
        let named = error.to_string().contains(index);
        expect::that(named, "the refusal does not name the missing index")?;
    }
    let of_partition = notes.scan(&Query::partition("p0"), 1).map(|_| ());
    expect::kind(
        "segments of a partition",
        of_partition,
        ErrorKind::InvalidArgument,
    )?;
    let none = notes.scan(&Query::all().allow_scan(), 0).map(|_| ());
    expect::kind("no segment", none, ErrorKind::InvalidArgument)?;
    Ok(())
}

async fn plans(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let filter = Filter::gt("n", 1).and(Filter::begins_with("text", "a"));
    let plan = notes.plan(&Query::partition("p").filter(filter.clone()))?;
    expect::equal("the class", &plan.class, &QueryClass::Keyed)?;
    expect::that(!plan.operations.is_empty(), "the plan has no operation")?;
    let tested = [&plan.native_filter, &plan.post_filter];
    let parts = tested
        .into_iter()
        .flatten()
        .map(|part| part.conjuncts().len());
    expect::equal("the parts of the filter", &parts.sum::<usize>(), &2)?;
    let plan = notes.plan(&Query::all().filter(filter))?;
    expect::equal("the class", &plan.class, &QueryClass::Scan)?;
    let index = expect::some("the missing index", plan.missing_index)?;
    let fields = index.sort.map(|(field, _)| field);
    expect::equal("its field", &fields, &Some("n".to_owned()))?;
    // A plan is made without the store, be it one without indexes.
    let books = ctx.declared(&BOOKS)?;
    let plan = books.plan(&Query::all().filter(Filter::eq("author", "ann")))?;
    let declared = Some("by_author".to_owned());
    expect::equal("the declared index", &plan.declared_index, &declared)?;
    expect::equal("the missing index", &plan.missing_index, &None)
}

async fn no_order(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 1, 3).await?;
    let by_n = Query::partition("p0").order_by("n", Direction::Ascending);
    for query in [
        Query::all().allow_scan().descending(),
        Query::all()
            .allow_scan()
            .order_by("n", Direction::Ascending),
        by_n,
        Query::partition("p0").order_by("", Direction::Ascending),
    ] {
        let what = format!("{query:?}");
        let refused = notes.query(&query).await;
        expect::kind(&what, refused, ErrorKind::InvalidArgument)?;
    }
    let by_id = Query::partition("p0").order_by("id", Direction::Descending);
    let found = texts(&notes.query(&by_id).await?.items, "id");
    expect::equal(
        "by the sort key",
        &found,
        &["0002", "0001", "0000"].map(str::to_owned).into(),
    )
}

async fn filtered_pages(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 4, 30).await?;
    let third = Filter::one_of("n", (0..40_i64).map(|n| n * 3)).and(Filter::lt("n", 90));
    for limit in [1, 4, 30, 31] {
        let query = Query::all().filter(third.clone()).allow_scan().limit(limit);
        let mut found = Vec::new();
        let mut next = query.clone();
        loop {
            let page = notes.query(&next).await?;
            found.extend(page.items);
            let Some(cursor) = page.cursor else { break };
            next = query.clone().after(Cursor::from_token(cursor.as_str()));
        }
        expect::equal(&format!("how many by {limit}"), &found.len(), &30)?;
        expect::equal("what was found", &ids(&found), &every((0..90).step_by(3)))?;
    }
    Ok(())
}

async fn empty_pages(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let soon = PutOptions::default().with_expires_at(ctx.now().plus(Duration::from_mins(1)));
    let long = "x".repeat(20_000);
    let mut batch = BatchWrite::new();
    for n in 0..250_i64 {
        let fields = [("n", n.into()), ("long", long.as_str().into())];
        let document = note("p", &format!("{n:04}"), fields);
        batch = match n {
            0..100 => batch.upsert_with(&document, soon.clone()),
            _ => batch.upsert(&document),
        };
    }
    all_written(notes.write_batch(batch).await?)?;
    ctx.clock().advance(Duration::from_secs(61));
    for query in [Query::partition("p"), Query::all().allow_scan()] {
        let query = query.filter(Filter::ge("n", 249)).select(["n"]).limit(1);
        let page = notes.query(&query).await?;
        expect::equal("the last document", &ids(&page.items), &every(249..250))?;
        expect::that(notes.exists(&query).await?, "a document does not exist")?;
        let expired = query.filter(Filter::lt("n", 100));
        expect::that(!notes.exists(&expired).await?, "an expired document exists")?;
    }
    Ok(())
}

async fn limits_after_filters(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 1, 60).await?;
    let even = Filter::one_of("n", (0..30_i64).map(|n| n * 2));
    let query = Query::partition("p0").filter(even).limit(10);
    let first = notes.query(&query).await?;
    expect::equal(
        "the first page",
        &ids(&first.items),
        &every((0..20).step_by(2)),
    )?;
    let cursor = expect::some("the cursor", first.cursor)?;
    let second = notes.query(&query.clone().after(cursor)).await?;
    expect::equal(
        "the second page",
        &ids(&second.items),
        &every((20..40).step_by(2)),
    )?;
    let down = notes.query(&query.descending()).await?;
    expect::equal(
        "the last page first",
        &ids(&down.items),
        &every((40..60).step_by(2)),
    )
}

async fn counts(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 2, 20).await?;
    let soon = PutOptions::default().with_expires_at(ctx.now().plus(Duration::from_mins(1)));
    notes
        .upsert_with(&note("p0", "soon", [("n", 5.into())]), soon)
        .await?;
    let all = Query::partition("p0");
    let some = all.clone().filter(Filter::lt("n", 10));
    let none = all.clone().filter(Filter::lt("n", 0));
    expect::equal(
        "a partition",
        &notes.count(&all.clone().limit(3)).await?,
        &21,
    )?;
    expect::equal("some of it", &notes.count(&some).await?, &11)?;
    expect::equal("none of it", &notes.count(&none).await?, &0)?;
    let range = all.clone().between("0003", "0007");
    expect::equal("a range", &notes.count(&range).await?, &5)?;
    expect::that(notes.exists(&some).await?, "what is there does not exist")?;
    expect::that(!notes.exists(&none).await?, "what is not there exists")?;
    ctx.clock().advance(Duration::from_secs(61));
    expect::equal("without the expired", &notes.count(&all).await?, &20)?;
    expect::equal("some without the expired", &notes.count(&some).await?, &10)?;
    if notes.capabilities().has(Capability::Scans) {
        let everything = Query::all().allow_scan();
        expect::equal("the collection", &notes.count(&everything).await?, &40)?;
    }
    Ok(())
}

async fn segments(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 25, 8).await?;
    for total in [1, 2, 7] {
        let query = Query::all().allow_scan().limit(9);
        let mut found = Vec::new();
        for segment in notes.scan(&query, total)? {
            let items: Vec<Item<Value>> = segment.try_collect().await?;
            found.extend(texts(&items, "id"));
        }
        let count = found.len();
        let distinct: BTreeSet<String> = found.into_iter().collect();
        expect::equal(&format!("documents of {total} segments"), &count, &200)?;
        expect::equal("distinct ones", &distinct, &every(0..200))?;
    }
    let filtered = Query::all().filter(Filter::lt("n", 50)).allow_scan();
    let mut count = 0;
    for segment in notes.scan(&filtered, 3)? {
        count += segment.try_collect::<Vec<_>>().await?.len();
    }
    expect::equal("filtered segments", &count, &50)
}

async fn streams(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 1, 25).await?;
    let query = Query::partition("p0").limit(4).descending();
    let mut stream = notes.stream(&query)?;
    let mut found = Vec::new();
    while let Some(item) = stream.next().await {
        found.push(field(&item?.value, "n")?.clone());
    }
    let expected: Vec<Value> = (0..25_i64).rev().map(Value::Int).collect();
    expect::equal("the stream", &found, &expected)?;
    let after_the_end = stream.next().await.is_none() && stream.next().await.is_none();
    expect::that(after_the_end, "the stream goes on after its end")
}

async fn signed_cursors(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, 1, 10).await?;
    let signing = notes.with_cursor_key(b"a key of sixteen bytes")?;
    let query = Query::partition("p0").filter(Filter::ge("n", 1)).limit(3);
    let plain = expect::some("a cursor", notes.query(&query).await?.cursor)?;
    let signed = expect::some("a cursor", signing.query(&query).await?.cursor)?;
    let other = Query::partition("p0").filter(Filter::ge("n", 2));
    let projected = query.clone().select(["n"]).after(plain.clone());
    expect::equal(
        "the next page",
        &notes.query(&projected).await?.items.len(),
        &3,
    )?;
    let next = signing.query(&query.clone().after(signed.clone())).await?;
    expect::equal("the next signed page", &next.items.len(), &3)?;
    let another = notes.with_cursor_key(b"quite another secret")?;
    for (what, refused) in [
        (
            "another filter",
            notes.query(&other.after(plain.clone())).await,
        ),
        (
            "no signature",
            signing.query(&query.clone().after(plain)).await,
        ),
        (
            "another key",
            another.query(&query.clone().after(signed.clone())).await,
        ),
        ("no key", notes.query(&query.after(signed)).await),
    ] {
        expect::kind(what, refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}
