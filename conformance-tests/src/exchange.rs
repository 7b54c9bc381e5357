//! Topics of a store together with what receives from them: what is sent to the one reaches an
//! application by the other.

pub mod azure_queue;
pub mod local;
pub mod pubsub;
pub mod sns;
pub mod sqs;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use isobar::driver::topic::TopicDriver;

use crate::Failure;
use crate::door::Door;
use crate::probe::inbox::{SeenMessage, deliveries};

/// Makes topics that have a subscriber.
#[async_trait]
pub trait Exchanges: fmt::Debug + Send + Sync {
    /// What sends.
    fn driver(&self) -> Arc<dyn TopicDriver>;

    /// Whether a topic has to be made before anything is sent there.
    fn makes_topics(&self) -> bool {
        true
    }

    /// Whether a message is received under the id under which it was sent.
    fn keeps_ids(&self) -> bool {
        true
    }

    /// Makes the topic with this prefix by the vendor's own client, and subscribes the probe to it.
    async fn open(&self, prefix: &str) -> Result<Box<dyn Exchange>, Failure>;
}

/// A topic and the probe that is subscribed to it.
#[async_trait]
pub trait Exchange: fmt::Debug + Send + Sync {
    /// All that the probe has received, in its order, once it is so many messages.
    async fn received(&self, count: usize) -> Result<Vec<Received>, Failure>;
}

/// A message as the probe's handler was given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its id.
    pub id: String,
    /// Its content.
    pub body: Vec<u8>,
    /// What was beside it.
    pub attributes: BTreeMap<String, String>,
    /// Its group.
    pub group: Option<String>,
    /// The trace that its handler ran in, and the span of whoever caused that, in W3C's digits.
    pub trace: (String, Option<String>),
}

impl From<SeenMessage> for Received {
    fn from(seen: SeenMessage) -> Self {
        let SeenMessage {
            id,
            body,
            attributes,
            group,
            trace,
            ..
        } = seen;
        Self {
            id,
            body,
            attributes,
            group,
            trace: (trace.trace_id, trace.parent_id),
        }
    }
}

/// How long nothing more must come before what came is taken for all: a message that comes too often
/// must be seen too.
const QUIET: Duration = Duration::from_millis(300);

/// What the probe behind a door has received, once it is so many messages and no more come.
pub(crate) async fn behind_when_quiet(
    door: &dyn Door,
    count: usize,
) -> Result<Vec<Received>, Failure> {
    let mut received = behind(door, count).await?;
    loop {
        tokio::time::sleep(QUIET).await;
        let later = behind(door, count).await?;
        if later.len() == received.len() {
            return Ok(later);
        }
        received = later;
    }
}

/// What the probe behind a door has received, once it is so many messages.
pub(crate) async fn behind(door: &dyn Door, count: usize) -> Result<Vec<Received>, Failure> {
    let seen = deliveries(door, count).await?;
    Ok(seen.into_iter().map(Into::into).collect())
}
