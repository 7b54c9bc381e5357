//! How long somebody is waited for who sends or takes bytes.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// The waits for one who sends or takes bytes: none longer than a time, and all of them no longer than that and the time for
/// which the bytes suffice at the least rate.
///
/// A wait is over when the other end has done its part, however much later somebody looks: who takes long with the bytes
/// counts for nothing.
#[derive(Debug)]
pub(crate) struct Pace {
    idle: Duration,
    /// Bytes a second; 0 where none is asked for.
    least_rate: u32,
    moved: u64,
    /// Most never wait.
    waits: Option<Box<Waits>>,
}

/// Nothing moved for too long, or too little on the average.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooSlow;

#[derive(Debug)]
struct Waits {
    end: Pin<Box<Sleep>>,
    /// Of the wait that is going on.
    since: Option<Instant>,
    /// In those before it.
    waited: Duration,
    notice: Arc<Notice>,
}

/// Notes when whoever waits was woken, which may be long before it looks.
#[derive(Debug)]
struct Notice(Mutex<Noticed>);

#[derive(Debug)]
struct Noticed {
    task: Waker,
    at: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(idle: Duration, least_rate: u32) -> Self {
        Self {
            idle,
            least_rate,
            moved: 0,
            waits: None,
        }
    }

    /// Counts what has been sent or taken.
    pub(crate) fn moved(&mut self, bytes: usize) {
        self.moved = self.moved.saturating_add(bytes as u64);
    }

    /// What `poll` says, or [`TooSlow`] when that has been waited for too long.
    pub(crate) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, TooSlow>> {
        if !self.is_waiting()
            && let Poll::Ready(told) = poll(cx)
        {
            return Poll::Ready(Ok(told));
        }
        let waits = self.begun(cx);
        let woken = waits.notice.look(cx.waker());
        let waker = Waker::from(Arc::clone(&waits.notice));
        if let Poll::Ready(told) = poll(&mut Context::from_waker(&waker)) {
            waits.end_at(woken.unwrap_or_else(Instant::now));
            return Poll::Ready(Ok(told));
        }
        ready!(waits.end.as_mut().poll(cx));
        Poll::Ready(Err(TooSlow))
    }

    fn is_waiting(&self) -> bool {
        let waits = self.waits.as_ref();
        waits.is_some_and(|waits| waits.since.is_some())
    }

    /// The wait that is going on, or one that begins.
    fn begun(&mut self, cx: &Context<'_>) -> &mut Waits {
        let (idle, earned) = (self.idle, self.earned());
        let waits = self.waits.get_or_insert_with(|| {
            Box::new(Waits {
                end: Box::pin(sleep(idle)),
                since: None,
                waited: Duration::ZERO,
                notice: Notice::to(cx.waker()),
            })
        });
        if waits.since.is_none() {
            let now = Instant::now();
            waits.since = Some(now);
            let left = earned.map(|whole| whole.saturating_sub(waits.waited));
            let wait = left.map_or(idle, |left| left.min(idle));
            waits.end.as_mut().reset(now + wait);
        }
        waits
    }

    /// How long all waits may take together; `None` where no rate is asked for.
    fn earned(&self) -> Option<Duration> {
        let millis = self.moved.saturating_mul(1_000);
        let millis = millis.checked_div(u64::from(self.least_rate))?;
        Some(self.idle.saturating_add(Duration::from_millis(millis)))
    }
}

impl Waits {
    /// Who stopped for a while and came on has the whole time again.
    fn end_at(&mut self, end: Instant) {
        if let Some(since) = self.since.take() {
            let wait = end.saturating_duration_since(since);
            self.waited = self.waited.saturating_add(wait);
        }
    }
}

impl Notice {
    fn to(task: &Waker) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Noticed {
            task: task.clone(),
            at: None,
        })))
    }

    /// When the task was woken since it last looked; from now on this one is.
    fn look(&self, task: &Waker) -> Option<Instant> {
        let mut noticed = self.noticed();
        noticed.task.clone_from(task);
        noticed.at.take()
    }

    fn noticed(&self) -> MutexGuard<'_, Noticed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Notice {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut noticed = self.noticed();
        noticed.at.get_or_insert_with(Instant::now);
        let task = noticed.task.clone();
        drop(noticed);
        task.wake();
    }
}

#[cfg(test)]
mod tests;
