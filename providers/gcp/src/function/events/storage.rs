//! What happens to the objects of a bucket of Cloud Storage.
//!
//! By Eventarc, as <https://cloud.google.com/storage/docs/json_api/v1/objects> says it; by Pub/Sub, as
//! <https://cloud.google.com/storage/docs/pubsub-notifications#attributes> does.

use isobar::blob::{BlobEvent, BlobEventKind, BlobKey, VersionId};
use isobar::document::{Timestamp, Version};
use isobar::function::EventData;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::event::{Arrived, CloudEvent, Delivery, instant};
use serde::Deserialize;

use super::pubsub::{Push, decoded};

pub(super) const FINALIZED: &str = "google.cloud.storage.object.v1.finalized";
pub(super) const DELETED: &str = "google.cloud.storage.object.v1.deleted";
/// What was there became a version of the past: in a bucket with versions, where it is deleted or replaced.
pub(super) const ARCHIVED: &str = "google.cloud.storage.object.v1.archived";
pub(super) const METADATA_UPDATED: &str = "google.cloud.storage.object.v1.metadataUpdated";

/// What is read of an object, whose numbers are strings.
#[derive(Debug, Deserialize)]
struct Object {
    bucket: String,
    name: String,
    #[serde(default)]
    generation: Option<String>,
    #[serde(default)]
    size: Option<String>,
}

impl Object {
    fn read(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(|error| {
            let message = "the object in the event of Cloud Storage is malformed";
            Error::invalid(message).with_source(error)
        })
    }

    /// The generation is the version, as in the store; none came to be where one was deleted. It is its id as well, of buckets
    /// without versions too: but for an event that only the others have (`archived`) neither way tells whether this is one.
    fn event(self, kind: BlobEventKind, at: Timestamp) -> Result<BlobEvent> {
        let key = BlobKey::of_store(self.name);
        let mut event = BlobEvent::new(kind, self.bucket, key, at);
        if kind != BlobEventKind::Deleted {
            event.version = self.generation.as_ref().map(Version::parse).transpose()?;
        }
        event.version_id = self.generation.map(VersionId::new);
        event.size = self.size.and_then(|size| size.parse().ok());
        Ok(event)
    }
}

/// An event that Eventarc passes on.
pub(super) fn changed(event: &CloudEvent) -> Result<EventData> {
    let kind = match event.event_type.as_str() {
        FINALIZED => BlobEventKind::Stored,
        DELETED | ARCHIVED => BlobEventKind::Deleted,
        _ => BlobEventKind::AttributesChanged,
    };
    let at = event.time.ok_or_else(|| {
        Error::invalid("the event of Cloud Storage does not tell when it happened")
    })?;
    Ok(Object::read(&event.data)?.event(kind, at.into())?.into())
}

/// A notification by Pub/Sub; of a generation that another took the place of it tells nothing, since that one is told.
///
/// Where the path names a topic, or the subscription is named after one to which the application subscribes, it is a message
/// of that, whatever it says: who may send messages to a topic must not be able to write what a bucket tells.
pub(super) fn notified(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    if delivery.name.is_some() {
        return Ok(None);
    }
    let Some(push) = Push::of(delivery)? else {
        return Ok(None);
    };
    let attributes = &push.message.attributes;
    let subscription = push.subscription.rsplit('/').next().unwrap_or_default();
    if !attributes.contains_key("notificationConfig") || delivery.is_of_topic(subscription) {
        return Ok(None);
    }
    let told = |name: &str| {
        let value = attributes.get(name).cloned();
        value.ok_or_else(|| {
            let message = format!("the notification of Cloud Storage has no attribute {name:?}");
            Error::invalid(message)
        })
    };
    let kind = match told("eventType")?.as_str() {
        "OBJECT_FINALIZE" => BlobEventKind::Stored,
        "OBJECT_METADATA_UPDATE" => BlobEventKind::AttributesChanged,
        "OBJECT_DELETE" | "OBJECT_ARCHIVE" => BlobEventKind::Deleted,
        other => {
            let message =
                format!("notifications of Cloud Storage of type {other:?} are not handled here");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    };
    if kind == BlobEventKind::Deleted && attributes.contains_key("overwrittenByGeneration") {
        return Ok(Some(Vec::new()));
    }
    let at = instant(&told("eventTime")?)?;
    let mut object = Object {
        bucket: told("bucketId")?,
        name: told("objectId")?,
        generation: attributes.get("objectGeneration").cloned(),
        size: None,
    };
    let (id, source) = (push.message.message_id, told("notificationConfig")?);
    // Notifications may be without content.
    let content = decoded(push.message.data)?;
    if !content.is_empty() {
        object.size = Object::read(&content)?.size;
    }
    let arrived = Arrived::new(object.event(kind, at.into())?, delivery.body.clone());
    Ok(Some(vec![arrived.with_id(id).with_source(source)]))
}
