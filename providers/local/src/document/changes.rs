//! The log of what changed, written in the transaction of the change itself.

use isobar::document::{Timestamp, Version};

use super::address::Address;
use crate::committer::Group;
use crate::engine::Wrote;
use crate::error::Fault;
use crate::wire::{put_bytes, put_signed, seal, unseal};

/// Changes that are kept; each new one pushes out the oldest.
const RETAINED: u64 = 65_536;

/// What happened to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Stored = 1,
    Deleted = 2,
    Expired = 3,
}

/// Appends to the log and lets the oldest change go.
pub(crate) fn record(
    group: &mut Group<'_>,
    kind: Kind,
    address: &Address,
    version: &Version,
    at: Timestamp,
) -> Result<(), Fault> {
    let number = group.next_change;
    let mut body = vec![kind as u8];
    put_signed(&mut body, at.as_micros());
    let (collection, partition, sort) = address.row();
    put_bytes(&mut body, collection.as_bytes());
    put_bytes(&mut body, partition.as_bytes());
    put_bytes(&mut body, sort);
    put_bytes(&mut body, version.as_str().as_bytes());
    let row = seal(&[&number.to_le_bytes()], &body);
    group.tables.changes.insert(number, &*row)?;
    if let Some(oldest) = number.checked_sub(RETAINED) {
        group.tables.changes.remove(oldest)?;
    }
    group.next_change = number.saturating_add(1);
    group.wrote = Wrote::Something;
    Ok(())
}

/// Whether an entry of the log is as it was written.
pub(crate) fn is_intact(number: u64, row: &[u8]) -> bool {
    unseal(&[&number.to_le_bytes()], row).is_ok()
}
