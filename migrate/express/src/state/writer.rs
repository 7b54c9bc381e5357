//! Stores what requests have changed, many of them in one step, one step after the other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use isobar::document::BatchWrite;
use isobar::{Collection, Error, ErrorKind, Result};
use tokio::sync::watch;

use super::draft::Draft;
use super::memory::{Changes, Unchanged};
use super::stored::StoredVariable;

/// Stores the variables of one application.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) collection: Collection<StoredVariable>,
    pub(super) application: Arc<str>,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    drafts: VecDeque<Draft>,
    is_running: bool,
    /// How often memory got ahead of what could be stored.
    epoch: u64,
}

/// How a step ended.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Waiting,
    /// All of it is stored; the store was as expected at this time at the earliest.
    Stored(Instant),
    /// None of it is stored, because another process was faster or the step before has failed.
    Overtaken,
    Failed(Arc<Error>),
}

/// Tells how a step ends. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Ticket(watch::Receiver<Outcome>);

impl Ticket {
    pub(super) fn new(receiver: watch::Receiver<Outcome>) -> Self {
        Self(receiver)
    }

    /// How the step has ended so far.
    pub(super) fn outcome(&self) -> Outcome {
        self.0.borrow().clone()
    }

    /// Waits for the end of the step.
    pub(super) async fn ended(mut self) -> Outcome {
        let ended = self
            .0
            .wait_for(|outcome| !matches!(outcome, Outcome::Waiting));
        match ended.await {
            Ok(outcome) => outcome.clone(),
            Err(_) => Outcome::Failed(Arc::new(Error::new(
                ErrorKind::Cancelled,
                "the platform stopped before the change was stored",
            ))),
        }
    }
}

impl Writer {
    pub(super) fn new(collection: Collection<StoredVariable>, application: &str) -> Self {
        Self {
            collection,
            application: application.into(),
            queue: Mutex::default(),
        }
    }

    /// Changes whenever what is in memory cannot be stored any more.
    pub(super) fn epoch(&self) -> u64 {
        self.queue().epoch
    }

    /// Has the changes of one request stored, together with those of others. `checked` are variables that it has read
    /// only, with the commits that wrote them.
    ///
    /// The name of the commit and its ticket; `None` when memory is out of date.
    pub(super) fn enqueue(
        self: &Arc<Self>,
        epoch: u64,
        changes: Changes,
        checked: Unchanged,
    ) -> Option<(String, Ticket)> {
        let mut queue = self.queue();
        if queue.epoch != epoch {
            return None;
        }
        let has_room = queue
            .drafts
            .back()
            .is_some_and(|draft| draft.has_room_for(&changes));
        if !has_room {
            queue.drafts.push_back(Draft::new());
        }
        let draft = queue.drafts.back_mut()?;
        for (expected, change) in changes {
            draft.add(expected, change);
        }
        for (name, expected) in checked {
            draft.check(name, expected);
        }
        let promised = (draft.commit().to_owned(), draft.ticket());
        if !std::mem::replace(&mut queue.is_running, true) {
            tokio::spawn(Arc::clone(self).run());
        }
        Some(promised)
    }

    async fn run(self: Arc<Self>) {
        while let Some(draft) = self.next() {
            let begin = Instant::now();
            let outcome = match self.store(&draft).await {
                Ok(()) => Outcome::Stored(begin),
                Err(error) if is_overtaken(&error) => Outcome::Overtaken,
                Err(error) => Outcome::Failed(Arc::new(error)),
            };
            let is_stored = matches!(outcome, Outcome::Stored(_));
            if !is_stored {
                self.give_up();
            }
            let garbage = draft.end(outcome);
            if is_stored && !garbage.is_empty() {
                self.remove(garbage).await;
            }
        }
    }

    fn next(&self) -> Option<Draft> {
        let mut queue = self.queue();
        let next = queue.drafts.pop_front();
        queue.is_running = next.is_some();
        next
    }

    /// Everything that waits was worked out from what could not be stored.
    fn give_up(&self) {
        let drafts = {
            let mut queue = self.queue();
            queue.epoch += 1;
            std::mem::take(&mut queue.drafts)
        };
        for draft in drafts {
            drop(draft.end(Outcome::Overtaken));
        }
    }

    async fn store(&self, draft: &Draft) -> Result<()> {
        let before = draft.before();
        if !before.is_empty() {
            let batch = before.iter().fold(BatchWrite::new(), BatchWrite::upsert);
            let results = self.collection.write_batch(batch).await?;
            results.into_iter().collect::<Result<()>>()?;
        }
        match draft.store(&self.collection, &self.application).await {
            Err(error) if error.outcome_unknown() => self.find_out(draft, error).await,
            done => done,
        }
    }

    /// Whether a step whose answer got lost has happened.
    async fn find_out(&self, draft: &Draft, error: Error) -> Result<()> {
        let Some(name) = draft.changed_variable() else {
            return Err(error);
        };
        let key = (self.application.to_string(), name.to_owned());
        let found = self.collection.get(key).await;
        let commit = found.ok().flatten().and_then(|item| item.value.commit);
        if commit.as_deref() == Some(draft.commit()) {
            Ok(())
        } else {
            Err(error)
        }
    }

    async fn remove(&self, garbage: Vec<String>) {
        let batch = garbage.into_iter().fold(BatchWrite::new(), |batch, name| {
            batch.delete((self.application.to_string(), name))
        });
        if let Err(error) = self.collection.write_batch(batch).await {
            tracing::warn!(%error, "documents that nothing refers to were left in the store");
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_overtaken(error: &Error) -> bool {
    !error.outcome_unknown()
        && matches!(
            error.kind(),
            ErrorKind::PreconditionFailed
                | ErrorKind::NotFound
                | ErrorKind::AlreadyExists
                | ErrorKind::Contention
        )
}
