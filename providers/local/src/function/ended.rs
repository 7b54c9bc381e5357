//! What became of a delivery: for the log of events, and in a line that names the event.

use isobar::document::Timestamp;
use isobar::function::Outcome;
use isobar::{Error, ErrorKind, Result};

use super::feed::Feed;
use crate::events::EventState;
use crate::events::record::{self, Ended};
use crate::topic::queue::{ATTEMPTS, Fate};

impl Ended {
    /// Of a message, of which the application has said this, or was not let end.
    pub(super) fn of(
        feed: &Feed,
        told: Option<&Result<Outcome>>,
        (fate, failure): (Fate, Option<&Error>),
    ) -> Self {
        if let (Feed::Schedule(_), Some(told)) = (feed, told) {
            // One that was replayed comes once.
            return Self::of_tick(told, None);
        }
        let error = match told {
            Some(Err(error)) => Some(error),
            Some(Ok(_)) | None => failure,
        };
        let state = match fate {
            Fate::Back if told.is_some() => EventState::Waiting,
            Fate::Back => EventState::Interrupted,
            Fate::Aside => EventState::PutAside,
            Fate::Done if matches!(told, Some(Ok(Outcome::Discard))) => EventState::Discarded,
            Fate::Done => EventState::Acknowledged,
            Fate::Again(_) if error.is_some() => EventState::Failed,
            Fate::Again(_) => EventState::Retry,
        };
        Self {
            state,
            next: match fate {
                Fate::Again(at) => Some(at),
                Fate::Back | Fate::Aside | Fate::Done => None,
            },
            error: error.map(record::told),
        }
    }

    /// Of a message that was never settled, as where its handler ends the process.
    pub(super) fn never() -> Self {
        let message = format!("its handler has not ended {ATTEMPTS} times");
        Self {
            state: EventState::PutAside,
            next: None,
            error: Some((format!("{:?}", ErrorKind::Internal), message)),
        }
    }

    /// Of a tick, which comes again at this instant where there is one.
    pub(super) fn of_tick(told: &Result<Outcome>, next: Option<Timestamp>) -> Self {
        Self {
            state: match told {
                Ok(Outcome::Ack) => EventState::Acknowledged,
                Ok(Outcome::Discard) => EventState::Discarded,
                Ok(_) => EventState::Retry,
                Err(_) => EventState::Failed,
            },
            next,
            error: told.as_ref().err().map(record::told),
        }
    }
}

/// Says what became of an event, with the id by which it can be replayed.
pub(super) fn log(id: &str, (told, fate): (Option<&Result<Outcome>>, Fate), ended: &Ended) {
    let error = told.and_then(|told| told.as_ref().err());
    match fate {
        Fate::Back if told.is_some() => {
            tracing::debug!(target: "isobar", id, "an event was not begun, and waits on");
        }
        Fate::Back => {
            tracing::warn!(target: "isobar", id, "a handler was not let end: the event will come again");
        }
        Fate::Aside => {
            let error = &ended.error;
            tracing::error!(
                target: "isobar", ?error, id,
                "an event failed {ATTEMPTS} times, and was put aside"
            );
        }
        Fate::Again(_) => {
            if let Some(error) = error {
                tracing::error!(target: "isobar", ?error, id, "an event will come again");
            } else {
                // Of a message of several its handler's failure was said when it happened.
                tracing::debug!(target: "isobar", id, "an event will come again");
            }
        }
        Fate::Done => {
            if let Some(error) = error {
                tracing::error!(target: "isobar", ?error, id, "an event failed");
            } else {
                let outcome = ended.state.name();
                tracing::debug!(target: "isobar", outcome, id, "an event was handled");
            }
        }
    }
}
