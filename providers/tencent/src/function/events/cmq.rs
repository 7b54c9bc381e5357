//! Messages of topics of CMQ, each an event of its own.
//!
//! <https://www.tencentcloud.com/document/product/583/11517>

use isobar::Result;
use isobar::function::{Message, Messages};
use isobar_serve::event::{Arrivals, Arrived, Delivery, instant};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Record {
    #[serde(rename = "CMQ")]
    cmq: Told,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    topic_name: String,
    msg_id: String,
    msg_body: String,
    #[serde(default)]
    publish_time: Option<String>,
    /// Names in a list, or one after another with commas.
    #[serde(default)]
    msg_tag: Value,
}

/// The attribute in which a handler finds the tags of a message that has some, with commas between them.
const TAGS: &str = "tags";

pub(super) fn messages(delivery: &Delivery) -> Result<Option<Arrivals>> {
    let Some(records) = super::records::<Record>(delivery, (|mark| mark.cmq.is_some(), "CMQ"))?
    else {
        return Ok(None);
    };
    let arrived = records.into_iter().map(|record: Result<Record>| {
        let Record { cmq } = record?;
        let id = cmq.msg_id.clone();
        let batch = Messages::new(cmq.topic_name.clone(), vec![message(cmq)?]);
        Ok(Arrived::new(batch, delivery.body.clone()).with_id(id))
    });
    Ok(Some(arrived.collect()))
}

fn message(told: Told) -> Result<Message> {
    let tags = match told.msg_tag {
        Value::String(tags) => tags,
        Value::Array(tags) => tags
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(","),
        _ => String::new(),
    };
    let mut message = Message::new(told.msg_id, told.msg_body);
    message.sent_at = told.publish_time.as_deref().map(instant).transpose()?;
    if !tags.is_empty() {
        message.attributes.insert(TAGS.to_owned(), tags);
    }
    Ok(message)
}
