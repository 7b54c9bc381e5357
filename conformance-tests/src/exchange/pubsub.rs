//! Topics of Pub/Sub with a subscription that pushes to the probe behind Cloud Run's door.

use std::sync::Arc;

use async_trait::async_trait;
use isobar::driver::topic::TopicDriver;
use isobar_gcp::PubSubTopics;

use super::{Exchange, Exchanges, Received, behind_when_quiet};
use crate::Failure;
use crate::door::pubsub::{PubSubDoor, PubSubDoors};
use crate::probe::TOPIC;

/// The topics of one emulator.
#[derive(Debug)]
pub struct PubSubExchanges {
    /// The way to probes.
    pub doors: Arc<PubSubDoors>,
    /// What sends.
    pub topics: Arc<PubSubTopics>,
}

#[async_trait]
impl Exchanges for PubSubExchanges {
    fn driver(&self) -> Arc<dyn TopicDriver> {
        Arc::clone(&self.topics) as _
    }

    async fn open(&self, prefix: &str) -> Result<Box<dyn Exchange>, Failure> {
        let topic = format!("{prefix}{}", TOPIC.name());
        Ok(Box::new(self.doors.start(&topic).await?))
    }
}

#[async_trait]
impl Exchange for PubSubDoor {
    async fn received(&self, count: usize) -> Result<Vec<Received>, Failure> {
        behind_when_quiet(self, count).await
    }
}
