//! The requests in which the suite sends CloudEvents, through whichever door.

use crate::door::brought::{Events, GOOGLE, KNATIVE, OWN, Tried};
use crate::door::{WireChange, WireMessage, WireRequest};
use crate::function::{events, notes};
use crate::probe::ticks::NIGHTLY;
use crate::probe::{FILES, TOPIC};

const TRIED: Tried<'_> = Tried {
    id: "event-1",
    attempt: 1,
};

/// Each with a name of its own.
pub(super) fn requests() -> Vec<(&'static str, WireRequest)> {
    let cases = [
        "a case's text, binary",
        "a case's text, structured",
        "a case's text, batched",
        "a case's bytes, binary",
        "a case's bytes, structured",
    ];
    let mut requests: Vec<_> = cases.into_iter().zip(events::in_each_mode()).collect();
    requests.push(("a message, structured", message(&OWN)));
    requests.push(("a blob that is stored, binary", stored(&OWN)));
    requests.push(("a blob that is deleted, binary", deleted(&OWN)));
    requests.push(("a tick, batched", (OWN.tick)(NIGHTLY, TRIED)));
    requests.push(("a tick of Knative, binary", (KNATIVE.tick)(NIGHTLY, TRIED)));
    let writes = [
        ("a write of Firestore, binary", notes::stored("ann", 1, 1)),
        ("a delete of Firestore, binary", notes::deleted("ann", 1)),
    ];
    for (sent, write) in writes {
        let written = GOOGLE.write.map(|written| written(&write, None, TRIED));
        requests.extend(written.map(|request| (sent, request)));
    }
    requests
}

/// A message as a push subscription of Pub/Sub sends it.
pub(super) fn pushed() -> WireRequest {
    message(&GOOGLE)
}

fn message(events: &Events) -> WireRequest {
    let message = WireMessage {
        body: "caf\u{e9}".to_owned(),
        attributes: vec![("kind".to_owned(), "test".to_owned())],
        group: None,
    };
    (events.message)(TOPIC.name(), &message, TRIED)
}

fn stored(events: &Events) -> WireRequest {
    let change = change(Some(b"content".to_vec()));
    (events.change)(&change, TRIED)
}

fn deleted(events: &Events) -> WireRequest {
    (events.change)(&change(None), TRIED)
}

fn change(content: Option<Vec<u8>>) -> WireChange {
    WireChange {
        key: format!("{}/plain.txt", FILES.name()),
        content,
        in_parts: false,
    }
}
