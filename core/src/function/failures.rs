//! Why messages of a batch failed, for platforms that keep that.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;

/// What the messages of a batch failed with that are to come again, by their ids; for platforms.
///
/// [`Outcome::Partial`](super::Outcome::Partial) names them alone. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Failures(Arc<Mutex<Vec<(String, Error)>>>);

impl Failures {
    /// What was noted so far, which is then no longer here.
    pub fn take(&self) -> Vec<(String, Error)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note(&self, id: &str, error: Error) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.push((id.to_owned(), error));
    }
}
