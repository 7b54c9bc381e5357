//! Queues of SQS: the suite receives by the vendor's client, as an event source mapping of Lambda
//! does, and hands what it has received to a function in the form in which Lambda does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use isobar::driver::topic::TopicDriver;
use isobar_aws::SqsQueues;
use isobar_aws::topic::TopicKind;
use serde_json::{Map, Value, json};

use super::{Exchange, Exchanges, Received, behind};
use crate::Failure;
use crate::door::lambda::LambdaDoor;
use crate::harness::aws_doors::FUNCTION_URL;
use crate::probe::TOPIC;

/// Queues of one kind.
#[derive(Debug)]
pub struct SqsExchanges {
    client: Client,
    kind: TopicKind,
    driver: Arc<SqsQueues>,
}

/// A queue and the function that it wakes.
#[derive(Debug)]
pub(super) struct Queue {
    client: Client,
    pub(super) url: String,
    pub(super) arn: String,
    door: LambdaDoor,
}

/// How long a message may take, and how long the service may wait for one.
const PATIENCE: Duration = Duration::from_secs(20);
const WAIT: i32 = 1;

impl SqsExchanges {
    /// Queues of this kind that a client reaches.
    pub fn new(client: Client, kind: TopicKind) -> Self {
        let driver = Arc::new(SqsQueues::new(&client, kind));
        Self {
            client,
            kind,
            driver,
        }
    }
}

#[async_trait]
impl Exchanges for SqsExchanges {
    fn driver(&self) -> Arc<dyn TopicDriver> {
        Arc::clone(&self.driver) as _
    }

    async fn open(&self, prefix: &str) -> Result<Box<dyn Exchange>, Failure> {
        let name = format!("{prefix}{}", TOPIC.name());
        Ok(Box::new(Queue::make(&self.client, &name, self.kind).await?))
    }
}

/// What the service says that failed.
pub(super) fn refused(error: &dyn std::error::Error) -> Failure {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    Failure::new(format!("the vendor's client failed: {error}: {cause}"))
}

impl Queue {
    pub(super) async fn make(
        client: &Client,
        name: &str,
        kind: TopicKind,
    ) -> Result<Self, Failure> {
        let fifo = kind == TopicKind::Fifo;
        let suffix = if fifo { ".fifo" } else { "" };
        let mut request = client.create_queue().queue_name(format!("{name}{suffix}"));
        if fifo {
            request = request.attributes(QueueAttributeName::FifoQueue, "true");
        }
        let made = request.send().await.map_err(|error| refused(&error))?;
        let url = made.queue_url.unwrap_or_default();
        let asked = client.get_queue_attributes().queue_url(&url);
        let asked = asked.attribute_names(QueueAttributeName::QueueArn).send();
        let told = asked.await.map_err(|error| refused(&error))?;
        let told = told.attributes.unwrap_or_default();
        let arn = told.get(&QueueAttributeName::QueueArn).cloned();
        let arn = arn.unwrap_or_default();
        Ok(Self {
            client: client.clone(),
            door: FUNCTION_URL.start_beside(&arn).await?,
            arn,
            url,
        })
    }

    /// Lets a topic put messages into the queue.
    pub(super) async fn let_in(&self, topic: &str) -> Result<(), Failure> {
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
        }] });
        let set = self.client.set_queue_attributes().queue_url(&self.url);
        let set = set.attributes(QueueAttributeName::Policy, policy.to_string());
        set.send().await.map(drop).map_err(|error| refused(&error))
    }

    /// Hands on what the queue has just now, and removes what was taken; how much that was.
    async fn hand_on(&self) -> Result<usize, Failure> {
        let received = self.client.receive_message().queue_url(&self.url);
        let received = received
            .max_number_of_messages(10)
            .wait_time_seconds(WAIT)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send();
        let received = received.await.map_err(|error| refused(&error))?;
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(0);
        }
        let records = messages.iter().map(|message| record(message, &self.arn));
        let event = json!({ "Records": records.collect::<Vec<_>>() });
        let again = self.door.poll_queue(event.to_string().into()).await?;
        let mut taken = 0;
        for message in &messages {
            let id = message.message_id().unwrap_or_default();
            if again.iter().any(|other| other == id) {
                continue;
            }
            let delete = self.client.delete_message().queue_url(&self.url);
            let delete = delete.set_receipt_handle(message.receipt_handle.clone());
            delete.send().await.map_err(|error| refused(&error))?;
            taken += 1;
        }
        Ok(taken)
    }
}

/// The message as Lambda puts it into its event.
fn record(message: &Message, arn: &str) -> Value {
    let system = message.attributes().into_iter().flatten();
    let system = system.map(|(name, value)| (name.as_str().to_owned(), value.as_str().into()));
    let attributes = message.message_attributes().into_iter().flatten();
    let attributes = attributes.map(|(name, value)| {
        let attribute = json!({
            "stringValue": value.string_value(),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value.data_type(),
        });
        (name.clone(), attribute)
    });
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body().unwrap_or_default(),
        "attributes": system.collect::<Map<String, Value>>(),
        "messageAttributes": attributes.collect::<Map<String, Value>>(),
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "us-east-1",
    })
}

#[async_trait]
impl Exchange for Queue {
    async fn received(&self, count: usize) -> Result<Vec<Received>, Failure> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            // What comes too often must be seen too, so that the queue is always asked.
            let taken = self.hand_on().await?;
            if taken > 0 {
                continue;
            }
            let received = behind(&self.door, 0).await?;
            if received.len() >= count {
                return Ok(received);
            }
            if Instant::now() > give_up {
                let told = format!("{} of {count} messages came", received.len());
                return Err(Failure::new(told));
            }
        }
    }
}
