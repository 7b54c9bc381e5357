//! Whether a connection is waiting for its client, found out a few times per timeout instead of once per request.
//!
//! hyper has a timer for heads, but arms it anew for each request, which costs a small service about a tenth of its
//! throughput. A few counts and a slow beat give the same bound, at most a quarter of the timeout later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What one connection has done so far.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    begun: AtomicU64,
    ended: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
    /// Whether something waits to be sent, which has a time of its own.
    blocked: AtomicBool,
    /// The reads before the end of the last request: what was read after it is of the next head.
    settled: AtomicU64,
    /// The requests that had ended when nothing of a next head was found in the connection's buffer. Since then one may have
    /// come together with the request before it.
    looked: AtomicU64,
    upgraded: AtomicBool,
}

/// How long a connection may be quiet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// With a head that has begun and is not whole.
    pub(crate) head: Duration,
    /// With nothing of one; the same where there is none.
    pub(crate) idle: Option<Duration>,
}

/// A request under way; its end is counted when its response has been passed on or given up, and its body, too.
#[derive(Debug)]
pub(crate) struct Beat(Arc<Pulse>);

const BEATS_PER_TIMEOUT: u32 = 4;

impl Pulse {
    pub(crate) fn begin(self: &Arc<Self>) -> Beat {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Beat(Arc::clone(self))
    }

    pub(crate) fn note_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_written(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.blocked.store(false, Ordering::Relaxed);
    }

    pub(crate) fn note_blocked(&self) {
        self.blocked.store(true, Ordering::Relaxed);
    }

    /// From now on others read and write, at their own pace.
    pub(crate) fn note_upgraded(&self) {
        self.upgraded.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_upgraded(&self) -> bool {
        self.upgraded.load(Ordering::Relaxed)
    }

    /// Notes that nothing of a next head has come; whether the connection may go on for that.
    pub(crate) fn may_go_on(&self, patience: Patience) -> bool {
        let was_unsure = self.is_to_be_looked_at();
        let ended = self.ended.load(Ordering::Relaxed);
        self.looked.store(ended, Ordering::Relaxed);
        was_unsure && patience.idle.is_some_and(|idle| idle > patience.head)
    }

    /// Resolves when for so long no request was under way, none began, and nothing could be sent; or earlier when somebody has to
    /// look whether a head has begun.
    pub(crate) async fn stopped(&self, patience: Patience) {
        let (mut quiet_beats, mut head_beats) = (0, 0);
        let mut before = (0, 0);
        while !patience.is_over(quiet_beats, head_beats) {
            if quiet_beats >= BEATS_PER_TIMEOUT && self.is_to_be_looked_at() {
                return;
            }
            tokio::time::sleep(patience.beat()).await;
            let ended = self.ended.load(Ordering::Relaxed);
            let now = (
                self.begun.load(Ordering::Relaxed),
                self.writes.load(Ordering::Relaxed),
            );
            let blocked = self.blocked.load(Ordering::Relaxed);
            let quiet = now == before && now.0 == ended && !blocked;
            quiet_beats = if quiet { quiet_beats + 1 } else { 0 };
            head_beats = if quiet && self.has_begun_head() {
                head_beats + 1
            } else {
                0
            };
            before = now;
        }
    }

    fn has_begun_head(&self) -> bool {
        self.reads.load(Ordering::Relaxed) != self.settled.load(Ordering::Relaxed)
    }

    /// Whether a head may have begun together with the request before it. One that has begun since then has the time of its own.
    fn is_to_be_looked_at(&self) -> bool {
        let looked = self.looked.load(Ordering::Relaxed);
        looked != self.ended.load(Ordering::Relaxed) && !self.has_begun_head()
    }
}

impl Patience {
    /// Over HTTP/2, where what is read between two requests says nothing of a head.
    pub(crate) fn of_http2(self) -> Self {
        Self {
            head: self.idle.unwrap_or(self.head),
            idle: None,
        }
    }

    fn beat(self) -> Duration {
        self.head / BEATS_PER_TIMEOUT
    }

    /// Whether so many beats without a request, the last of them with the beginning of a head, are too many.
    fn is_over(self, quiet_beats: u32, head_beats: u32) -> bool {
        let Some(idle) = self.idle else {
            return quiet_beats >= BEATS_PER_TIMEOUT;
        };
        let is_idle = head_beats == 0 && self.beat().saturating_mul(quiet_beats) >= idle;
        head_beats >= BEATS_PER_TIMEOUT || is_idle
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        let reads = self.0.reads.load(Ordering::Relaxed);
        self.0.settled.store(reads, Ordering::Relaxed);
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(30),
        idle: Some(Duration::from_hours(1)),
    };

    /// Beats after which a connection is closed that is let be, with half a head or without.
    fn beats(patience: Patience, half_a_head: bool) -> u32 {
        let (mut quiet, mut head) = (0, 0);
        while !patience.is_over(quiet, head) {
            quiet += 1;
            head += u32::from(half_a_head);
        }
        quiet
    }

    #[test]
    fn a_connection_without_a_head_may_be_idle_for_longer_than_one_with_half_a_head() {
        assert_eq!(beats(PATIENCE, false), 480);
        assert_eq!(beats(PATIENCE, true), 4);
        // A head that begins after a long time has all of its own.
        assert!(!PATIENCE.is_over(479, 1));
        let alike = Patience {
            idle: None,
            ..PATIENCE
        };
        assert_eq!((beats(alike, false), beats(alike, true)), (4, 4));
    }

    #[test]
    fn what_is_read_after_a_request_is_the_next_head() {
        let pulse = Arc::new(Pulse::default());
        assert!(!pulse.has_begun_head());
        pulse.reads.fetch_add(1, Ordering::Relaxed);
        assert!(pulse.has_begun_head());
        drop(pulse.begin());
        assert!(!pulse.has_begun_head());
        pulse.reads.fetch_add(1, Ordering::Relaxed);
        assert!(pulse.has_begun_head());
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_begins_when_the_connection_is_to_be_looked_at_has_its_whole_time() {
        let pulse = Arc::new(Pulse::default());
        pulse.note_read();
        drop(pulse.begin());
        let begin = Instant::now();
        pulse.stopped(PATIENCE).await;
        let looked = begin.elapsed();
        let late = async {
            sleep(looked.saturating_sub(Duration::from_millis(1))).await;
            pulse.note_read();
            std::future::pending::<()>().await;
        };
        let begin = Instant::now();
        tokio::select! {
            () = pulse.stopped(PATIENCE) => {}
            () = late => {}
        }
        assert_eq!(begin.elapsed() + PATIENCE.beat(), looked + PATIENCE.head);
    }
}
