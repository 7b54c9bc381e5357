//! What happens to the probe's documents, and how a case sees it.

use std::collections::BTreeMap;
use std::fmt;

use axum::Json;
use axum::extract::State;
use isobar::document::{
    ChangeEvent, ChangeKind, CollectionSpec, DeleteCause, Item, SortKey, SortType, Timestamp,
};
use isobar::function::{Event, Outcome};
use isobar::{Error, ErrorKind, Result};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::inbox::Inbox;
use crate::Failure;
use crate::door::{Door, WireWrite};

/// The collection that the probe watches.
pub(crate) const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::I64)
    .change_feed();

/// The owner of documents of which the first change fails.
pub(crate) const FAILS_ONCE: &str = "fail once";

/// A document with a field of each type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub(crate) owner: String,
    pub(crate) id: i64,
    pub(crate) text: String,
    pub(crate) count: i64,
    pub(crate) weight: f64,
    pub(crate) done: bool,
    pub(crate) nothing: Option<bool>,
    pub(crate) digest: Digest,
    pub(crate) at: Timestamp,
    pub(crate) tags: Vec<String>,
    pub(crate) nested: BTreeMap<String, Vec<i64>>,
}

/// Bytes, as such where the format has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) Vec<u8>);

/// One delivery of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeenChange {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) sort: Option<i64>,
    pub(crate) kind: SeenKind,
    pub(crate) new: Option<Note>,
    pub(crate) old: Option<Note>,
    /// Whether the document afterwards has a version.
    pub(crate) versioned: bool,
    pub(crate) subject: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SeenKind {
    Stored,
    Deleted,
    Expired,
    Unknown,
}

impl Note {
    /// A document of which no two fields are alike.
    pub(crate) fn sample(owner: &str, id: i64, count: i64) -> Self {
        Self {
            owner: owner.to_owned(),
            id,
            text: format!("caf\u{e9} \u{1f600} \"{count}\" "),
            count,
            weight: 0.1 + 1.5e-7,
            done: count > 0,
            nothing: None,
            digest: Digest(vec![0, 1, 254, 255]),
            at: Timestamp::from_micros(1_796_083_200_123_456),
            tags: vec!["b".to_owned(), String::new()],
            nested: [("deep".to_owned(), vec![1, i64::MIN])].into(),
        }
    }
}

impl Inbox {
    /// Keeps what happened.
    pub(super) fn note(self, event: Event<ChangeEvent<Note>>) -> Result<Outcome> {
        let subject = event.subject().map(str::to_owned);
        let change = event.data;
        let seen = SeenChange {
            id: event.id,
            owner: change.key.partition,
            sort: match change.key.sort {
                Some(SortKey::I64(number)) => Some(number),
                _ => None,
            },
            kind: match change.kind {
                ChangeKind::Upsert => SeenKind::Stored,
                ChangeKind::Delete(DeleteCause::Requested) => SeenKind::Deleted,
                ChangeKind::Delete(DeleteCause::Expired) => SeenKind::Expired,
                _ => SeenKind::Unknown,
            },
            versioned: change.new.as_ref().is_some_and(is_versioned),
            new: change.new.map(|item| item.value),
            old: change.old.map(|item| item.value),
            subject,
        };
        let mut changes = self.changes();
        let first = !changes.iter().any(|earlier| earlier.owner == seen.owner);
        let fails = first && seen.owner == FAILS_ONCE;
        changes.push(seen);
        if fails {
            return Err(Error::new(ErrorKind::Internal, "as it was told to"));
        }
        Ok(Outcome::Ack)
    }
}

fn is_versioned(item: &Item<Note>) -> bool {
    !item.version.is_absent()
}

pub(super) async fn list(State(inbox): State<Inbox>) -> Json<Vec<SeenChange>> {
    Json(inbox.changes().clone())
}

pub(super) async fn make(
    State(inbox): State<Inbox>,
    Json(writes): Json<Vec<WireWrite>>,
) -> Result<()> {
    let notes = inbox.notes;
    let notes = notes.ok_or_else(|| Error::invalid("the probe has no collection of its own"))?;
    for WireWrite { owner, id, content } in writes {
        match content {
            Some(note) => drop(notes.upsert(&note).await?),
            None => drop(notes.delete((owner, id)).await?),
        }
    }
    Ok(())
}

/// Has the probe behind a door change its own documents.
pub(crate) async fn write(door: &dyn Door, writes: &[WireWrite]) -> Result<(), Failure> {
    super::inbox::post(door, "/notes", writes).await
}

/// The changes that the probe has seen, once there are `count` of them.
pub(crate) async fn changes(door: &dyn Door, count: usize) -> Result<Vec<SeenChange>, Failure> {
    super::inbox::listed(door, "/notes", count).await
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(DigestVisitor)
    }
}

struct DigestVisitor;

impl<'de> Visitor<'de> for DigestVisitor {
    type Value = Digest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Digest, E> {
        Ok(Digest(bytes.to_vec()))
    }

    // JSON has no bytes.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Digest, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = items.next_element()? {
            bytes.push(byte);
        }
        Ok(Digest(bytes))
    }
}
