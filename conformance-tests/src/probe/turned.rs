//! The clock by which the probe's schedules are due on the local platform: a case turns it on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use isobar::driver::Clock;
use isobar::{Error, Result};
use tokio::sync::watch;

use super::inbox::{self, Inbox};
use crate::Failure;
use crate::door::Door;

/// This machine's clock, so many seconds on.
#[derive(Debug, Clone)]
pub(super) struct TurnedClock {
    ahead: Arc<AtomicU64>,
    turned: watch::Sender<()>,
}

impl TurnedClock {
    pub(super) fn new() -> Self {
        Self {
            ahead: Arc::default(),
            turned: watch::Sender::new(()),
        }
    }
}

#[async_trait]
impl Clock for TurnedClock {
    fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.ahead.load(Ordering::SeqCst))
    }

    async fn sleep(&self, span: Duration) {
        let mut turned = self.turned.subscribe();
        let until = self.now() + span;
        while let Ok(left) = until.duration_since(self.now()) {
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = turned.changed() => {}
            }
        }
    }
}

pub(super) async fn turn(State(inbox): State<Inbox>, Json(seconds): Json<u64>) -> Result<()> {
    let clock = inbox.clock;
    let clock = clock.ok_or_else(|| Error::invalid("the probe has no clock of its own"))?;
    clock.ahead.fetch_add(seconds, Ordering::SeqCst);
    clock.turned.send_replace(());
    Ok(())
}

/// Has it be so much later for the schedules of the probe behind a door.
pub(crate) async fn turn_on(door: &dyn Door, span: Duration) -> Result<(), Failure> {
    inbox::post(door, "/clock", &span.as_secs()).await
}
