//! Create, upsert and replace.

use isobar::ErrorKind;
use isobar::document::{Condition, PutOptions, Version};

use super::sample::{NOTES, absent, note, stored};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-024",
        "a created document reads back equal and has the version that create returned",
        "R8",
        |ctx| Box::pin(created_reads_back(ctx)),
    ),
    Case::document(
        "D-025",
        "create where a document is answers AlreadyExists and changes nothing",
        "R19",
        |ctx| Box::pin(create_never_overwrites(ctx)),
    ),
    Case::document(
        "D-029",
        "upsert stores a new document and takes the place of a stored one as a whole",
        "R8",
        |ctx| Box::pin(upsert_creates_and_replaces(ctx)),
    ),
    Case::document(
        "D-033",
        "replace takes the place of a stored document as a whole",
        "R8",
        |ctx| Box::pin(replace_overwrites(ctx)),
    ),
    Case::document(
        "D-034",
        "replace of a missing document answers NotFound and creates nothing",
        "R19",
        |ctx| Box::pin(replace_needs_a_document(ctx)),
    ),
    Case::document(
        "D-030",
        "upsert and replace with a version answer NotFound where the document is gone",
        "R8 R19",
        |ctx| Box::pin(versioned_put_needs_a_document(ctx)),
    ),
    Case::document(
        "D-028",
        "a create with a condition is InvalidArgument",
        "R19",
        |ctx| Box::pin(create_takes_no_condition(ctx)),
    ),
];

async fn created_reads_back(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let first = note(
        "alice",
        "1",
        [("text", "hello".into()), ("stars", 4.into())],
    );
    let second = note("alice", "2", [("text", "other".into())]);
    let version = notes.create(&first).await?;
    notes.create(&second).await?;
    let item = stored(&notes, ("alice", "1"), &first).await?;
    expect::equal("the version read", &item.version, &version)?;
    stored(&notes, ("alice", "2"), &second).await?;
    Ok(())
}

async fn create_never_overwrites(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let first = note("alice", "1", [("text", "first".into())]);
    let version = notes.create(&first).await?;
    let again = notes
        .create(&note("alice", "1", [("text", "second".into())]))
        .await;
    expect::kind("the second create", again, ErrorKind::AlreadyExists)?;
    let item = stored(&notes, ("alice", "1"), &first).await?;
    expect::equal("the version after it", &item.version, &version)
}

async fn upsert_creates_and_replaces(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let first = note(
        "alice",
        "1",
        [("text", "first".into()), ("old", true.into())],
    );
    let created = notes.upsert(&first).await?;
    stored(&notes, ("alice", "1"), &first).await?;
    let second = note("alice", "1", [("text", "second".into())]);
    let replaced = notes.upsert(&second).await?;
    let item = stored(&notes, ("alice", "1"), &second).await?;
    expect::equal("the version read", &item.version, &replaced)?;
    expect::different("the version", &replaced, &created)
}

async fn replace_overwrites(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let first = note(
        "alice",
        "1",
        [("text", "first".into()), ("old", true.into())],
    );
    let created = notes.create(&first).await?;
    let second = note("alice", "1", [("text", "second".into())]);
    let replaced = notes.replace(&second).await?;
    let item = stored(&notes, ("alice", "1"), &second).await?;
    expect::equal("the version read", &item.version, &replaced)?;
    expect::different("the version", &replaced, &created)
}

async fn replace_needs_a_document(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&note("alice", "2", [])).await?;
    let missing = notes.replace(&note("alice", "1", [])).await;
    expect::kind("replace of nothing", missing, ErrorKind::NotFound)?;
    absent(&notes, ("alice", "1")).await
}

async fn versioned_put_needs_a_document(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let gone = notes.create(&note("alice", "1", [])).await?;
    notes.delete(("alice", "1")).await?;
    for version in [gone, Version::generate()] {
        let options = PutOptions::default().with_condition(Condition::version(&version));
        let put = notes
            .upsert_with(&note("alice", "1", []), options.clone())
            .await;
        expect::kind("upsert with a version", put, ErrorKind::NotFound)?;
        let put = notes.replace_with(&note("alice", "1", []), options).await;
        expect::kind("replace with a version", put, ErrorKind::NotFound)?;
    }
    absent(&notes, ("alice", "1")).await
}

async fn create_takes_no_condition(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let options = PutOptions::default().with_condition(Condition::version(&Version::generate()));
    let put = notes.create_with(&note("alice", "1", []), options).await;
    expect::kind("a create with a version", put, ErrorKind::InvalidArgument)?;
    absent(&notes, ("alice", "1")).await
}
