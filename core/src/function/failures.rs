//! Why messages of a batch failed, and when they are to come again, for platforms that keep that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Error;

/// What the messages of a batch failed with that are to come again, and the times for which their handler asked, by their
/// ids; for platforms.
///
/// [`Outcome::Partial`](super::Outcome::Partial) names them alone. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Failures(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    errors: Vec<(String, Error)>,
    waits: Vec<(String, Duration)>,
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

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
