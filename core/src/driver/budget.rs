//! The time budget of a call: whatever a driver does, its caller hears back in time (rule R22).

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

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
    std::future::poll_fn(|context| {
        if let Poll::Ready(result) = call.as_mut().poll(context) {
            return Poll::Ready(result);
        }
        let sleep = sleep.get_or_insert_with(|| clock.sleep(budget));
        sleep.as_mut().poll(context).map(|()| {
            let message = format!("no answer within {} ms", budget.as_millis());
            Err(Error::new(ErrorKind::DeadlineExceeded, message).with_retryable(true))
        })
    })
    .await
}
