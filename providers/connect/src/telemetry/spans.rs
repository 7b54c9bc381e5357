//! The spans that have ended and were not told yet.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use isobar::driver::function::Telemetry;
use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

use super::collector::{Collector, PATIENCE, Turn};
use super::queue::{BATCH, Queue};
use super::sampler::Sampler;

/// As `OTEL_BSP_SCHEDULE_DELAY` is by default.
const DELAY: Duration = Duration::from_secs(5);
/// The longest that the end of a process waits.
const LAST: Duration = Duration::from_secs(1);
/// How long nothing is sent after a failure where somebody waits: each answer would wait for it anew.
const REST: Duration = Duration::from_secs(10);

/// A queue of bounded length, and to whom it is told.
#[derive(Debug)]
pub(super) struct Spans {
    sampler: Sampler,
    collector: Collector,
    queue: Queue,
    many: Notify,
    /// The last attempt that failed.
    failed_at: Mutex<Option<Instant>>,
    lost: AtomicU64,
    has_complained: AtomicBool,
}

/// How much is told at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// What an answer waits for: the others that wait tell the rest.
    OneBatch,
    All,
}

impl Spans {
    pub(super) fn new(sampler: Sampler, collector: Collector) -> Self {
        Self {
            sampler,
            collector,
            queue: Queue::default(),
            many: Notify::new(),
            failed_at: Mutex::default(),
            lost: AtomicU64::new(0),
            has_complained: AtomicBool::new(false),
        }
    }

    /// Keeps a span of so many bytes, unless too many wait already.
    pub(super) fn keep(&self, span: SpanData, bytes: usize) {
        if self.queue.keep(span, bytes) >= BATCH {
            self.many.notify_one();
        }
    }

    /// Tells a batch at a time, for as long as the runtime does.
    pub(super) async fn tell_now_and_then(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = sleep(DELAY) => {}
                () = self.many.notified() => {}
            }
            self.tell(PATIENCE, Telling::All).await;
        }
    }

    /// Tells the last of it, once what is on its way has arrived.
    pub(super) async fn end(&self) {
        self.tell(LAST, Telling::All).await;
        self.complain(self.queue.length(), "the process ends");
    }

    /// Tells what waits once nobody else does, and loses the batch that the collector does not take within the time.
    ///
    /// What waits for its turn meanwhile goes with the next batch, and whoever waited for it finds nothing left to tell.
    async fn tell(&self, most: Duration, telling: Telling) {
        self.complain(self.queue.take_overflow(), "too many wait");
        let end = Instant::now() + most;
        let Ok(turn) = timeout_at(end, self.collector.turn()).await else {
            return;
        };
        if telling == Telling::OneBatch && self.rests() {
            return;
        }
        while self.tell_batch(&turn, end).await && telling == Telling::All {}
    }

    /// Whether there was a batch and it was taken.
    async fn tell_batch(&self, turn: &Turn<'_>, end: Instant) -> bool {
        let batch = self.queue.next_batch();
        if batch.is_empty() {
            return false;
        }
        let why = match timeout_at(end, turn.send(batch.spans())).await {
            Ok(Ok(())) => {
                batch.done();
                self.note(None);
                return true;
            }
            Ok(Err(why)) => why,
            Err(_) => "no answer in time".to_owned(),
        };
        self.note(Some(Instant::now()));
        self.complain(batch.done(), &why);
        false
    }

    /// The first loss is a warning; whoever wants to hear of all listens at `debug`.
    fn complain(&self, count: usize, why: &str) {
        if count == 0 {
            return;
        }
        let all = self.lost.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        if self.has_complained.swap(true, Ordering::Relaxed) {
            tracing::debug!(target: "isobar", why, count, all, "spans are lost");
        } else {
            tracing::warn!(target: "isobar", why, count, all, "spans are lost");
        }
    }

    fn note(&self, failed_at: Option<Instant>) {
        let mut noted = self
            .failed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *noted = failed_at;
    }

    fn rests(&self) -> bool {
        let noted = self
            .failed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        noted.is_some_and(|failed_at| failed_at.elapsed() < REST)
    }

    /// All that waits, as if it had been told.
    #[cfg(test)]
    pub(super) fn taken(&self) -> Vec<SpanData> {
        let batch = self.queue.next_batch();
        let spans = batch.spans();
        batch.done();
        spans
    }
}

#[async_trait]
impl Telemetry for Spans {
    fn samples(&self, trace_id: u128, told: Option<bool>) -> bool {
        self.sampler.samples(trace_id, told)
    }

    async fn flush(&self, most: Duration) {
        if !self.rests() {
            self.tell(most, Telling::OneBatch).await;
        }
    }
}

#[cfg(test)]
mod tests;
