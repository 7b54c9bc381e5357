//! The events that S3 sends to Lambda.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::WireChange;
use crate::probe;

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*');

/// The event of one change; the later of two of one key has the greater sequencer.
pub(super) fn event(change: &WireChange, sequencer: u64) -> Value {
    let mut object = json!({
        "key": encoded(&change.key),
        "sequencer": format!("{sequencer:016X}"),
    });
    if let Some(content) = &change.content {
        object["size"] = content.len().into();
        object["eTag"] = format!("{:032x}", crc32c::crc32c(content)).into();
    }
    let name = match (&change.content, change.in_parts) {
        (None, _) => "ObjectRemoved:Delete",
        (Some(_), true) => "ObjectCreated:CompleteMultipartUpload",
        (Some(_), false) => "ObjectCreated:Put",
    };
    let bucket = probe::FILES.name();
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-30T12:00:00.123Z",
        "eventName": name,
        "userIdentity": { "principalId": "AIDAJDPLRKLG7UEXAMPLE" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": {
            "x-amz-request-id": "C3D13FE58DE4C810",
            "x-amz-id-2": "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD",
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "probe",
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": "A3NL1KOZZKExample" },
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": object,
        },
    }] })
}

/// A key as S3 writes it there: as forms are, but for the slash.
fn encoded(key: &str) -> String {
    utf8_percent_encode(key, ESCAPED)
        .to_string()
        .replace("%20", "+")
}
