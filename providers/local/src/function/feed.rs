//! What is delivered from a store: where it waits, the event that it becomes, and what its handler's word means for it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use isobar::document::Timestamp;
use isobar::function::{Context, Event, Messages, Outcome, Schedule};
use isobar::{Error, ErrorKind, Result};

use crate::blob::events;
use crate::committer::Group;
use crate::document::events as changes;
use crate::error::{Fault, Stop};
use crate::events::record::{self, Ended, Handed};
use crate::events::{EventLimits, source};
use crate::topic::queue::{self, ATTEMPTS, Held, Verdict};
use crate::topic::row::MessageRow;

/// Messages that are delivered together at most, as SQS does by default.
const BATCH: usize = 10;
/// The longest wait for a message, so that a clock that was set is noticed.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The longest wait for a change: nobody announces the removal of what has expired.
pub(super) const CHANGES_WAIT: Duration = Duration::from_secs(1);

/// What is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Feed {
    /// The messages of a topic, some together.
    Topic(String),
    /// The events of a bucket, one after another.
    Bucket(String),
    /// The changes of a collection, one after another.
    Collection(String),
    /// The ticks of a schedule that somebody wants again; the clock brings the others.
    Schedule(String),
}

/// A message of a feed that is with the application, and the event that it is.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) id: String,
    pub(super) held: Held,
    /// The row of the document that is told with a change.
    document: Result<Option<Bytes>>,
}

/// What was found to be delivered.
#[derive(Debug)]
pub(super) struct Found {
    /// Where it was found, which is where it is settled.
    pub(super) queue: String,
    pub(super) parcels: Vec<Parcel>,
    /// When the next of those that are not yet due is.
    pub(super) next: Option<Timestamp>,
    /// Whether some were put aside.
    pub(super) put_aside: bool,
}

impl Feed {
    /// The name under which they wait.
    pub(super) fn queue(&self) -> String {
        match self {
            Self::Topic(topic) => topic.clone(),
            Self::Bucket(bucket) => queue::of_bucket(bucket),
            Self::Collection(collection) => queue::of_collection(collection),
            Self::Schedule(name) => queue::of_schedule(name),
        }
    }

    fn batch(&self) -> usize {
        match self {
            Self::Topic(_) => BATCH,
            Self::Bucket(_) | Self::Collection(_) | Self::Schedule(_) => 1,
        }
    }

    pub(super) fn longest_wait(&self) -> Duration {
        match self {
            Self::Topic(_) | Self::Bucket(_) | Self::Schedule(_) => LONGEST_WAIT,
            Self::Collection(_) => CHANGES_WAIT,
        }
    }

    /// Takes what is due, one that somebody wants again alone and before the others, and notes that it
    /// is with the application.
    pub(super) fn take(
        &self,
        group: &mut Group<'_>,
        request_id: &str,
        limits: EventLimits,
    ) -> Result<Found, Stop> {
        if let Self::Collection(collection) = self {
            changes::take_from_log(group, collection)?;
        }
        let now = SystemTime::now().into();
        let own = self.queue();
        let replays = queue::of_replays(&own);
        let mut taken = queue::take(group, &replays, 1, now)?;
        self.drop_replays(&taken.given_up);
        let is_replay = !taken.held.is_empty();
        let mut put_aside = false;
        if !is_replay {
            let next = taken.next;
            taken = queue::take(group, &own, self.batch(), now)?;
            taken.next = [next, taken.next].into_iter().flatten().min();
            put_aside = !taken.given_up.is_empty();
            self.put_aside(group, std::mem::take(&mut taken.given_up), now)?;
        }
        let mut parcels = Vec::with_capacity(taken.held.len());
        for held in taken.held {
            let id = source::event_id(&own, &held.row);
            let document = self.document(group, (&own, &id), (&held, is_replay))?;
            let handed = Handed {
                queue: &own,
                id: &id,
                request_id: self.request_id(request_id, &id),
                message: &held.row,
                document: document.as_ref().ok().cloned().flatten(),
            };
            record::handed_over(group, limits, handed, now)?;
            parcels.push(Parcel { id, held, document });
        }
        Ok(Found {
            queue: if is_replay { replays } else { own },
            parcels,
            next: taken.next,
            put_aside,
        })
    }

    /// Says which replays were begun as often as may be: the log has them still.
    fn drop_replays(&self, given_up: &[MessageRow]) {
        for row in given_up {
            let id = source::event_id(&self.queue(), row);
            tracing::error!(
                target: "isobar", id,
                "an event was to be delivered again, and its handler has not ended {ATTEMPTS} times: it is given up"
            );
        }
    }

    /// Puts aside what was with a handler as often as may be, and never settled.
    fn put_aside(
        &self,
        group: &mut Group<'_>,
        given_up: Vec<MessageRow>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        if given_up.is_empty() {
            return Ok(());
        }
        let own = self.queue();
        for row in &given_up {
            let id = source::event_id(&own, row);
            tracing::error!(
                target: "isobar", id,
                "the handler of an event has not ended {ATTEMPTS} times, and the event was put aside"
            );
            record::settled(group, (&own, &id), &Ended::never(), now)?;
        }
        queue::put_aside(group, &own, given_up)
    }

    /// The id of the invocation, which for a tick is that of the event.
    pub(super) fn request_id<'i>(&self, own: &'i str, event: &'i str) -> &'i str {
        match self {
            Self::Schedule(_) => event,
            Self::Topic(_) | Self::Bucket(_) | Self::Collection(_) => own,
        }
    }

    /// What is told with a change: the document as it is, or as it was told where that is told again.
    fn document(
        &self,
        group: &mut Group<'_>,
        (queue, id): (&str, &str),
        (held, is_replay): (&Held, bool),
    ) -> Result<Result<Option<Bytes>>, Fault> {
        if !matches!(self, Self::Collection(_)) {
            return Ok(Ok(None));
        }
        if is_replay || held.row.attempts > 1 {
            match record::find_intact(group, queue, id)? {
                Some((_, row)) if is_replay || row.document.is_some() => {
                    return Ok(Ok(row.document));
                }
                None if is_replay => tracing::error!(
                    target: "isobar", id,
                    "a change is told again without its document, unless that is still as it was: the log of events no longer \
                     has it"
                ),
                _ => {}
            }
        }
        match changes::document(group, &held.row.body) {
            Ok(document) => Ok(Ok(document)),
            Err(Stop::Refused(error)) => Ok(Err(error)),
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    /// The event of what was taken together.
    pub(super) fn event(&self, parcels: &[Parcel], context: Context) -> Result<Event> {
        if let Self::Topic(topic) = self {
            let rows = parcels.iter().map(|parcel| parcel.held.row.clone());
            let batch = Messages::new(topic, rows.map(MessageRow::message).collect());
            return Ok(Event::new(batch, context));
        }
        let none = || Error::new(ErrorKind::Internal, "there is no event");
        let parcel = parcels.first().ok_or_else(none)?;
        let row = &parcel.held.row;
        let event = match self {
            Self::Topic(_) | Self::Bucket(_) => Event::new(events::event(&row.body)?, context),
            Self::Collection(_) => {
                let document = parcel.document.as_ref().map_err(again)?;
                Event::new(changes::event(&row.body, document.as_deref())?, context)
            }
            Self::Schedule(name) => {
                let tick = Schedule::new(name, source::due(row)?.into());
                return Ok(Event::new(tick, context).with_id(&parcel.id));
            }
        };
        Ok(event.with_id(&parcel.id).with_raw(row.body.clone()))
    }

    /// What becomes of a message of which the application has said this; of a batch it may have asked for this time.
    pub(super) fn verdict(
        &self,
        told: &Result<Outcome>,
        held: &Held,
        wait: Option<Duration>,
    ) -> Verdict {
        match (self, told) {
            // The ticks that come here were replayed, and come once; the clock has others come again.
            (Self::Schedule(_), _) | (_, Ok(Outcome::Ack | Outcome::Discard)) => Verdict::Done,
            (Self::Topic(_), Ok(Outcome::Partial(ids))) => {
                if ids.contains(&held.row.id.to_string()) {
                    Verdict::Again(wait)
                } else {
                    Verdict::Done
                }
            }
            (_, Ok(Outcome::Retry(after))) => Verdict::Again(*after),
            _ => Verdict::Again(None),
        }
    }
}

/// The error of a document that could not be read, for its event.
fn again(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}
