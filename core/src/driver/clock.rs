//! Time as a dependency, so that core needs no runtime and tests need no waiting.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

/// What a provider's runtime offers of time.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> SystemTime;

    /// Must return after `span`, not before, and must leave nothing behind when dropped.
    async fn sleep(&self, span: Duration);
}

/// The wall clock of this machine with a sleep that a provider supplies.
///
/// The sleep is a plain function, so that a provider passes `|span| Box::pin(tokio::time::sleep(span))`.
#[derive(Clone, Copy)]
pub struct SystemClock(pub fn(Duration) -> Sleep);

/// A boxed sleep.
pub type Sleep = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl fmt::Debug for SystemClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemClock")
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    async fn sleep(&self, span: Duration) {
        (self.0)(span).await;
    }
}
