//! What triggers that are not HTTP bring to `POST /invoke`, each told by the marks that it puts there.
//!
//! The content is the event's bytes, whatever its content type says (`application/octet-stream`), so that a CloudEvent of
//! EventBridge is told by its member `specversion`. Triggers of SLS, Tablestore, CDN and others are refused as
//! `Unsupported`, and Function Compute does with them what their invocation's configuration says.
//!
//! Function Compute does not say which trigger has sent an event, so that members alone tell it. Where the content of an event
//! is what somebody has written, as that of a topic's messages with `notifyContentFormat: STREAM`, or of a trigger of
//! EventBridge with `eventSchema: RawData`, whoever may send there can write any event: neither may be used.

mod event_bridge;
mod oss;
mod smq;
mod timer;

use http::{HeaderMap, Method, StatusCode};
use isobar::Capability;
use isobar_serve::event::{EventCalls, EventFacts, EventForm, EventSource};

use super::control_path;
use crate::config::{ACCOUNT, INVOKE};

/// How an answer tells what became of an event: `x-fc-status` and the status both say 200 or 404.
///
/// <https://www.alibabacloud.com/help/en/functioncompute/fc-2-0/user-guide/event-handlers-1>
const CALLS: EventCalls = EventCalls {
    is_call,
    told_in: "x-fc-status",
    done: "200",
    failed: "404",
    failed_status: StatusCode::NOT_FOUND,
};

/// The events that are decoded. What EventBridge delivers of OSS has been read in no document to its end: its data is taken
/// for a record of the native trigger.
pub(crate) const EVENTS: EventFacts = EventFacts {
    sources: &[
        // Before all others, whose marks a sender of CloudEvents could put beside its own.
        EventSource {
            wakes: Capability::CloudEvents,
            sender: "EventBridge, one event or, in event streams, a list",
            form: EventForm::Items {
                mark: "a member `specversion`, whatever the content type",
                read: event_bridge::unpacked,
            },
        },
        EventSource {
            wakes: Capability::Schedules,
            sender: "a timer trigger named `SCHEDULE` or `PREFIX-SCHEDULE`",
            form: EventForm::Request {
                mark: "members `triggerTime` and `triggerName`",
                read: timer::tick,
            },
        },
        EventSource {
            wakes: Capability::BlobEvents,
            sender: "an OSS trigger",
            form: EventForm::Items {
                mark: "members `events`, whose `eventSource` is `acs:oss`",
                read: oss::records,
            },
        },
        EventSource {
            wakes: Capability::BlobEvents,
            sender: "OSS by EventBridge",
            form: EventForm::CloudEvents {
                types: oss::TYPES,
                read: oss::changed,
            },
        },
        EventSource {
            wakes: Capability::Messages,
            sender: "a queue of SMQ (formerly MNS) by EventBridge",
            form: EventForm::CloudEvents {
                types: &[smq::SENT],
                read: smq::sent,
            },
        },
        EventSource {
            wakes: Capability::Messages,
            sender: "a topic of SMQ, with `notifyContentFormat: JSON`",
            form: EventForm::Request {
                mark: "members `TopicName`, `SubscriptionName` and `MessageId`",
                read: smq::notification,
            },
        },
    ],
    account: Some(ACCOUNT),
    owners: event_bridge::owners,
    calls: Some(CALLS),
    ..EventFacts::OWN
};

fn is_call(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    method == Method::POST && path == INVOKE && control_path(headers) == Some(INVOKE)
}

#[cfg(test)]
mod tests;
