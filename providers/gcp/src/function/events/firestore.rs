//! What happens to the documents of Firestore, which Eventarc tells in Protocol Buffers.
//!
//! <https://cloud.google.com/eventarc/docs/reference/supported-events>

use std::time::SystemTime;

use isobar::function::EventData;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::event::{CloudEvent, Delivery};

use crate::stored::change::{DocumentEventData, Told};

/// Those `.withAuthContext` say who did it too, in attributes.
pub(super) const TYPES: &[&str] = &[
    "google.cloud.firestore.document.v1.created",
    "google.cloud.firestore.document.v1.updated",
    "google.cloud.firestore.document.v1.deleted",
    "google.cloud.firestore.document.v1.written",
    "google.cloud.firestore.document.v1.created.withAuthContext",
    "google.cloud.firestore.document.v1.updated.withAuthContext",
    "google.cloud.firestore.document.v1.deleted.withAuthContext",
    "google.cloud.firestore.document.v1.written.withAuthContext",
];

/// A document that was created, updated or deleted; a trigger takes one of these or all by `written`.
pub(super) fn changed(event: &CloudEvent, delivery: &Delivery) -> Result<EventData> {
    let content_type = event.data_content_type.as_deref().unwrap_or_default();
    if !content_type.starts_with("application/protobuf") {
        let message = format!(
            "the data of Firestore's event is {content_type:?}: a trigger of Eventarc must have \
             --event-data-content-type=application/protobuf"
        );
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let data = DocumentEventData::read(&event.data)?;
    let schema = delivery.table(data.collection()?)?;
    let told = Told {
        id: &event.id,
        at: event.time,
    };
    let change = data.change(schema, &told, SystemTime::now().into())?;
    Ok(change.into())
}
