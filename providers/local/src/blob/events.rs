//! What happens to the blobs of a bucket that is watched: written in the transaction of the change
//! itself, and delivered as messages are.

use isobar::blob::{BlobEvent, BlobEventKind, BlobKey, VersionId};
use isobar::document::{Timestamp, Version};
use isobar::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::committer::Group;
use crate::error::Fault;
use crate::topic::queue;
use crate::topic::row::MessageRow;

/// What happened, as the body of a message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    kind: Kind,
    bucket: String,
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// Microseconds since 1970.
    at: i64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Stored,
    Deleted,
}

/// What happened to a blob, in the transaction in which it happens.
#[derive(Debug)]
pub(super) struct Happened<'h> {
    pub(super) key: &'h BlobKey,
    /// The content that came to be; nothing where the blob was removed.
    pub(super) stored: Option<(&'h Version, u64)>,
    pub(super) version_id: Option<VersionId>,
    pub(super) at: Timestamp,
}

/// Appends an event to those of its bucket; the events of a blob wait for each other.
pub(super) fn record(
    group: &mut Group<'_>,
    bucket: &str,
    happened: Happened<'_>,
) -> Result<(), Fault> {
    let Happened {
        key,
        stored,
        version_id,
        at,
    } = happened;
    let body = Body {
        kind: stored.map_or(Kind::Deleted, |_| Kind::Stored),
        bucket: bucket.to_owned(),
        key: key.as_str().to_owned(),
        version: stored.map(|(version, _)| version.as_str().to_owned()),
        version_id: version_id.map(|id| id.as_str().to_owned()),
        size: stored.map(|(_, size)| size),
        at: at.as_micros(),
    };
    let body = serde_json::to_vec(&body).map_err(std::io::Error::from)?;
    let row = MessageRow {
        id: Uuid::new_v4(),
        attempts: 0,
        not_before: at,
        sent_at: at,
        group: Some(key.as_str().to_owned()),
        attributes: [].into(),
        body: body.into(),
    };
    queue::append(group, &queue::of_bucket(bucket), &[row])
}

/// The event that a message tells.
pub(crate) fn event(message: &[u8]) -> Result<BlobEvent> {
    let body: Body = serde_json::from_slice(message).map_err(unreadable)?;
    let kind = match body.kind {
        Kind::Stored => BlobEventKind::Stored,
        Kind::Deleted => BlobEventKind::Deleted,
    };
    let key = BlobKey::new(&*body.key).unwrap_or_else(|_| BlobKey::raw(body.key));
    let mut event = BlobEvent::new(kind, body.bucket, key, Timestamp::from_micros(body.at));
    event.version = body.version.map(Version::parse).transpose()?;
    event.version_id = body.version_id.map(VersionId::new);
    event.size = body.size;
    Ok(event)
}

fn unreadable(error: serde_json::Error) -> Error {
    let message = "an event of a blob in the local store is not one";
    Error::new(ErrorKind::Corrupt, message).with_source(error)
}
