//! Declared indexes: another partition, another order.

use std::cmp::Ordering;
use std::time::Duration;

use isobar::document::{
    BatchWrite, CollectionSpec, Cursor, Direction, Filter, IndexSpec, PutOptions, Query, SortKey,
    SortRange, SortType, Update, Value, WriteSet,
};
use isobar::{Capability, Collection, ErrorKind};

use super::sample::{BOOKS, all_written, book, note, texts};
use crate::{Case, Context, Failure, expect};

const NEEDS: &[Capability] = &[Capability::IndexedQueries];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-421",
        "an index finds the documents of a value, in the order of its sort field",
        "R10 R11",
        |ctx| Box::pin(found_in_order(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-422",
        "ranges of an index find exactly what is within them, in either direction",
        "R10 R11",
        |ctx| Box::pin(ranges(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-423",
        "an index follows updates, replaces, deletes and sets",
        "R10",
        |ctx| Box::pin(followed(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-267",
        "documents that lack a field of an index are not in it",
        "R11",
        |ctx| Box::pin(missing_fields(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-268",
        "documents that are equal in an index come in the order of their keys",
        "R11",
        |ctx| Box::pin(ties(ctx)),
    )
    .needs(&[Capability::IndexedQueries, Capability::OrderedIndexTies]),
    Case::document(
        "D-269",
        "a field of an index that is not of its declared type is InvalidArgument",
        "R11",
        |ctx| Box::pin(declared_types(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-126",
        "pages of an index put together are the whole, ties and deleted rows included",
        "R12",
        |ctx| Box::pin(pages(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-277",
        "an index sees every write that was acknowledged before",
        "R13",
        |ctx| Box::pin(consistent(ctx)),
    )
    .needs(&[Capability::IndexedQueries, Capability::ConsistentIndexes]),
    Case::document(
        "D-424",
        "an index does not find expired documents, and can be counted and filtered",
        "R14",
        |ctx| Box::pin(expired_and_filtered(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-425",
        "an index that is added later finds the documents from before; another one is refused",
        "R10",
        |ctx| Box::pin(added_later(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-435",
        "documents from before whose fields do not fit a new index stay out of it",
        "R11",
        |ctx| Box::pin(unfit_before(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-068",
        "an index without a partition orders the whole collection, in either direction",
        "R11",
        |ctx| Box::pin(whole_collection(ctx)),
    )
    .needs(&[
        Capability::IndexedQueries,
        Capability::WholeCollectionIndexes,
    ]),
    Case::document(
        "D-426",
        "a query of an index that is not declared is InvalidArgument and names those that are",
        "R10",
        |ctx| Box::pin(undeclared(ctx)),
    )
    .needs(NEEDS),
];

/// Titles by two authors, some of equal years.
async fn library(ctx: &Context) -> Result<Collection<Value>, Failure> {
    let books = ctx.collection(&BOOKS).await?;
    let batch = [
        ("s1", "a", "ann", 1999),
        ("s2", "b", "ann", 1987),
        ("s1", "c", "bob", 1999),
        ("s3", "d", "ann", -44),
        ("s3", "e", "ann", 2005),
    ]
    .into_iter()
    .fold(BatchWrite::new(), |batch, (shelf, id, author, year)| {
        batch.upsert(&book(shelf, id, author, year))
    });
    all_written(books.write_batch(batch).await?)?;
    Ok(books)
}

/// The query finds these, at once where the index is consistent, else within some seconds.
async fn finds(books: &Collection<Value>, query: &Query, expected: &[&str]) -> Result<(), Failure> {
    let expected: Vec<String> = expected.iter().copied().map(str::to_owned).collect();
    let patience = if books.capabilities().has(Capability::ConsistentIndexes) {
        1
    } else {
        50
    };
    let mut found = Vec::new();
    for _ in 0..patience {
        found = texts(&books.query(query).await?.items, "id");
        if found == expected {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    expect::equal(&format!("what {query:?} finds"), &found, &expected)
}

fn by_author(author: &str) -> Query {
    Query::index("by_author", author)
}

async fn found_in_order(ctx: Context) -> Result<(), Failure> {
    let books = library(&ctx).await?;
    finds(&books, &by_author("ann"), &["d", "b", "a", "e"]).await?;
    finds(
        &books,
        &by_author("ann").descending(),
        &["e", "a", "b", "d"],
    )
    .await?;
    finds(&books, &by_author("bob"), &["c"]).await?;
    finds(&books, &by_author("eve"), &[]).await?;
    let stated = by_author("ann").order_by("year", Direction::Descending);
    finds(&books, &stated, &["e", "a", "b", "d"]).await?;
    let refused = books
        .query(&by_author("ann").order_by("id", Direction::Ascending))
        .await;
    expect::kind(
        "the order of another field",
        refused,
        ErrorKind::InvalidArgument,
    )?;
    let whole = books.query(&by_author("bob")).await?;
    let found = whole.items.first().map(|item| &item.value);
    expect::equal("the document", &found, &Some(&book("s1", "c", "bob", 1999)))
}

async fn ranges(ctx: Context) -> Result<(), Failure> {
    use SortRange as R;
    let books = library(&ctx).await?;
    let year = |year: i64| SortKey::I64(year);
    let table: [(SortRange, &[&str]); 7] = [
        (R::Equal(year(1987)), &["b"]),
        (R::Less(year(1987)), &["d"]),
        (R::LessOrEqual(year(1987)), &["d", "b"]),
        (R::Greater(year(1999)), &["e"]),
        (R::GreaterOrEqual(year(1999)), &["a", "e"]),
        (R::Between(year(0), year(2000)), &["b", "a"]),
        (R::Between(year(2000), year(0)), &[]),
    ];
    for (range, expected) in table {
        let query = by_author("ann").range(range);
        finds(&books, &query, expected).await?;
        let backwards: Vec<&str> = expected.iter().rev().copied().collect();
        finds(&books, &query.descending(), &backwards).await?;
    }
    for (id, title) in [
        ("t1", "iso"),
        ("t2", "isobar"),
        ("t3", "isotherm"),
        ("t4", "it"),
    ] {
        let fields = [("genre", "maps".into()), ("title", title.into())];
        let Value::Map(mut fields) = note("x", id, fields) else {
            continue;
        };
        fields.insert("shelf".to_owned(), "s9".into());
        books.upsert(&Value::Map(fields)).await?;
    }
    let titles = |prefix: &str| Query::index("by_title", "maps").prefix(prefix);
    finds(&books, &titles("iso"), &["t1", "t2", "t3"]).await?;
    finds(&books, &titles("isob"), &["t2"]).await?;
    let refused = books.query(&by_author("ann").prefix("19")).await;
    expect::kind("a prefix of numbers", refused, ErrorKind::InvalidArgument)?;
    Ok(())
}

async fn followed(ctx: Context) -> Result<(), Failure> {
    let books = library(&ctx).await?;
    books
        .update(("s1", "a"), Update::new().increment("year", 100))
        .await?;
    finds(&books, &by_author("ann"), &["d", "b", "e", "a"]).await?;
    books
        .update(("s1", "a"), Update::new().set("author", "bob"))
        .await?;
    finds(&books, &by_author("ann"), &["d", "b", "e"]).await?;
    finds(&books, &by_author("bob"), &["c", "a"]).await?;
    books
        .update(("s1", "a"), Update::new().remove("year"))
        .await?;
    finds(&books, &by_author("bob"), &["c"]).await?;
    books.replace(&book("s3", "d", "bob", 1)).await?;
    finds(&books, &by_author("bob"), &["d", "c"]).await?;
    let set = WriteSet::new()
        .delete(("s3", "d"))
        .upsert(&book("s3", "e", "bob", 2))
        .create(&book("s3", "f", "ann", 3));
    books.commit("s3", set).await?;
    finds(&books, &by_author("bob"), &["e", "c"]).await?;
    finds(&books, &by_author("ann"), &["f", "b"]).await?;
    let batch = BatchWrite::new().delete(("s1", "c")).delete(("s3", "e"));
    all_written(books.write_batch(batch).await?)?;
    finds(&books, &by_author("bob"), &[]).await
}

async fn missing_fields(ctx: Context) -> Result<(), Failure> {
    let books = library(&ctx).await?;
    let only = |id: &str, name: &str, value: Value| {
        let Value::Map(mut fields) = note("x", id, [(name, value)]) else {
            return Value::Null;
        };
        fields.insert("shelf".to_owned(), "s9".into());
        Value::Map(fields)
    };
    books.create(&only("x", "author", "ann".into())).await?;
    books.create(&only("y", "year", 1999.into())).await?;
    finds(&books, &by_author("ann"), &["d", "b", "a", "e"]).await?;
    books
        .update(("s9", "x"), Update::new().set("year", 1990))
        .await?;
    finds(&books, &by_author("ann"), &["d", "b", "x", "a", "e"]).await
}

async fn ties(ctx: Context) -> Result<(), Failure> {
    let books = ctx.collection(&BOOKS).await?;
    books.require(&[Capability::IndexedQueries, Capability::OrderedIndexTies])?;
    let mut expected = Vec::new();
    for shelf in ["s2", "s10", "s1"] {
        for id in ["b", "a", "ab"] {
            books
                .create(&book(shelf, &format!("{shelf}{id}"), "ann", 7))
                .await?;
        }
    }
    for shelf in ["s1", "s10", "s2"] {
        expected.extend(["a", "ab", "b"].map(|id| format!("{shelf}{id}")));
    }
    let found = texts(&books.query(&by_author("ann")).await?.items, "id");
    expect::equal("the order of ties", &found, &expected)?;
    expected.reverse();
    let found = texts(
        &books.query(&by_author("ann").descending()).await?.items,
        "id",
    );
    expect::equal("the order of ties backwards", &found, &expected)
}

async fn declared_types(ctx: Context) -> Result<(), Failure> {
    let books = library(&ctx).await?;
    let with = |name: &str, value: Value| {
        let Value::Map(mut fields) = book("s1", "x", "ann", 1) else {
            return Value::Null;
        };
        fields.insert(name.to_owned(), value);
        Value::Map(fields)
    };
    for wrong in [
        with("year", "1999".into()),
        with("year", 1.5.into()),
        with("year", Value::Null),
        with("author", 7.into()),
        with("author", "".into()),
        with("title", "x".repeat(513).as_str().into()),
    ] {
        let refused = books.create(&wrong).await;
        expect::kind("a wrong type", refused, ErrorKind::InvalidArgument)?;
    }
    for wrong in [
        Update::new().set("year", "later"),
        Update::new().increment("year", 0.5),
        Update::new().set("author.name", "x"),
        Update::new().append("author", "x"),
        Update::new().increment("author", 1),
    ] {
        let refused = books.update(("s1", "a"), wrong).await;
        expect::kind("a wrong update", refused, ErrorKind::InvalidArgument)?;
    }
    finds(&books, &by_author("ann"), &["d", "b", "a", "e"]).await
}

async fn pages(ctx: Context) -> Result<(), Failure> {
    let books = ctx.collection(&BOOKS).await?;
    let mut expected: Vec<(i64, String)> = Vec::new();
    let mut batch = BatchWrite::new();
    for n in 0..30_i64 {
        let id = format!("{n:02}");
        let year = n / 6;
        batch = batch.upsert(&book(&format!("s{}", n % 4), &id, "ann", year));
        expected.push((year, id));
    }
    all_written(books.write_batch(batch).await?)?;
    let all: Vec<String> = expected.iter().map(|(_, id)| id.clone()).collect();
    for limit in [1, 4, 7, 30] {
        let up = by_author("ann").limit(limit);
        pages_add_up(&books, &up, (Ordering::Greater, &all)).await?;
        pages_add_up(&books, &up.descending(), (Ordering::Less, &all)).await?;
    }
    let first = books.query(&by_author("ann").limit(5)).await?;
    let cursor = expect::some("the cursor", first.cursor)?;
    let last = texts(&first.items, "id");
    let last = expect::some("the last of the page", last.last().cloned())?;
    for shelf in ["s0", "s1", "s2", "s3"] {
        books.delete((shelf, last.as_str())).await?;
    }
    let rest = by_author("ann").after(Cursor::from_token(cursor.as_str()));
    let rest = books.query(&rest).await?;
    expect::equal("what follows a deleted row", &rest.items.len(), &25)
}

/// The pages of a query are all of these, and no year is so compared with the next one.
async fn pages_add_up(
    books: &Collection<Value>,
    query: &Query,
    (wrong, all): (Ordering, &Vec<String>),
) -> Result<(), Failure> {
    let found = all_pages(books, query).await?;
    let in_order = found.windows(2).all(|pair| {
        pair[0]
            .0
            .order(&pair[1].0)
            .is_some_and(|order| order != wrong)
    });
    expect::that(in_order, "the pages are not in the order of the index")?;
    let mut ids: Vec<String> = found.into_iter().map(|(_, id)| id).collect();
    ids.sort_unstable();
    expect::equal(&format!("the pages of {query:?}"), &ids, all)
}

async fn all_pages(
    books: &Collection<Value>,
    query: &Query,
) -> Result<Vec<(Value, String)>, Failure> {
    let mut found = Vec::new();
    let mut next = query.clone();
    for _ in 0..100 {
        let page = books.query(&next).await?;
        let ids = texts(&page.items, "id");
        for (item, id) in page.items.iter().zip(ids) {
            found.push((super::sample::field(&item.value, "year")?.clone(), id));
        }
        match page.cursor {
            Some(cursor) => next = query.clone().after(cursor),
            None => return Ok(found),
        }
    }
    Err(Failure::new("100 pages and no end"))
}

async fn consistent(ctx: Context) -> Result<(), Failure> {
    let books = ctx.collection(&BOOKS).await?;
    books.require(&[Capability::IndexedQueries, Capability::ConsistentIndexes])?;
    for n in 0..20_i64 {
        books.upsert(&book("s1", "a", "ann", n)).await?;
        let query = by_author("ann").range(SortRange::Equal(n.into()));
        let found = books.query(&query).await?;
        expect::equal("what was just written", &found.items.len(), &1)?;
    }
    let all = books.query(&by_author("ann")).await?;
    expect::equal("entries of one document", &all.items.len(), &1)
}

async fn expired_and_filtered(ctx: Context) -> Result<(), Failure> {
    let books = library(&ctx).await?;
    let soon = PutOptions::default().with_expires_at(ctx.now().plus(Duration::from_mins(1)));
    books
        .upsert_with(&book("s1", "a", "ann", 1999), soon)
        .await?;
    finds(&books, &by_author("ann"), &["d", "b", "a", "e"]).await?;
    let old = by_author("ann").filter(Filter::lt("year", 2000).and(Filter::ne("id", "d")));
    finds(&books, &old, &["b", "a"]).await?;
    finds(
        &books,
        &old.clone().filter(Filter::eq("shelf", "s2")),
        &["b"],
    )
    .await?;
    expect::equal("the count", &books.count(&old).await?, &2)?;
    ctx.clock().advance(Duration::from_secs(61));
    finds(&books, &by_author("ann"), &["d", "b", "e"]).await?;
    expect::equal("the count", &books.count(&by_author("ann")).await?, &3)?;
    let projected = by_author("bob").select(["year"]);
    let found = books.query(&projected).await?;
    let fields = found.items.first().map(|item| item.value.clone());
    let Some(Value::Map(fields)) = fields else {
        return Err(Failure::new("nothing was found"));
    };
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    expect::equal("the fields", &names, &vec!["id", "shelf", "year"])
}

const GROWN: CollectionSpec<Value> = CollectionSpec::new("grown")
    .partition("shelf")
    .sort("id", SortType::Str);

async fn added_later(ctx: Context) -> Result<(), Failure> {
    const AFTER: CollectionSpec<Value> = GROWN.index(
        IndexSpec::new("by_author")
            .partition("author")
            .sort("year", SortType::I64),
    );
    const ANOTHER: CollectionSpec<Value> = GROWN.index(
        IndexSpec::new("by_author")
            .partition("author")
            .sort("year", SortType::Str),
    );
    let before = ctx.collection(&GROWN).await?;
    for n in 0..30_i64 {
        let id = format!("{n:02}");
        before.create(&book("s1", &id, "ann", 100 - n)).await?;
    }
    let after = ctx.collection(&AFTER).await?;
    let expected: Vec<String> = (0..30).rev().map(|n| format!("{n:02}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    finds(&after, &by_author("ann"), &expected).await?;
    before.upsert(&book("s1", "00", "bob", 1)).await?;
    finds(&after, &by_author("bob"), &["00"]).await?;
    let refused = ctx.collection(&ANOTHER).await;
    expect::that(refused.is_err(), "an index of another definition is taken")
}

async fn unfit_before(ctx: Context) -> Result<(), Failure> {
    const AFTER: CollectionSpec<Value> = GROWN.index(
        IndexSpec::new("by_author")
            .partition("author")
            .sort("year", SortType::I64),
    );
    let before = ctx.collection(&GROWN).await?;
    for (id, year) in [
        ("a", "?".into()),
        ("b", 7.into()),
        ("c", 1.5.into()),
        ("d", Value::Null),
    ] {
        let Value::Map(mut fields) = book("s1", id, "ann", 0) else {
            continue;
        };
        fields.insert("year".to_owned(), year);
        before.create(&Value::Map(fields)).await?;
    }
    let after = ctx.collection(&AFTER).await?;
    finds(&after, &by_author("ann"), &["b"]).await?;
    after
        .update(("s1", "a"), Update::new().set("year", 3))
        .await?;
    finds(&after, &by_author("ann"), &["a", "b"]).await
}

async fn whole_collection(ctx: Context) -> Result<(), Failure> {
    const RANKED: CollectionSpec<Value> = CollectionSpec::new("ranked")
        .partition("shelf")
        .sort("id", SortType::Str)
        .index(IndexSpec::new("by_year").sort("year", SortType::I64));
    let books = ctx.collection(&RANKED).await?;
    for (shelf, id, year) in [("s1", "a", 3), ("s2", "b", 1), ("s3", "c", 2)] {
        books.create(&book(shelf, id, "ann", year)).await?;
    }
    let by_year = Query::whole_index("by_year");
    finds(&books, &by_year, &["b", "c", "a"]).await?;
    finds(&books, &by_year.clone().descending(), &["a", "c", "b"]).await?;
    let recent = by_year.range(SortRange::Greater(1.into()));
    finds(&books, &recent, &["c", "a"]).await
}

async fn undeclared(ctx: Context) -> Result<(), Failure> {
    let books = ctx.collection(&BOOKS).await?;
    let refused = books.query(&Query::index("by_colour", "red")).await;
    let error = expect::kind("an undeclared index", refused, ErrorKind::InvalidArgument)?;
    let named = error.to_string().contains("by_author");
    expect::that(named, "the refusal does not name the declared indexes")?;
    for query in [
        Query::whole_index("by_author"),
        Query::index("by_author", ""),
    ] {
        let what = format!("{query:?}");
        let refused = books.query(&query).await;
        expect::kind(&what, refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}
