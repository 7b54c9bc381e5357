//! Changes of a collection that an application watches: taken from the log, each once, to where they
//! wait for their handler as messages do.
//!
//! The place in the log up to which they were taken is kept with them, in one transaction, so that
//! none is lost or taken twice however the process ends.

use bytes::Bytes;
use isobar::document::{CollectionSchema, DocumentChange, SortKey, Timestamp};
use isobar::{Error, ErrorKind, Result};
use redb::ReadableTable as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::address::{Address, sort_bytes, sort_key};
use super::changes::{Entry, Kind};
use super::declared;
use crate::committer::Group;
use crate::engine::Wrote;
use crate::error::{Fault, Stop};
use crate::topic::queue;
use crate::topic::row::MessageRow;

/// How far the stored place may lie behind where only others' changes were passed: much less than
/// what the log keeps.
const BEHIND: u64 = 4_096;

/// A change, as the body of a message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    number: u64,
    kind: BodyKind,
    collection: String,
    partition: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sort: Option<BodySort>,
    version: String,
    /// Microseconds since 1970.
    at: i64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum BodyKind {
    Stored,
    Deleted,
    Expired,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum BodySort {
    Text(String),
    Integer(i64),
    Bytes(Vec<u8>),
}

/// Where in the table of facts the place lies up to which changes were taken.
fn place(collection: &str) -> String {
    format!("cursor:{collection}")
}

/// Has the changes of a collection kept and taken: from now on, or from where they were taken to
/// when an application last watched.
pub(crate) fn watch(group: &mut Group<'_>, schema: &CollectionSchema) -> Result<(), Stop> {
    declared::register(group, schema)?;
    let place = place(&schema.table);
    if group.tables.meta.open()?.get(&*place)?.is_none() {
        let next = group.coming_change()?;
        group.tables.meta.open()?.insert(&*place, next)?;
        group.wrote = Wrote::Something;
    }
    Ok(())
}

/// Takes all that the log has.
///
/// It lets the oldest changes go whether or not they were taken, and would do so before they are
/// where some at a time are taken and others write faster; so those wait for this.
pub(crate) fn take_from_log(group: &mut Group<'_>, collection: &str) -> Result<(), Stop> {
    let place = place(collection);
    let stored = group.tables.meta.open()?.get(&*place)?;
    let stored = stored.map_or(0, |number| number.value());
    let known = group.known.to_be_delivered.get(collection).copied();
    let log = group.tables.changes.open()?;
    let oldest = log.first()?.map_or(0, |(number, _)| number.value());
    let mut next = known.unwrap_or(stored);
    if next < oldest {
        tracing::error!(
            target: "isobar", collection,
            "changes may have been let go before they were delivered: more than the log keeps \
             were made before they were taken"
        );
        next = oldest;
    }
    let mut rows = Vec::new();
    for entry in log.range(next..)? {
        let (number, row) = entry?;
        let entry = Entry::read(number.value(), row.value())?;
        if entry.address.collection == collection {
            rows.push(message(number.value(), entry)?);
        }
        next = number.value().saturating_add(1);
    }
    if !rows.is_empty() || next.saturating_sub(stored) >= BEHIND {
        queue::append(group, &queue::of_collection(collection), &rows)?;
        group.tables.meta.open()?.insert(&*place, next)?;
        group.wrote = Wrote::Something;
    }
    let known = &mut group.known.to_be_delivered;
    known.insert(collection.to_owned(), next);
    Ok(())
}

/// Changes of a document wait for each other.
fn message(number: u64, entry: Entry) -> Result<MessageRow, Fault> {
    let at = entry.at;
    let body = Body::of(number, entry);
    let group = serde_json::to_string(&(&body.partition, &body.sort));
    let body = serde_json::to_vec(&body).map_err(std::io::Error::from)?;
    Ok(MessageRow {
        id: Uuid::new_v4(),
        attempts: 0,
        not_before: at,
        sent_at: at,
        group: Some(group.map_err(std::io::Error::from)?),
        attributes: [].into(),
        body: body.into(),
    })
}

impl Body {
    fn read(message: &[u8]) -> Result<Self> {
        serde_json::from_slice(message).map_err(|error| {
            let message = "a change that waits in the local store is not one";
            Error::new(ErrorKind::Corrupt, message).with_source(error)
        })
    }

    fn of(number: u64, entry: Entry) -> Self {
        let sort = sort_key(&entry.address.sort).map(|sort| match sort {
            SortKey::Str(text) => BodySort::Text(text),
            SortKey::I64(number) => BodySort::Integer(number),
            SortKey::Bytes(bytes) => BodySort::Bytes(bytes.to_vec()),
        });
        Self {
            number,
            kind: match entry.kind {
                Kind::Stored => BodyKind::Stored,
                Kind::Deleted => BodyKind::Deleted,
                Kind::Expired => BodyKind::Expired,
            },
            collection: entry.address.collection,
            partition: entry.address.partition,
            sort,
            version: entry.version,
            at: entry.at.as_micros(),
        }
    }

    fn entry(self) -> Entry {
        let sort = self.sort.map(|sort| match sort {
            BodySort::Text(text) => SortKey::Str(text),
            BodySort::Integer(number) => SortKey::I64(number),
            BodySort::Bytes(bytes) => SortKey::Bytes(Bytes::from(bytes)),
        });
        Entry {
            kind: match self.kind {
                BodyKind::Stored => Kind::Stored,
                BodyKind::Deleted => Kind::Deleted,
                BodyKind::Expired => Kind::Expired,
            },
            at: Timestamp::from_micros(self.at),
            address: Address {
                collection: self.collection,
                partition: self.partition,
                sort: sort_bytes(sort.as_ref()),
            },
            version: self.version,
        }
    }
}

/// The change that a message tells, with the document that is told with it.
pub(crate) fn event(message: &[u8], document: Option<&[u8]>) -> Result<DocumentChange> {
    let body = Body::read(message)?;
    let number = body.number;
    let entry = body.entry();
    let change = entry.change(number, document)?;
    Ok(DocumentChange::new(entry.address.collection, change))
}

/// The id of the change that a message tells, which is that of its event.
pub(crate) fn id(message: &[u8]) -> Result<String> {
    Ok(Body::read(message)?.number.to_string())
}

/// The row of the document where it is still as the change left it.
pub(crate) fn document(group: &mut Group<'_>, message: &[u8]) -> Result<Option<Bytes>, Stop> {
    let body = Body::read(message)?;
    let number = body.number;
    let entry = body.entry();
    let row = group.tables.documents.open()?.get(entry.address.row())?;
    let Some(row) = row else {
        return Ok(None);
    };
    let told = entry.change(number, Some(row.value()))?.new;
    Ok(told.map(|_| Bytes::copy_from_slice(row.value())))
}
