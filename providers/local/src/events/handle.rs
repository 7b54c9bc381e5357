//! The log of events within the process that has the store open.

use std::time::SystemTime;

use isobar::Result;
use isobar::document::Timestamp;
use redb::ReadableTable as _;

use super::logged::LoggedEvent;
use super::replay;
use super::row::{EventRow, EventState};
use crate::engine::tables::{EVENT_IDS, EVENTS};
use crate::error::Stop;
use crate::store::LocalStore;
use crate::topic::queue::Resource;

/// The events that were handed to an application from one store.
///
/// Those that are replayed are delivered by the [`LocalPlatform`](crate::LocalPlatform) that serves an application with a
/// handler for them, of this process or the next one that opens the store.
#[derive(Debug, Clone)]
pub struct EventLog {
    store: LocalStore,
}

impl EventLog {
    pub(crate) fn new(store: LocalStore) -> Self {
        Self { store }
    }

    /// The last events, the newest first and without bodies.
    pub fn last(&self, limit: usize) -> Result<Vec<LoggedEvent>> {
        self.newest(limit, |_| true)
    }

    /// The last of those whose last delivery did not end well.
    pub fn last_failures(&self, limit: usize) -> Result<Vec<LoggedEvent>> {
        self.newest(limit, EventState::is_failure)
    }

    /// One event, with its body: that with this id, or of the invocation with this id where that was its last.
    ///
    /// `NotFound` says how far the log goes back; `InvalidArgument` lists those of several sources, of which `source` names
    /// one, as in `topic/orders`.
    pub fn get(&self, id: &str, source: Option<&str>) -> Result<LoggedEvent> {
        let found = self.store.read(|snapshot| {
            let (events, ids) = (
                snapshot.open_table(EVENTS)?,
                snapshot.open_table(EVENT_IDS)?,
            );
            replay::find(&events, &ids, (id, source))
        });
        found.map(|(_, row)| LoggedEvent::whole(self.seen(row)))
    }

    /// Has an event delivered again with its id and its bytes, beside its queue: it waits for none of its group and none wait
    /// for it. Fails as [`get`](Self::get) does.
    pub async fn replay(&self, id: &str, source: Option<&str>) -> Result<LoggedEvent> {
        self.request(id, source).await.map(LoggedEvent::new)
    }

    pub(crate) async fn request(&self, id: &str, source: Option<&str>) -> Result<EventRow> {
        let now = Timestamp::from(SystemTime::now());
        let (id, source) = (id.to_owned(), source.map(str::to_owned));
        let arrivals = self.store.arrivals().clone();
        let request = self.store.submit(0, move |group| {
            let row = replay::request(group, &id, source.as_deref(), now)?;
            // Also where whoever asked has gone by then.
            group.afterwards(move |_| arrivals.announce());
            Ok(row)
        });
        request.await
    }

    /// What was with a handler when the store was opened had one of a process that is gone, and with it went the ticks that
    /// were to come again.
    fn seen(&self, mut row: EventRow) -> EventRow {
        if row.delivered < self.store.opened() {
            if row.state == EventState::Delivering {
                row.state = EventState::Interrupted;
            }
            if matches!(Resource::of(&row.queue), Resource::Schedule(_)) {
                row.next = None;
            }
        }
        row
    }

    pub(crate) fn newest(
        &self,
        limit: usize,
        is_wanted: impl Fn(EventState) -> bool,
    ) -> Result<Vec<LoggedEvent>> {
        self.store.read(|snapshot| {
            let events = snapshot.open_table(EVENTS)?;
            let rows = events.iter()?.rev().filter_map(|entry| {
                let intact = entry.map(|(number, stored)| intact(number.value(), stored.value()));
                let row = intact.map(|row| row.map(|row| self.seen(row)));
                row.map_err(Stop::from).transpose()
            });
            let wanted = rows.filter(|row| row.as_ref().map_or(true, |row| is_wanted(row.state)));
            let wanted = wanted.map(|row| row.map(LoggedEvent::new));
            wanted.take(limit).collect()
        })
    }
}

/// An event of the log; nothing where it is damaged, which must not hide the others.
fn intact(number: u64, stored: &[u8]) -> Option<EventRow> {
    let row = EventRow::decode(number, stored);
    let row = row.inspect_err(|error| {
        tracing::warn!(target: "isobar", ?error, number, "an event of the log is passed over");
    });
    row.ok()
}
