//! What a driver tells of changes.

use bytes::Bytes;

use super::Record;
use crate::document::{ChangeKind, Key, Timestamp};

/// Where to start reading changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangesFrom {
    /// With the oldest that is kept.
    Oldest,
    /// With what happens after this call.
    Now,
    /// After the place that a page ended with; `NotFound` where what follows it is no longer kept.
    /// It comes back from clients: the driver must check it.
    After(Bytes),
}

/// One page of changes, asked of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesRequest {
    /// Where to start.
    pub from: ChangesFrom,
    /// At most this many.
    pub limit: u32,
}

/// One change of one document, each acknowledged write at least once (rule R15).
#[derive(Debug, Clone, PartialEq)]
pub struct RecordChange {
    /// The same for each delivery of the same change, and for no other.
    pub id: String,
    /// The document.
    pub key: Key,
    /// What happened.
    pub kind: ChangeKind,
    /// The document afterwards, where the store still has it.
    pub new: Option<Record>,
    /// The document before, where the store keeps it.
    pub old: Option<Record>,
    /// When.
    pub at: Timestamp,
}

/// One page of changes, as the store gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordChanges {
    /// The changes; those of one document in their order where
    /// [`OrderedChangeFeed`](crate::Capability::OrderedChangeFeed) is declared.
    pub changes: Vec<RecordChange>,
    /// Where to go on, now or later; at most 512 bytes, or 128 for each part that the store's log is in.
    pub next: Bytes,
    /// Whether there were more changes when this was read.
    pub more: bool,
}
