//! The messages that reach the probe, and how a case sees them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use isobar::function::{Event, Message, Outcome, OutgoingMessage, ReplyEvent, Topic, TopicSpec};
use isobar::{Bucket, Collection, Error, ErrorKind, Result};
use isobar_local::EventLog;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::SeenTrace;
use super::files::SeenEvent;
use super::notes::{Note, SeenChange};
use super::ticks::SeenTick;
use super::turned::TurnedClock;
use crate::Failure;
use crate::door::{Door, WireMessage, WireRequest};

/// The topic that the probe subscribes to.
pub(crate) const TOPIC: TopicSpec = TopicSpec::new("jobs");

/// A message whose first delivery fails, and one whose first delivery panics.
pub(crate) const FAILS_ONCE: &str = "fail once";
pub(crate) const PANICS_ONCE: &str = "panic once";
/// A message that is answered by an event.
pub(crate) const ANSWERED: &str = "answer";

/// A message that the probe asks for again after [`WAIT`] when it first comes.
pub(crate) const COMES_LATER: &str = "come later";
/// More than platforms wait by themselves.
pub(crate) const WAIT: Duration = Duration::from_secs(2);

/// How long a message that failed may take to come again.
const PATIENCE: Duration = Duration::from_secs(20);

/// When the first message came, or before.
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What the probe has been given, and where it can send messages itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Inbox {
    seen: Arc<Mutex<Vec<SeenMessage>>>,
    events: Arc<Mutex<Vec<SeenEvent>>>,
    changes: Arc<Mutex<Vec<SeenChange>>>,
    ticks: Arc<Mutex<Vec<SeenTick>>>,
    /// Lets go of a request that is held.
    pub(super) released: Arc<tokio::sync::Notify>,
    /// Turns on what its schedules go by.
    pub(super) clock: Option<TurnedClock>,
    pub(super) topic: Option<Topic>,
    /// The events that it was woken by.
    pub(super) log: Option<EventLog>,
    pub(super) files: Option<Bucket>,
    pub(super) notes: Option<Collection<Note>>,
}

/// One delivery of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenMessage {
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) attempt: Option<u32>,
    pub(crate) group: Option<String>,
    pub(crate) trace: SeenTrace,
    pub(crate) envelope: SeenEnvelope,
    /// When it came, in milliseconds of the probe's own clock.
    pub(crate) came: u64,
}

/// What the event of a message said of itself beside its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenEnvelope {
    pub(crate) event_type: String,
    pub(crate) source: String,
    pub(crate) subject: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) extensions: BTreeMap<String, String>,
    /// As RFC 3339 has it.
    pub(crate) time: String,
}

/// What a case has the probe send.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sending {
    body: String,
    attributes: Vec<(String, String)>,
    group: Option<String>,
}

impl SeenEnvelope {
    fn of<T>(event: &Event<T>) -> Self {
        let text = |told: Option<&str>| told.map(str::to_owned);
        let extensions = event.attributes.extensions();
        let time = jiff::Timestamp::try_from(event.time);
        Self {
            event_type: event.event_type.clone(),
            source: event.source.clone(),
            subject: text(event.subject()),
            content_type: text(event.data_content_type()),
            schema: text(event.data_schema()),
            extensions: extensions
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            time: time.map(|time| time.to_string()).unwrap_or_default(),
        }
    }
}

impl Inbox {
    /// The events of blobs that came.
    pub(super) fn events(&self) -> MutexGuard<'_, Vec<SeenEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The changes of documents that came.
    pub(super) fn changes(&self) -> MutexGuard<'_, Vec<SeenChange>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ticks that came.
    pub(super) fn ticks(&self) -> MutexGuard<'_, Vec<SeenTick>> {
        self.ticks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what came; what the message says then happens.
    pub(super) fn take(self, event: Event<Message>) -> Result<Outcome> {
        let envelope = SeenEnvelope::of(&event);
        let message = event.data;
        let body = String::from_utf8_lossy(&message.body).into_owned();
        let seen = SeenMessage {
            id: message.id,
            body: message.body.to_vec(),
            attributes: message.attributes,
            attempt: message.attempt,
            group: message.group,
            trace: super::seen_trace(&event.context),
            envelope,
            came: u64::try_from(STARTED.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        let mut earlier = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Where the platform does not count, what has come before is known by its id.
        let counted = message.attempt.map(|attempt| attempt == 1);
        let first = counted.unwrap_or_else(|| earlier.iter().all(|other| other.id != seen.id));
        earlier.push(seen);
        drop(earlier);
        match &*body {
            FAILS_ONCE if first => Err(Error::new(ErrorKind::Internal, "as it was told to")),
            PANICS_ONCE if first => panics(),
            COMES_LATER if first => Ok(Outcome::Retry(Some(WAIT))),
            ANSWERED => Ok(Outcome::Reply(Box::new(answer()))),
            _ => Ok(Outcome::Ack),
        }
    }
}

/// The event that answers a message.
pub(crate) fn answer() -> ReplyEvent {
    ReplyEvent::new("com.example.answered", "/probe?a=%41")
        .with_subject("Euro \u{20ac} \u{1f600} 100% \"x\" a+b%41")
        .with_extension("shade", "a  b, c")
        .with_data_schema("https://example.com/schema#v2")
        .with_data("application/octet-stream", [0_u8, 255, 13, 10].to_vec())
}

#[expect(clippy::panic, reason = "the fault that a case provokes")]
fn panics() -> Result<Outcome> {
    panic!("as it was told to")
}

pub(super) async fn list(State(inbox): State<Inbox>) -> Json<Vec<SeenMessage>> {
    Json(
        inbox
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone(),
    )
}

pub(super) async fn send(
    State(inbox): State<Inbox>,
    Json(messages): Json<Vec<Sending>>,
) -> Result<()> {
    let topic = inbox
        .topic
        .ok_or_else(|| Error::invalid("the probe has no topic to send to"))?;
    let messages = messages.into_iter().map(|sending| {
        let mut message = OutgoingMessage::new(sending.body);
        message.attributes = sending.attributes.into_iter().collect();
        message.group = sending.group;
        message
    });
    let messages: Vec<_> = messages.collect();
    for sent in topic.publish_all(&messages).await? {
        sent?;
    }
    Ok(())
}

/// Has an event delivered again.
pub(super) async fn make_again(State(inbox): State<Inbox>, Json(id): Json<String>) -> Result<()> {
    let log = inbox
        .log
        .ok_or_else(|| Error::invalid("the probe has no log of events"))?;
    log.replay(&id, None).await.map(drop)
}

/// Has the probe behind a door have one of its events delivered again.
pub(crate) async fn replay(door: &dyn Door, id: &str) -> Result<(), Failure> {
    post(door, "/replays", id).await
}

/// Has the probe behind a door send messages to its own topic.
pub(crate) async fn publish(door: &dyn Door, messages: &[WireMessage]) -> Result<(), Failure> {
    let messages = messages.iter().cloned().map(|message| Sending {
        body: message.body,
        attributes: message.attributes,
        group: message.group,
    });
    post(door, "/messages", &messages.collect::<Vec<_>>()).await
}

/// Has the probe behind a door do something.
pub(super) async fn post(
    door: &dyn Door,
    path: &str,
    asked: &(impl Serialize + Sync + ?Sized),
) -> Result<(), Failure> {
    let body = serde_json::to_vec(asked).map_err(|error| Failure::new(error.to_string()))?;
    let request = WireRequest::new("POST", path)
        .header("content-type", "application/json")
        .body(body);
    let response = door.send(&request).await?;
    match response.status {
        200 => Ok(()),
        status => {
            let body = String::from_utf8_lossy(&response.body);
            let message = format!("the probe cannot do what it is told: {status}: {body}");
            Err(Failure::new(message))
        }
    }
}

/// The deliveries that the probe has seen, once there are `count` of them.
pub(crate) async fn deliveries(door: &dyn Door, count: usize) -> Result<Vec<SeenMessage>, Failure> {
    listed(door, "/messages", count).await
}

/// What the probe lists, once it is `count` of them.
pub(super) async fn listed<T: DeserializeOwned + Debug>(
    door: &dyn Door,
    path: &str,
    count: usize,
) -> Result<Vec<T>, Failure> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let response = door.send(&WireRequest::new("GET", path)).await?;
        let seen: Vec<T> = serde_json::from_slice(&response.body)
            .map_err(|error| Failure::new(format!("the probe does not list {path}: {error}")))?;
        if seen.len() >= count {
            return Ok(seen);
        }
        if Instant::now() > give_up {
            let told = format!("{} of {count} deliveries came: {seen:?}", seen.len());
            return Err(Failure::new(told));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
