//! A record of a stream, as the client of streams tells it.

use aws_sdk_dynamodbstreams::primitives::Blob;
use aws_sdk_dynamodbstreams::types::{AttributeValue, Record};
use isobar::Result;
use isobar::document::Timestamp;
use isobar::driver::document::{Call, RecordChange};

use crate::stored::attribute::attribute_of_client;
use crate::stored::change::StreamRecord;

/// The second in which a record was made.
pub(super) fn second(record: &Record) -> Option<i64> {
    let made = record.dynamodb()?.approximate_creation_date_time()?;
    Some(made.secs())
}

/// The place of a record in its shard.
pub(super) fn sequence(record: &Record) -> Option<&str> {
    record.dynamodb()?.sequence_number()
}

/// The change that a record tells.
pub(super) fn change(call: &Call<'_>, record: Record) -> Result<RecordChange> {
    let at = second(&record);
    let by = record.user_identity();
    let by = by.and_then(|who| Some((who.r#type()?.to_owned(), who.principal_id()?.to_owned())));
    let name = record.event_name();
    let name = name.map(|name| name.as_str().to_owned());
    let told = record.dynamodb;
    let (keys, new, old) = told.map_or((None, None, None), |told| {
        (told.keys, told.new_image, told.old_image)
    });
    let record = StreamRecord {
        id: record.event_id,
        name,
        by,
        at: at.map(|second| Timestamp::from_micros(second.saturating_mul(1_000_000))),
        keys,
        new,
        old,
    };
    record.change(call.schema, call.now)
}

attribute_of_client!(AttributeValue, Blob);
