//! Topics and the messages that are sent to them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Trace;
use crate::error::{Error, Result};

/// Declares a topic: what is sent there is delivered at least once to whoever subscribes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TopicSpec {
    name: &'static str,
    #[serde(skip)]
    ordered: bool,
}

impl TopicSpec {
    /// A topic that handlers call `name`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            ordered: false,
        }
    }

    /// Has the messages of each group come in the order in which they were sent: an application that
    /// sends there does not start where the store lacks
    /// [`MessageGroups`](crate::Capability::MessageGroups), and exports make queues that keep it.
    ///
    /// Whoever only subscribes is given them as the platform delivers them, so that the order is that of
    /// the queue.
    ///
    /// ```
    /// use isobar::function::TopicSpec;
    ///
    /// const PAYMENTS: TopicSpec = TopicSpec::new("payments").ordered();
    /// assert!(PAYMENTS.is_ordered());
    /// ```
    #[must_use]
    pub const fn ordered(self) -> Self {
        Self {
            ordered: true,
            ..self
        }
    }

    /// Whether the messages of each group must come in their order.
    pub const fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// The name that handlers and settings know.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// A message, delivered at least once, and in no order but that of its group where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The same for each delivery of the same message.
    pub id: String,
    /// Its content, byte for byte.
    pub body: Bytes,
    /// What its sender has put beside it.
    pub attributes: BTreeMap<String, String>,
    /// How often it was delivered, this time included; `None` where the platform does not count.
    pub attempt: Option<u32>,
    /// When it was sent, where the platform tells.
    pub sent_at: Option<SystemTime>,
    /// Messages of one group come in the order in which they were sent.
    pub group: Option<String>,
    /// The trace that its sender tells, where there is one. The invocation is part of it where the message came alone, or
    /// all that came with it tell the same.
    pub trace: Option<Trace>,
}

impl Message {
    /// A message of which only the necessary is known; for platforms.
    pub fn new(id: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            id: id.into(),
            body: body.into(),
            attributes: BTreeMap::new(),
            attempt: None,
            sent_at: None,
            group: None,
            trace: None,
        }
    }

    /// The body as the JSON of a `T`; `InvalidArgument` where it is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let message = format!("the message {:?} is not the JSON expected", self.id);
            Error::invalid(message).with_source(error)
        })
    }
}

/// Messages of one topic that a platform delivers together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Messages {
    /// The topic, by the platform's name of it.
    pub topic: String,
    /// The messages, in the order in which they were sent.
    pub messages: Vec<Message>,
}

impl Messages {
    /// A batch; for platforms.
    pub fn new(topic: impl Into<String>, messages: Vec<Message>) -> Self {
        let topic = topic.into();
        Self { topic, messages }
    }

    /// The trace that all of them tell; one invocation cannot be part of several.
    pub(super) fn trace(&self) -> Option<&Trace> {
        let mut each = self.messages.iter().map(|message| message.trace.as_ref());
        let first = each.next()??;
        let is_one = each.all(|other| other.is_some_and(|other| other.is_beside(first)));
        is_one.then_some(first)
    }
}
