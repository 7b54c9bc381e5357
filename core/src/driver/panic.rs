//! The seam at which a panic of user code becomes a value.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;

/// The answer of `work`, or the message of its panic, so that one handler's fault ends one request.
pub async fn caught<T>(work: impl Future<Output = T>) -> std::result::Result<T, String> {
    let mut work = pin!(work);
    std::future::poll_fn(
        |context| match caught_step(|| work.as_mut().poll(context)) {
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(message) => Poll::Ready(Err(message)),
        },
    )
    .await
}

/// What `step` returns, or the message of its panic: [`caught`] for a future that is written out.
pub fn caught_step<T>(step: impl FnOnce() -> T) -> std::result::Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(step))
        .map_err(|panic| panic_message(&*panic).to_owned())
}

/// What a panic says of itself, from what it carries.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
