//! The buckets and the collections whose events an application of this process waits for.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// Some of one kind, by their names in the store.
#[derive(Debug, Default)]
pub(crate) struct Watched(RwLock<HashSet<String>>);

impl Watched {
    /// Has events of this one kept, or announced, from now on, until this process ends.
    pub(crate) fn add(&self, name: &str) {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(name.to_owned());
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        names.contains(name)
    }
}
