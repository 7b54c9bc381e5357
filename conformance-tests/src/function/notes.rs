//! Cases about the changes of documents.

use isobar::Capability;

use crate::door::WireWrite;
use crate::probe::notes::{FAILS_ONCE, Note, SeenChange, SeenKind, changes};
use crate::{Case, Context, Failure, expect};

/// Every case about the changes of documents.
pub(super) const CASES: &[Case] = &[
    Case::function(
        "G-263",
        "what happens to a document is told once, with its key and as its type",
        "N11",
        |ctx| Box::pin(told_with_deletes(ctx)),
    )
    .needs(DELETES),
    Case::function(
        "G-411",
        "a document that is stored is told once, with its key and as its type",
        "N11",
        |ctx| Box::pin(told_once(ctx, stored_only())),
    )
    .needs(&[Capability::ChangeEvents]),
    Case::function(
        "G-406",
        "a change that fails comes again with the same id",
        "N12",
        |ctx| Box::pin(come_again(ctx)),
    )
    .needs(&[Capability::ChangeEvents]),
    Case::function(
        "G-407",
        "what follows a change of its document waits while that fails",
        "N12",
        |ctx| Box::pin(keep_their_order(ctx)),
    )
    .needs(ORDER),
];

const DELETES: &[Capability] = &[Capability::ChangeEvents, Capability::DeleteChangeEvents];
const ORDER: &[Capability] = &[Capability::ChangeEvents, Capability::OrderedChangeEvents];

/// As an application does at start that relies on them: nothing else could tell it that they are not there.
fn require(ctx: &Context, capabilities: &[Capability]) -> Result<(), Failure> {
    ctx.doors()?.capabilities().require(capabilities)?;
    Ok(())
}

pub(crate) fn stored(owner: &str, id: i64, count: i64) -> WireWrite {
    WireWrite {
        owner: owner.to_owned(),
        id,
        content: Some(Note::sample(owner, id, count)),
    }
}

pub(crate) fn deleted(owner: &str, id: i64) -> WireWrite {
    WireWrite {
        owner: owner.to_owned(),
        id,
        content: None,
    }
}

fn stored_only() -> Vec<WireWrite> {
    vec![
        stored("ann", 1, i64::MAX),
        stored("ann", -2, 0),
        stored("\u{3000}\u{e9} #/%41", i64::MIN, 7),
        stored("ann", 1, 5),
    ]
}

fn stored_and_deleted() -> Vec<WireWrite> {
    let mut writes = stored_only();
    writes.push(deleted("ann", -2));
    writes
}

async fn told_with_deletes(ctx: Context) -> Result<(), Failure> {
    require(&ctx, DELETES)?;
    told_once(ctx, stored_and_deleted()).await
}

async fn told_once(ctx: Context, writes: Vec<WireWrite>) -> Result<(), Failure> {
    let door = ctx.door().await?;
    door.write(&writes).await?;
    let seen = changes(&*door, writes.len()).await?;
    expect::equal("the number of changes", &seen.len(), &writes.len())?;
    for key in [("ann", 1), ("ann", -2), ("\u{3000}\u{e9} #/%41", i64::MIN)] {
        let of_key = |owner: &str, id| (owner, id) == key;
        let writes: Vec<_> = writes
            .iter()
            .filter(|write| of_key(&write.owner, write.id))
            .collect();
        let seen: Vec<_> = seen
            .iter()
            .filter(|change| change.sort.is_some_and(|id| of_key(&change.owner, id)))
            .collect();
        expect::equal(
            &format!("the changes of {key:?}"),
            &seen.len(),
            &writes.len(),
        )?;
        agree(&seen, &writes)?;
    }
    let ids: Vec<_> = seen.iter().map(|change| &change.id).collect();
    let mut others = ids.iter().enumerate();
    let repeated = others.any(|(at, id)| ids[..at].contains(id));
    expect::that(!repeated, "two changes have one id")
}

/// The changes of one document, against the writes that made them; it is told as it was afterwards
/// where the store still has that, and always as it was left.
fn agree(seen: &[&SeenChange], writes: &[&WireWrite]) -> Result<(), Failure> {
    for written in writes {
        let kind = kind(written);
        let told = seen.iter().filter(|change| change.kind == kind);
        let written = writes.iter().filter(|write| self::kind(write) == kind);
        expect::equal(
            &format!("how often {kind:?} is told"),
            &told.count(),
            &written.count(),
        )?;
    }
    for change in seen {
        for told in [&change.new, &change.old].into_iter().flatten() {
            let known = writes
                .iter()
                .any(|write| write.content.as_ref() == Some(told));
            expect::that(known, &format!("this was never written: {told:?}"))?;
            let versioned = change.new.is_none() || change.versioned;
            expect::that(versioned, &format!("it has no version: {told:?}"))?;
        }
    }
    let Some(left) = writes.last().and_then(|write| write.content.as_ref()) else {
        return Ok(());
    };
    let told = seen.iter().any(|change| change.new.as_ref() == Some(left));
    expect::that(told, &format!("it is not told as it was left: {left:?}"))
}

fn kind(write: &WireWrite) -> SeenKind {
    match write.content {
        Some(_) => SeenKind::Stored,
        None => SeenKind::Deleted,
    }
}

async fn come_again(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let writes = [
        stored("a", 1, 1),
        stored(FAILS_ONCE, 1, 2),
        stored("b", 1, 3),
    ];
    door.write(&writes).await?;
    let seen = changes(&*door, 4).await?;
    let of = |owner: &str| -> Vec<_> {
        let of_owner = seen.iter().filter(|change| change.owner == owner);
        of_owner.collect()
    };
    let failed = of(FAILS_ONCE);
    expect::equal("how often the failed one came", &failed.len(), &2)?;
    expect::that(failed[0] == failed[1], "it is another one the second time")?;
    for done in ["a", "b"] {
        expect::equal("how often another one came", &of(done).len(), &1)?;
    }
    Ok(())
}

async fn keep_their_order(ctx: Context) -> Result<(), Failure> {
    require(&ctx, ORDER)?;
    let door = ctx.door().await?;
    let writes = [
        stored(FAILS_ONCE, 1, 1),
        stored(FAILS_ONCE, 1, 2),
        deleted(FAILS_ONCE, 1),
        stored(FAILS_ONCE, 1, 3),
    ];
    door.write(&writes).await?;
    let seen = changes(&*door, 5).await?;
    let kinds: Vec<_> = seen.iter().map(|change| change.kind).collect();
    let (stored, deleted) = (SeenKind::Stored, SeenKind::Deleted);
    let expected = vec![stored, stored, stored, deleted, stored];
    expect::equal("what came", &kinds, &expected)?;
    expect::equal("the one that failed", &seen[1].id, &seen[0].id)?;
    let ids: Vec<_> = seen[1..].iter().map(|change| &change.id).collect();
    let mut others = ids.iter().enumerate();
    let repeated = others.any(|(at, id)| ids[..at].contains(id));
    expect::that(!repeated, "another one came again too")
}
