//! A record of a stream as a change of a document.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types as streams;
use isobar::document::{ChangeKind, DeleteCause, Timestamp};
use isobar::driver::document::{Call, RecordChange};
use isobar::{Error, ErrorKind, Result};

use super::super::row::{self, Item};
use super::super::value::corrupt;

/// Who removes items that have expired ("DynamoDB Streams and Time to Live").
const EXPIRY: (&str, &str) = ("Service", "dynamodb.amazonaws.com");

/// The second in which a record was made.
pub(super) fn second(record: &streams::Record) -> Option<i64> {
    let made = record.dynamodb()?.approximate_creation_date_time()?;
    Some(made.secs())
}

/// The place of a record in its shard.
pub(super) fn sequence(record: &streams::Record) -> Option<&str> {
    record.dynamodb()?.sequence_number()
}

/// The change that a record tells, with the document before and after where the stream has it.
pub(super) fn change(call: &Call<'_>, record: streams::Record) -> Result<RecordChange> {
    let kind = kind(&record)?;
    let second = second(&record).ok_or_else(|| damaged("time"))?;
    let at = Timestamp::from_micros(second.saturating_mul(1_000_000));
    let told = record.dynamodb.ok_or_else(|| damaged("content"))?;
    let keys = item(told.keys)?.ok_or_else(|| damaged("key"))?;
    Ok(RecordChange {
        id: record.event_id.ok_or_else(|| damaged("id"))?,
        key: row::key_of(call.schema, &keys)?,
        kind,
        new: row::live(call.schema, call.now, item(told.new_image)?)?,
        old: row::live(call.schema, at, item(told.old_image)?)?,
        at,
    })
}

fn kind(record: &streams::Record) -> Result<ChangeKind> {
    use streams::OperationType::{Insert, Modify, Remove};
    match record.event_name() {
        Some(Insert | Modify) => Ok(ChangeKind::Upsert),
        Some(Remove) => {
            let who = record.user_identity();
            let who = who.and_then(|who| Some((who.r#type()?, who.principal_id()?)));
            Ok(ChangeKind::Delete(match who {
                Some(EXPIRY) => DeleteCause::Expired,
                _ => DeleteCause::Requested,
            }))
        }
        _ => Err(damaged("kind")),
    }
}

fn damaged(part: &str) -> Error {
    let message = format!("a record of the stream has no {part}");
    Error::new(ErrorKind::Corrupt, message)
}

type Image = HashMap<String, streams::AttributeValue>;

fn item(image: Option<Image>) -> Result<Option<Item>> {
    image.map(attributes).transpose()
}

/// The two clients have types of their own for the same attributes.
fn attributes(image: Image) -> Result<Item> {
    let attributes = image.into_iter();
    attributes
        .map(|(name, value)| Ok((name, attribute(value)?)))
        .collect()
}

fn attribute(value: streams::AttributeValue) -> Result<AttributeValue> {
    use streams::AttributeValue as Told;
    Ok(match value {
        Told::B(blob) => AttributeValue::B(blob),
        Told::Bool(flag) => AttributeValue::Bool(flag),
        Told::Bs(blobs) => AttributeValue::Bs(blobs),
        Told::L(items) => {
            let items = items.into_iter().map(attribute);
            AttributeValue::L(items.collect::<Result<_>>()?)
        }
        Told::M(entries) => AttributeValue::M(attributes(entries)?),
        Told::N(number) => AttributeValue::N(number),
        Told::Ns(numbers) => AttributeValue::Ns(numbers),
        Told::Null(null) => AttributeValue::Null(null),
        Told::S(text) => AttributeValue::S(text),
        Told::Ss(texts) => AttributeValue::Ss(texts),
        _ => return Err(corrupt("an attribute has a type that is not known here")),
    })
}
