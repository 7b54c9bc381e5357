//! Time that stands still until a case moves it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use isobar::document::Timestamp;
use isobar::driver::Clock;

/// The wall clock at the start of a case, cut to the second, moved on only by the case.
///
/// Sleeping takes real time: it is used for budgets and for pauses between attempts, and both
/// must work while a real store answers.
#[derive(Debug)]
pub struct ManualClock {
    start: SystemTime,
    offset_micros: AtomicU64,
}

impl ManualClock {
    /// A clock that stands at the current second.
    pub fn start() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            start: UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs()),
            offset_micros: AtomicU64::new(0),
        }
    }

    /// The instant at which it stands.
    pub fn timestamp(&self) -> Timestamp {
        self.now().into()
    }

    /// Moves it on.
    pub fn advance(&self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.offset_micros.fetch_add(micros, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.start + Duration::from_micros(self.offset_micros.load(Ordering::SeqCst))
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}
