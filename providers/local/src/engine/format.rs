//! The format of a store: written into a new one, checked in an old one.

use redb::{ReadTransaction, ReadableTable as _, Table, TableError, WriteTransaction};

use super::Wrote;
use super::tables::{META, Tables};
use crate::error::Fault;

/// The format of a store without indexes.
const PLAIN: u64 = 1;
/// That of one with indexes, which a version that does not keep them must not write.
pub(crate) const INDEXED: u64 = 2;
/// That of one with buckets that keep versions, whose files an older version would take for litter:
/// also the newest that this version reads.
pub(crate) const VERSIONED: u64 = 3;

const FORMAT: &str = "format";
const CLEAN: &str = "clean";

/// What an existing file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The store was closed by its last user.
    Clean,
    /// The process that used it was killed, or the machine went down.
    Unclean,
}

/// Reads what the store says of itself; fails where this version must not touch it.
pub(crate) fn inspect(transaction: &ReadTransaction) -> Result<Found, Fault> {
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => {
            return Err(Fault::damaged("the file is not one of Isobar's"));
        }
        Err(error) => return Err(error.into()),
    };
    match meta.get(FORMAT)?.map(|format| format.value()) {
        Some(PLAIN..=VERSIONED) => {}
        Some(newer) if newer > VERSIONED => {
            return Err(Fault::newer(format!(
                "format {newer}, this version reads up to {VERSIONED}"
            )));
        }
        _ => return Err(Fault::damaged("the store does not say its format")),
    }
    match meta.get(CLEAN)?.map(|clean| clean.value()) {
        Some(1) => Ok(Found::Clean),
        _ => Ok(Found::Unclean),
    }
}

/// Creates the tables where they are missing, and says that the store is in use.
pub(crate) fn mark_open(transaction: &WriteTransaction) -> Result<Wrote, Fault> {
    let mut tables = Tables::of(transaction);
    tables.create()?;
    let meta = tables.meta.open()?;
    let known = meta.get(FORMAT)?.is_some();
    if !known {
        meta.insert(FORMAT, PLAIN)?;
    }
    meta.insert(CLEAN, 0)?;
    Ok(Wrote::Something)
}

/// Says that the store has what only a version that knows this format may write.
pub(crate) fn raise(meta: &mut Table<'_, &'static str, u64>, format: u64) -> Result<(), Fault> {
    let found = meta.get(FORMAT)?.map(|found| found.value());
    meta.insert(FORMAT, found.unwrap_or(PLAIN).max(format))?;
    Ok(())
}

/// Says that everything was finished.
pub(crate) fn mark_clean(transaction: &WriteTransaction) -> Result<Wrote, Fault> {
    transaction.open_table(META)?.insert(CLEAN, 1)?;
    Ok(Wrote::Something)
}
