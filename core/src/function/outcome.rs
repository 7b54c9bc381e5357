//! What a handler says of an event.

use std::time::Duration;

use super::ReplyEvent;

/// What becomes of an event that was handled (rule N12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Outcome {
    /// It is done.
    #[default]
    Ack,
    /// It should be delivered again, after this time where the platform can wait
    /// ([`DelayedRetry`](crate::Capability::DelayedRetry)), and else at the platform's own: the log says so once for each
    /// trigger, and at the level `debug` which messages of a batch that were. Whoever brings events over HTTP is told the time
    /// in `Retry-After`.
    Retry(Option<Duration>),
    /// It is done, and this event answers it; it fails where the platform does not take one back
    /// ([`ReplyEvents`](crate::Capability::ReplyEvents)), and where it is a message that came with others.
    Reply(Box<ReplyEvent>),
    /// It is of no use and should not come again.
    Discard,
    /// Of a batch, the messages with these ids should be delivered again.
    Partial(Vec<String>),
}
