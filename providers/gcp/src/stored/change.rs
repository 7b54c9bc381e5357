//! A change of a document as Firestore's events tell it.

use std::time::SystemTime;

use bytes::Bytes;
use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::document::{ChangeKind, CollectionSchema, DeleteCause, DocumentChange, Timestamp};
use isobar::driver::document::{Record, RecordChange};
use isobar::{Error, ErrorKind, Result};
use prost::Message as _;

use super::{row, value};

/// `google.events.cloud.firestore.v1.DocumentEventData`; its mask of changed fields tells nothing that the two documents
/// do not. Its documents have the fields and numbers of those of `google.firestore.v1`.
///
/// <https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto>
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DocumentEventData {
    #[prost(message, optional, tag = "1")]
    value: Option<proto::Document>,
    #[prost(message, optional, tag = "2")]
    old_value: Option<proto::Document>,
}

/// What is known of an event beside its data.
#[derive(Debug)]
pub(crate) struct Told<'e> {
    pub(crate) id: &'e str,
    pub(crate) at: Option<SystemTime>,
}

impl DocumentEventData {
    /// The data of an event; `InvalidArgument` where it is none.
    pub(crate) fn read(data: &Bytes) -> Result<Self> {
        let mut read = Self::decode(data.clone()).map_err(|error| {
            Error::invalid("the data of Firestore's event is malformed").with_source(error)
        })?;
        // A document that is not there may be told as an empty one.
        read.value.take_if(|document| document.name.is_empty());
        read.old_value.take_if(|document| document.name.is_empty());
        Ok(read)
    }

    /// The collection of the document, which is not one within a document.
    pub(crate) fn collection(&self) -> Result<&str> {
        let document = self.value.as_ref().or(self.old_value.as_ref());
        let document =
            document.ok_or_else(|| Error::invalid("Firestore's event has no document at all"))?;
        let path = document.name.split_once("/documents/");
        let path = path.map_or("", |(_, path)| path);
        match path.split_once('/') {
            Some((collection, id)) if !id.contains('/') => Ok(collection),
            _ => {
                let message = format!(
                    "the document {path:?} of Firestore's event is in no collection of its own"
                );
                Err(Error::new(ErrorKind::NotFound, message))
            }
        }
    }

    /// The change, with the documents before and after as far as they existed: after by `now`, before when it happened.
    pub(crate) fn change(
        self,
        schema: &CollectionSchema,
        told: &Told<'_>,
        now: Timestamp,
    ) -> Result<DocumentChange> {
        let collection = self.collection()?.to_owned();
        let written = self
            .value
            .as_ref()
            .and_then(|document| document.update_time);
        let written = written.map(|at| value::timestamp(&at));
        let at = written.or_else(|| told.at.map(Timestamp::from));
        let at =
            at.ok_or_else(|| Error::invalid("Firestore's event does not tell when it happened"))?;
        let read = |document| row::row(schema, document).map(|row| row.record);
        let new = self.value.map(read).transpose()?;
        let old = self.old_value.map(read).transpose()?;
        let any = new.as_ref().or(old.as_ref());
        let fields = any.map(|record| &record.fields);
        let fields = fields.ok_or_else(|| Error::invalid("Firestore's event has no document"))?;
        let key = row::key(schema, fields)?;
        let live = |record: Option<Record>, at| record.filter(|record| record.is_live(at));
        let kind = match (&new, &old) {
            (Some(_), _) => ChangeKind::Upsert,
            // It did not exist any more, whoever removed its row.
            (None, Some(gone)) if !gone.is_live(at) => ChangeKind::Delete(DeleteCause::Expired),
            (None, _) => ChangeKind::Delete(DeleteCause::Requested),
        };
        let change = RecordChange {
            id: told.id.to_owned(),
            key,
            kind,
            new: live(new, now),
            old: live(old, at),
            at,
        };
        Ok(DocumentChange::new(collection, change))
    }
}

#[cfg(test)]
mod tests;
