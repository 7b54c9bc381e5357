//! Changes of the items of a table, from its stream.
//!
//! A stream is in order: Lambda goes on from the lowest sequence number that is named as failed, and
//! delivers again all that follows it. So the records of a batch are handed over one after another,
//! and the first that fails ends it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use isobar::document::{DocumentChange, Timestamp};
use isobar::function::{AppService, Context, Event};
use isobar::{Error, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::failures;
use crate::function::item::Told;
use crate::stored::attribute::Attributes;
use crate::stored::change::StreamRecord;

#[derive(Debug, Deserialize)]
struct Record {
    #[serde(default, rename = "eventID")]
    id: Option<String>,
    #[serde(default, rename = "eventName")]
    name: Option<String>,
    #[serde(rename = "eventSourceARN")]
    stream: String,
    #[serde(default, rename = "userIdentity")]
    by: Option<Identity>,
    /// Read record by record, so that one which cannot be read keeps back no other.
    dynamodb: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
struct Identity {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "principalId")]
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Place {
    sequence_number: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    /// Seconds since 1970.
    #[serde(default)]
    approximate_creation_date_time: Option<f64>,
    #[serde(default)]
    keys: Option<Attributes<Told>>,
    #[serde(default)]
    new_image: Option<Attributes<Told>>,
    #[serde(default)]
    old_image: Option<Attributes<Told>>,
}

/// The answer names the first record that failed; an error brings all of them back.
pub(super) async fn deliver(
    app: &AppService,
    raw: Bytes,
    context: Context,
) -> Result<Box<RawValue>> {
    for (at, record) in super::records::<Record>(&raw, "DynamoDB")?
        .into_iter()
        .enumerate()
    {
        let place = serde_json::from_str::<Place>(record.dynamodb.get());
        let Err(error) = wake(app, record, (&raw, &context)).await else {
            continue;
        };
        match place {
            Ok(place) if at > 0 => {
                let sequence = &*place.sequence_number;
                tracing::error!(
                    target: "isobar", ?error, sequence,
                    "a change, and those that follow it, will be delivered again"
                );
                return failures::answer([place.sequence_number]);
            }
            // The first of all: the whole batch has failed.
            _ => return Err(error),
        }
    }
    failures::answer([])
}

async fn wake(app: &AppService, record: Record, (raw, context): (&Bytes, &Context)) -> Result<()> {
    let stream = record.stream.clone();
    let table = table_of(&stream);
    let record = record.read()?;
    let now = SystemTime::now().into();
    let change = record.change(app.watched_collection(table)?, now)?;
    let id = change.id.clone();
    let event = Event::new(DocumentChange::new(table, change), context.clone());
    let event = event.with_source(stream).with_id(id).with_raw(raw.clone());
    super::handle(app, event).await
}

/// The table in the ARN of its stream: `arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE/stream/LABEL`.
fn table_of(stream: &str) -> &str {
    stream.split('/').nth(1).unwrap_or_default()
}

impl Record {
    fn read(self) -> Result<StreamRecord<Told>> {
        let mut json = serde_json::Deserializer::from_str(self.dynamodb.get());
        let content: Content = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let message = format!("a record of the stream: {}: {error}", error.path());
            Error::invalid(message).with_source(error)
        })?;
        let at = content.approximate_creation_date_time;
        let at = at.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let at = at.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        Ok(StreamRecord {
            id: self.id,
            name: self.name,
            by: self.by.map(|by| (by.kind, by.name)),
            at: at.map(Timestamp::from),
            keys: content.keys,
            new: content.new_image,
            old: content.old_image,
        })
    }
}

#[cfg(test)]
mod tests;
