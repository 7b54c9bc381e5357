//! The contract of a store of messages: its sending half; what is delivered reaches an application
//! through its platform.

mod groups;
pub mod text;

use std::fmt;

use async_trait::async_trait;

use crate::capability::Capabilities;
use crate::error::{Error, ErrorKind, Result};
use crate::function::{Context, OutgoingMessage, Trace};

pub use groups::FailedGroups;

/// What a store of messages is and can do.
#[derive(Debug, Clone, Copy)]
pub struct TopicDescription {
    /// The store's name in errors, spans and reports, such as `local`.
    pub provider: &'static str,
    /// What it can do; each must pass its conformance cases.
    pub capabilities: Capabilities,
    /// Bytes of a message at most: its body, and the names and values of its attributes.
    pub message_bytes: u64,
    /// How many messages one call of the driver takes.
    pub batch: usize,
}

/// The error of a message that is within the limits, and grows beyond what the store takes by what it is sent as.
pub fn too_large_as_sent(limit: u64, measured: u64) -> Error {
    let what = "the size in bytes of the message as it is sent";
    Error::over_limit(ErrorKind::TooLarge, what, limit, measured)
}

/// The trace of the invocation that sends; nothing outside of one.
///
/// It must be asked for before anything is waited for in another task.
pub fn sender_trace() -> Option<Trace> {
    Some(Context::current()?.trace().clone())
}

/// A store of messages.
#[async_trait]
pub trait TopicDriver: fmt::Debug + Send + Sync + 'static {
    /// What this store is and can do; must not touch the network.
    fn describe(&self) -> TopicDescription;

    /// Stores messages, each on its own, in the order in which they stand: one result for each,
    /// which is the id that every delivery of the message has.
    ///
    /// The messages are within the limits of the description, and there are no more than `batch`.
    /// An error stands for all of them. Of a group nothing is sent in a request behind one in which a
    /// message of it has failed ([`FailedGroups`]). A message whose id was returned must be delivered at least
    /// once to each subscriber, also when the process or the machine goes down, and whole: body,
    /// attributes and group as they were given. Where the store has a place for [`sender_trace`] that is none of the
    /// attributes, it is in every message. One whose error does not say that its outcome is
    /// unknown must not be delivered. A topic that does not exist is `Internal`: a fault of the
    /// deployment, and nothing that a client asked for.
    async fn publish(
        &self,
        topic: &str,
        messages: &[OutgoingMessage],
    ) -> Result<Vec<Result<String>>>;
}
