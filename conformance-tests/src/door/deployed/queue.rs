//! The queue of the deployed probe: first in, first out, and short of patience, so that what failed comes
//! again soon.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::FunctionResponseType;
use aws_sdk_sqs::types::QueueAttributeName;
use isobar_aws::config::TopicPlace;

use super::{FUNCTION, PATIENCE, REGION, failed, root};
use crate::Failure;
use crate::probe::TOPIC;

/// How long a message waits, in seconds: until the request that had the probe send it is answered.
const DELAY: i32 = 1;
/// How long a message is away that the function has, in seconds, and one that failed after that; AWS itself asks for
/// the time of the function at least.
const AWAY: i32 = 5;
/// How long to wait before the queue is asked again whether it is empty.
const PAUSE: Duration = Duration::from_millis(100);
/// What a queue has that is not empty.
const HELD: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
];

/// Where the probe sends its messages.
pub(super) fn place(url: &str) -> String {
    format!("sqs://{REGION}?kind=fifo&endpoint={url}")
}

#[derive(Debug)]
pub(super) struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Queue {
    /// Makes the queue of the probe's topic.
    pub(super) async fn make(url: &str) -> Result<Self, Failure> {
        let client = TopicPlace::parse(&place(url), "sqs")?.sqs().await?;
        let config = client.config().to_builder();
        let client = aws_sdk_sqs::Client::from_conf(config.credentials_provider(root()).build());
        let request = client.create_queue();
        let request = request.queue_name(format!("{}.fifo", TOPIC.name()));
        let request = request
            .attributes(QueueAttributeName::FifoQueue, "true")
            .attributes(QueueAttributeName::DelaySeconds, DELAY.to_string())
            .attributes(QueueAttributeName::VisibilityTimeout, AWAY.to_string());
        let made = request.send().await.map_err(failed)?.queue_url;
        let url = made.ok_or_else(|| Failure::new("the queue has no URL"))?;
        Ok(Self { client, url })
    }

    /// Has the queue wake the function, which names those that failed.
    pub(super) async fn wake(&self, lambda: &Client) -> Result<(), Failure> {
        let asked = self.client.get_queue_attributes().queue_url(&self.url);
        let asked = asked.attribute_names(QueueAttributeName::QueueArn).send();
        let told = asked.await.map_err(failed)?.attributes;
        let arn = told.and_then(|mut told| told.remove(&QueueAttributeName::QueueArn));
        let mapping = lambda
            .create_event_source_mapping()
            .function_name(FUNCTION)
            .set_event_source_arn(arn)
            .batch_size(10)
            .function_response_types(FunctionResponseType::ReportBatchItemFailures);
        mapping.send().await.map(drop).map_err(failed)
    }

    /// Waits until all is handled, or for as long as a request would: the function has one event at a time, and a
    /// request meanwhile would cost a message a delivery.
    pub(super) async fn emptied(&self) -> Result<(), Failure> {
        let give_up = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < give_up {
            let asked = self.client.get_queue_attributes().queue_url(&self.url);
            let asked = asked.set_attribute_names(Some(HELD.to_vec())).send();
            let told = asked.await.map_err(failed)?.attributes.unwrap_or_default();
            if told.values().all(|number| number == "0") {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}
