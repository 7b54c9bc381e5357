//! The log of what changed, written in the transaction of the change itself.

use std::ops::RangeInclusive;

use isobar::document::{ChangeKind, DeleteCause, Key, Timestamp, Version};
use isobar::driver::document::{Call, ChangesFrom, ChangesRequest, RecordChange, RecordChanges};
use isobar::{Error, ErrorKind};
use redb::{AccessGuard, ReadableTable as _};

use super::address::{Address, sort_key};
use super::record::Row;
use crate::committer::Group;
use crate::engine::Wrote;
use crate::engine::snapshot::Snapshot;
use crate::engine::tables::CHANGES;
use crate::error::{Fault, Stop};
use crate::wire::{Malformed, Reader, put_bytes, put_signed, seal, unseal};

/// Entries of the log that one page looks at.
const LOOKED_AT: u64 = 10_000;

/// Changes that are kept at least.
const RETAINED: u64 = 65_536;
/// Old changes that are let go together, since each time touches pages of its own.
const AT_ONCE: u64 = 64;

/// What happened to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Stored = 1,
    Deleted = 2,
    Expired = 3,
}

/// The changes of a collection are kept from the first program on that declares its feed.
fn feed(collection: &str) -> String {
    format!("feed:{collection}")
}

/// Whether the store keeps the changes of a collection.
pub(crate) fn are_kept(group: &mut Group<'_>, collection: &str) -> Result<bool, Fault> {
    Ok(group.tables.meta.open()?.get(&*feed(collection))?.is_some())
}

/// Has the changes of a collection kept from now on.
pub(crate) fn keep(group: &mut Group<'_>, collection: &str) -> Result<(), Fault> {
    group.tables.meta.open()?.insert(&*feed(collection), 1)?;
    group.forget(collection);
    group.wrote = Wrote::Something;
    Ok(())
}

/// Appends to the log, where the collection declares its feed, and lets the oldest changes go.
pub(crate) fn record(
    group: &mut Group<'_>,
    kind: Kind,
    address: &Address,
    version: &Version,
    at: Timestamp,
) -> Result<(), Fault> {
    if !group.declared(&address.collection)?.feed {
        return Ok(());
    }
    let number = group.next_change()?;
    let mut body = vec![kind as u8];
    put_signed(&mut body, at.as_micros());
    let (collection, partition, sort) = address.row();
    put_bytes(&mut body, collection.as_bytes());
    put_bytes(&mut body, partition.as_bytes());
    put_bytes(&mut body, sort);
    put_bytes(&mut body, version.as_str().as_bytes());
    let row = seal(&[&number.to_le_bytes()], &body);
    let log = group.tables.changes.open()?;
    log.insert(number, &*row)?;
    if number.is_multiple_of(AT_ONCE)
        && let Some(last) = number.checked_sub(RETAINED)
    {
        for old in last.saturating_sub(AT_ONCE - 1)..=last {
            log.remove(old)?;
        }
    }
    Ok(())
}

/// Reads some changes of one collection.
pub(crate) fn page(
    snapshot: &Snapshot,
    call: &Call<'_>,
    request: &ChangesRequest,
) -> Result<RecordChanges, Stop> {
    let log = snapshot.open_table(CHANGES)?;
    let oldest = log.first()?.map(|(number, _)| number.value());
    let end = log
        .last()?
        .map_or(0, |(number, _)| number.value().saturating_add(1));
    let mut next = match &request.from {
        ChangesFrom::Oldest => oldest.unwrap_or(0),
        ChangesFrom::Now => end,
        ChangesFrom::After(place) => place_of(place, oldest.unwrap_or(end)..=end)?,
    };
    let documents = snapshot.documents()?;
    let mut changes = Vec::new();
    let last = next.saturating_add(LOOKED_AT);
    for entry in log.range(next..end.min(last))? {
        if changes.len() >= request.limit as usize {
            break;
        }
        let (number, stored) = entry?;
        let number = number.value();
        let entry = Entry::read(number, stored.value())?;
        if entry.address.collection == call.schema.table {
            let row = documents.get(entry.address.row())?;
            changes.push(entry.change(number, row.as_ref().map(AccessGuard::value))?);
        }
        next = number.saturating_add(1);
    }
    Ok(RecordChanges {
        changes,
        next: next.to_be_bytes().to_vec().into(),
        more: next < end,
    })
}

/// The number that a place stands for.
fn place_of(place: &[u8], kept: RangeInclusive<u64>) -> Result<u64, Error> {
    let number = place.try_into().map(u64::from_be_bytes);
    let number = number.map_err(|_| Error::invalid("the cursor is not one of ours"))?;
    if number < *kept.start() {
        let message = "what follows the cursor is no longer kept: read the documents, \
                       and go on from the oldest change";
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    if number > *kept.end() {
        return Err(Error::invalid("the cursor is of another store"));
    }
    Ok(number)
}

/// An entry of the log.
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) at: Timestamp,
    pub(super) address: Address,
    pub(super) version: String,
}

impl Entry {
    pub(super) fn read(number: u64, row: &[u8]) -> Result<Self, Error> {
        Self::parse(number, row).map_err(|Malformed| {
            let message =
                "the log of changes does not match its checksums: run `isobar local check`";
            Error::new(ErrorKind::Corrupt, message)
        })
    }

    fn parse(number: u64, row: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(unseal(&[&number.to_le_bytes()], row)?);
        let kinds = [Kind::Stored, Kind::Deleted, Kind::Expired];
        let kind = reader.byte()?;
        let kind = kinds.into_iter().find(|known| *known as u8 == kind);
        let kind = kind.ok_or(Malformed)?;
        let at = Timestamp::from_micros(reader.signed()?);
        let address = Address {
            collection: reader.text()?.to_owned(),
            partition: reader.text()?.to_owned(),
            sort: reader.bytes()?.to_vec(),
        };
        let version = reader.text()?.to_owned();
        reader.end()?;
        Ok(Self {
            kind,
            at,
            address,
            version,
        })
    }

    /// The change, with the document if that is still as it was left.
    pub(super) fn change(&self, number: u64, row: Option<&[u8]>) -> Result<RecordChange, Error> {
        let row = row
            .map(|row| Row::read(self.address.row(), row))
            .transpose()?;
        let version = Version::parse(&self.version).ok();
        let left = version.filter(|version| !version.is_absent());
        let new = row.filter(|row| left.is_some_and(|left| row.has_version(&left)));
        Ok(RecordChange {
            id: number.to_string(),
            key: Key {
                sort: sort_key(&self.address.sort),
                partition: self.address.partition.clone(),
            },
            kind: match self.kind {
                Kind::Stored => ChangeKind::Upsert,
                Kind::Deleted => ChangeKind::Delete(DeleteCause::Requested),
                Kind::Expired => ChangeKind::Delete(DeleteCause::Expired),
            },
            new: new.map(|row| row.record(row.fields()?)).transpose()?,
            old: None,
            at: self.at,
        })
    }
}

/// Whether an entry of the log is as it was written.
pub(crate) fn is_intact(number: u64, row: &[u8]) -> bool {
    unseal(&[&number.to_le_bytes()], row).is_ok()
}
