//! The time budget of a call: whatever a driver does, its caller hears back in time (rule R22).

use std::cell::Cell;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::Clock;
use crate::error::{Error, ErrorKind, Result};

/// Lets other tasks run and the time budget end the call, between two steps of a driver that
/// never waits.
pub(crate) async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

thread_local! {
    /// When the call must have ended whose step runs on this thread.
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What is left of the time budget of the call whose step this is, on the machine's own clock.
///
/// A driver that waits for something, such as a free connection, gives up a little before, so that
/// its caller hears what it was that took so long. `None` where no call is under way, as in a task
/// that was spawned.
pub fn time_left() -> Option<Duration> {
    let until = UNTIL.get()?;
    Some(until.saturating_duration_since(Instant::now()))
}

/// Runs `call` for at most `budget`, then drops it and fails with `DeadlineExceeded`.
///
/// A call that is ready at once costs no timer.
pub async fn within<T>(
    clock: &dyn Clock,
    budget: Duration,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut call = pin!(call);
    let mut sleep = None;
    let until = Instant::now().checked_add(budget);
    std::future::poll_fn(|context| {
        let outer = Outer(UNTIL.replace(until));
        if let Poll::Ready(result) = call.as_mut().poll(context) {
            return Poll::Ready(result);
        }
        drop(outer);
        let sleep = sleep.get_or_insert_with(|| clock.sleep(budget));
        sleep.as_mut().poll(context).map(|()| {
            let message = format!("no answer within {} ms", budget.as_millis());
            Err(Error::new(ErrorKind::DeadlineExceeded, message).with_retryable(true))
        })
    })
    .await
}

/// Restores what was before, also when the step panics.
struct Outer(Option<Instant>);

impl Drop for Outer {
    fn drop(&mut self) {
        UNTIL.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::SystemClock;

    #[tokio::test]
    async fn a_call_knows_what_is_left_of_its_budget_and_nobody_else_does() {
        let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
        let hour = Duration::from_hours(1);
        let inner = async {
            pause().await;
            Ok(time_left())
        };
        let call = async {
            let left = within(&clock, hour / 2, inner).await?;
            Ok((left, time_left()))
        };
        let (inner, outer) = within(&clock, hour, call).await.unwrap();
        assert!(inner.is_some_and(|left| left <= hour / 2), "{inner:?}");
        assert!(outer.is_some_and(|left| left > hour / 2), "{outer:?}");
        assert_eq!(time_left(), None);
    }
}
