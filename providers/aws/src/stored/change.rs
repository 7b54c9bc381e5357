//! A record of a stream as a change of a document.

use isobar::document::{ChangeKind, CollectionSchema, DeleteCause, Timestamp};
use isobar::driver::document::RecordChange;
use isobar::{Error, ErrorKind, Result};

use super::attribute::{Attribute, Attributes};
use super::row;

/// Who removes items that have expired ("DynamoDB Streams and Time to Live").
const EXPIRY: (&str, &str) = ("Service", "dynamodb.amazonaws.com");

/// What a record of a stream says, whoever reads it.
#[derive(Debug)]
pub(crate) struct StreamRecord<A> {
    /// The same for each delivery of the record.
    pub(crate) id: Option<String>,
    /// `INSERT`, `MODIFY` or `REMOVE`.
    pub(crate) name: Option<String>,
    /// Kind and name of who did it, where that is a service.
    pub(crate) by: Option<(String, String)>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) keys: Option<Attributes<A>>,
    pub(crate) new: Option<Attributes<A>>,
    pub(crate) old: Option<Attributes<A>>,
}

impl<A: Attribute> StreamRecord<A> {
    /// The change that the record tells, with the document before and after where the stream has it,
    /// as far as they exist: after by `now`, before when it was changed.
    pub(crate) fn change(self, schema: &CollectionSchema, now: Timestamp) -> Result<RecordChange> {
        let kind = self.kind()?;
        let at = self.at.ok_or_else(|| damaged("time"))?;
        let keys = self.keys.ok_or_else(|| damaged("key"))?;
        Ok(RecordChange {
            id: self.id.ok_or_else(|| damaged("id"))?,
            key: row::key_of(schema, &keys)?,
            kind,
            new: row::live(schema, now, self.new)?,
            old: row::live(schema, at, self.old)?,
            at,
        })
    }

    /// What DynamoDB removes because it has expired was not deleted by anybody.
    fn kind(&self) -> Result<ChangeKind> {
        match self.name.as_deref() {
            Some("INSERT" | "MODIFY") => Ok(ChangeKind::Upsert),
            Some("REMOVE") => {
                let by = self.by.as_ref();
                let by = by.map(|(kind, name)| (kind.as_str(), name.as_str()));
                Ok(ChangeKind::Delete(if by == Some(EXPIRY) {
                    DeleteCause::Expired
                } else {
                    DeleteCause::Requested
                }))
            }
            _ => Err(damaged("kind")),
        }
    }
}

fn damaged(part: &str) -> Error {
    let message = format!("a record of the stream has no {part}");
    Error::new(ErrorKind::Corrupt, message)
}
