//! When a request may be sent again: after a random pause, a few times, and never in a storm.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{jitter, time_left};
use crate::error::{Error, ErrorKind, Result};

/// What the retries of many requests of one store may cost together (rule R21, R22).
///
/// A retry takes from it, a request that is answered gives back, so that requests are hardly sent
/// again while a service fails most of them. Each store has its own, so that one that is throttled
/// uses up nothing of another's; clones share it. The figures are those of the standard retry mode
/// of the AWS SDKs: 500 in all, 5 for a retry, 1 for a request that was answered at once.
#[derive(Debug, Clone)]
pub struct RetryBudget {
    left: Arc<AtomicU32>,
    most: u32,
}

const MOST: u32 = 500;
const RETRY: u32 = 5;
const ANSWER: u32 = 1;

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl RetryBudget {
    fn new(most: u32) -> Self {
        Self {
            left: Arc::new(AtomicU32::new(most)),
            most,
        }
    }

    /// The retries of one request: at most `times`, the first after at most `pause`, each after at
    /// most twice as long as the one before, up to 1.6 s.
    pub fn retries(&self, times: u32, pause: Duration) -> Retries<'_> {
        Retries {
            budget: self,
            left: times,
            pause,
            held: ANSWER,
        }
    }

    fn take(&self, cost: u32) -> bool {
        let less = |left: u32| left.checked_sub(cost);
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken.is_ok()
    }

    fn give(&self, gain: u32) {
        let more = |left: u32| Some(left.saturating_add(gain).min(self.most));
        let given = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        debug_assert!(given.is_ok(), "it always gives a new value");
    }
}

/// The retries of one request, which its driver asks for before it sends the request again.
///
/// It says how often and when; whether a request may be sent twice at all is for the driver to
/// know. A conflict with another writer costs nothing: where one loses, another gets on.
///
/// ```
/// use std::time::Duration;
/// use isobar::driver::RetryBudget;
/// use isobar::{Error, ErrorKind};
///
/// let budget = RetryBudget::default();
/// let mut retries = budget.retries(1, Duration::from_millis(100));
/// let throttled = Error::new(ErrorKind::Throttled, "slow down");
/// assert!(retries.pause(&throttled).is_some());
/// assert!(retries.pause(&throttled).is_none());
/// ```
#[derive(Debug)]
pub struct Retries<'b> {
    budget: &'b RetryBudget,
    left: u32,
    pause: Duration,
    /// What comes back when the request is answered.
    held: u32,
}

/// What the request is given at least when it is sent again: one that the call's end cuts off tells less
/// than the error that is known.
const ROOM: Duration = Duration::from_millis(500);

/// The longest random pause.
const LONGEST: Duration = Duration::from_millis(1_600);

impl Retries<'_> {
    /// How long to wait before the request that failed so is sent again; a wait that the service
    /// asks for comes on top. `None` where it is not to be sent again, as where the call's time
    /// budget would end before that: its caller then hears this error.
    pub fn pause(&mut self, error: &Error) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let most = self.pause;
        self.pause = LONGEST.min(most * 2);
        let pause = error.retry_after().unwrap_or_default() + jitter(most);
        if time_left().is_some_and(|left| left.saturating_sub(ROOM.min(left / 4)) <= pause) {
            return None;
        }
        if error.kind() != ErrorKind::Contention {
            if !self.budget.take(RETRY) {
                tracing::debug!(%error, "too much fails just now for another attempt");
                self.left = 0;
                return None;
            }
            self.held = RETRY;
        }
        Some(pause)
    }

    /// The same where sending it twice does no harm: the error itself where it is not to be sent again.
    pub fn pause_or(&mut self, error: Error) -> Result<Duration> {
        let again = error.retryable();
        again.then(|| self.pause(&error)).flatten().ok_or(error)
    }

    /// To be told when the service has answered, whatever it said.
    pub fn answered(&mut self) {
        self.budget.give(std::mem::replace(&mut self.held, 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::{SystemClock, within};

    const PAUSE: Duration = Duration::from_millis(100);

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "it failed")
    }

    fn retried(budget: &RetryBudget, kind: ErrorKind) -> bool {
        let mut retries = budget.retries(1, PAUSE);
        retries.pause(&error(kind)).is_some()
    }

    #[test]
    fn pauses_double_and_end() {
        let budget = RetryBudget::new(500);
        let mut retries = budget.retries(8, PAUSE);
        for most in [100, 200, 400, 800, 1_600, 1_600, 1_600, 1_600] {
            let pause = retries.pause(&error(ErrorKind::Unavailable)).unwrap();
            assert!(pause < Duration::from_millis(most), "{pause:?}");
        }
        assert_eq!(retries.pause(&error(ErrorKind::Unavailable)), None);
    }

    #[test]
    fn what_the_service_asks_for_comes_on_top() {
        let budget = RetryBudget::new(500);
        let wait = Duration::from_secs(3);
        let error = error(ErrorKind::Throttled).with_retry_after(wait);
        let pause = budget.retries(1, PAUSE).pause(&error).unwrap();
        assert!((wait..wait + PAUSE).contains(&pause), "{pause:?}");
    }

    #[test]
    fn a_store_whose_requests_all_fail_stops_to_send_them_again_and_no_other_does() {
        let budget = RetryBudget::new(500);
        let all = (0..1_000).filter(|_| retried(&budget, ErrorKind::Throttled));
        assert_eq!(all.count(), 100);
        assert!(!retried(&budget.clone(), ErrorKind::Throttled));
        assert!(retried(&RetryBudget::default(), ErrorKind::Throttled));
        for _ in 0..5 {
            assert!(!retried(&budget, ErrorKind::Unavailable));
            budget.retries(1, PAUSE).answered();
        }
        assert!(retried(&budget, ErrorKind::Unavailable));
    }

    #[test]
    fn a_retry_that_is_answered_costs_nothing_in_the_end() {
        let budget = RetryBudget::new(RETRY);
        for _ in 0..10 {
            let mut retries = budget.retries(3, PAUSE);
            assert!(retries.pause(&error(ErrorKind::Unavailable)).is_some());
            retries.answered();
        }
    }

    #[tokio::test]
    async fn what_would_come_after_the_calls_time_is_not_sent_again() {
        let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
        let wait = |seconds| {
            let wait = Duration::from_secs(seconds);
            error(ErrorKind::Throttled).with_retry_after(wait)
        };
        let budget = RetryBudget::default();
        let call = async {
            let mut retries = budget.retries(2, PAUSE);
            Ok((retries.pause(&wait(1)), retries.pause(&wait(60))))
        };
        let pauses = within(&clock, Duration::from_secs(30), call).await;
        let (soon, late) = pauses.unwrap();
        assert!(soon.is_some() && late.is_none(), "{soon:?} {late:?}");
    }

    #[test]
    fn a_conflict_between_writers_costs_nothing() {
        let budget = RetryBudget::new(0);
        assert!(retried(&budget, ErrorKind::Contention));
        assert!(!retried(&budget, ErrorKind::Throttled));
    }
}
