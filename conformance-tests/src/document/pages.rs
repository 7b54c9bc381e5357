//! Limits and cursors.

use isobar::document::{BatchWrite, Cursor, Query, Value};
use isobar::{Collection, ErrorKind};

use super::sample::{NOTES, all_written, note, texts};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-072",
        "a limit cuts the page, never the results, and the last page has no cursor",
        "R12",
        |ctx| Box::pin(limits(ctx)),
    ),
    Case::document(
        "D-122",
        "pages of every size put together are the whole, in either direction",
        "R12",
        |ctx| Box::pin(pages_add_up(ctx)),
    ),
    Case::document(
        "D-273",
        "a cursor survives text, inserts around it and the delete of its own row",
        "R12",
        |ctx| Box::pin(cursors_survive(ctx)),
    ),
    Case::document(
        "D-407",
        "a cursor of another query, or one that was changed, is InvalidArgument",
        "R12",
        |ctx| Box::pin(foreign_cursors(ctx)),
    ),
    Case::document(
        "D-274",
        "paging through 600 documents meets each once while other keys are written",
        "R12",
        |ctx| Box::pin(paging_beside_writers(ctx)),
    ),
];

async fn filled(ctx: &Context, partition: &str, count: i64) -> Result<Collection<Value>, Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let batch = (0..count).fold(BatchWrite::new(), |batch, n| {
        batch.upsert(&note(partition, &id(n), []))
    });
    all_written(notes.write_batch(batch).await?)?;
    Ok(notes)
}

fn id(n: i64) -> String {
    format!("{n:04}")
}

/// Follows the cursors to the end; the pages' ids.
async fn all_pages(notes: &Collection<Value>, query: &Query) -> Result<Vec<Vec<String>>, Failure> {
    let mut pages = Vec::new();
    let mut next = query.clone();
    for _ in 0..1_000 {
        let page = notes.query(&next).await?;
        pages.push(texts(&page.items, "id"));
        match page.cursor {
            Some(cursor) => next = query.clone().after(cursor),
            None => return Ok(pages),
        }
    }
    Err(Failure::new("1,000 pages and no end"))
}

async fn limits(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, "p", 5).await?;
    for (limit, lengths) in [(2, vec![2, 2, 1]), (4, vec![4, 1]), (9, vec![5])] {
        let query = Query::partition("p").limit(limit);
        let pages = all_pages(&notes, &query).await?;
        let mut found: Vec<usize> = pages.iter().map(Vec::len).collect();
        // A store may learn only from one more, empty page that there is no more.
        if found.last() == Some(&0) {
            found.pop();
        }
        expect::equal(&format!("the pages of {limit}"), &found, &lengths)?;
    }
    let many = filled(&ctx, "q", 101).await?;
    let page = many.query(&Query::partition("q")).await?;
    expect::equal("the page without a limit", &page.items.len(), &100)?;
    expect::that(page.cursor.is_some(), "the first page of two has no cursor")
}

async fn pages_add_up(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, "p", 20).await?;
    let mut expected: Vec<String> = (3..=17).map(id).collect();
    for limit in [1, 2, 3, 5, 7, 14, 15, 16] {
        let query = Query::partition("p").between(id(3), id(17)).limit(limit);
        let pages = all_pages(&notes, &query).await?;
        expect::equal(&format!("pages of {limit}"), &pages.concat(), &expected)?;
        expected.reverse();
        let pages = all_pages(&notes, &query.descending()).await?;
        expect::equal(
            &format!("pages of {limit} backwards"),
            &pages.concat(),
            &expected,
        )?;
        expected.reverse();
    }
    Ok(())
}

async fn cursors_survive(ctx: Context) -> Result<(), Failure> {
    let up = Query::partition("up").limit(4);
    changed_around(&ctx, "up", up, ["0004", "0005", "0006", "0006x"]).await?;
    let down = Query::partition("down").limit(4).descending();
    changed_around(&ctx, "down", down, ["0005", "0004", "0003", "0002x"]).await
}

/// Reads a page, changes what is on it and what follows, and goes on by its cursor.
async fn changed_around(
    ctx: &Context,
    partition: &str,
    query: Query,
    expected: [&str; 4],
) -> Result<(), Failure> {
    let notes = filled(ctx, partition, 10).await?;
    let first = notes.query(&query).await?;
    let shown = texts(&first.items, "id");
    let cursor = expect::some("the cursor", first.cursor)?;
    let cursor = Cursor::from_token(cursor.as_str());
    notes.delete((partition, shown[3].as_str())).await?;
    let on_the_page = format!("{}x", shown[1]);
    for id in [on_the_page.as_str(), "0002x", "0006x"] {
        notes.create(&note(partition, id, [])).await?;
    }
    let second = notes.query(&query.after(cursor)).await?;
    let expected: Vec<String> = expected.map(str::to_owned).into();
    expect::equal("the second page", &texts(&second.items, "id"), &expected)
}

async fn foreign_cursors(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, "p", 10).await?;
    let query = Query::partition("p").limit(3);
    let cursor = expect::some("the cursor", notes.query(&query).await?.cursor)?;
    let token = cursor.as_str();
    let others = [
        Query::partition("q"),
        Query::partition("p").descending(),
        Query::partition("p").prefix("0"),
        Query::partition("p").between("0000", "0009"),
    ];
    for other in others {
        let refused = notes.query(&other.after(cursor.clone())).await;
        let what = "a cursor of another query";
        expect::kind(what, refused, ErrorKind::InvalidArgument)?;
    }
    let last = if token.ends_with('0') { "1" } else { "0" };
    let changed = [
        String::new(),
        "x".to_owned(),
        token[1..].to_owned(),
        format!("{token}00"),
        format!("{}{last}", &token[..token.len() - 1]),
        token.replace(|digit: char| digit.is_ascii_digit(), "7"),
    ];
    for token in changed {
        let query = query.clone().after(Cursor::from_token(token));
        let refused = notes.query(&query).await;
        expect::kind("a changed cursor", refused, ErrorKind::InvalidArgument)?;
    }
    let longer = notes.query(&query.limit(5).after(cursor)).await?;
    expect::equal("a page of another length", &longer.items.len(), &5)
}

async fn paging_beside_writers(ctx: Context) -> Result<(), Failure> {
    let notes = filled(&ctx, "p", 600).await?;
    let writer = {
        let notes = notes.clone();
        tokio::spawn(async move {
            for n in 0..100_i64 {
                notes
                    .upsert(&note("p", &format!("{n:04}-beside"), []))
                    .await?;
                notes.upsert(&note("other", &id(n), [])).await?;
            }
            Ok::<(), Failure>(())
        })
    };
    let pages = all_pages(&notes, &Query::partition("p").limit(37)).await?;
    writer
        .await
        .map_err(|error| Failure::new(error.to_string()))??;
    let mut found = pages.concat();
    let sorted = found.is_sorted_by(|earlier, later| earlier < later);
    expect::that(sorted, "a key came twice or out of order")?;
    found.retain(|id| !id.ends_with("-beside"));
    expect::equal(
        "the keys that were there",
        &found,
        &(0..600).map(id).collect(),
    )
}
