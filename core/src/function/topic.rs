//! Sending messages to a topic, on whichever store it is bound to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::capability::Capability;
use crate::driver::topic::text::is_kept;
use crate::driver::topic::{FailedGroups, TopicDescription, TopicDriver};
use crate::driver::{Clock, meter};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Effect, Target};

/// What errors and spans call it.
const OPERATION: &str = "topic.publish";
/// The time from a call to its answer (rule R22); of many messages, that of each batch of the store.
const BUDGET: Duration = Duration::from_mins(1);
/// Attributes of one message: what SQS takes ("Amazon SQS message quotas").
const ATTRIBUTES: usize = 10;
/// Bytes of the name of an attribute, and of a group.
const NAME_BYTES: usize = 128;
/// Bytes of an id of deduplication: what SQS takes ("SendMessage" in its API reference), with room for
/// what goes before it in the group of a message that has none.
const DEDUPLICATION_BYTES: usize = 100;
/// Bytes of the value of an attribute: what Pub/Sub takes ("Quotas and limits").
const VALUE_BYTES: usize = 1_024;
/// What the names of attributes may not begin with, in any case: SQS keeps the first two for itself,
/// Pub/Sub the last.
const RESERVED: [&str; 3] = ["aws.", "amazon.", "goog"];

/// A topic: what is published there wakes whoever has subscribed to it, at least once a message.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Topic {
    driver: Arc<dyn TopicDriver>,
    clock: Arc<dyn Clock>,
    name: String,
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic")
            .field("name", &self.name)
            .field("provider", &self.driver.describe().provider)
            .finish_non_exhaustive()
    }
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OutgoingMessage {
    /// Its content.
    pub body: Bytes,
    /// What its receiver finds beside it: at most 10, with names of 1 to 128 letters, digits,
    /// `_`, `-` and `.`, and values of 1 to 1024 bytes without control characters but tabs and ends
    /// of lines. A name neither begins nor ends with `.`, nor begins with `AWS.`, `Amazon.` or
    /// `goog`, nor has two `.` in a row: some store takes none of these.
    pub attributes: BTreeMap<String, String>,
    /// Messages of one group are delivered in the order in which they were sent.
    pub group: Option<String>,
    /// What the message is known again by: of those that are sent to the topic under one id within
    /// five minutes of the first, that one alone is delivered, under its id, also where some of them
    /// failed with an unknown outcome. An id is one of a message, and so of one group. 1 to 100 letters,
    /// digits, `_`, `-` and `.`.
    pub deduplication: Option<String>,
}

impl OutgoingMessage {
    /// A message with this content.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }

    /// A message with this value as JSON; `InvalidArgument` where it is none.
    pub fn json(value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(value);
        let body = body.map_err(|error| {
            Error::invalid("the message cannot be written as JSON").with_source(error)
        })?;
        Ok(Self::new(body))
    }

    /// With an attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// In a group.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Known again by this id; refused as `Unsupported` where the store lacks
    /// [`MessageDeduplication`](Capability::MessageDeduplication).
    ///
    /// ```
    /// use isobar::function::OutgoingMessage;
    ///
    /// let message = OutgoingMessage::new("paid").deduplication("order-17-paid");
    /// assert_eq!(message.deduplication.as_deref(), Some("order-17-paid"));
    /// ```
    #[must_use]
    pub fn deduplication(mut self, id: impl Into<String>) -> Self {
        self.deduplication = Some(id.into());
        self
    }

    fn check(&self, limit: u64) -> Result<()> {
        let attributes = self.attributes.iter();
        let beside: usize = attributes
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let measured = (self.body.len() + beside) as u64;
        if measured > limit {
            let what = "the size in bytes of the message";
            return Err(Error::over_limit(
                ErrorKind::TooLarge,
                what,
                limit,
                measured,
            ));
        }
        if self.attributes.len() > ATTRIBUTES {
            let (what, limit) = ("the number of attributes of the message", ATTRIBUTES as u64);
            let measured = self.attributes.len() as u64;
            return Err(Error::over_limit(
                ErrorKind::InvalidArgument,
                what,
                limit,
                measured,
            ));
        }
        if let Some(name) = self.attributes.keys().find(|name| !is_attribute(name)) {
            let message = format!(
                "the attribute {name:?} of the message has no good name: 1 to {NAME_BYTES} letters, \
                 digits, `_`, `-` and single `.` within, and no beginning that a store keeps for itself"
            );
            return Err(Error::invalid(message));
        }
        let mut attributes = self.attributes.iter();
        if let Some((name, _)) = attributes.find(|(_, value)| !is_value(value)) {
            return Err(Error::invalid(format!(
                "the attribute {name:?} of the message is no text of 1 to {VALUE_BYTES} bytes \
                 without control characters"
            )));
        }
        if let Some(group) = self.group.as_ref().filter(|group| !is_name(group)) {
            let message = format!("{group:?} is no good name of a group of messages");
            return Err(Error::invalid(message));
        }
        match &self.deduplication {
            Some(id) if !is_name(id) || id.len() > DEDUPLICATION_BYTES => Err(Error::invalid(
                format!("{id:?} is no good id to know a message again by"),
            )),
            _ => Ok(()),
        }
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed)
}

/// Whether every store takes this as the name of an attribute.
fn is_attribute(name: &str) -> bool {
    let begins = |reserved: &str| {
        let beginning = name.as_bytes().get(..reserved.len());
        beginning.is_some_and(|bytes| bytes.eq_ignore_ascii_case(reserved.as_bytes()))
    };
    let dotted = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    is_name(name) && !dotted && !RESERVED.iter().any(|reserved| begins(reserved))
}

fn is_value(value: &str) -> bool {
    (1..=VALUE_BYTES).contains(&value.len()) && is_kept(value)
}

impl Topic {
    pub(crate) fn new(driver: Arc<dyn TopicDriver>, clock: Arc<dyn Clock>, name: String) -> Self {
        Self {
            driver,
            clock,
            name,
        }
    }

    /// Sends a message; the id is that of every delivery of it, but for a copy that the store hands
    /// on to another, as SNS does to queues.
    pub async fn publish(&self, message: OutgoingMessage) -> Result<String> {
        let messages = [message];
        let mut sent = self.publish_all(&messages).await?;
        sent.pop().unwrap_or_else(|| Err(unanswered()))
    }

    /// Sends any number of messages, each on its own: one result for each, in their order.
    ///
    /// They are sent in batches of what the store takes at once, each within a minute. An error stands
    /// for all of them; where some have been sent before one, each has its own result. What was not
    /// sent because something before it had failed says so, and its outcome is known: after a batch
    /// that failed as a whole nothing more is sent, and after a message of a group no later one of
    /// that group, but for those that went together with it.
    pub async fn publish_all(&self, messages: &[OutgoingMessage]) -> Result<Vec<Result<String>>> {
        let description = self.driver.describe();
        // All are checked before the first is sent.
        if let Err(error) = check(messages, &description) {
            return self.run(ready(Err(error))).await;
        }
        let mut sent = Vec::with_capacity(messages.len());
        let mut failed = FailedGroups::default();
        for batch in messages.chunks(description.batch.max(1)) {
            let error = match self.run(self.send(batch, &failed)).await {
                Ok(results) => {
                    let noted = batch.iter().zip(&results);
                    noted.for_each(|(message, result)| failed.note(message, result));
                    sent.extend(results);
                    continue;
                }
                Err(error) => error,
            };
            let is_all = batch.len() == messages.len();
            if is_all || (sent.is_empty() && !error.outcome_unknown()) {
                return Err(error);
            }
            let left = messages.get(sent.len()..).unwrap_or_default();
            let (batch, left) = left.split_at(batch.len().min(left.len()));
            sent.extend(self.failed(batch, &failed, || error.again()));
            sent.extend(self.failed(left, &failed, || unsent(&error)));
            break;
        }
        Ok(sent)
    }

    async fn run<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let target = Target {
            provider: self.driver.describe().provider,
            resource: &self.name,
            clock: &*self.clock,
            budget: BUDGET,
        };
        target.run(OPERATION, Effect::Write, work).await
    }

    /// The results of messages that have failed so, but for those behind a failed one of their group.
    fn failed(
        &self,
        messages: &[OutgoingMessage],
        failed: &FailedGroups<'_>,
        error: impl Fn() -> Error,
    ) -> Vec<Result<String>> {
        let each = messages.iter().map(|message| {
            let held = failed.hold(message).then(FailedGroups::held);
            Err(self.named(held.unwrap_or_else(&error)))
        });
        each.collect()
    }

    fn named(&self, error: Error) -> Error {
        error.in_context(self.driver.describe().provider, OPERATION, &self.name)
    }

    /// Sends one batch, but for those behind a failed one of their group.
    async fn send(
        &self,
        batch: &[OutgoingMessage],
        failed: &FailedGroups<'_>,
    ) -> Result<Vec<Result<String>>> {
        let sending = if failed.is_empty() {
            Cow::Borrowed(batch)
        } else {
            let kept = batch.iter().filter(|message| !failed.hold(message));
            kept.cloned().collect()
        };
        let mut results = if sending.is_empty() {
            Vec::new()
        } else {
            self.driver.publish(&self.name, &sending).await?
        };
        results.truncate(sending.len());
        meter::items(results.iter().filter(|result| result.is_ok()).count());
        let mut results = results.into_iter();
        let each = batch.iter().map(|message| {
            let held = failed.hold(message).then(|| Err(FailedGroups::held()));
            let result = held.or_else(|| results.next());
            let result = result.unwrap_or_else(|| Err(unanswered()));
            result.map_err(|error| self.named(error))
        });
        Ok(each.collect())
    }
}

fn check(messages: &[OutgoingMessage], description: &TopicDescription) -> Result<()> {
    let capabilities = description.capabilities;
    capabilities.require(&[Capability::Publish])?;
    if messages.iter().any(|message| message.group.is_some()) {
        capabilities.require(&[Capability::MessageGroups])?;
    }
    if (messages.iter()).any(|message| message.deduplication.is_some()) {
        capabilities.require(&[Capability::MessageDeduplication])?;
    }
    messages
        .iter()
        .try_for_each(|message| message.check(description.message_bytes))
}

/// The error of a message that was to be sent after those that failed so.
fn unsent(error: &Error) -> Error {
    let message = format!(
        "the message was not sent, as those before it failed: {}",
        error.message()
    );
    Error::new(error.kind(), message).with_retryable(error.retryable())
}

fn unanswered() -> Error {
    let message = "the store did not say what became of the message";
    Error::new(ErrorKind::Internal, message).with_outcome_unknown()
}

#[cfg(test)]
mod tests;
