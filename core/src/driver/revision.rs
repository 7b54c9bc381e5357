//! Tells whether anything in a store has changed, where that can be known without asking the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the changes of a store that no other process can write. Cloning copies the reference.
///
/// The count is odd while a change is under way, so that an equal pair of numbers means that
/// nothing became visible in between.
#[derive(Debug, Clone, Default)]
pub struct Revision(Arc<AtomicU64>);

impl Revision {
    /// Runs `change`, which may change what readers see; there is one at a time.
    pub fn during<R>(&self, change: impl FnOnce() -> R) -> R {
        self.0.fetch_add(1, Ordering::SeqCst);
        let result = change();
        self.0.fetch_add(1, Ordering::SeqCst);
        result
    }

    /// The number of the present state; `None` while it is changing.
    pub fn current(&self) -> Option<u64> {
        let count = self.0.load(Ordering::SeqCst);
        count.is_multiple_of(2).then_some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_ends_a_state_and_begins_another() {
        let revision = Revision::default();
        let before = revision.current();
        let during = revision.during(|| revision.current());
        assert_eq!(during, None);
        assert!(before.is_some() && revision.current().is_some());
        assert_ne!(before, revision.current());
        assert_eq!(revision.current(), revision.current());
    }
}
