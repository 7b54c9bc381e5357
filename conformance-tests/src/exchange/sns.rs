//! Topics of SNS with a queue of SQS that has subscribed: raw, as our exports have it, or in the form
//! that SNS has unless told otherwise.

use std::sync::Arc;

use async_trait::async_trait;
use isobar::driver::topic::TopicDriver;
use isobar_aws::SnsTopics;
use isobar_aws::topic::TopicKind;

use super::sqs::{Queue, refused};
use super::{Exchange, Exchanges};
use crate::Failure;
use crate::probe::TOPIC;

/// Topics of one kind.
#[derive(Debug)]
pub struct SnsExchanges {
    /// The vendor's client of topics.
    pub sns: aws_sdk_sns::Client,
    /// That of queues.
    pub sqs: aws_sdk_sqs::Client,
    /// What sends.
    pub driver: Arc<SnsTopics>,
    /// Of which kind topics and queues are; those that keep an order deliver raw.
    pub kind: TopicKind,
}

#[async_trait]
impl Exchanges for SnsExchanges {
    fn driver(&self) -> Arc<dyn TopicDriver> {
        Arc::clone(&self.driver) as _
    }

    fn keeps_ids(&self) -> bool {
        // The queue gives its copies ids of its own.
        false
    }

    async fn open(&self, prefix: &str) -> Result<Box<dyn Exchange>, Failure> {
        let name = format!("{prefix}{}", TOPIC.name());
        let queue = Queue::make(&self.sqs, &name, self.kind).await?;
        let fifo = self.kind == TopicKind::Fifo;
        let suffix = if fifo { ".fifo" } else { "" };
        let mut topic = self.sns.create_topic().name(format!("{name}{suffix}"));
        if fifo {
            topic = topic.attributes("FifoTopic", "true");
        }
        let topic = topic.send().await.map_err(|error| refused(&error))?;
        let arn = topic.topic_arn.unwrap_or_default();
        queue.let_in(&arn).await?;
        let subscription = self.sns.subscribe().protocol("sqs").endpoint(&queue.arn);
        let subscription = subscription.topic_arn(arn);
        let subscription = subscription.attributes("RawMessageDelivery", fifo.to_string());
        subscription.send().await.map_err(|error| refused(&error))?;
        Ok(Box::new(queue))
    }
}
