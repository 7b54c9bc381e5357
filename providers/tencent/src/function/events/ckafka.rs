//! Messages of topics of CKafka; those of one topic that follow each other are handed over together.
//!
//! <https://www.tencentcloud.com/document/product/583/17530>. Those of a partition are a group: what comes after one that
//! failed is held back. SCF brings all of an invocation again where one message failed.

use isobar::function::{Message, Messages};
use isobar::{Error, Result};
use isobar_serve::event::{Arrivals, Arrived, Delivery};
use serde::Deserialize;

use super::either;

#[derive(Debug, Deserialize)]
struct Record {
    #[serde(rename = "Ckafka")]
    ckafka: Told,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    topic: String,
    #[serde(default, deserialize_with = "either")]
    partition: String,
    #[serde(deserialize_with = "either")]
    offset: String,
    #[serde(default, deserialize_with = "either")]
    msg_key: String,
    msg_body: String,
}

/// The attribute in which a handler finds the key of a message that has one.
const KEY: &str = "key";
/// What SCF tells of a message without a key.
const NO_KEY: [&str; 2] = ["", "None"];

pub(super) fn messages(delivery: &Delivery) -> Result<Option<Arrivals>> {
    let Some(records) =
        super::records::<Record>(delivery, (|mark| mark.ckafka.is_some(), "CKafka"))?
    else {
        return Ok(None);
    };
    let mut batches: Vec<Messages> = Vec::new();
    let mut unread: Option<Error> = None;
    for record in records {
        let ckafka = match record {
            Ok(Record { ckafka }) => ckafka,
            Err(error) => {
                unread.get_or_insert(error);
                continue;
            }
        };
        let topic = ckafka.topic.clone();
        let message = message(ckafka);
        match batches.last_mut() {
            Some(batch) if batch.topic == topic => batch.messages.push(message),
            _ => batches.push(Messages::new(topic, vec![message])),
        }
    }
    let arrived = batches.into_iter().map(|batch| {
        let first = batch.messages.first().map(|message| message.id.clone());
        let mut arrived = Arrived::new(batch, delivery.body.clone());
        arrived.id = first;
        Ok(arrived)
    });
    Ok(Some(arrived.chain(unread.map(Err)).collect()))
}

fn message(told: Told) -> Message {
    let id = format!("{}/{}/{}", told.topic, told.partition, told.offset);
    let mut message = Message::new(id, told.msg_body);
    message.group = Some(format!("{}/{}", told.topic, told.partition));
    if !NO_KEY.contains(&told.msg_key.as_str()) {
        message.attributes.insert(KEY.to_owned(), told.msg_key);
    }
    message
}
