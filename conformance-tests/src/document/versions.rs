//! Versions: who has seen what.

use isobar::document::{Condition, PutOptions, Update, UpdateOptions, Version};
use isobar::{Capability, ErrorKind};

use super::sample::{NOTES, note, stored};
use crate::{Case, Context, Failure, expect};

const NEEDS: &[Capability] = &[Capability::DocumentVersions];

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-031",
        "upsert with the version that was read succeeds, with an older one PreconditionFailed",
        "R8",
        |ctx| Box::pin(upsert_follows_versions(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-035",
        "replace with the version that was read succeeds, with an older one PreconditionFailed",
        "R8",
        |ctx| Box::pin(replace_follows_versions(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-040",
        "after a write the older version is refused by upsert, replace and update alike",
        "R8",
        |ctx| Box::pin(older_versions_are_refused(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-061",
        "a version that went through text is the same version",
        "R8",
        |ctx| Box::pin(versions_survive_text(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-100",
        "get, batch get and query give the version of the last write",
        "R8 R16",
        |ctx| Box::pin(reads_agree_on_the_version(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-104",
        "of two writers that read the same version the second is refused",
        "R8",
        |ctx| Box::pin(first_write_wins(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-240",
        "every successful write changes the version, a failed one does not",
        "R8",
        |ctx| Box::pin(each_write_changes_the_version(ctx)),
    )
    .needs(NEEDS),
    Case::document(
        "D-241",
        "a version is 1 to 128 printable bytes",
        "R8",
        |ctx| Box::pin(versions_are_printable(ctx)),
    )
    .needs(NEEDS),
];

fn if_version(version: &Version) -> PutOptions {
    PutOptions::default().with_condition(Condition::version(version))
}

async fn upsert_follows_versions(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let first = notes.create(&note("alice", "1", [])).await?;
    let new = note("alice", "1", [("text", "new".into())]);
    notes.upsert_with(&new, if_version(&first)).await?;
    let late = note("alice", "1", [("text", "late".into())]);
    let stale = notes.upsert_with(&late, if_version(&first)).await;
    expect::kind("the stale upsert", stale, ErrorKind::PreconditionFailed)?;
    stored(&notes, ("alice", "1"), &new).await?;
    Ok(())
}

async fn replace_follows_versions(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let first = notes.create(&note("alice", "1", [])).await?;
    let new = note("alice", "1", [("text", "new".into())]);
    notes.replace_with(&new, if_version(&first)).await?;
    let late = note("alice", "1", [("text", "late".into())]);
    let stale = notes.replace_with(&late, if_version(&first)).await;
    expect::kind("the stale replace", stale, ErrorKind::PreconditionFailed)?;
    stored(&notes, ("alice", "1"), &new).await?;
    Ok(())
}

async fn older_versions_are_refused(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let mut document = note("alice", "1", [("n", 0.into())]);
    let mut current = notes.create(&document).await?;
    for turn in 1..=3_i64 {
        let older = current.clone();
        document = note("alice", "1", [("n", turn.into())]);
        current = match turn {
            1 => notes.upsert_with(&document, if_version(&older)).await?,
            2 => notes.replace_with(&document, if_version(&older)).await?,
            _ => update_to(&notes, turn, &older).await?,
        };
        let late = note("alice", "1", [("n", 99.into())]);
        let stale = notes.upsert_with(&late, if_version(&older)).await;
        expect::kind("the stale upsert", stale, ErrorKind::PreconditionFailed)?;
        let stale = notes.replace_with(&late, if_version(&older)).await;
        expect::kind("the stale replace", stale, ErrorKind::PreconditionFailed)?;
        let options = UpdateOptions::default().with_condition(Condition::version(&older));
        let stale = notes
            .update_with(("alice", "1"), Update::new().set("n", 99), options)
            .await;
        expect::kind("the stale update", stale, ErrorKind::PreconditionFailed)?;
        let item = stored(&notes, ("alice", "1"), &document).await?;
        expect::equal("the version", &item.version, &current)?;
    }
    Ok(())
}

async fn update_to(
    notes: &isobar::Collection<isobar::document::Value>,
    n: i64,
    version: &Version,
) -> Result<Version, Failure> {
    let options = UpdateOptions::default().with_condition(Condition::version(version));
    let updated = notes
        .update_with(("alice", "1"), Update::new().set("n", n), options)
        .await?;
    Ok(updated.version)
}

async fn versions_survive_text(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let version = notes.create(&note("alice", "1", [])).await?;
    let parsed = Version::parse(version.as_str())?;
    expect::equal("the parsed version", &parsed, &version)?;
    notes
        .replace_with(&note("alice", "1", []), if_version(&parsed))
        .await?;
    Ok(())
}

async fn reads_agree_on_the_version(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&note("alice", "1", [])).await?;
    let written = notes.replace(&note("alice", "1", [])).await?;
    let got = notes.fetch(("alice", "1")).await?.version;
    expect::equal("the version of get", &got, &written)?;
    let batch = notes.get_batch([("alice", "1")]).await?.remove(0);
    let batch = expect::some("the document in the batch", batch)?.version;
    expect::equal("the version of get_batch", &batch, &written)?;
    let page = notes
        .query(&isobar::document::Query::partition("alice"))
        .await?;
    let queried = page.items.first().map(|item| item.version.clone());
    expect::equal("the version of query", &queried, &Some(written))
}

async fn first_write_wins(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&note("alice", "1", [])).await?;
    let seen_by_first = notes.fetch(("alice", "1")).await?.version;
    let seen_by_second = notes.fetch(("alice", "1")).await?.version;
    let first = note("alice", "1", [("by", "first".into())]);
    notes
        .replace_with(&first, if_version(&seen_by_first))
        .await?;
    let second = note("alice", "1", [("by", "second".into())]);
    let late = notes
        .replace_with(&second, if_version(&seen_by_second))
        .await;
    expect::kind("the second write", late, ErrorKind::PreconditionFailed)?;
    stored(&notes, ("alice", "1"), &first).await?;
    Ok(())
}

async fn each_write_changes_the_version(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let same = note("alice", "1", [("n", 1.into())]);
    let mut seen: Vec<Version> = Vec::new();
    for turn in 0..4 {
        let told = match turn {
            0 => notes.create(&same).await?,
            1 => notes.upsert(&same).await?,
            2 => notes.replace(&same).await?,
            _ => {
                let update = Update::new().set("n", 1);
                notes.update(("alice", "1"), update).await?.version
            }
        };
        let stored = notes.fetch(("alice", "1")).await?.version;
        expect::equal("the version stored", &stored, &told)?;
        expect::that(!seen.contains(&told), "two writes gave the same version")?;
        seen.push(told);
    }
    let refused = notes.create(&same).await;
    expect::kind("a second create", refused, ErrorKind::AlreadyExists)?;
    let stale = if_version(&Version::generate());
    let refused = notes.replace_with(&same, stale).await;
    expect::kind("a stale replace", refused, ErrorKind::PreconditionFailed)?;
    let now = notes.fetch(("alice", "1")).await?.version;
    expect::equal("the version after failed writes", &Some(&now), &seen.last())
}

async fn versions_are_printable(ctx: Context) -> Result<(), Failure> {
    let notes = ctx.collection(&NOTES).await?;
    notes.create(&note("alice", "1", [])).await?;
    let token = notes.fetch(("alice", "1")).await?.version;
    let token = token.as_str();
    let printable = token.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    expect::that(printable, "a version has a byte that is not printable")?;
    let length = token.len();
    expect::that(
        (1..=Version::MAX_BYTES).contains(&length),
        "a version has not 1 to 128 bytes",
    )
}
