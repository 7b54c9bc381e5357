//! The spans that have ended and were not told yet.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use isobar::driver::function::Telemetry;
use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::collector::{Collector, PATIENCE};
use super::sampler::Sampler;

/// As `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` and `OTEL_BSP_SCHEDULE_DELAY` are by default.
const MOST_WAITING: usize = 2_048;
const BATCH: usize = 512;
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
    waiting: Mutex<Vec<SpanData>>,
    dropped: AtomicU64,
    many: Notify,
    /// The last attempt that failed.
    failed_at: Mutex<Option<Instant>>,
    has_complained: AtomicBool,
}

impl Spans {
    pub(super) fn new(sampler: Sampler, collector: Collector) -> Self {
        Self {
            sampler,
            collector,
            waiting: Mutex::default(),
            dropped: AtomicU64::new(0),
            many: Notify::new(),
            failed_at: Mutex::default(),
            has_complained: AtomicBool::new(false),
        }
    }

    /// Keeps a span, unless too many wait already.
    pub(super) fn keep(&self, span: SpanData) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST_WAITING {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.push(span);
        if waiting.len() >= BATCH {
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
            self.tell(PATIENCE).await;
        }
    }

    /// Tells the last of it.
    pub(super) async fn end(&self) {
        self.tell(LAST).await;
    }

    /// The next batch.
    pub(super) fn take(&self) -> Vec<SpanData> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let length = waiting.len().min(BATCH);
        waiting.drain(..length).collect()
    }

    /// Tells all that waits, and loses what the collector does not take within the time.
    async fn tell(&self, most: Duration) {
        let told = timeout(most, self.tell_all()).await;
        let why = match told {
            Ok(Ok(())) => return self.note(None),
            Ok(Err(why)) => why,
            Err(_) => format!("no answer in {} ms", most.as_millis()),
        };
        self.note(Some(Instant::now()));
        let first = !self.has_complained.swap(true, Ordering::Relaxed);
        let dropped = self.dropped.load(Ordering::Relaxed);
        if first {
            tracing::warn!(target: "isobar", why, dropped, "spans are lost: their collector did not take them");
        } else {
            tracing::debug!(target: "isobar", why, dropped, "spans are lost: their collector did not take them");
        }
    }

    async fn tell_all(&self) -> Result<(), String> {
        loop {
            let batch = self.take();
            if batch.is_empty() {
                return Ok(());
            }
            self.collector.send(batch).await?;
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
}

#[async_trait]
impl Telemetry for Spans {
    fn samples(&self, trace_id: u128, told: Option<bool>) -> bool {
        self.sampler.samples(trace_id, told)
    }

    async fn flush(&self, most: Duration) {
        if !self.rests() {
            self.tell(most).await;
        }
    }
}
