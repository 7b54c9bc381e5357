//! Messages of Simple Message Queue, formerly MNS: of a queue by EventBridge, or of a topic.
//!
//! Neither tells attributes, groups, or how often a message came before.

use std::time::{Duration, SystemTime};

use isobar::function::{EventData, Message, Messages};
use isobar::{Error, Result};
use isobar_serve::event::{Arrived, CloudEvent, Delivery, members};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::error::malformed;

/// <https://www.alibabacloud.com/help/en/eventbridge/latest/create-a-custom-event-source-of-the-mns-type>
pub(super) const SENT: &str = "mns:Queue:SendMessage";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    message_id: String,
    message_body: Value,
}

/// A message of a queue, whose name ends the subject: `acs:mns:REGION:ACCOUNT:queues/NAME`.
///
/// Its body is taken as it stands; where senders write Base64, as SMQ's SDKs do, the trigger's `IsBase64Decode` takes it
/// off.
pub(super) fn sent(event: &CloudEvent) -> Result<EventData> {
    let subject = event.subject.as_deref().unwrap_or_default();
    let queue = subject
        .rsplit_once("queues/")
        .map(|(_, queue)| queue)
        .filter(|queue| !queue.is_empty())
        .ok_or_else(|| Error::invalid(format!("the subject {subject:?} names no queue of SMQ")))?;
    let sent: Sent = serde_json::from_slice(&event.data)
        .map_err(|error| malformed("the data of SMQ's event", error))?;
    let body = match sent.message_body {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let mut message = Message::new(sent.message_id, body);
    message.sent_at = event.time;
    Ok(Messages::new(queue, vec![message]).into())
}

/// What tells a message of a topic from other events.
#[derive(Debug, Deserialize)]
struct Mark {
    #[serde(rename = "TopicName")]
    _topic: IgnoredAny,
    #[serde(rename = "SubscriptionName")]
    _subscription: IgnoredAny,
    #[serde(rename = "MessageId")]
    _message: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    topic_name: String,
    /// The account of the topic.
    #[serde(default)]
    topic_owner: String,
    message_id: String,
    message: String,
    /// Milliseconds since 1970.
    #[serde(default)]
    publish_time: Option<u64>,
    #[serde(default)]
    message_tag: Option<String>,
}

/// The attribute in which a handler finds the tag of a notification that has one.
const TAG: &str = "tag";

/// A message of a topic, in the format JSON: in the others its sender could write an event of any trigger.
///
/// <https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/mns-topic-triggers>
pub(super) fn notification(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    if members::<Mark>(&delivery.body).is_none() {
        return Ok(None);
    }
    let told: Notification = serde_json::from_slice(&delivery.body)
        .map_err(|error| malformed("the notification of SMQ", error))?;
    delivery
        .accounts
        .admit(&told.topic_owner, &told.topic_name)?;
    let mut message = Message::new(&told.message_id, told.message);
    message.sent_at = told
        .publish_time
        .and_then(|millis| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis)));
    let tag = told.message_tag.filter(|tag| !tag.is_empty());
    message
        .attributes
        .extend(tag.map(|tag| (TAG.to_owned(), tag)));
    let batch = Messages::new(told.topic_name, vec![message]);
    let arrived = Arrived::new(batch, delivery.body.clone());
    Ok(Some(vec![arrived.with_id(told.message_id)]))
}
