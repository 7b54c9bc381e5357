//! A queue that is bounded in spans and in bytes, and gives nothing away before it was told.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry_sdk::trace::SpanData;

/// As `OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` are by default.
pub(super) const MOST: usize = 2_048;
pub(super) const BATCH: usize = 512;
/// What all of them may take, about: the smallest functions have 128 MiB.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

type Weighed = (SpanData, usize);

/// What waits or is on its way.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Weighed>,
    /// Of those that wait and of those on their way.
    count: usize,
    bytes: usize,
    /// How many found no place.
    overflow: usize,
}

/// Spans on their way; unless they are done, they wait again.
#[derive(Debug)]
pub(super) struct Batch<'q> {
    queue: &'q Queue,
    spans: Vec<Weighed>,
}

impl Queue {
    /// Keeps a span where there is a place; returns how many wait.
    pub(super) fn keep(&self, span: SpanData, bytes: usize) -> usize {
        let mut state = self.state();
        if state.count >= MOST || state.bytes + bytes > MOST_BYTES {
            state.overflow += 1;
        } else {
            state.waiting.push_back((span, bytes));
            state.count += 1;
            state.bytes += bytes;
        }
        state.waiting.len()
    }

    pub(super) fn next_batch(&self) -> Batch<'_> {
        let mut state = self.state();
        let length = state.waiting.len().min(BATCH);
        Batch {
            queue: self,
            spans: state.waiting.drain(..length).collect(),
        }
    }

    /// How many have found no place since this was asked.
    pub(super) fn take_overflow(&self) -> usize {
        std::mem::take(&mut self.state().overflow)
    }

    /// How many wait or are on their way.
    pub(super) fn length(&self) -> usize {
        self.state().count
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// A copy for whoever takes them away.
    pub(super) fn spans(&self) -> Vec<SpanData> {
        self.spans.iter().map(|(span, _)| span.clone()).collect()
    }

    /// Forgets them; returns how many there were.
    pub(super) fn done(mut self) -> usize {
        let spans = std::mem::take(&mut self.spans);
        let bytes: usize = spans.iter().map(|(_, bytes)| bytes).sum();
        let mut state = self.queue.state();
        state.count -= spans.len();
        state.bytes -= bytes;
        spans.len()
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if self.spans.is_empty() {
            return;
        }
        let mut state = self.queue.state();
        for span in self.spans.drain(..).rev() {
            state.waiting.push_front(span);
        }
    }
}
