//! An event of the log as others see it: in JSON, and within this process.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use isobar::document::Timestamp;
use serde::{Deserialize, Serialize};

use super::row::{EventRow, EventState};
use super::source::{envelope, of_queue, shown};

/// An event that was handed to an application. Instants are in RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LoggedEvent {
    /// The id that its handler knows: that of a message, the name and the instant of a tick.
    pub id: String,
    /// Where it comes from: `topic/NAME`, `bucket/NAME`, `collection/NAME` or `schedule/NAME`.
    pub source: String,
    /// What kind of event it is.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// What it is about: the key of a blob or of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What became of it.
    pub state: EventState,
    /// What its last delivery failed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<LoggedError>,
    /// The number of the last delivery, counted anew by each replay.
    pub attempt: u32,
    /// All deliveries.
    pub deliveries: u32,
    /// How often somebody has asked for it to be delivered again.
    pub replays: u32,
    /// When it happened, was sent, or was due.
    pub time: String,
    /// When it was first with its handler.
    pub first_delivered: String,
    /// When it was last with its handler.
    pub delivered: String,
    /// When its handler had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<String>,
    /// When it comes again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The invocation of the last delivery, which the lines of its handler name.
    pub request_id: String,
    /// The group of a message, the key of a blob, the key of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What the sender of a message has put beside it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Bytes of the body.
    pub bytes: u64,
    /// Whether the document is kept that was told with a change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_document: bool,
    /// The body where it is text; in lists none has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body where it is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
}

/// What the last delivery of an event failed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoggedError {
    /// The name of its kind.
    pub kind: String,
    /// What it says, with its causes, up to 4 KiB.
    pub message: String,
}

impl LoggedEvent {
    pub(super) fn new(row: EventRow) -> Self {
        let envelope = envelope(&row.queue, &row.message);
        let mut message = row.message;
        let attributes = message.take_attributes();
        let instant = |at: Option<Timestamp>| at.map(shown);
        Self {
            source: of_queue(&row.queue),
            event_type: envelope.as_ref().map(|data| data.event_type().to_owned()),
            subject: envelope.and_then(|data| data.subject()),
            id: row.id,
            state: row.state,
            error: row
                .error
                .map(|(kind, message)| LoggedError { kind, message }),
            attempt: row.attempt,
            deliveries: row.deliveries,
            replays: row.replays,
            time: shown(message.sent_at),
            first_delivered: shown(row.first_delivered),
            delivered: shown(row.delivered),
            settled: instant(row.settled),
            next: instant(row.next),
            request_id: row.request_id,
            group: message.group,
            attributes,
            bytes: message.body.len() as u64,
            has_document: row.document.is_some(),
            body: None,
            body_base64: None,
        }
    }

    /// The same with its body.
    pub(super) fn whole(row: EventRow) -> Self {
        let bytes = row.message.body.clone();
        let mut event = Self::new(row);
        match std::str::from_utf8(&bytes) {
            Ok(text) => event.body = Some(text.to_owned()),
            Err(_) => event.body_base64 = Some(BASE64_STANDARD.encode(&bytes)),
        }
        event
    }
}
