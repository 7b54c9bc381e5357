//! Why messages of a batch failed, when they are to come again, and which were not begun, for platforms that keep that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Error;

/// What the messages of a batch failed with that are to come again, the times for which their handler asked, and which of them
/// no handler has begun, by their ids; for platforms.
///
/// [`Outcome::Partial`](super::Outcome::Partial) names them alone. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Failures(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    errors: Vec<(String, Error)>,
    waits: Vec<(String, Duration)>,
    unbegun: Vec<String>,
}

impl Failures {
    /// What was noted so far, which is then no longer here.
    pub fn take(&self) -> Vec<(String, Error)> {
        std::mem::take(&mut self.noted().errors)
    }

    /// The times that were noted so far, which are then no longer here.
    pub fn take_waits(&self) -> Vec<(String, Duration)> {
        std::mem::take(&mut self.noted().waits)
    }

    /// The messages that no handler has begun, as they wait for one of their group or as the others took all the time: they have
    /// not failed, and their delivery does not count. They are then no longer here.
    pub fn take_unbegun(&self) -> Vec<String> {
        std::mem::take(&mut self.noted().unbegun)
    }

    /// The times that were noted so far and not taken.
    pub(super) fn waits(&self) -> Vec<(String, Duration)> {
        self.noted().waits.clone()
    }

    pub(super) fn note(&self, id: &str, error: Error) {
        self.noted().errors.push((id.to_owned(), error));
    }

    pub(super) fn note_wait(&self, id: &str, wait: Duration) {
        self.noted().waits.push((id.to_owned(), wait));
    }

    pub(super) fn note_unbegun(&self, id: &str) {
        self.noted().unbegun.push(id.to_owned());
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
