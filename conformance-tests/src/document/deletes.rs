//! Delete, with and without a condition.

use isobar::document::{Condition, DeleteOptions, Query, Version};
use isobar::{Capability, ErrorKind};

use super::sample::{NOTES, absent, note, stored};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-041",
        "a deleted document is gone for get and query, its neighbours stay",
        "R17",
        |ctx| Box::pin(deleted_is_gone(ctx)),
    ),
    Case::document(
        "D-042",
        "delete with a version that is not the stored one is PreconditionFailed",
        "R8",
        |ctx| Box::pin(delete_follows_versions(ctx)),
    )
    .needs(&[Capability::DocumentVersions]),
    Case::document(
        "D-043",
        "delete of a missing document succeeds and never says that it was there",
        "R17",
        |ctx| Box::pin(delete_of_nothing_succeeds(ctx)),
    ),
    Case::document(
        "D-044",
        "delete with an empty key is InvalidArgument",
        "R4",
        |ctx| Box::pin(delete_needs_a_key(ctx)),
    ),
    Case::document(
        "D-235",
        "a conditional delete happens only where the document is there and meets the condition",
        "R8 R17",
        |ctx| Box::pin(conditional_delete(ctx)),
    )
    .needs(&[Capability::FieldConditions]),
];

async fn deleted_is_gone(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let kept = note("alice", "2", []);
    notes.create(&note("alice", "1", [])).await?;
    notes.create(&kept).await?;
    let existed = notes.delete(("alice", "1")).await?;
    expect::different("whether it was there", &existed, &Some(false))?;
    absent(&notes, ("alice", "1")).await?;
    stored(&notes, ("alice", "2"), &kept).await?;
    let page = notes.query(&Query::partition("alice")).await?;
    expect::equal("the documents left", &page.items.len(), &1)?;
    notes.create(&note("alice", "1", [])).await?;
    Ok(())
}

async fn delete_follows_versions(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let document = note("alice", "1", []);
    let old = notes.create(&document).await?;
    let current = notes.replace(&document).await?;
    for wrong in [old, Version::generate()] {
        let options = DeleteOptions::default().with_condition(Condition::version(&wrong));
        let refused = notes.delete_with(("alice", "1"), options).await;
        expect::kind("the stale delete", refused, ErrorKind::PreconditionFailed)?;
        stored(&notes, ("alice", "1"), &document).await?;
    }
    let options = DeleteOptions::default().with_condition(Condition::version(&current));
    notes.delete_with(("alice", "1"), options).await?;
    absent(&notes, ("alice", "1")).await
}

async fn delete_of_nothing_succeeds(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for _ in 0..2 {
        let existed = notes.delete(("alice", "1")).await?;
        expect::different("whether it was there", &existed, &Some(true))?;
    }
    absent(&notes, ("alice", "1")).await
}

async fn delete_needs_a_key(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    for key in [("", "1"), ("alice", ""), ("", "")] {
        let refused = notes.delete(key).await;
        expect::kind("the delete", refused, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn conditional_delete(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let draft = || DeleteOptions::default().with_condition(Condition::equals("state", "draft"));
    let missing = notes.delete_with(("alice", "1"), draft()).await;
    expect::kind("delete of nothing", missing, ErrorKind::PreconditionFailed)?;
    let published = note("alice", "1", [("state", "published".into())]);
    notes.create(&published).await?;
    let refused = notes.delete_with(("alice", "1"), draft()).await;
    expect::kind("delete of another", refused, ErrorKind::PreconditionFailed)?;
    stored(&notes, ("alice", "1"), &published).await?;
    notes
        .upsert(&note("alice", "1", [("state", "draft".into())]))
        .await?;
    notes.delete_with(("alice", "1"), draft()).await?;
    absent(&notes, ("alice", "1")).await
}
