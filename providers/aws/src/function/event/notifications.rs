//! Notifications of a topic of SNS; Lambda delivers one at a time, and all of the event again.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>

use std::collections::BTreeMap;

use bytes::Bytes;
use isobar::Result;
use isobar::function::{AppService, Context, Event, Message, Messages};
use serde::Deserialize;

use super::name_of;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    sns: Notification,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    message_id: String,
    topic_arn: String,
    message: String,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    timestamp: Option<jiff::Timestamp>,
    #[serde(default)]
    message_attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    value: String,
}

/// The attribute in which a handler finds the subject of a notification that has one.
const SUBJECT: &str = "subject";

pub(super) async fn deliver(app: &AppService, raw: Bytes, context: Context) -> Result<()> {
    for Record { sns } in super::records(&raw, "SNS")? {
        let topic = name_of(&sns.topic_arn).to_owned();
        let (id, source) = (sns.message_id.clone(), sns.topic_arn.clone());
        let batch = Messages::new(topic, vec![message(sns)]);
        let event = Event::new(batch, context.clone()).with_source(source);
        super::handle(app, event.with_id(id).with_raw(raw.clone())).await?;
    }
    Ok(())
}

fn message(notification: Notification) -> Message {
    let mut message = Message::new(notification.message_id, notification.message);
    message.sent_at = notification.timestamp.map(Into::into);
    let attributes = notification.message_attributes.into_iter();
    message.attributes = attributes
        .map(|(name, value)| (name, value.value))
        .collect();
    if let Some(subject) = notification.subject {
        message
            .attributes
            .entry(SUBJECT.to_owned())
            .or_insert(subject);
    }
    message
}
