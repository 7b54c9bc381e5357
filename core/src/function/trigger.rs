//! What an application is woken by, and which handler that wakes.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;

use super::description::ScheduleDescription;
use super::{Context, Event, EventData, Outcome};
use crate::capability::Capability;
use crate::driver::function::is_named;
use crate::driver::{caught, deadline, within};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};

pub(super) type EventFuture = Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>;
pub(super) type EventHandler<S> = Arc<dyn Fn(S, Event) -> EventFuture + Send + Sync>;

/// What an application asks to be woken by.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Schedule(ScheduleDescription),
    /// Messages of the topic with this name.
    Topic(&'static str),
    /// Events of the bucket with this name.
    Bucket(&'static str),
}

impl Source {
    /// What the platform must be able to do.
    pub(super) fn needs(&self) -> Capability {
        match self {
            Self::Schedule(_) => Capability::Schedules,
            Self::Topic(_) => Capability::Messages,
            Self::Bucket(_) => Capability::BlobEvents,
        }
    }

    /// What the environment puts before the names of resources of this kind.
    pub(super) fn prefix<'e>(&self, environment: &'e Environment) -> &'e str {
        match self {
            Self::Bucket(_) => environment.blob_prefix(),
            Self::Topic(_) => environment.topic_prefix(),
            Self::Schedule(_) => "",
        }
    }

    pub(super) fn schedule(&self) -> Option<&ScheduleDescription> {
        match self {
            Self::Schedule(schedule) => Some(schedule),
            _ => None,
        }
    }

    pub(super) fn topic(&self) -> Option<&'static str> {
        match self {
            Self::Topic(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn bucket(&self) -> Option<&'static str> {
        match self {
            Self::Bucket(name) => Some(name),
            _ => None,
        }
    }
}

/// A source and the handler that is bound to it.
pub(super) struct Trigger {
    pub(super) source: Source,
    /// What the environment puts before the names of resources of this kind.
    pub(super) prefix: String,
    pub(super) run: Arc<dyn Fn(Event) -> EventFuture + Send + Sync>,
}

impl Trigger {
    /// How well the event fits: the length of the name that it goes by, nothing where it does not.
    pub(super) fn fits(&self, data: &EventData) -> Option<usize> {
        match (&self.source, data) {
            (Source::Schedule(schedule), EventData::Schedule(tick)) => {
                (schedule.name == tick.name).then_some(schedule.name.len())
            }
            (Source::Topic(name), EventData::Messages(batch)) => self.named(name, &batch.topic),
            (Source::Bucket(name), EventData::Blob(event)) => self.named(name, &event.bucket),
            _ => None,
        }
    }

    fn named(&self, name: &str, native: &str) -> Option<usize> {
        let own = native.strip_prefix(self.prefix.as_str()) == Some(name);
        (own || is_named(native, name)).then_some(name.len())
    }
}

/// What a trigger is called where nobody has declared it.
pub(super) fn undeclared(data: &EventData) -> String {
    match data {
        EventData::Schedule(tick) => format!("schedule {:?}", tick.name),
        EventData::Messages(batch) => format!("subscription to the topic {:?}", batch.topic),
        EventData::Blob(event) => format!("handler for the bucket {:?}", event.bucket),
    }
}

/// Runs a handler within the time and the context of its invocation; a panic is an error.
pub(super) async fn guarded<F>(context: &Context, handler: impl FnOnce() -> F) -> Result<Outcome>
where
    F: Future<Output = Result<Outcome>>,
{
    let end = context.end_of_work();
    let call = async {
        let mut run = pin!(async { handler().await });
        let step = poll_fn(|task| {
            let _entered = context.enter();
            deadline::during(end, || run.as_mut().poll(task))
        });
        caught(step).await.unwrap_or_else(|message| {
            let message = format!("the handler panicked: {message}");
            Err(Error::new(ErrorKind::Internal, message))
        })
    };
    match context.remaining() {
        Some(time) => within(&*context.clock(), time, call).await,
        None => call.await,
    }
}
