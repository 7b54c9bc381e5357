//! What happens to the probe's blobs, and how a case sees it.

use axum::Json;
use axum::extract::State;
use isobar::blob::{BlobEvent, BlobEventKind};
use isobar::function::{Event, Outcome};
use isobar::{BucketSpec, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::inbox::Inbox;
use crate::Failure;
use crate::door::{Door, WireChange};

/// The bucket that the probe watches.
pub(crate) const FILES: BucketSpec = BucketSpec::new("files");

/// The key of a blob of which the first event fails.
pub(crate) const FAILS_ONCE: &str = "fail once";

/// One delivery of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenEvent {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) stored: bool,
    pub(crate) size: Option<u64>,
    pub(crate) version: Option<String>,
    pub(crate) subject: Option<String>,
}

impl Inbox {
    /// Keeps what happened.
    pub(super) fn hear(self, event: Event<BlobEvent>) -> Result<Outcome> {
        let subject = event.subject().map(str::to_owned);
        let blob = event.data;
        let seen = SeenEvent {
            id: event.id,
            key: blob.key.as_str().to_owned(),
            stored: blob.kind == BlobEventKind::Stored,
            size: blob.size,
            version: blob.version.map(|version| version.as_str().to_owned()),
            subject,
        };
        let mut events = self.events();
        let first = !events.iter().any(|earlier| earlier.id == seen.id);
        let fails = first && seen.key == FAILS_ONCE;
        events.push(seen);
        if fails {
            return Err(Error::new(ErrorKind::Internal, "as it was told to"));
        }
        Ok(Outcome::Ack)
    }
}

pub(super) async fn list(State(inbox): State<Inbox>) -> Json<Vec<SeenEvent>> {
    Json(inbox.events().clone())
}

pub(super) async fn make(
    State(inbox): State<Inbox>,
    Json(changes): Json<Vec<WireChange>>,
) -> Result<()> {
    let files = inbox.files;
    let files = files.ok_or_else(|| Error::invalid("the probe has no bucket of its own"))?;
    for WireChange {
        key,
        content,
        in_parts,
    } in changes
    {
        match content {
            Some(content) if in_parts => {
                let mut writer = files.writer(key)?;
                writer.write(content).await?;
                writer.finish().await?;
            }
            Some(content) => drop(files.put(key, content).await?),
            None => drop(files.delete(key).await?),
        }
    }
    Ok(())
}

/// Has the probe behind a door change its own blobs.
pub(crate) async fn change(door: &dyn Door, changes: &[WireChange]) -> Result<(), Failure> {
    super::inbox::post(door, "/files", changes).await
}

/// The events that the probe has seen, once there are `count` of them.
pub(crate) async fn events(door: &dyn Door, count: usize) -> Result<Vec<SeenEvent>, Failure> {
    super::inbox::listed(door, "/files", count).await
}
