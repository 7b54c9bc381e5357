//! One write: what it asks of the stored document, and what it does to it.

use isobar::document::{
    Change, CollectionSchema, Condition, IndexSchema, Map, Timestamp, Update, Value, Version,
};
use isobar::driver::document::{Action, Call, Existence, ExpiryChange, Record, Write, Written};
use isobar::{Error, ErrorKind};
use redb::ReadableTable as _;

use super::address::Address;
use super::changes::{self, Kind};
use super::index::{self, Place};
use super::record::{self, Row};
use super::{LIMITS, expiry};
use crate::committer::Group;
use crate::engine::Wrote;
use crate::error::{Fault, Stop};

/// A write that owns all it needs, so that the committer can do it.
#[derive(Debug)]
pub(crate) struct Operation {
    address: Address,
    existence: Existence,
    condition: Condition,
    effect: Effect,
    version: Version,
    now: Timestamp,
}

#[derive(Debug)]
enum Effect {
    Put(Stored),
    Update(Box<Changes>),
    Delete,
    Check,
}

/// A row as it is to be.
#[derive(Debug)]
struct Stored {
    row: Vec<u8>,
    expires: Option<i64>,
}

#[derive(Debug)]
struct Changes {
    update: Update,
    expiry: ExpiryChange,
    schema: CollectionSchema,
    /// What a document that is created by the update starts from.
    key_fields: Map,
}

/// An operation that was judged and may be done.
#[derive(Debug)]
pub(crate) struct Decided {
    address: Address,
    version: Version,
    now: Timestamp,
    outcome: Outcome,
    /// Under which second the stored row is in the list of expiries.
    listed: Option<i64>,
    /// Where the document lies in the indexes, before and after.
    places: (Vec<Place>, Vec<Place>),
    written: Written,
}

#[derive(Debug)]
enum Outcome {
    Nothing,
    Store(Stored),
    Remove,
}

impl Operation {
    pub(crate) fn new(call: &Call<'_>, write: &Write) -> Self {
        let address = Address::of(call.schema, &write.key);
        let effect = match &write.action {
            Action::Put { fields, expires_at } => {
                let expires = expires_at.map(Timestamp::as_seconds);
                let row = record::encode(address.row(), &write.version, expires, fields);
                Effect::Put(Stored { row, expires })
            }
            Action::Update { update, expiry } => Effect::Update(Box::new(Changes {
                update: update.clone(),
                expiry: *expiry,
                schema: call.schema.clone(),
                key_fields: write.key.fields(call.schema),
            })),
            Action::Delete => Effect::Delete,
            Action::Check => Effect::Check,
        };
        Self {
            address,
            existence: write.existence,
            condition: write.condition.clone(),
            effect,
            version: write.version.clone(),
            now: call.now,
        }
    }

    /// About how many bytes it holds in memory.
    pub(crate) fn size(&self) -> usize {
        let effect = match &self.effect {
            Effect::Put(stored) => stored.row.len(),
            Effect::Update(changes) => changes
                .update
                .changes()
                .iter()
                .map(|(_, change)| change_size(change))
                .sum(),
            Effect::Delete | Effect::Check => 0,
        };
        512 + effect
    }

    /// Judges existence, then conditions, then limits; writes nothing.
    pub(crate) fn decide(self, group: &mut Group<'_>) -> Result<Decided, Stop> {
        let declared = group.declared(&self.address.collection)?;
        let documents = group.tables.documents.open()?;
        let stored = documents.get(self.address.row())?;
        let row = stored
            .as_ref()
            .map(|stored| Row::read(self.address.row(), stored.value()))
            .transpose()?;
        Ok(self.judge(row, &declared.indexes)?)
    }

    fn judge(self, row: Option<Row<'_>>, indexes: &[IndexSchema]) -> isobar::Result<Decided> {
        let listed = row.as_ref().and_then(Row::expires);
        let mut places = (Vec::new(), Vec::new());
        if let Some(row) = row.as_ref().filter(|_| !indexes.is_empty()) {
            places.0 = index::places(indexes, &row.fields()?);
        }
        let live = row.filter(|row| row.is_live(self.now));
        self.check_existence(live.is_some())?;
        self.check_condition(live.as_ref())?;
        let mut written = Written {
            existed: Some(live.is_some()),
            record: None,
        };
        let outcome = match self.effect {
            Effect::Put(stored) => Outcome::Store(stored),
            Effect::Update(changes) => {
                let record = changes.apply(live.as_ref(), &self.version)?;
                let stored = Stored::of(&self.address, &record);
                written.record = Some(record);
                Outcome::Store(stored)
            }
            Effect::Delete if live.is_some() => Outcome::Remove,
            Effect::Delete | Effect::Check => Outcome::Nothing,
        };
        if let Outcome::Store(stored) = &outcome
            && !indexes.is_empty()
        {
            let row = Row::read(self.address.row(), &stored.row)?;
            places.1 = index::places(indexes, &row.fields()?);
        }
        Ok(Decided {
            places,
            address: self.address,
            version: self.version,
            now: self.now,
            outcome,
            listed,
            written,
        })
    }

    fn check_existence(&self, exists: bool) -> isobar::Result<()> {
        let (kind, message) = match self.existence {
            Existence::Required if !exists => {
                (ErrorKind::NotFound, "there is no document at this key")
            }
            Existence::Forbidden if exists => (
                ErrorKind::AlreadyExists,
                "there is a document at this key already",
            ),
            _ => return Ok(()),
        };
        Err(Error::new(kind, message))
    }

    fn check_condition(&self, live: Option<&Row<'_>>) -> isobar::Result<()> {
        let Condition {
            version, fields, ..
        } = &self.condition;
        if self.condition.is_empty() {
            return Ok(());
        }
        let Some(row) = live else {
            return Err(unmet("there is no document that could meet the condition"));
        };
        if version
            .as_ref()
            .is_some_and(|version| !row.has_version(version))
        {
            return Err(unmet("the document has another version"));
        }
        if fields.is_empty() {
            return Ok(());
        }
        let stored = row.fields()?;
        match fields.iter().find(|field| !field.holds(&stored)) {
            Some(field) => Err(unmet(format!(
                "the document does not meet the condition on {}",
                field.path
            ))),
            None => Ok(()),
        }
    }
}

impl Stored {
    fn of(address: &Address, record: &Record) -> Self {
        let expires = record.expires_at.map(Timestamp::as_seconds);
        let row = record::encode(address.row(), &record.version, expires, &record.fields);
        Self { row, expires }
    }
}

impl Changes {
    fn apply(&self, live: Option<&Row<'_>>, version: &Version) -> isobar::Result<Record> {
        let (mut fields, expires_at) = match live {
            Some(row) => (row.fields()?, row.expires_at()),
            None => (self.key_fields.clone(), None),
        };
        self.update.apply(&mut fields)?;
        self.schema.check_fields(&fields, LIMITS)?;
        Ok(Record {
            fields,
            version: version.clone(),
            expires_at: match self.expiry {
                ExpiryChange::Keep => expires_at,
                ExpiryChange::To(expires_at) => expires_at.map(Timestamp::to_second),
            },
        })
    }
}

impl Decided {
    /// Does what was decided.
    pub(crate) fn apply(self, group: &mut Group<'_>) -> Result<Written, Fault> {
        let (row, address) = (self.address.row(), &self.address);
        let (before, after) = &self.places;
        match self.outcome {
            Outcome::Nothing => {}
            Outcome::Store(stored) => {
                group.wrote = Wrote::Something;
                group.tables.documents.open()?.insert(row, &*stored.row)?;
                expiry::set(group, address, self.listed, stored.expires)?;
                index::replace(group, address, (before, after))?;
                changes::record(group, Kind::Stored, address, &self.version, self.now)?;
            }
            Outcome::Remove => {
                group.wrote = Wrote::Something;
                group.tables.documents.open()?.remove(row)?;
                expiry::set(group, address, self.listed, None)?;
                index::replace(group, address, (before, &[]))?;
                changes::record(group, Kind::Deleted, address, &self.version, self.now)?;
            }
        }
        Ok(self.written)
    }
}

fn unmet(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::PreconditionFailed, message)
}

fn change_size(change: &Change) -> usize {
    let bytes = match change {
        Change::Set(value) => value.size(),
        Change::Append(items) => items.iter().map(Value::size).sum(),
        _ => 0,
    };
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
