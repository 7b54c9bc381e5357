//! What an operation reads, writes and consumes, told while it runs, for its span.

use std::cell::Cell;
use std::pin::pin;

/// What was told so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Meter {
    /// Documents read or written.
    pub(crate) items: Option<u64>,
    /// Units of the vendor.
    pub(crate) consumed: Option<f64>,
}

thread_local! {
    /// That of the operation whose step runs on this thread, where somebody watches it.
    static METER: Cell<Option<Meter>> = const { Cell::new(None) };
}

/// Whether anybody hears what the operation consumes whose step this is.
///
/// Where a vendor says it only when asked, a driver asks no more often than it is heard. False
/// where no operation is under way, as in a task that was spawned.
pub fn is_metered() -> bool {
    METER.get().is_some()
}

/// Adds to what the operation whose step this is has consumed, in the unit that the vendor bills,
/// such as the capacity units of DynamoDB and the request units of Cosmos DB; failed requests
/// count as far as the vendor says what they cost.
pub fn consumed(units: f64) {
    change(|meter| meter.consumed = Some(meter.consumed.unwrap_or_default() + units));
}

/// Adds to the documents that the operation whose step this is has read or written.
pub(crate) fn items(count: usize) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    change(|meter| meter.items = Some(meter.items.unwrap_or_default().saturating_add(count)));
}

fn change(how: impl FnOnce(&mut Meter)) {
    if let Some(mut meter) = METER.get() {
        how(&mut meter);
        METER.set(Some(meter));
    }
}

/// Runs `work` with a meter of its own, if it is watched; what it told comes with its result.
pub(crate) async fn metered<T>(is_watched: bool, work: impl Future<Output = T>) -> (T, Meter) {
    let mut work = pin!(work);
    let mut meter = is_watched.then(Meter::default);
    let done = std::future::poll_fn(|context| {
        let outer = Outer(METER.replace(meter));
        let polled = work.as_mut().poll(context);
        meter = METER.get();
        drop(outer);
        polled
    });
    let result = done.await;
    (result, meter.unwrap_or_default())
}

/// Restores what was before, also when the step panics.
struct Outer(Option<Meter>);

impl Drop for Outer {
    fn drop(&mut self) {
        METER.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::pause;

    #[tokio::test]
    async fn each_operation_counts_what_it_consumes_across_its_steps_and_what_is_inside_of_it_not()
    {
        let inner = async {
            consumed(4.0);
            pause().await;
            consumed(8.0);
        };
        let outer = async {
            consumed(1.0);
            pause().await;
            let ((), inner) = metered(true, inner).await;
            consumed(2.0);
            items(3);
            inner.consumed
        };
        let (inner, outer) = metered(true, outer).await;
        assert_eq!((inner, outer.consumed), (Some(12.0), Some(3.0)));
        assert_eq!(outer.items, Some(3));
        consumed(16.0);
        assert!(!is_metered());
    }

    #[tokio::test]
    async fn what_nobody_watches_is_not_metered() {
        let work = async {
            consumed(1.0);
            is_metered()
        };
        assert_eq!(metered(false, work).await, (false, Meter::default()));
    }
}
