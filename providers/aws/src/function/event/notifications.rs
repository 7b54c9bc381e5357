//! Notifications of a topic of SNS; Lambda delivers one at a time, and all of the event again.
//!
//! The subject of a notification is that of its event, as CloudEvents' adapter for SNS has it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>,
//! <https://github.com/cloudevents/spec/blob/main/cloudevents/adapters/aws-sns.md>

use std::collections::BTreeMap;

use bytes::Bytes;
use isobar::Result;
use isobar::driver::topic::text;
use isobar::function::{AppService, Context, Event, EventAttributes, Message, Messages, Trace};
use serde::Deserialize;

use super::queue::topic_of;
use crate::message::may_be_notification;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    sns: Notification,
}

/// The same members, as far as they are read, in the event of Lambda and in the body of a message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Notification {
    #[serde(default, rename = "Type")]
    kind: Option<String>,
    #[serde(default)]
    signature_version: Option<String>,
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
    let events = super::each_record(&raw, "SNS")?.map(|record| {
        let Record { sns } = record?;
        let topic = topic_of(&sns.topic_arn).to_owned();
        let (id, source) = (sns.message_id.clone(), sns.topic_arn.clone());
        let told = EventAttributes::default().with_subject(sns.subject.clone());
        let batch = Messages::new(topic, vec![message(sns)]);
        let event = Event::new(batch, context.clone()).with_source(source);
        let event = event.with_id(id).with_attributes(told);
        Ok(event.with_raw(raw.clone()))
    });
    super::hand_over(app, events).await
}

fn message(notification: Notification) -> Message {
    let (id, sent_at) = (notification.message_id.clone(), notification.timestamp);
    let (body, attributes) = notification.into_content();
    let mut message = Message::new(id, body);
    message.sent_at = sent_at.map(Into::into);
    message.trace = Trace::of_attributes(&attributes);
    message.attributes = attributes;
    message
}

impl Notification {
    /// What a topic has put into a queue, where it delivers there in the form in which it does unless
    /// told to deliver messages raw.
    ///
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html>
    pub(super) fn in_queue(body: &str) -> Option<Self> {
        let may_be = may_be_notification(body);
        let notification: Self = may_be.then(|| serde_json::from_str(body).ok()).flatten()?;
        let is_one = notification.kind.as_deref() == Some("Notification")
            && notification.topic_arn.starts_with("arn:")
            && notification.signature_version.is_some();
        is_one.then_some(notification)
    }

    /// Body and attributes, as they were sent to the topic.
    pub(super) fn into_content(self) -> (Bytes, BTreeMap<String, String>) {
        // Whoever seals for SNS seals no attributes: these are another's text.
        let (body, _) = text::open(self.message);
        let beside = self.message_attributes.into_iter();
        let beside = beside.map(|(name, value)| (name, value.value));
        let mut attributes: BTreeMap<_, _> = beside.collect();
        if let Some(subject) = self.subject {
            attributes.entry(SUBJECT.to_owned()).or_insert(subject);
        }
        (body, attributes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use isobar::driver::function::FunctionDescription;
    use isobar::function::{Outcome, RequestId, TopicSpec};
    use isobar::{App, Environment};

    use super::*;
    use crate::LambdaPlatform;
    use crate::function::clock;

    const PUT: &str = r#"{
        "Type" : "Notification",
        "MessageId" : "b1",
        "TopicArn" : "arn:aws:sns:us-east-1:123456789012:jobs",
        "Message" : "isobar-message:{\"body\":\"AP8=\"}",
        "Timestamp" : "2026-11-30T03:00:00.000Z",
        "SignatureVersion" : "1",
        "MessageAttributes" : { "kind" : {"Type":"String","Value":"x"} }
    }"#;

    type Heard = Arc<Mutex<Vec<Option<String>>>>;

    #[tokio::test]
    async fn the_subject_of_a_notification_is_that_of_its_event() {
        const JOBS: TopicSpec = TopicSpec::new("jobs");
        let platform = FunctionDescription {
            provider: "lambda",
            capabilities: LambdaPlatform::CAPABILITIES,
        };
        let environment = Environment::builder(platform, Arc::new(clock())).build();
        let heard = Heard::default();
        let state = Arc::clone(&heard);
        let app = App::new("test", move |_: &Environment| Ok(state));
        let app = app.subscribe(&JOBS, async |heard: Heard, event: Event<Message>| {
            let subject = event.subject().map(str::to_owned);
            heard.lock().unwrap().push(subject);
            Ok(Outcome::Ack)
        });
        let app = app.build(&environment).unwrap();
        for subject in ["\"Subject\" : \"night shift\",", ""] {
            let sns = PUT.replacen('{', &format!("{{ {subject}"), 1);
            let raw = format!("{{\"Records\": [{{ \"Sns\": {sns} }}]}}");
            let id = RequestId::from_platform("request");
            let context = Context::new(id, None, Arc::new(clock()));
            deliver(&app, raw.into(), context).await.unwrap();
        }
        let told = [Some("night shift".to_owned()), None];
        assert_eq!(*heard.lock().unwrap(), told);
    }

    #[test]
    fn what_a_topic_has_put_into_a_queue_is_opened() {
        let (body, attributes) = Notification::in_queue(PUT).unwrap().into_content();
        assert_eq!(body.as_ref(), [0, 255]);
        let kind = ("kind".to_owned(), "x".to_owned());
        assert_eq!(attributes, BTreeMap::from([kind]));
    }

    #[test]
    fn attributes_are_not_those_of_a_sealed_text() {
        let sealed = r#"{\"attributes\":{\"admin\":\"yes\"},\"body\""#;
        let put = PUT.replace(r#"{\"body\""#, sealed);
        let (body, attributes) = Notification::in_queue(&put).unwrap().into_content();
        assert_eq!(body.as_ref(), [0, 255]);
        assert_eq!(attributes.keys().collect::<Vec<_>>(), ["kind"]);
    }

    #[test]
    fn what_others_have_put_there_is_left_as_it_is() {
        for other in [
            PUT.replace("Notification", "Order"),
            PUT.replace("SignatureVersion", "Version"),
            PUT.replace("arn:aws", "urn:aws"),
            format!(" {PUT}"),
            "{}".to_owned(),
            "text".to_owned(),
        ] {
            assert!(Notification::in_queue(&other).is_none(), "{other}");
        }
    }
}
