//! Messages of a queue of SQS, of which each may fail on its own.
//!
//! The event source mapping must have `ReportBatchItemFailures` in its `FunctionResponseTypes`:
//! without it Lambda takes a batch of which some messages failed for done.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use isobar::driver::topic::text;
use isobar::function::{AppService, Context, Event, Message, Messages, Outcome};
use isobar::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::notifications::Notification;
use super::{failures, name_of};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
    #[serde(default)]
    attributes: HashMap<String, String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, Attribute>,
    #[serde(rename = "eventSourceARN")]
    queue: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    #[serde(default)]
    string_value: Option<String>,
    /// In Base64.
    #[serde(default)]
    binary_value: Option<String>,
}

/// The answer names the messages to be delivered again; an error brings all of them back.
pub(super) async fn deliver(
    app: &AppService,
    raw: Bytes,
    context: Context,
) -> Result<Box<RawValue>> {
    let records: Vec<Record> = super::records(&raw, "SQS")?;
    let queue = records.first().map(|record| record.queue.clone());
    let queue = queue.ok_or_else(|| Error::invalid("the event of SQS has no messages"))?;
    let messages = records.into_iter().map(message).collect();
    let batch = Messages::new(topic_of(&queue), messages);
    let event = Event::new(batch, context).with_source(queue).with_raw(raw);
    let again = match app.handle(event).await? {
        Outcome::Ack | Outcome::Discard => Vec::new(),
        Outcome::Partial(ids) => ids,
        _ => {
            let message = "the handler asked for the messages to be delivered again";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
    };
    failures::answer(again)
}

fn message(record: Record) -> Message {
    let system = |name: &str| record.attributes.get(name);
    let number = |name: &str| system(name).and_then(|text| text.parse::<u64>().ok());
    let (body, attributes) = match Notification::in_queue(&record.body) {
        Some(notification) => notification.into_content(),
        None => text::open(record.body),
    };
    let mut message = Message::new(record.message_id, body);
    message.attempt = number("ApproximateReceiveCount").and_then(|count| count.try_into().ok());
    message.sent_at = number("SentTimestamp")
        .and_then(|millis| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis)));
    // Who sends a message without a group puts it into one of its own, by its own id.
    let group = system("MessageGroupId");
    let alone = group == system("MessageDeduplicationId");
    message.group = group.filter(|_| !alone).cloned();
    message.attributes = attributes;
    let beside = record.message_attributes.into_iter();
    let beside =
        beside.filter_map(|(name, value)| Some((name, value.string_value.or(value.binary_value)?)));
    message.attributes.extend(beside);
    message
}

/// The topic that a queue of SQS or a topic of SNS is, by its ARN; `.fifo` says of which kind it is.
pub(super) fn topic_of(arn: &str) -> &str {
    let name = name_of(arn);
    name.strip_suffix(".fifo").unwrap_or(name)
}
