//! What happens to the objects of a bucket of COS.
//!
//! <https://www.tencentcloud.com/document/product/583/9707>. A bucket goes by its name without the account's number, which
//! COS puts behind it everywhere else; a key stands behind both, as `/NUMBER/NAME/KEY`, in one sample behind a slash alone.
//! Keys are taken as they stand: no sample shows an encoding.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use isobar::blob::{BlobEvent, BlobEventKind, BlobKey};
use isobar::document::Version;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::event::{Arrivals, Arrived, Delivery, instant};
use serde::Deserialize;
use serde_json::Value;

use super::either;

#[derive(Debug, Deserialize)]
struct Record {
    cos: Cos,
    event: Happening,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cos {
    cos_bucket: Bucket,
    cos_object: Object,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    name: String,
    #[serde(default, deserialize_with = "either")]
    appid: String,
}

#[derive(Debug, Deserialize)]
struct Object {
    key: String,
    #[serde(default, deserialize_with = "either")]
    size: String,
    #[serde(default)]
    meta: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Happening {
    event_name: String,
    /// Seconds since 1970, in an older sample an instant of RFC 3339.
    #[serde(deserialize_with = "either")]
    event_time: String,
    #[serde(default, deserialize_with = "either")]
    reqid: String,
}

const REQUEST: &str = "x-cos-request-id";
const E_TAG: &str = "ETag";

pub(super) fn records(delivery: &Delivery) -> Result<Option<Arrivals>> {
    let Some(records) = super::records::<Record>(delivery, (|mark| mark.cos.is_some(), "COS"))?
    else {
        return Ok(None);
    };
    let arrived = records.into_iter().map(|record: Result<Record>| {
        let record = record?;
        let bucket = &record.cos.cos_bucket;
        delivery.accounts.admit(&bucket.appid, &bucket.name)?;
        let id = id(&record);
        let arrived = Arrived::new(event(record)?, delivery.body.clone());
        Ok(arrived.with_id(id))
    });
    Ok(Some(arrived.collect()))
}

fn id(record: &Record) -> String {
    let Happening {
        event_name,
        event_time,
        reqid,
    } = &record.event;
    let object = &record.cos.cos_object;
    let asked = object.meta.get(REQUEST).and_then(Value::as_str);
    let asked = asked.unwrap_or(reqid);
    format!("{event_name}@{event_time}-{asked}{}", object.key)
}

fn event(record: Record) -> Result<BlobEvent> {
    let Cos {
        cos_bucket,
        cos_object,
    } = record.cos;
    let kind = kind(&record.event.event_name)?;
    let key = BlobKey::of_store(key(&cos_object.key, &cos_bucket));
    let at = time(&record.event.event_time)?;
    let mut event = BlobEvent::new(kind, cos_bucket.name, key, at.into());
    if kind == BlobEventKind::Stored {
        let version = cos_object.meta.get(E_TAG).and_then(Value::as_str);
        event.version = version.map(Version::parse).transpose()?;
        event.size = cos_object.size.parse().ok();
    }
    Ok(event)
}

fn key<'k>(whole: &'k str, bucket: &Bucket) -> &'k str {
    let own = whole
        .strip_prefix('/')
        .and_then(|rest| rest.strip_prefix(&*bucket.appid))
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|rest| rest.strip_prefix(&*bucket.name))
        .and_then(|rest| rest.strip_prefix('/'));
    own.unwrap_or_else(|| whole.strip_prefix('/').unwrap_or(whole))
}

fn time(told: &str) -> Result<SystemTime> {
    match told.parse() {
        Ok(seconds) => SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(seconds))
            .ok_or_else(|| Error::invalid("the event of COS has a time that is none")),
        Err(_) => instant(told),
    }
}

fn kind(name: &str) -> Result<BlobEventKind> {
    let own = name.strip_prefix("cos:").unwrap_or(name);
    match own.split_once(':').map_or(own, |(kind, _)| kind) {
        "ObjectCreated" => Ok(BlobEventKind::Stored),
        "ObjectRemove" => Ok(BlobEventKind::Deleted),
        _ => {
            let message = format!("events of COS named {name:?} are not handled here");
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}
