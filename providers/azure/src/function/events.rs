//! What Azure sends: Event Grid to a path, and the Functions host for triggers that are not HTTP.

mod change_feed;
mod event_grid;
mod invocation;

use isobar::Capability;
use isobar_serve::event::{EventFacts, EventForm, EventSource};

/// A function that is woken by anything but HTTP is called by the last segment of the events' path, a dash and the name
/// of what it is for, such as `SECRET-jobs`, and its one binding in `function.json` by what it is: `queue`, `queueBytes`
/// (with `"dataType": "binary"`), `timer`, `blob` (with the path `CONTAINER/{name}`), `eventGrid` or `documents`.
///
/// The host takes the Base64 off a queue's messages unless `messageEncoding` of `host.json` is `none`; what is not UTF-8
/// then comes through `queueBytes` alone.
pub(super) const EVENTS: EventFacts = EventFacts {
    sources: &[
        // The largest that comes is asked for first, as every reader scans what it has no mark of.
        EventSource {
            wakes: Capability::ChangeEvents,
            sender: "the host, for a function `SECRET-COLLECTION` with a Cosmos DB trigger, which tells no deletes",
            form: EventForm::Items {
                mark: "members `Data`, with `documents`, and `Metadata`",
                read: change_feed::documents,
            },
        },
        EventSource {
            wakes: Capability::BlobEvents,
            sender: "Event Grid, in its schema of CloudEvents",
            form: EventForm::CloudEvents {
                types: &[event_grid::CREATED, event_grid::DELETED],
                read: event_grid::changed,
            },
        },
        EventSource {
            wakes: Capability::Messages,
            sender: "the host, for a function `SECRET-TOPIC` with a queue trigger",
            form: EventForm::Request {
                mark: "members `Data`, with `queue` or `queueBytes`, and `Metadata`",
                read: invocation::queue,
            },
        },
        EventSource {
            wakes: Capability::Schedules,
            sender: "the host, for a function `SECRET-SCHEDULE` with a timer trigger",
            form: EventForm::Request {
                mark: "members `Data`, with `timer`, and `Metadata`",
                read: invocation::timer,
            },
        },
        EventSource {
            wakes: Capability::BlobEvents,
            sender: "the host, for a function `SECRET-BUCKET` with a blob trigger, which tells no deletes",
            form: EventForm::Request {
                mark: "members `Data`, with `blob`, and `Metadata`",
                read: invocation::blob,
            },
        },
        EventSource {
            wakes: Capability::BlobEvents,
            sender: "the host, for a function `SECRET-BUCKET` with an Event Grid trigger",
            form: EventForm::Request {
                mark: "members `Data`, with `eventGrid`, and `Metadata`",
                read: invocation::event_grid,
            },
        },
    ],
    owners: EventFacts::OWN.owners,
    issuer: None,
    before_name: '-',
    done: Some(r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#),
    account: None,
    calls: None,
};

#[cfg(test)]
mod tests;
