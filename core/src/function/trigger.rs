//! What an application is woken by, and which handler that wakes.

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::description::ScheduleDescription;
use super::{Context, Event, EventData, Failures, Outcome, TopicSpec};
use crate::capability::{Capabilities, Capability};
use crate::document::{ChangeFeed, CollectionSchema};
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
    /// Messages of a topic.
    Topic(TopicSpec),
    /// Events of the bucket with this name.
    Bucket(&'static str),
    /// Changes of a collection.
    Collection(Box<CollectionSchema>),
}

impl Source {
    /// What the platform must be able to do.
    pub(super) fn needs(&self) -> Capability {
        match self {
            Self::Schedule(_) => Capability::Schedules,
            Self::Topic(_) => Capability::Messages,
            Self::Bucket(_) => Capability::BlobEvents,
            Self::Collection(_) => Capability::ChangeEvents,
        }
    }

    /// What the environment puts before the names of resources of this kind.
    pub(super) fn prefix<'e>(&self, environment: &'e Environment) -> &'e str {
        match self {
            Self::Bucket(_) => environment.blob_prefix(),
            Self::Topic(_) => environment.topic_prefix(),
            Self::Collection(_) => environment.document_prefix(),
            Self::Schedule(_) => "",
        }
    }

    pub(super) fn schedule(&self) -> Option<&ScheduleDescription> {
        match self {
            Self::Schedule(schedule) => Some(schedule),
            _ => None,
        }
    }

    pub(super) fn topic(&self) -> Option<&TopicSpec> {
        match self {
            Self::Topic(spec) => Some(spec),
            _ => None,
        }
    }

    pub(super) fn bucket(&self) -> Option<&'static str> {
        match self {
            Self::Bucket(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn collection(&self) -> Option<&CollectionSchema> {
        match self {
            Self::Collection(schema) => Some(schema),
            _ => None,
        }
    }

    /// What a trigger of this source is called.
    fn shown(&self) -> String {
        match self {
            Self::Schedule(schedule) => of_schedule(schedule.name),
            Self::Topic(spec) => of_topic(spec.name()),
            Self::Bucket(name) => of_bucket(name),
            Self::Collection(schema) => of_changes(schema.name),
        }
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Collection(schema) if schema.change_feed == ChangeFeed::Undeclared => {
                Err(Error::invalid(format!(
                    "the collection {:?} has a handler for its changes and declares no change \
                     feed: add .change_feed() to it",
                    schema.name
                )))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses what no platform could deliver, and a second handler where one alone would be called.
pub(super) fn check<'s>(sources: impl Iterator<Item = &'s Source>) -> Result<()> {
    let mut seen = HashSet::new();
    for source in sources {
        source.check()?;
        let shown = source.shown();
        if !seen.insert(shown.clone()) {
            let message = format!("the application has a second {shown}: make one of the two");
            return Err(Error::invalid(message));
        }
    }
    Ok(())
}

/// A source and the handler that is bound to it.
pub(super) struct Trigger {
    pub(super) source: Source,
    /// What the environment puts before the names of resources of this kind.
    pub(super) prefix: String,
    pub(super) run: Arc<dyn Fn(Event) -> EventFuture + Send + Sync>,
    /// What the platform can do.
    pub(super) platform: Capabilities,
    /// Whether the log has said that the platform does not wait.
    pub(super) has_told: AtomicBool,
}

impl Trigger {
    /// Runs the handler; fails where it answers by an event that nobody would take.
    pub(super) async fn wake(&self, event: Event) -> Result<Outcome> {
        let (event, noted) = self.noting_waits(event);
        let told = (self.run)(event).await;
        if let Some(noted) = noted {
            self.tell_of_messages(&noted.waits());
        }
        match told? {
            Outcome::Retry(Some(wait)) => {
                self.tell_of_waits(wait);
                Ok(Outcome::Retry(Some(wait)))
            }
            Outcome::Reply(_) if !self.platform.has(Capability::ReplyEvents) => Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the handler answers its event by another, which nobody would take here: the platform does not \
                     declare {}",
                    Capability::ReplyEvents
                ),
            )),
            told => Ok(told),
        }
    }

    /// The event, and where the times for single messages of a batch are noted that the platform does not keep.
    fn noting_waits(&self, mut event: Event) -> (Event, Option<Failures>) {
        let is_batch = matches!(event.data, EventData::Messages(_));
        let noted = is_batch && !self.platform.has(Capability::DelayedRetry);
        let noted = noted.then(|| event.context.noting_failures());
        (event, noted)
    }

    /// Says of single messages of a batch that the platform brings them again at its own time.
    fn tell_of_messages(&self, waits: &[(String, Duration)]) {
        if let Some((_, wait)) = waits.first() {
            self.tell_of_waits(*wait);
            tracing::debug!(
                target: "isobar",
                trigger = self.source.shown(), ?waits,
                "messages of a batch come again at the platform's own time, and not after those that their handler asks for"
            );
        }
    }

    /// Says once that the platform brings events again at its own time, where it does.
    fn tell_of_waits(&self, wait: Duration) {
        let waits = self.platform.has(Capability::DelayedRetry);
        if !waits && !self.has_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "isobar",
                trigger = self.source.shown(), ?wait,
                "a handler asks for an event again after a time, and the platform, which does not declare {}, brings it at \
                 its own",
                Capability::DelayedRetry
            );
        }
    }

    /// How well the event fits, nothing where it does not.
    pub(super) fn fits(&self, data: &EventData) -> Option<usize> {
        match (&self.source, data) {
            (Source::Schedule(schedule), EventData::Schedule(tick)) => {
                (schedule.name == tick.name).then_some(schedule.name.len())
            }
            (Source::Topic(spec), EventData::Messages(batch)) => {
                fit(&self.prefix, spec.name(), &batch.topic)
            }
            (Source::Bucket(name), EventData::Blob(event)) => {
                fit(&self.prefix, name, &event.bucket)
            }
            (Source::Collection(_), EventData::Change(event)) => {
                self.watches(&event.collection).map(|(fit, _)| fit)
            }
            _ => None,
        }
    }

    /// How well the table fits, and what is declared of the collection that it is.
    pub(super) fn watches(&self, table: &str) -> Option<(usize, &CollectionSchema)> {
        let schema = self.source.collection()?;
        let prefix = if schema.named {
            ""
        } else {
            self.prefix.as_str()
        };
        let fit = fit(prefix, &schema.table, table)?;
        Some((fit, schema))
    }
}

/// How well the name of a vendor's resource fits what is declared: its very name best, then the
/// longest name with which it ends.
fn fit(prefix: &str, name: &str, native: &str) -> Option<usize> {
    if native.strip_prefix(prefix) == Some(name) {
        return Some(usize::MAX);
    }
    is_named(native, name).then_some(name.len())
}

/// What a trigger is called where nobody has declared it.
pub(super) fn undeclared(data: &EventData) -> String {
    match data {
        EventData::Schedule(tick) => of_schedule(&tick.name),
        EventData::Messages(batch) => of_topic(&batch.topic),
        EventData::Blob(event) => of_bucket(&event.bucket),
        EventData::Change(event) => of_changes(&event.collection),
    }
}

fn of_schedule(name: &str) -> String {
    format!("schedule {name:?}")
}

fn of_topic(name: &str) -> String {
    format!("subscription to the topic {name:?}")
}

fn of_bucket(name: &str) -> String {
    format!("handler for the bucket {name:?}")
}

pub(super) fn of_changes(table: &str) -> String {
    format!("handler for the changes of {table:?}")
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
        let told = caught(step).await.unwrap_or_else(|message| {
            let message = format!("the handler panicked: {message}");
            Err(Error::new(ErrorKind::Internal, message))
        });
        match told {
            Ok(Outcome::Reply(reply)) => {
                Ok(Outcome::Reply(Box::new(reply.going_on(context.trace()))))
            }
            told => told,
        }
    };
    match context.remaining() {
        Some(time) => within(&*context.clock(), time, call).await,
        None => call.await,
    }
}

#[cfg(test)]
mod tests;
