//! Writes to stores that commit on the condition that nothing has changed since it was read.
//!
//! What is stored is read, judged as on every store, and written by one atomic commit that holds
//! only where all of it is still as it was. Where it is not, all is read and judged again; where
//! the answer is lost, what is stored says what became of it (rule R21).

use std::time::Duration;

use super::document::{Action, Call, Existence, Record, Write, Written};
use super::{Effect, Failure, RetryBudget, contention_pause, doubtful, overtaken};
use crate::capability::Limits;
use crate::error::{Error, Result};

/// How often a set is judged again because others were in its way.
const ROUNDS: u32 = 24;
/// How often a commit is sent again, and after how long at most the first time.
const RETRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// Writes to one collection that happen together or not at all.
#[derive(Debug, Clone, Copy)]
pub struct CommitSet<'s> {
    /// The circumstances of the call.
    pub call: &'s Call<'s>,
    /// The writes, of distinct keys.
    pub writes: &'s [Write],
    /// What the store itself holds.
    pub limits: Limits,
    /// That of the store.
    pub budget: &'s RetryBudget,
    /// Tells which write an error is about.
    pub at: fn(Error, usize) -> Error,
}

/// What is known of a document before it is written.
#[derive(Debug, Clone)]
pub enum Before<R> {
    /// Nothing, and nothing needs to be: the change takes whatever there is.
    Whatever,
    /// There is no row; the commit must fail where there is one by then.
    Missing,
    /// There is this row; the commit must fail where it has changed by then.
    Found(R),
}

/// What a commit does to one document.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Stores the whole document.
    Store(Record),
    /// Removes its row, of which something is known.
    Remove,
    /// Changes nothing, but asks that what was known before still holds.
    Check,
}

/// A store with the rows of one [`CommitSet`] in view.
pub trait CommitStore: Sync {
    /// What the store keeps of a document, with whatever tells one state from the next.
    type Row: Send + Sync;
    /// One change, ready to be sent.
    type Request: Send;

    /// The rows of the set's writes as they are now, in their order.
    fn read(&self) -> impl Future<Output = Result<Vec<Option<Self::Row>>>> + Send;

    /// The document of a row.
    fn record(row: &Self::Row) -> &Record;

    /// Whether nobody has written the row in between.
    fn is_same_state(then: &Self::Row, now: &Self::Row) -> bool;

    /// The change of the write at `index`, on the condition that what was before is still so.
    fn request(
        &self,
        index: usize,
        before: &Before<Self::Row>,
        change: Change,
    ) -> Result<Self::Request>;

    /// All of them or none.
    fn commit(
        &self,
        requests: Vec<Self::Request>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Whether the failure of a commit says that something was not as it had been before.
    fn is_conflict(error: &Error) -> bool;

    /// Waits before the next attempt.
    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + Send;
}

/// What a lost answer is found to have meant.
enum Fate<R> {
    /// The commit was applied.
    Ours,
    /// Nothing has changed: it was not applied, or not yet, and may be sent again.
    Unchanged(Vec<Before<R>>),
    /// Others have written since.
    Unknown,
}

/// Commits a set, and says what each write did, in their order.
pub async fn commit<S: CommitStore>(store: &S, set: CommitSet<'_>) -> Result<Vec<Written>> {
    let mut retries = set.budget.retries(RETRIES, PAUSE);
    let (mut earlier, mut round) = (Effect::None, 0);
    let mut known = set.presumed();
    loop {
        let before = match known.take() {
            Some(before) => before,
            None => read(store).await?,
        };
        let (requests, written) = set
            .decide(store, &before)
            .map_err(|error| doubtful(error, earlier))?;
        let done = if requests.is_empty() {
            Ok(())
        } else {
            store.commit(requests).await
        };
        let Failure { error, effect } = match done {
            Ok(()) => {
                retries.answered();
                return Ok(written);
            }
            Err(failure) => failure,
        };
        earlier = earlier.max(effect);
        if earlier == Effect::Unknown {
            match fate(store, &set, &before).await {
                Fate::Ours => return Ok(written),
                Fate::Unchanged(before) => known = Some(before),
                Fate::Unknown => return Err(doubtful(error, earlier)),
            }
        }
        let (error, pause) = if S::is_conflict(&error) {
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
        store.sleep(pause).await;
    }
}

/// One write by itself, by what commits sets of them.
pub async fn commit_alone<'w, F>(
    write: &'w Write,
    together: impl FnOnce(&'w [Write], fn(Error, usize) -> Error) -> F,
) -> Result<Written>
where
    F: Future<Output = Result<Vec<Written>>>,
{
    if matches!(write.action, Action::Check) {
        return Err(Error::invalid("a check is part of a set of writes"));
    }
    let written = together(std::slice::from_ref(write), |error, _| error).await?;
    Ok(written.into_iter().next().unwrap_or_default())
}

async fn read<S: CommitStore>(store: &S) -> Result<Vec<Before<S::Row>>> {
    let rows = store.read().await?.into_iter();
    let rows = rows.map(|row| row.map_or(Before::Missing, Before::Found));
    Ok(rows.collect())
}

/// Finds out what became of a commit whose answer was lost.
async fn fate<S: CommitStore>(
    store: &S,
    set: &CommitSet<'_>,
    before: &[Before<S::Row>],
) -> Fate<S::Row> {
    let Ok(now) = read(store).await else {
        return Fate::Unknown;
    };
    if set.is_ours::<S>(&now) {
        return Fate::Ours;
    }
    let unchanged = before.iter().zip(&now).all(|pair| match pair {
        (Before::Whatever | Before::Missing, Before::Missing) => true,
        (Before::Found(then), Before::Found(now)) => S::is_same_state(then, now),
        _ => false,
    });
    if unchanged {
        Fate::Unchanged(now)
    } else {
        Fate::Unknown
    }
}

impl CommitSet<'_> {
    /// What can be said without a read, where no write needs one: a create presumes that there is
    /// nothing, and a put or delete that asks nothing takes whatever there is.
    fn presumed<R>(&self) -> Option<Vec<Before<R>>> {
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
    fn is_ours<S: CommitStore>(&self, now: &[Before<S::Row>]) -> bool {
        if self.call.schema.adopted {
            return false;
        }
        let mut only_blind_deletes = true;
        for (write, now) in self.writes.iter().zip(now) {
            match (&write.action, now) {
                (Action::Put { .. } | Action::Update { .. }, Before::Found(row))
                    if S::record(row).version == write.version =>
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
    fn decide<S: CommitStore>(
        &self,
        store: &S,
        before: &[Before<S::Row>],
    ) -> Result<(Vec<S::Request>, Vec<Written>)> {
        let mut requests = Vec::with_capacity(self.writes.len());
        let mut all = Vec::with_capacity(self.writes.len());
        for (index, (write, before)) in self.writes.iter().zip(before).enumerate() {
            let known = match before {
                Before::Whatever => Before::Whatever,
                Before::Missing => Before::Missing,
                Before::Found(row) => Before::Found(S::record(row)),
            };
            let decided = self
                .decide_one(write, &known)
                .and_then(|(change, written)| {
                    let request = change.map(|change| store.request(index, before, change));
                    Ok((request.transpose()?, written))
                });
            let (request, written) = decided.map_err(|error| (self.at)(error, index))?;
            requests.extend(request);
            all.push(written);
        }
        Ok((requests, all))
    }

    fn decide_one(
        &self,
        write: &Write,
        before: &Before<&Record>,
    ) -> Result<(Option<Change>, Written)> {
        let live = match before {
            Before::Found(record) => Some(*record).filter(|row| row.is_live(self.call.now)),
            Before::Missing | Before::Whatever => None,
        };
        let is_known = !matches!(before, Before::Whatever);
        if is_known {
            write.judge(live)?;
        }
        let mut written = Written::default();
        let change = match &write.action {
            Action::Put { fields, expires_at } => Change::Store(Record {
                fields: fields.clone(),
                version: write.version.clone(),
                expires_at: *expires_at,
            }),
            Action::Update { .. } => {
                let schema = self.call.schema;
                let record = write.updated(schema, live)?;
                schema.check_fields(&record.fields, self.limits)?;
                written.record = Some(record.clone());
                Change::Store(record)
            }
            Action::Delete => {
                written.existed = is_known.then_some(live.is_some());
                if matches!(before, Before::Missing) {
                    return Ok((None, written));
                }
                Change::Remove
            }
            Action::Check => Change::Check,
        };
        Ok((Some(change), written))
    }
}
