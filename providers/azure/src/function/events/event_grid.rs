//! What happens to the blobs of a storage account, as Event Grid tells it.
//!
//! <https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage>

use isobar::blob::{BlobEvent, BlobEventKind, BlobKey};
use isobar::document::Version;
use isobar::function::EventData;
use isobar::{Error, Result};
use isobar_serve::event::CloudEvent;
use serde::Deserialize;

pub(super) const CREATED: &str = "Microsoft.Storage.BlobCreated";
pub(super) const DELETED: &str = "Microsoft.Storage.BlobDeleted";

const CONTAINERS: &str = "/blobServices/default/containers/";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    #[serde(default)]
    e_tag: Option<String>,
    #[serde(default)]
    content_length: Option<u64>,
}

/// A blob that was stored, whole, or deleted; its subject is `…/containers/CONTAINER/blobs/KEY`.
pub(super) fn changed(event: &CloudEvent) -> Result<EventData> {
    let subject = event.subject.as_deref().unwrap_or_default();
    let rest = subject.strip_prefix(CONTAINERS);
    let place = rest.and_then(|rest| rest.split_once("/blobs/"));
    let (container, key) = place.ok_or_else(|| {
        Error::invalid(format!(
            "the subject {subject:?} of Event Grid's event names no blob"
        ))
    })?;
    let at = event
        .time
        .ok_or_else(|| Error::invalid("Event Grid's event does not tell when it happened"))?;
    let blob: Blob = serde_json::from_slice(&event.data).map_err(|error| {
        Error::invalid("the data of Event Grid's event is malformed").with_source(error)
    })?;
    let kind = match event.event_type.as_str() {
        CREATED => BlobEventKind::Stored,
        _ => BlobEventKind::Deleted,
    };
    let mut told = BlobEvent::new(kind, container, BlobKey::of_store(key), at.into());
    if kind == BlobEventKind::Stored {
        // Without the quotes of the field, as the store tells versions.
        let version = blob.e_tag.map(|tag| Version::parse(tag.trim_matches('"')));
        told.version = version.transpose()?;
        told.size = blob.content_length;
    }
    Ok(told.into())
}
