//! Writes, alone or together: what is stored is read and judged, and one commit does them all on
//! the condition that nothing of it has changed since.

use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::driver::document::{Action, Call, Existence, Record, Write, Written};
use isobar::driver::{Effect, Failure, Retries, contention_pause, doubtful, overtaken};
use isobar::{Error, Result};
use proto::precondition::ConditionType;
use proto::write::Operation;

use super::FirestoreStore;
use super::name::Names;
use super::read::{PAUSE, RETRIES};
use super::row::{self, Row};
use crate::error::{failure, is_conflict};

/// How often a set is judged again because others were in its way.
const ROUNDS: u32 = 24;

/// What is known of a document before it is written.
#[derive(Debug, Clone)]
enum Before {
    /// Nothing, and nothing needs to be.
    Whatever,
    Missing,
    Found(Box<Row>),
}

/// What a lost answer is found to have meant.
enum Fate {
    /// The commit was applied.
    Ours,
    /// Nothing has changed: it was not applied, or not yet, and may be sent again.
    Unchanged(Vec<Before>),
    /// Others have written since.
    Unknown,
}

/// Writes to one collection, with the names of their documents.
struct Set<'s> {
    names: Names<'s>,
    call: &'s Call<'s>,
    writes: &'s [Write],
    documents: Vec<String>,
    /// Tells which write an error is about.
    at: fn(Error, usize) -> Error,
}

impl FirestoreStore {
    pub(super) async fn write_one(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        if matches!(write.action, Action::Check) {
            return Err(Error::invalid("a check is part of a set of writes"));
        }
        let writes = std::slice::from_ref(write);
        let written = self.write_together(call, writes, |error, _| error).await?;
        Ok(written.into_iter().next().unwrap_or_default())
    }

    /// All writes or none; what each did, in their order.
    pub(super) async fn write_together(
        &self,
        call: &Call<'_>,
        writes: &[Write],
        at: fn(Error, usize) -> Error,
    ) -> Result<Vec<Written>> {
        let set = Set::of(self.names(call.schema)?, call, writes, at)?;
        let mut retries = Retries::new(RETRIES, PAUSE);
        let (mut earlier, mut round) = (Effect::None, 0);
        let mut known = set.presumed();
        loop {
            let before = match known.take() {
                Some(before) => before,
                None => self.before(&set).await?,
            };
            let decided = set.decide(&before).map_err(|e| doubtful(e, earlier))?;
            let Failure { error, effect } = match self.commit(decided.changes).await {
                Ok(()) => {
                    retries.answered();
                    return Ok(decided.written);
                }
                Err(failure) => failure,
            };
            earlier = earlier.max(effect);
            if earlier == Effect::Unknown {
                match self.fate(&set, &before).await {
                    Fate::Ours => return Ok(decided.written),
                    Fate::Unchanged(before) => known = Some(before),
                    Fate::Unknown => return Err(doubtful(error, earlier)),
                }
            }
            let (error, pause) = if is_conflict(&error) {
                round += 1;
                let pause = (round < ROUNDS).then(|| contention_pause(round));
                (overtaken().with_source(error), pause)
            } else {
                let pause = error.retryable().then(|| retries.pause(&error)).flatten();
                (error, pause)
            };
            let Some(pause) = pause else {
                return Err(doubtful(error, earlier));
            };
            tracing::debug!(%error, "a commit is tried again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn before(&self, set: &Set<'_>) -> Result<Vec<Before>> {
        let mut found = self.read_many(&set.names, &set.documents).await?;
        let rows = set.documents.iter().map(|name| match found.remove(name) {
            Some(row) => Before::Found(Box::new(row)),
            None => Before::Missing,
        });
        Ok(rows.collect())
    }

    async fn commit(&self, writes: Vec<proto::Write>) -> Result<(), Failure> {
        if writes.is_empty() {
            return Ok(());
        }
        let request = proto::CommitRequest {
            database: self.database.clone(),
            writes,
            ..Default::default()
        };
        self.client()
            .commit(request)
            .await
            .map(drop)
            .map_err(failure)
    }

    /// Finds out what became of a commit whose answer was lost.
    async fn fate(&self, set: &Set<'_>, before: &[Before]) -> Fate {
        let Ok(now) = self.before(set).await else {
            return Fate::Unknown;
        };
        if set.is_ours(&now) {
            return Fate::Ours;
        }
        let unchanged = before.iter().zip(&now).all(|pair| match pair {
            (Before::Whatever | Before::Missing, Before::Missing) => true,
            (Before::Found(then), Before::Found(now)) => then.update_time == now.update_time,
            _ => false,
        });
        if unchanged {
            Fate::Unchanged(now)
        } else {
            Fate::Unknown
        }
    }
}

/// What is to be sent, and what it does.
struct Decided {
    changes: Vec<proto::Write>,
    written: Vec<Written>,
}

impl<'s> Set<'s> {
    fn of(
        names: Names<'s>,
        call: &'s Call<'s>,
        writes: &'s [Write],
        at: fn(Error, usize) -> Error,
    ) -> Result<Self> {
        let documents = writes.iter().enumerate().map(|(index, write)| {
            let name = names.document(&write.key);
            name.map_err(|error| at(error, index))
        });
        Ok(Self {
            documents: documents.collect::<Result<_>>()?,
            names,
            call,
            writes,
            at,
        })
    }

    /// What can be said without a read, where no write needs one: a create presumes that there is
    /// nothing, and a put or delete that asks nothing takes whatever there is.
    fn presumed(&self) -> Option<Vec<Before>> {
        let each = self.writes.iter().map(|write| {
            let plain = write.condition.is_empty();
            match (&write.action, write.existence) {
                (Action::Put { .. }, Existence::Forbidden) if plain => Some(Before::Missing),
                (Action::Put { .. } | Action::Delete, Existence::Any) if plain => {
                    Some(Before::Whatever)
                }
                _ => None,
            }
        });
        each.collect()
    }

    /// Whether this set, and no other, has left what is stored.
    fn is_ours(&self, now: &[Before]) -> bool {
        if self.call.schema.adopted {
            return false;
        }
        let mut only_blind_deletes = true;
        for (write, now) in self.writes.iter().zip(now) {
            match (&write.action, now) {
                (Action::Put { .. } | Action::Update { .. }, Before::Found(row))
                    if row.record.version == write.version =>
                {
                    return true;
                }
                (Action::Delete, Before::Missing)
                    if write.existence == Existence::Any && write.condition.is_empty() => {}
                _ => only_blind_deletes = false,
            }
        }
        only_blind_deletes
    }

    /// Judges everything before anything is written.
    fn decide(&self, before: &[Before]) -> Result<Decided> {
        let mut decided = Decided {
            changes: Vec::with_capacity(self.writes.len()),
            written: Vec::with_capacity(self.writes.len()),
        };
        for (index, (write, before)) in self.writes.iter().zip(before).enumerate() {
            let (change, written) = self
                .decide_one(write, before, &self.documents[index])
                .map_err(|error| (self.at)(error, index))?;
            decided.changes.extend(change);
            decided.written.push(written);
        }
        Ok(decided)
    }

    fn decide_one(
        &self,
        write: &Write,
        before: &Before,
        name: &str,
    ) -> Result<(Option<proto::Write>, Written)> {
        let live = match before {
            Before::Found(row) => Some(&row.record).filter(|row| row.is_live(self.call.now)),
            Before::Missing | Before::Whatever => None,
        };
        if !matches!(before, Before::Whatever) {
            write.judge(live)?;
        }
        let mut written = Written::default();
        let mut mask = None;
        let schema = self.call.schema;
        let operation = match &write.action {
            Action::Put { fields, expires_at } => {
                let record = Record {
                    fields: fields.clone(),
                    version: write.version.clone(),
                    expires_at: *expires_at,
                };
                Operation::Update(document(name, row::content(schema, &record)?))
            }
            Action::Update { .. } => {
                let record = write.updated(schema, live)?;
                schema.check_fields(&record.fields, FirestoreStore::LIMITS)?;
                let content = row::content(schema, &record)?;
                written.record = Some(record);
                Operation::Update(document(name, content))
            }
            Action::Delete => {
                if !matches!(before, Before::Whatever) {
                    written.existed = Some(live.is_some());
                }
                if matches!(before, Before::Missing) {
                    return Ok((None, written));
                }
                Operation::Delete(name.to_owned())
            }
            // Changes nothing, under a precondition that says what was there.
            Action::Check if matches!(before, Before::Missing) => {
                Operation::Delete(name.to_owned())
            }
            Action::Check => {
                mask = Some(proto::DocumentMask::default());
                Operation::Update(document(name, super::value::Fields::new()))
            }
        };
        let change = proto::Write {
            update_mask: mask,
            current_document: precondition(before),
            operation: Some(operation),
            ..Default::default()
        };
        Ok((Some(change), written))
    }
}

fn document(name: &str, fields: super::value::Fields) -> proto::Document {
    proto::Document {
        name: name.to_owned(),
        fields,
        ..Default::default()
    }
}

/// That nobody has written since.
fn precondition(before: &Before) -> Option<proto::Precondition> {
    let condition = match before {
        Before::Whatever => return None,
        Before::Missing => ConditionType::Exists(false),
        Before::Found(row) => match row.update_time {
            Some(at) => ConditionType::UpdateTime(at),
            None => ConditionType::Exists(true),
        },
    };
    Some(proto::Precondition {
        condition_type: Some(condition),
    })
}
