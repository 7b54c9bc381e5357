//! What happens to the objects of a bucket of OSS, by its native trigger or by EventBridge.
//!
//! <https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/overview-of-oss-event-triggers>,
//! <https://www.alibabacloud.com/help/en/eventbridge/user-guide/oss-events>. Keys are taken as they stand: the documents'
//! examples have none that would show an encoding.

use isobar::blob::{BlobEvent, BlobEventKind, BlobKey};
use isobar::document::Version;
use isobar::function::EventData;
use isobar::{Error, Result};
use isobar_serve::event::{Arrivals, Arrived, CloudEvent, Delivery, instant, members};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::event_bridge::account_of;
use crate::error::{malformed, unsupported};

/// The types of EventBridge that say something of a blob.
pub(super) const TYPES: &[&str] = &[
    "oss:ObjectCreated:PutObject",
    "oss:ObjectCreated:PostObject",
    "oss:ObjectCreated:CopyObject",
    "oss:ObjectCreated:CompleteMultipartUpload",
    "oss:ObjectCreated:AppendObject",
    "oss:ObjectCreated:PutSymlink",
    "oss:ObjectRemoved:DeleteObject",
    "oss:ObjectRemoved:DeleteObjects",
];
/// What becomes of an upload in parts before it is complete, or where it never is.
const OF_PARTS: [&str; 4] = [
    "ObjectCreated:InitiateMultipartUpload",
    "ObjectCreated:UploadPart",
    "ObjectCreated:UploadPartCopy",
    "ObjectRemoved:AbortMultipartUpload",
];
const SENDER: &str = "acs:oss";

#[derive(Debug, Deserialize)]
struct Marks {
    events: Vec<Mark>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    event_source: String,
}

#[derive(Debug, Deserialize)]
struct Records<'r> {
    #[serde(borrow)]
    events: Vec<&'r RawValue>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    event_time: String,
    oss: Entity,
    #[serde(default)]
    response_elements: Elements,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Elements {
    request_id: String,
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
}

/// The records of a native trigger, each for itself; those of parts of uploads wake nobody.
pub(super) fn records(delivery: &Delivery) -> Result<Option<Arrivals>> {
    let marks = members::<Marks>(&delivery.body);
    let marks = marks.filter(|marks| !marks.events.is_empty());
    let is_of_oss = |mark: &Mark| mark.event_source == SENDER;
    if !marks.is_some_and(|marks| marks.events.iter().all(is_of_oss)) {
        return Ok(None);
    }
    let records: Records<'_> = serde_json::from_slice(&delivery.body)
        .map_err(|error| malformed("the event of OSS", error))?;
    let arrived = records.events.into_iter();
    let arrived = arrived.filter_map(|told| one(told, delivery).transpose());
    Ok(Some(arrived.collect()))
}

fn one(told: &RawValue, delivery: &Delivery) -> Result<Option<Arrived>> {
    let record: Record =
        serde_json::from_str(told.get()).map_err(|error| malformed("the event of OSS", error))?;
    let (name, asked) = (&record.event_name, &record.response_elements.request_id);
    let id = format!("{name}@{asked}/{}", record.oss.object.key);
    let source = record.oss.bucket.arn.clone();
    let source = source.unwrap_or_else(|| record.oss.bucket.name.clone());
    let account = account_of(&source).unwrap_or_default();
    delivery.accounts.admit(account, &source)?;
    let arrived = event(record)?.map(|event| Arrived::new(event, delivery.body.clone()));
    Ok(arrived.map(|arrived| arrived.with_id(id).with_source(source)))
}

/// The same by EventBridge, one record in the data.
pub(super) fn changed(cloud_event: &CloudEvent) -> Result<EventData> {
    let record: Record = serde_json::from_slice(&cloud_event.data)
        .map_err(|error| malformed("the event of OSS", error))?;
    let name = record.event_name.clone();
    event(record)?
        .map(EventData::from)
        .ok_or_else(|| not_handled(&name))
}

/// The account of the bucket that an event of EventBridge is about.
pub(super) fn owner(event: &CloudEvent) -> Option<String> {
    if !TYPES.contains(&event.event_type.as_str()) {
        return None;
    }
    let record: Record = serde_json::from_slice(&event.data).ok()?;
    let arn = record.oss.bucket.arn?;
    account_of(&arn).map(str::to_owned)
}

fn event(record: Record) -> Result<Option<BlobEvent>> {
    let Some(kind) = kind(&record.event_name)? else {
        return Ok(None);
    };
    let Entity { bucket, object } = record.oss;
    let at = instant(&record.event_time)?;
    let key = BlobKey::of_store(object.key);
    let mut event = BlobEvent::new(kind, bucket.name, key, at.into());
    if kind == BlobEventKind::Stored {
        // In the form of the header, as the store tells versions.
        let version = object
            .e_tag
            .map(|tag| Version::parse(format!("\"{}\"", tag.trim_matches('"'))));
        event.version = version.transpose()?;
        event.size = object.size;
    }
    Ok(Some(event))
}

fn kind(name: &str) -> Result<Option<BlobEventKind>> {
    let own = name.strip_prefix("oss:").unwrap_or(name);
    if OF_PARTS.contains(&own) {
        return Ok(None);
    }
    let kind = match own {
        "ObjectReplication:ObjectCreated" | "ObjectReplication:ObjectModified" => {
            BlobEventKind::Stored
        }
        "ObjectReplication:ObjectRemoved" => BlobEventKind::Deleted,
        _ => match own.split_once(':').map_or(own, |(kind, _)| kind) {
            "ObjectCreated" => BlobEventKind::Stored,
            "ObjectRemoved" => BlobEventKind::Deleted,
            "ObjectModified" => BlobEventKind::AttributesChanged,
            _ => return Err(not_handled(name)),
        },
    };
    Ok(Some(kind))
}

fn not_handled(name: &str) -> Error {
    unsupported(format!("events of OSS named {name:?} are not handled here"))
}
