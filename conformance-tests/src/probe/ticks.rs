//! The ticks of the probe's schedule, and how a case sees them.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use isobar::function::{Event, Outcome, Schedule};
use isobar::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::inbox::Inbox;
use crate::Failure;
use crate::door::Door;

/// The schedule of the probe; the first delivery of each tick of it fails.
pub(crate) const NIGHTLY: &str = "nightly";

/// One delivery of a tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenTick {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Seconds since 1970.
    pub(crate) due: u64,
}

impl Inbox {
    /// Keeps a tick, and fails at the first of its kind.
    pub(super) fn tick(self, event: Event<Schedule>) -> Result<Outcome> {
        let since = |at: SystemTime| at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seen = SeenTick {
            id: event.id,
            name: event.data.name,
            due: since(event.data.at).as_secs(),
        };
        let mut ticks = self.ticks();
        let first = !ticks.contains(&seen);
        ticks.push(seen);
        if first {
            return Err(Error::new(ErrorKind::Internal, "as it was told to"));
        }
        Ok(Outcome::Ack)
    }
}

pub(super) async fn list(State(inbox): State<Inbox>) -> Json<Vec<SeenTick>> {
    Json(inbox.ticks().clone())
}

/// The ticks that the probe has seen, once there are `count` of them.
pub(crate) async fn ticks(door: &dyn Door, count: usize) -> Result<Vec<SeenTick>, Failure> {
    super::inbox::listed(door, "/ticks", count).await
}
