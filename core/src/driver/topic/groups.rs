//! The groups of which a message has failed: what follows it is not sent, so that what is stored of a
//! group is in its order.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Result};
use crate::function::OutgoingMessage;

/// The groups of which a message has failed.
///
/// ```
/// use isobar::driver::topic::FailedGroups;
/// use isobar::function::OutgoingMessage;
/// use isobar::{Error, ErrorKind};
///
/// let [first, next] = ["a", "b"].map(|body| OutgoingMessage::new(body).group("red"));
/// let mut failed = FailedGroups::default();
/// assert!(!failed.hold(&next));
/// failed.note(&first, &Err(Error::new(ErrorKind::Throttled, "slow down")));
/// assert!(failed.hold(&next));
/// ```
#[derive(Debug, Clone, Default)]
pub struct FailedGroups<'m>(BTreeSet<&'m str>);

impl<'m> FailedGroups<'m> {
    /// Whether no group has failed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What became of a message.
    pub fn note(&mut self, message: &'m OutgoingMessage, result: &Result<String>) {
        if let (Some(group), Err(_)) = (&message.group, result) {
            self.0.insert(group);
        }
    }

    /// Whether the message must not be sent any more.
    pub fn hold(&self, message: &OutgoingMessage) -> bool {
        let group = message.group.as_deref();
        group.is_some_and(|group| self.0.contains(group))
    }

    /// The error of a message that was held back, which may be sent again.
    pub fn held() -> Error {
        let message = "the message was not sent, as one before it in its group has failed";
        Error::new(ErrorKind::Unavailable, message)
    }
}
