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
use isobar::function::{AppService, Context, Event, Message, Messages, Outcome, Trace};
use isobar::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::notifications::Notification;
use super::{failures, name_of};
use crate::function::trace;
use crate::message::ALONE;

/// The attribute of SQS itself that has X-Ray's trace.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
const TRACE: &str = "AWSTraceHeader";

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
        // Whoever seals for SQS seals no attributes: these are another's text.
        None => (text::open(record.body).0, BTreeMap::new()),
    };
    let mut message = Message::new(record.message_id, body);
    message.attempt = number("ApproximateReceiveCount").and_then(|count| count.try_into().ok());
    message.sent_at = number("SentTimestamp")
        .and_then(|millis| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis)));
    let deduplication = system("MessageDeduplicationId");
    let is_alone = |group: &&String| {
        let own = group.strip_prefix(ALONE);
        own.is_some() && own == deduplication.map(String::as_str)
    };
    message.group = system("MessageGroupId")
        .filter(|group| !is_alone(group))
        .cloned();
    message.attributes = attributes;
    let beside = record.message_attributes.into_iter();
    let beside =
        beside.filter_map(|(name, value)| Some((name, value.string_value.or(value.binary_value)?)));
    message.attributes.extend(beside);
    let told = || trace::of_message(system(TRACE)?);
    message.trace = Trace::of_attributes(&message.attributes).or_else(told);
    message
}

/// The topic that a queue of SQS or a topic of SNS is, by its ARN; `.fifo` says of which kind it is.
pub(super) fn topic_of(arn: &str) -> &str {
    let name = name_of(arn);
    name.strip_suffix(".fifo").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn received(body: &str, group: &str, deduplication: &str) -> Message {
        let record = json!({
            "messageId": "1",
            "body": body,
            "attributes": { "MessageGroupId": group, "MessageDeduplicationId": deduplication },
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:jobs.fifo",
        });
        message(serde_json::from_value(record).unwrap())
    }

    #[test]
    fn only_a_message_that_was_sent_without_a_group_has_none() {
        assert_eq!(received("x", "isobar-alone-1", "1").group, None);
        for (group, deduplication) in [("1", "1"), ("isobar-alone-1", "2"), ("red", "1")] {
            let message = received("x", group, deduplication);
            assert_eq!(message.group.as_deref(), Some(group));
        }
    }

    #[test]
    fn the_trace_is_that_of_the_attributes_else_that_of_sqs() {
        let told = |attribute: Option<&str>| {
            let x_ray =
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
            let mut record = json!({
                "messageId": "1",
                "body": "x",
                "attributes": { TRACE: x_ray },
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:jobs",
            });
            if let Some(value) = attribute {
                let value = json!({ "stringValue": value, "dataType": "String" });
                record["messageAttributes"] = json!({ "traceparent": value });
            }
            let message = message(serde_json::from_value(record).unwrap());
            message.trace.unwrap().parent_id()
        };
        assert_eq!(told(None), Some(0x5399_5c3f_42cd_8ad8));
        let other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(told(Some(other)), Some(0xb7ad_6b71_6920_3331));
        assert_eq!(told(Some("broken")), Some(0x5399_5c3f_42cd_8ad8));
    }

    #[test]
    fn attributes_are_not_those_of_a_sealed_text() {
        let text = r#"isobar-message:{"attributes":{"admin":"yes"},"body":"AP8="}"#;
        let message = received(text, "red", "1");
        assert_eq!(message.body.as_ref(), [0, 255]);
        assert!(message.attributes.is_empty());
    }
}
