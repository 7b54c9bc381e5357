//! Read, decide, write: the reads of a transaction become the conditions of its writes.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::write_set::{Draft, Scope};
use super::{Collection, Condition, Item, Key, PutOptions, Version, WriteSet, check};
use crate::capability::Capability;
use crate::driver::document::{Action, Existence};
use crate::driver::jitter;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Effect;

const MAX_ATTEMPTS: u32 = 64;

/// One attempt of a read-modify-write of one partition; see
/// [`Collection::transact`](crate::Collection::transact).
pub struct Transaction<T> {
    collection: Collection<T>,
    /// `None` where documents of any partition may be read and written.
    partition: Option<Arc<str>>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The version of each document that was read; `None` where there was none.
    reads: HashMap<Key, Option<Version>>,
    /// The last write of each document, in the order in which they were first written.
    writes: Vec<(Key, Action)>,
}

impl<T> Clone for Transaction<T> {
    fn clone(&self) -> Self {
        Self {
            collection: self.collection.clone(),
            partition: self.partition.clone(),
            state: Arc::clone(&self.state),
        }
    }
}

impl<T> fmt::Debug for Transaction<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { reads, writes } = &*self.state();
        f.debug_struct("Transaction")
            .field("collection", &self.collection)
            .field("reads", &reads.len())
            .field("writes", &writes.len())
            .finish_non_exhaustive()
    }
}

impl<T> Transaction<T> {
    /// Removes the document when the transaction commits.
    pub fn delete(&self, key: impl Into<Key>) -> Result<()> {
        let key = self.own(key.into())?;
        self.write(key, Action::Delete);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(&self, key: Key) -> Result<Key> {
        let own = self.partition.as_ref();
        if own.is_some_and(|own| *key.partition != **own) {
            return Err(Error::invalid(
                "a transaction works on documents of one partition",
            ));
        }
        key.check(&self.collection.binding().schema)?;
        Ok(key)
    }

    fn write(&self, key: Key, action: Action) {
        let mut state = self.state();
        match state.writes.iter_mut().find(|(written, _)| *written == key) {
            Some((_, earlier)) => *earlier = action,
            None => state.writes.push((key, action)),
        }
    }
}

impl<T: Serialize> Transaction<T> {
    /// Stores the document when the transaction commits, for good: also where the one in its
    /// place would expire.
    pub fn put(&self, document: &T) -> Result<()> {
        self.put_with(document, PutOptions::default())
    }

    /// Stores the document when the transaction commits, with options.
    ///
    /// [`PutOptions::with_expiry_of`] keeps the expiry of a document that was read. A condition is
    /// `InvalidArgument`: a transaction reads, and decides by what it read.
    pub fn put_with(&self, document: &T, options: PutOptions) -> Result<()> {
        let PutOptions {
            condition,
            expires_at,
        } = options;
        if !condition.is_empty() {
            return Err(Error::invalid(
                "a write of a transaction takes no condition: read the document and decide by it",
            ));
        }
        let fields = check::fields(document)?;
        let key = self.own(Key::of(&fields, &self.collection.binding().schema)?)?;
        self.write(key, Action::Put { fields, expires_at });
        Ok(())
    }
}

impl<T: DeserializeOwned + Send> Transaction<T> {
    /// The document as it was before the transaction; the commit fails if it changes meanwhile.
    pub async fn get(&self, key: impl Into<Key>) -> Result<Option<Item<T>>> {
        let key = self.own(key.into())?;
        let item = self.collection.get(key.clone()).await?;
        let version = item.as_ref().map(|item| item.version.clone());
        let mut state = self.state();
        let earlier = state.reads.entry(key).or_insert_with(|| version.clone());
        if *earlier != version {
            return Err(Error::new(
                ErrorKind::Contention,
                "the document changed between two reads",
            ));
        }
        Ok(item)
    }
}

/// Runs `work` until its writes commit, its own error is final, or time is up.
pub(super) async fn run<T, R, F, Work>(
    collection: &Collection<T>,
    scope: Scope<'_>,
    work: F,
) -> Result<R>
where
    R: Send,
    F: Fn(Transaction<T>) -> Work + Send + Sync,
    Work: Future<Output = Result<R>> + Send,
{
    let committing = AtomicBool::new(false);
    let attempts = attempts(collection, scope, work, &committing);
    let binding = collection.binding();
    // Until the commit is sent nothing can have been written.
    let ended = binding.run("document.transact", Effect::Read, attempts);
    ended.await.map_err(|error| {
        let late = error.kind() == ErrorKind::DeadlineExceeded;
        if late && committing.load(Ordering::Relaxed) {
            error.with_outcome_unknown()
        } else {
            error
        }
    })
}

async fn attempts<T, R, F, Work>(
    collection: &Collection<T>,
    scope: Scope<'_>,
    work: F,
    committing: &AtomicBool,
) -> Result<R>
where
    R: Send,
    F: Fn(Transaction<T>) -> Work + Send + Sync,
    Work: Future<Output = Result<R>> + Send,
{
    let binding = collection.binding();
    let needed = [Capability::DocumentVersions, scope.needs()];
    binding.capabilities.require(&needed)?;
    let give_up = binding.clock.now().checked_add(binding.budget);
    let mut attempt = 1;
    loop {
        let transaction = Transaction {
            collection: collection.clone(),
            partition: scope.partition().map(Arc::from),
            state: Arc::default(),
        };
        let result = match work(transaction.clone()).await {
            Ok(answer) => {
                committing.store(true, Ordering::Relaxed);
                let committed = commit(collection, scope, &transaction).await;
                committing.store(false, Ordering::Relaxed);
                committed.map(|()| answer)
            }
            Err(error) => Err(error),
        };
        match result {
            Err(error) if error.kind() == ErrorKind::Contention && !error.outcome_unknown() => {
                let pause = pause(attempt);
                let late = give_up.is_some_and(|end| binding.clock.now() + pause >= end);
                if attempt == MAX_ATTEMPTS || late {
                    return Err(error);
                }
                binding.clock.sleep(pause).await;
                attempt += 1;
            }
            done => return done,
        }
    }
}

async fn commit<T>(
    collection: &Collection<T>,
    scope: Scope<'_>,
    transaction: &Transaction<T>,
) -> Result<()> {
    let State { mut reads, writes } = std::mem::take(&mut *transaction.state());
    // One document is read at one instant; two were the state of one instant only if the first is
    // still as it was read.
    if writes.is_empty() && reads.len() < 2 {
        return Ok(());
    }
    let mut set = WriteSet::new();
    for (key, action) in writes {
        let unread = (Existence::Any, Condition::default());
        let (existence, condition) = reads.remove(&key).map_or(unread, unchanged);
        set.push(Draft::keyed(key, action, existence, condition));
    }
    for (key, version) in reads {
        let (existence, condition) = unchanged(version);
        set.push(Draft::keyed(key, Action::Check, existence, condition));
    }
    collection
        .commit_within(scope, set)
        .await
        .map_err(|error| match error.kind() {
            // What was read may have been changed by an earlier attempt of this very commit.
            _ if error.outcome_unknown() => error,
            ErrorKind::PreconditionFailed | ErrorKind::NotFound | ErrorKind::AlreadyExists => {
                Error::new(
                    ErrorKind::Contention,
                    "another writer changed what the transaction read",
                )
                .with_source(error)
            }
            _ => error,
        })
}

/// What the commit asks of a document: that it is as it was read.
fn unchanged(read: Option<Version>) -> (Existence, Condition) {
    match read {
        None => (Existence::Forbidden, Condition::default()),
        Some(version) => (Existence::Required, Condition::version(&version)),
    }
}

/// Up to 1 ms after the first conflict, doubling to at most 64 ms, at random so that writers part.
fn pause(attempt: u32) -> Duration {
    jitter(Duration::from_millis(1 << attempt.min(6)))
}
