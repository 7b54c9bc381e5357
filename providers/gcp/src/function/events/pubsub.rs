//! Messages of Pub/Sub, as its push subscriptions send them and as Eventarc passes them on.
//!
//! <https://cloud.google.com/pubsub/docs/push#receive_push>

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use isobar::driver::topic::text;
use isobar::function::{EventData, Message, Messages, Trace};
use isobar::{Error, Result};
use isobar_serve::event::{Arrived, CloudEvent, Delivery, instant};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::message::TRACE;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Push<'d> {
    #[serde(borrow)]
    pub(super) message: Pushed<'d>,
    #[serde(default)]
    pub(super) subscription: String,
    /// Only where the subscription has a topic for dead letters.
    #[serde(default)]
    delivery_attempt: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pushed<'d> {
    pub(super) message_id: String,
    #[serde(borrow, default)]
    pub(super) data: Option<Encoded<'d>>,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
    #[serde(default)]
    publish_time: Option<String>,
    #[serde(default)]
    ordering_key: Option<String>,
}

/// The data in Base64, not copied before it is decoded: most of a push is that.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Encoded<'d>(#[serde(borrow)] Cow<'d, str>);

#[derive(Debug, Default, Deserialize)]
struct Marks {
    message: Option<IgnoredAny>,
    subscription: Option<IgnoredAny>,
}

impl<'d> Push<'d> {
    /// The push of a request that has its marks.
    pub(super) fn of(delivery: &'d Delivery) -> Result<Option<Self>> {
        let marks: Marks = serde_json::from_slice(&delivery.body).unwrap_or_default();
        if marks.message.is_none() || marks.subscription.is_none() {
            return Ok(None);
        }
        Self::read(&delivery.body).map(Some)
    }

    fn read(json: &'d [u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(|error| {
            Error::invalid("the message of Pub/Sub is malformed").with_source(error)
        })
    }

    fn into_message(self) -> Result<Message> {
        let pushed = self.message;
        let body = text::open_bytes(decoded(pushed.data)?.into());
        let mut message = Message::new(pushed.message_id, body);
        let mut attributes = pushed.attributes;
        message.trace = Trace::taken_from(&mut attributes, TRACE);
        message.attributes = attributes;
        message.attempt = self.delivery_attempt;
        message.sent_at = pushed.publish_time.as_deref().map(instant).transpose()?;
        message.group = pushed.ordering_key.filter(|key| !key.is_empty());
        Ok(message)
    }
}

pub(super) fn decoded(data: Option<Encoded<'_>>) -> Result<Vec<u8>> {
    let bytes = STANDARD.decode(&*data.unwrap_or_default().0);
    bytes.map_err(|error| {
        Error::invalid("the data of the message of Pub/Sub is not Base64").with_source(error)
    })
}

/// A message that Eventarc passes on, whose topic is in the source.
pub(super) fn published(event: &CloudEvent) -> Result<EventData> {
    let topic = event.source.rsplit('/').next().unwrap_or_default();
    let message = Push::read(&event.data)?.into_message()?;
    Ok(Messages::new(topic, vec![message]).into())
}

/// A message of a push subscription, which tells its own name but not that of its topic.
pub(super) fn pushed(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let Some(push) = Push::of(delivery)? else {
        return Ok(None);
    };
    let source = push.subscription.clone();
    let name = source.rsplit('/').next().unwrap_or_default();
    let topic = delivery.name.as_deref().unwrap_or(name).to_owned();
    let message = push.into_message()?;
    let id = message.id.clone();
    let arrived = Arrived::new(Messages::new(topic, vec![message]), delivery.body.clone());
    Ok(Some(vec![arrived.with_id(id).with_source(source)]))
}
