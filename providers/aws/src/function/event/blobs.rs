//! Events of the objects of a bucket of S3.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use bytes::Bytes;
use isobar::blob::{BlobEvent, BlobEventKind, BlobKey, VersionId};
use isobar::document::{Timestamp, Version};
use isobar::function::{AppService, Context, Event};
use isobar::{Error, ErrorKind, Result};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    event_time: jiff::Timestamp,
    s3: Entity,
}

#[derive(Debug, Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    name: String,
    #[serde(default)]
    arn: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    e_tag: Option<String>,
    #[serde(default)]
    version_id: Option<String>,
    #[serde(default)]
    sequencer: Option<String>,
}

pub(super) async fn deliver(app: &AppService, raw: Bytes, context: Context) -> Result<()> {
    let events = super::each_record(&raw, "S3")?.map(|record| {
        let record: Record = record?;
        let sequencer = record.s3.object.sequencer.clone().unwrap_or_default();
        let id = format!("{}@{sequencer}/{}", record.event_name, record.s3.object.key);
        let source = record.s3.bucket.arn.clone();
        let source = source.unwrap_or_else(|| record.s3.bucket.name.clone());
        let event = Event::new(blob_event(record)?, context.clone()).with_source(source);
        Ok(event.with_id(id).with_raw(raw.clone()))
    });
    super::hand_over(app, events).await
}

fn blob_event(record: Record) -> Result<BlobEvent> {
    let Entity { bucket, object } = record.s3;
    let at = Timestamp::from(std::time::SystemTime::from(record.event_time));
    let mut event = BlobEvent::new(
        kind(&record.event_name)?,
        bucket.name,
        key(&object.key)?,
        at,
    );
    event.version_id = object.version_id.map(VersionId::new);
    // What is told of a delete marker is of no content (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html>).
    if event.kind == BlobEventKind::Stored {
        // In the form of the header, as everywhere else.
        let version = object.e_tag.map(|tag| Version::parse(format!("\"{tag}\"")));
        event.version = version.transpose()?;
        event.size = object.size;
    }
    Ok(event)
}

fn kind(name: &str) -> Result<BlobEventKind> {
    match name.split_once(':').map_or(name, |(kind, _)| kind) {
        "ObjectCreated" => Ok(BlobEventKind::Stored),
        "ObjectRemoved" | "LifecycleExpiration" => Ok(BlobEventKind::Deleted),
        _ => {
            let message = format!("events of S3 named {name:?} are not handled here");
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}

/// The key, which S3 encodes as forms are: once, and a space as a plus sign.
fn key(encoded: &str) -> Result<BlobKey> {
    let spaced = encoded.replace('+', " ");
    let key = percent_decode_str(&spaced).decode_utf8().map_err(|error| {
        let message = format!("the key {encoded:?} in the event of S3 is not UTF-8");
        Error::invalid(message).with_source(error)
    })?;
    Ok(BlobKey::new(key.as_ref()).unwrap_or_else(|_| BlobKey::raw(key)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_blob_that_is_gone_has_no_content() {
        let event = |name: &str| {
            let object = json!({ "key": "a", "size": 0, "eTag": "d41d8", "versionId": "v" });
            let record = json!({
                "eventName": name,
                "eventTime": "2026-11-30T03:00:00Z",
                "s3": { "bucket": { "name": "photos" }, "object": object },
            });
            blob_event(serde_json::from_value(record).unwrap()).unwrap()
        };
        let stored = event("ObjectCreated:Put");
        assert_eq!(stored.version, Some(Version::parse("\"d41d8\"").unwrap()));
        assert_eq!(stored.size, Some(0));
        for deleted in ["ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"] {
            let deleted = event(deleted);
            assert_eq!((deleted.version, deleted.size), (None, None));
            assert_eq!(deleted.version_id, stored.version_id);
        }
    }
}
