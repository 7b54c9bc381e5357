//! What became of a delivery: for the log of events, and in a line that names the event.

use isobar::function::Outcome;
use isobar::{Error, Result};

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
            return Self::of_tick(told);
        }
        let error = match told {
            Some(Err(error)) => Some(error),
            Some(Ok(_)) | None => failure,
        };
        let state = match fate {
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

    /// Of a tick, which does not come again.
    pub(super) fn of_tick(told: &Result<Outcome>) -> Self {
        Self {
            state: match told {
                Ok(Outcome::Ack) => EventState::Acknowledged,
                Ok(Outcome::Discard) => EventState::Discarded,
                Ok(_) => EventState::Retry,
                Err(_) => EventState::Failed,
            },
            next: None,
            error: told.as_ref().err().map(record::told),
        }
    }
}

/// Says what became of an event, with the id by which it can be replayed.
pub(super) fn log(id: &str, (told, fate): (Option<&Result<Outcome>>, Fate), ended: &Ended) {
    let error = told.and_then(|told| told.as_ref().err());
    match fate {
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
