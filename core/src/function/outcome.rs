//! What a handler says of an event.

use std::time::Duration;

/// What becomes of an event that was handled (rule N12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Outcome {
    /// It is done.
    #[default]
    Ack,
    /// It should be delivered again, after this time where the platform can wait.
    Retry(Option<Duration>),
    /// It is of no use and should not come again.
    Discard,
    /// Of a batch, the messages with these ids should be delivered again.
    Partial(Vec<String>),
}
