//! What a write asks of the stored document and leaves of it, for stores that cannot tell.

use super::document::{Action, Existence, ExpiryChange, Record, Write};
use crate::document::{CollectionSchema, Key, Map, Timestamp, Value};
use crate::error::{Error, ErrorKind, Result};

impl Record {
    /// Whether the document exists at `now` (rule R14).
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }
}

impl Key {
    /// The key fields as a document that has nothing else.
    pub fn fields(&self, schema: &CollectionSchema) -> Map {
        let partition = Value::String(self.partition.clone());
        let mut fields = Map::from([(schema.partition.clone(), partition)]);
        if let (Some((name, _)), Some(sort)) = (&schema.sort, &self.sort) {
            fields.insert(name.clone(), sort.to_value());
        }
        fields
    }
}

impl Write {
    /// Whether existence and condition hold of the live document, in the contract's order.
    pub fn judge(&self, stored: Option<&Record>) -> Result<()> {
        match (self.existence, stored) {
            (Existence::Required, None) => {
                let message = "there is no document at this key";
                return Err(Error::new(ErrorKind::NotFound, message));
            }
            (Existence::Forbidden, Some(_)) => {
                let message = "there is a document at this key";
                return Err(Error::new(ErrorKind::AlreadyExists, message));
            }
            _ => {}
        }
        let condition = &self.condition;
        let holds = |record: &Record| {
            let version = condition.version.as_ref();
            version.is_none_or(|version| *version == record.version)
                && condition
                    .fields
                    .iter()
                    .all(|field| field.holds(&record.fields))
        };
        if condition.is_empty() || stored.is_some_and(holds) {
            Ok(())
        } else {
            Err(precondition())
        }
    }

    /// The document that an update leaves of the live one, or of nothing.
    ///
    /// Its size is for the driver to check, with
    /// [`CollectionSchema::check_fields`](crate::document::CollectionSchema::check_fields).
    pub fn updated(&self, schema: &CollectionSchema, stored: Option<&Record>) -> Result<Record> {
        let Action::Update { update, expiry } = &self.action else {
            let message = "only an update leaves something of what was there";
            return Err(Error::new(ErrorKind::Internal, message));
        };
        let mut fields = match stored {
            Some(stored) => stored.fields.clone(),
            None => self.key.fields(schema),
        };
        update.apply(&mut fields)?;
        Ok(Record {
            fields,
            version: self.version.clone(),
            expires_at: expiry.of(stored),
        })
    }
}

impl ExpiryChange {
    /// The expiry afterwards of a document that was so before, in whole seconds.
    pub fn of(self, stored: Option<&Record>) -> Option<Timestamp> {
        match self {
            Self::Keep => stored.and_then(|stored| stored.expires_at),
            Self::To(expires_at) => expires_at.map(Timestamp::to_second),
        }
    }
}

/// The error of a condition that does not hold.
pub fn precondition() -> Error {
    let message = "the condition does not hold of the stored document";
    Error::new(ErrorKind::PreconditionFailed, message)
}
