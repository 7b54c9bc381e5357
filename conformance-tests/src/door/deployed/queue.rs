//! The queue of the deployed probe: first in, first out, and short of patience, so that what failed comes
//! again soon.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::FunctionResponseType;
use aws_sdk_sqs::types::QueueAttributeName;
use isobar_aws::config::TopicPlace;

use super::{FUNCTION, REGION, TIMEOUT, failed, root};
use crate::Failure;
use crate::probe::TOPIC;

/// Where the probe sends its messages.
pub(super) fn place(url: &str) -> String {
    format!("sqs://{REGION}?kind=fifo&endpoint={url}")
}

/// Makes the queue of the probe's topic; returns its ARN.
pub(super) async fn make(url: &str) -> Result<String, Failure> {
    let client = TopicPlace::parse(&place(url), "sqs")?.sqs().await?;
    let config = client.config().to_builder();
    let client = aws_sdk_sqs::Client::from_conf(config.credentials_provider(root()).build());
    let request = client.create_queue();
    let request = request.queue_name(format!("{}.fifo", TOPIC.name()));
    let request = request
        .attributes(QueueAttributeName::FifoQueue, "true")
        .attributes(QueueAttributeName::VisibilityTimeout, TIMEOUT.to_string());
    let queue = request.send().await.map_err(failed)?.queue_url;
    let queue = queue.unwrap_or_default();
    let asked = client.get_queue_attributes().queue_url(queue);
    let asked = asked.attribute_names(QueueAttributeName::QueueArn).send();
    let told = asked.await.map_err(failed)?.attributes;
    let arn = told.and_then(|mut told| told.remove(&QueueAttributeName::QueueArn));
    arn.ok_or_else(|| Failure::new("the queue has no ARN"))
}

/// Has the queue wake the function, which names those that failed.
pub(super) async fn wake(lambda: &Client, queue: &str) -> Result<(), Failure> {
    let mapping = lambda
        .create_event_source_mapping()
        .function_name(FUNCTION)
        .event_source_arn(queue)
        .batch_size(10)
        .function_response_types(FunctionResponseType::ReportBatchItemFailures);
    mapping.send().await.map(drop).map_err(failed)
}
