//! What the tests share: a clock that stands still until it is moved, and collections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use isobar::driver::Clock;
use isobar::{Collection, CollectionSpec, ErrorKind};
use isobar_local::LocalStore;
use serde::{Deserialize, Serialize};

/// A clock at a second that the test sets.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn at(second: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(second)))
    }

    pub(crate) fn set(&self, second: u64) {
        self.0.store(second, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) owner: String,
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) edits: i64,
}

pub(crate) fn note(owner: &str, id: &str, text: &str) -> Note {
    Note {
        owner: owner.to_owned(),
        id: id.to_owned(),
        text: text.to_owned(),
        edits: 0,
    }
}

/// Binds a collection to the store, at second 1,000 until the clock is moved.
pub(crate) fn collection<T>(
    store: &LocalStore,
    spec: &CollectionSpec<T>,
) -> (Collection<T>, Arc<TestClock>) {
    let clock = TestClock::at(1_000);
    let collection = Collection::new(
        store.documents(),
        Arc::clone(&clock) as Arc<dyn Clock>,
        spec,
        "",
    );
    (collection, clock)
}

pub(crate) fn kind<T: std::fmt::Debug>(result: isobar::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}
