//! One portable operation: its span, its time budget, and the completion of its error.

use std::pin::pin;
use std::time::Duration;

use tracing::Instrument as _;

use crate::driver::meter::metered;
use crate::driver::{Clock, deadline, within};
use crate::error::{ErrorKind, Result};
use crate::telemetry;

/// What the operations of one collection or bucket have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'t> {
    pub(crate) provider: &'static str,
    pub(crate) resource: &'t str,
    pub(crate) clock: &'t dyn Clock,
    pub(crate) budget: Duration,
}

/// Whether an operation that ran out of time may have changed the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
}

impl Target<'_> {
    pub(crate) async fn run<T>(
        &self,
        operation: &'static str,
        effect: Effect,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let span = telemetry::operation(self.provider, operation, self.resource);
        let left = deadline::left(self.clock).unwrap_or(Duration::MAX);
        let work = within(self.clock, self.budget.min(left), work);
        // Borrowed, so that the future of the operation does not hold it twice.
        let work = pin!(work.instrument(span.clone()));
        let watched = !span.is_disabled();
        let (result, meter) = metered(watched, work).await;
        telemetry::outcome(&span, &result, meter);
        result.map_err(|error| {
            let late = error.kind() == ErrorKind::DeadlineExceeded;
            let error = if late && effect == Effect::Write {
                error.with_outcome_unknown()
            } else {
                error
            };
            error.in_context(self.provider, operation, self.resource)
        })
    }
}

#[cfg(test)]
mod tests;
