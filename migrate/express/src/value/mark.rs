//! Tells the owner of a value that some part of it is about to change.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Told of changes by the objects that carry it. Cloning copies the reference.
#[derive(Debug, Clone)]
pub(crate) struct Mark(Arc<Told>);

#[derive(Debug)]
struct Told {
    changed: AtomicBool,
    /// The first element that may have changed.
    first: AtomicUsize,
    /// The numbers of the entries that have changed within.
    entries: Mutex<Vec<u64>>,
    /// The value of which this marks one entry, and the number of the entry.
    of: Option<(Mark, u64)>,
}

impl Mark {
    /// The mark of a whole value.
    pub(crate) fn whole() -> Self {
        Self::new(None)
    }

    /// The mark of one entry of the value of which this is the mark.
    pub(crate) fn entry(&self, number: u64) -> Self {
        Self::new(Some((self.clone(), number)))
    }

    fn new(of: Option<(Self, u64)>) -> Self {
        Self(Arc::new(Told {
            changed: AtomicBool::new(false),
            first: AtomicUsize::new(usize::MAX),
            entries: Mutex::default(),
            of,
        }))
    }

    /// Elements from `first` on, or properties, are about to change.
    pub(crate) fn set(&self, first: usize) {
        self.0.first.fetch_min(first, Ordering::Relaxed);
        let earlier = self.0.changed.swap(true, Ordering::Relaxed);
        if let (false, Some((whole, number))) = (earlier, &self.0.of) {
            whole.entries().push(*number);
        }
    }

    /// What carries this mark has left the value.
    pub(crate) fn retire(&self) {
        self.0.changed.store(true, Ordering::Relaxed);
    }

    /// Whether what carries this mark has changed or left.
    pub(crate) fn is_set(&self) -> bool {
        self.0.changed.load(Ordering::Relaxed)
    }

    /// Whether anything has changed, entries included.
    pub(crate) fn is_touched(&self) -> bool {
        self.is_set() || !self.entries().is_empty()
    }

    /// The first element that may have been added, removed or replaced.
    pub(crate) fn first(&self) -> Option<usize> {
        self.is_set().then(|| self.0.first.load(Ordering::Relaxed))
    }

    /// The numbers of the entries that have changed within.
    pub(crate) fn changed_entries(&self) -> Vec<u64> {
        self.entries().clone()
    }

    /// Forgets what was told. The marks of the entries that have changed have to be made anew.
    pub(crate) fn clear(&self) {
        self.0.changed.store(false, Ordering::Relaxed);
        self.0.first.store(usize::MAX, Ordering::Relaxed);
        self.entries().clear();
    }

    /// Whether both are the same mark.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn entries(&self) -> MutexGuard<'_, Vec<u64>> {
        self.0
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
