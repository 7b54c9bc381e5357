//! Cases about the events of blobs.

use isobar::Capability;

use crate::door::WireChange;
use crate::probe::files::{FAILS_ONCE, SeenEvent, events};
use crate::{Case, Context, Failure, expect};

/// Every case about the events of blobs.
pub(super) const CASES: &[Case] = &[
    Case::function(
        "G-262",
        "what happens to a blob is told once, with its key as it was written",
        "N11",
        |ctx| Box::pin(told_once(ctx)),
    )
    .needs(&[Capability::BlobEvents]),
    Case::function(
        "G-405",
        "an event of a blob that fails comes again with the same id",
        "N12",
        |ctx| Box::pin(come_again(ctx)),
    )
    .needs(&[Capability::BlobEvents]),
];

const KEYS: [&str; 6] = [
    "plain.txt",
    "a b+c%2Fd%41/\u{e9}\u{1f600}.txt",
    "folder/",
    "&=?#\\\"'~*",
    "Upper/UPPER",
    "\u{3000}wide",
];

fn stored(key: &str, content: &[u8]) -> WireChange {
    WireChange {
        key: key.to_owned(),
        content: Some(content.to_vec()),
        in_parts: false,
    }
}

fn deleted(key: &str) -> WireChange {
    WireChange {
        key: key.to_owned(),
        content: None,
        in_parts: false,
    }
}

async fn told_once(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let mut changes: Vec<_> = KEYS.iter().map(|key| stored(key, key.as_bytes())).collect();
    changes.push(stored(KEYS[0], b"replaced"));
    changes.push(WireChange {
        in_parts: true,
        ..stored("in parts", &vec![7; 100_000])
    });
    changes.push(deleted(KEYS[1]));
    door.change(&changes).await?;
    let seen = events(&*door, changes.len()).await?;
    expect::equal("the number of events", &seen.len(), &changes.len())?;
    for (seen, change) in seen.iter().zip(&changes) {
        expect::equal("the key", &seen.key.as_str(), &change.key.as_str())?;
        agrees(seen, change)?;
    }
    let ids: Vec<_> = seen.iter().map(|event| &event.id).collect();
    let repeated = ids
        .iter()
        .enumerate()
        .any(|(at, id)| ids[..at].contains(id));
    expect::that(!repeated, "two events have one id")
}

fn agrees(seen: &SeenEvent, change: &WireChange) -> Result<(), Failure> {
    let key = &change.key;
    let content = change.content.as_ref();
    expect::equal(
        &format!("whether {key:?} was stored"),
        &seen.stored,
        &content.is_some(),
    )?;
    let Some(content) = content else {
        return Ok(());
    };
    let size = Some(content.len() as u64);
    expect::equal(&format!("the size of {key:?}"), &seen.size, &size)?;
    expect::that(seen.version.is_some(), &format!("{key:?} has no version"))
}

async fn come_again(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    door.change(&[
        stored(FAILS_ONCE, b"1"),
        stored("other", b"2"),
        deleted("other"),
    ])
    .await?;
    let seen = events(&*door, 4).await?;
    let failed: Vec<_> = seen
        .iter()
        .filter(|event| event.key == FAILS_ONCE)
        .collect();
    expect::equal("how often the failed one came", &failed.len(), &2)?;
    expect::that(failed[0] == failed[1], "it is another one the second time")?;
    let others = seen.iter().filter(|event| event.key == "other");
    let others: Vec<_> = others.map(|event| event.stored).collect();
    expect::equal("the others", &others, &vec![true, false])
}
