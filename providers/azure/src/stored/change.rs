//! A change of a document as the change feed of Cosmos DB tells it: its item, as it is now.

use isobar::document::{ChangeKind, Timestamp};
use isobar::driver::document::RecordChange;
use isobar::{Error, Result};
use serde_json::{Map as Object, Value as Json};

use super::name::Names;
use super::row;

/// When an item was last written, in seconds since 1970.
const TS: &str = "_ts";

/// The change that left this item, with the document as far as it exists by `now`.
///
/// The feed tells neither removals nor what was there before, and of several writes the last alone.
pub(crate) fn change(
    names: &Names<'_>,
    item: Object<String, Json>,
    now: Timestamp,
) -> Result<RecordChange> {
    let seconds = item.get(TS).and_then(Json::as_i64);
    let seconds = seconds.ok_or_else(|| missing(TS))?;
    let row = row::row(names, item)?;
    let state = row.etag.trim_matches('"');
    if state.is_empty() {
        return Err(missing("_etag"));
    }
    let key = row::key(names.schema, &row.record.fields)?;
    let id = names.id(&key)?;
    Ok(RecordChange {
        // An ETag is that of one state of one item.
        id: format!("{}/{id}@{state}", key.partition),
        key,
        kind: ChangeKind::Upsert,
        new: Some(row.record).filter(|record| record.is_live(now)),
        old: None,
        at: Timestamp::from_micros(seconds.saturating_mul(1_000_000)),
    })
}

fn missing(property: &str) -> Error {
    Error::invalid(format!(
        "an item of the change feed of Cosmos DB has no property {property}"
    ))
}

#[cfg(test)]
mod tests;
