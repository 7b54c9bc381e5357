//! The ticks of schedules in the log of events, where there is a store that keeps it.

#[cfg(feature = "_store")]
use std::time::SystemTime;

use isobar::Result;
use isobar::function::Outcome;
use jiff::Timestamp;

#[cfg(feature = "_store")]
use crate::events::record::{self, Ended, Handed};
#[cfg(feature = "_store")]
use crate::events::source;
#[cfg(feature = "_store")]
use crate::store::LocalStore;

/// Notes the ticks that an application has.
#[derive(Debug, Clone, Default)]
pub(super) struct Ticks {
    #[cfg(feature = "_store")]
    store: Option<LocalStore>,
}

#[cfg(feature = "_store")]
impl Ticks {
    /// Those of an application with this store.
    pub(super) fn of(store: Option<&LocalStore>) -> Self {
        let logs = |store: &&LocalStore| !store.event_limits().are_off();
        let store = store.filter(logs).cloned();
        Self { store }
    }

    /// Notes that a tick is with its handler, for the first time or again.
    pub(super) async fn begin(&self, name: &str, due: Timestamp, (id, attempt): (&str, u32)) {
        let Some(store) = &self.store else {
            return;
        };
        let (limits, id) = (store.event_limits(), id.to_owned());
        let tick = source::tick(name, of_store(due), attempt);
        let noted = async {
            let (queue, message) = tick?;
            let note = store.submit(0, move |group| {
                let handed = Handed {
                    queue: &queue,
                    id: &id,
                    request_id: &id,
                    message: &message,
                    document: None,
                };
                let now = SystemTime::now().into();
                Ok(record::handed_over(group, limits, handed, now)?)
            });
            note.await
        };
        complain(noted.await);
    }

    /// Notes what became of it, and when it comes again.
    pub(super) async fn end(
        &self,
        (name, id): (&str, &str),
        told: &Result<Outcome>,
        next: Option<Timestamp>,
    ) {
        let Some(store) = &self.store else {
            return;
        };
        let queue = crate::topic::queue::of_schedule(name);
        let (id, end) = (id.to_owned(), Ended::of_tick(told, next.map(of_store)));
        let note = store.submit(0, move |group| {
            let now = SystemTime::now().into();
            Ok(record::settled(group, (&queue, &id), &end, now)?)
        });
        complain(note.await);
    }
}

/// A tick that cannot be noted is told all the same.
#[cfg(feature = "_store")]
fn complain(noted: Result<()>) {
    if let Err(error) = noted {
        tracing::error!(target: "isobar", ?error, "a tick is missing in the log of events");
    }
}

#[cfg(feature = "_store")]
fn of_store(due: Timestamp) -> isobar::document::Timestamp {
    isobar::document::Timestamp::from_micros(due.as_microsecond())
}

#[cfg(not(feature = "_store"))]
impl Ticks {
    #[expect(clippy::unused_async, reason = "with a store it waits for that")]
    pub(super) async fn begin(&self, _: &str, _: Timestamp, _: (&str, u32)) {}

    #[expect(clippy::unused_async, reason = "with a store it waits for that")]
    pub(super) async fn end(&self, _: (&str, &str), _: &Result<Outcome>, _: Option<Timestamp>) {}
}
