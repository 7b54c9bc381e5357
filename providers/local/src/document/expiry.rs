//! The list of documents that expire, and their removal some time later.
//!
//! An expired document is absent to every operation from its second on; removing its row only
//! gives the room back. It waits an hour, so that a clock that is set back does not matter.

use isobar::document::Version;
use redb::ReadableTable as _;

use super::address::Address;
use super::changes::{self, Kind};
use super::index;
use super::record::Row;
use crate::committer::Group;
use crate::engine::Wrote;
use crate::error::Fault;

/// Seconds between the expiry of a document and the removal of its row.
const LAG: i64 = 3_600;
/// Rows that one commit removes, and twice as many as it stores with an expiry: what is removed
/// must outrun what is to be removed some day.
const ROWS: usize = 32;

/// Replaces the entry of a document in the list.
pub(crate) fn set(
    group: &mut Group<'_>,
    address: &Address,
    old: Option<i64>,
    new: Option<i64>,
) -> Result<(), Fault> {
    if old == new {
        return Ok(());
    }
    let (collection, partition, sort) = address.row();
    group.wrote = Wrote::Something;
    if let Some(second) = new {
        group.expires_at(second);
    }
    let list = group.tables.expiry.open()?;
    if let Some(second) = old {
        list.remove((second, collection, partition, sort))?;
    }
    if let Some(second) = new {
        list.insert((second, collection, partition, sort), ())?;
    }
    Ok(())
}

/// Removes some rows that expired long ago.
pub(crate) fn sweep(group: &mut Group<'_>) -> Result<(), Fault> {
    let Some(now) = group.now else {
        return Ok(());
    };
    let until = now.as_seconds().saturating_sub(LAG);
    if group.first_expiry()? >= until {
        return Ok(());
    }
    let rows = ROWS.saturating_add(2 * group.expiring);
    for (second, address) in due(group, until, rows)? {
        let declared = group.declared(&address.collection)?;
        let row = group.tables.documents.open()?.get(address.row())?;
        let found = row.and_then(|row| {
            let row = Row::read(address.row(), row.value()).ok()?;
            let places = match &declared.indexes[..] {
                [] => Vec::new(),
                indexes => index::places(indexes, &row.fields().ok()?),
            };
            Some((row.expires(), places))
        });
        set(group, &address, Some(second), None)?;
        // A row that says otherwise, or that is damaged, is not ours to remove.
        if let Some((Some(expires), places)) = found
            && expires == second
        {
            index::replace(group, &address, (&places, &[]))?;
            group.tables.documents.open()?.remove(address.row())?;
            changes::record(group, Kind::Expired, &address, &Version::absent(), now)?;
        }
    }
    group.known.first_expiry = None;
    Ok(())
}

fn due(group: &mut Group<'_>, until: i64, rows: usize) -> Result<Vec<(i64, Address)>, Fault> {
    let end = (until, "", "", &[][..]);
    let entries = group.tables.expiry.open()?.range(..end)?;
    entries
        .take(rows)
        .map(|entry| {
            let (key, _) = entry?;
            let (second, collection, partition, sort) = key.value();
            let address = Address {
                collection: collection.to_owned(),
                partition: partition.to_owned(),
                sort: sort.to_vec(),
            };
            Ok((second, address))
        })
        .collect()
}
