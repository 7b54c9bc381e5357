//! The events that Lambda makes of the messages of a queue of SQS, and what it reads in the answers.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::WireMessage;
use crate::Failure;

/// A message that the queue still has.
#[derive(Debug)]
pub(super) struct Queued<'m> {
    pub(super) id: String,
    message: &'m WireMessage,
}

impl<'m> Queued<'m> {
    pub(super) fn new(message: &'m WireMessage) -> Self {
        let id = format!("{:032x}", fastrand::u128(..));
        Self { id, message }
    }
}

/// The event of a batch of messages of a topic.
pub(super) fn event(topic: &str, messages: &[Queued<'_>], attempt: u32) -> Value {
    let records: Vec<_> = messages
        .iter()
        .map(|queued| record(topic, queued, attempt))
        .collect();
    json!({ "Records": records })
}

fn record(topic: &str, Queued { id, message }: &Queued<'_>, attempt: u32) -> Value {
    let attributes = message.attributes.iter().map(|(name, value)| {
        let attribute = json!({
            "stringValue": value,
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "String",
        });
        (name.clone(), attribute)
    });
    let mut system = json!({
        "ApproximateReceiveCount": attempt.to_string(),
        "SentTimestamp": "1796083200000",
        "SenderId": "AROAIWPX5BD2BHG722MW4:sender",
        "ApproximateFirstReceiveTimestamp": "1796083200001",
    });
    if let Some(group) = &message.group {
        system["MessageGroupId"] = group.as_str().into();
    }
    json!({
        "messageId": id,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": message.body,
        "attributes": system,
        "messageAttributes": attributes.collect::<Map<_, _>>(),
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{topic}"),
        "awsRegion": "us-east-1",
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

/// The messages that the answer asks to be delivered again.
pub(super) fn failures(answer: &[u8]) -> Result<Vec<String>, Failure> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| {
        Failure::new(format!(
            "the answer does not name the messages that failed: {error}"
        ))
    })?;
    let failures = answer.batch_item_failures.into_iter();
    Ok(failures.map(|failure| failure.item_identifier).collect())
}
