//! What Google's services send to Cloud Run: Pub/Sub, Cloud Storage, Firestore and Cloud Scheduler, by Eventarc or by
//! themselves.

mod firestore;
mod pubsub;
mod scheduler;
mod storage;

use isobar::Capability;
use isobar_serve::event::{EventFacts, EventForm, EventSource};

/// The events of Google's services.
///
/// Cloud Storage tells of an object that is replaced as deleted too, or as archived in a bucket with versions, and Eventarc
/// does not say which it was; its notifications by Pub/Sub do, so that through them a replacement is one event.
pub(super) const EVENTS: EventFacts = EventFacts {
    sources: &[
        EventSource {
            wakes: Capability::Messages,
            sender: "Pub/Sub by Eventarc",
            form: EventForm::CloudEvents {
                types: &["google.cloud.pubsub.topic.v1.messagePublished"],
                read: pubsub::published,
            },
        },
        EventSource {
            wakes: Capability::BlobEvents,
            sender: "Cloud Storage by Eventarc",
            form: EventForm::CloudEvents {
                types: &[
                    storage::FINALIZED,
                    storage::DELETED,
                    storage::ARCHIVED,
                    storage::METADATA_UPDATED,
                ],
                read: storage::changed,
            },
        },
        EventSource {
            wakes: Capability::ChangeEvents,
            sender: "Firestore by Eventarc, as `application/protobuf`",
            form: EventForm::Changes {
                types: firestore::TYPES,
                read: firestore::changed,
            },
        },
        EventSource {
            wakes: Capability::BlobEvents,
            sender: "a Pub/Sub push subscription to notifications of Cloud Storage",
            form: EventForm::Request {
                mark: "members `message` and `subscription`, the attribute `notificationConfig`, and no topic that the path or the subscription names",
                read: storage::notified,
            },
        },
        EventSource {
            wakes: Capability::Messages,
            sender: "a Pub/Sub push subscription named `TOPIC` or `PREFIX-TOPIC`",
            form: EventForm::Request {
                mark: "members `message` and `subscription`",
                read: pubsub::pushed,
            },
        },
        EventSource {
            wakes: Capability::Schedules,
            sender: "a job of Cloud Scheduler named `SCHEDULE` or `PREFIX-SCHEDULE`",
            form: EventForm::Request {
                mark: "the field `x-cloudscheduler-jobname`",
                read: scheduler::due,
            },
        },
    ],
    issuer: Some("https://accounts.google.com"),
    ..EventFacts::OWN
};

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;
