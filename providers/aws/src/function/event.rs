//! What an event is, by the marks that its sender puts there, never by trying shapes.

use std::borrow::Cow;
use std::time::SystemTime;

use bytes::Bytes;
use isobar::function::{AppService, Context, Event, Outcome};
use isobar::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What an event asks for.
#[derive(Debug)]
pub(super) enum Kind {
    /// A request by an HTTP API or a function URL.
    Http,
    /// A tick by EventBridge.
    Schedule(Tick),
}

/// A scheduled event of EventBridge, by a rule or by its scheduler.
#[derive(Debug)]
pub(super) struct Tick {
    /// The same for every delivery.
    id: String,
    at: SystemTime,
    /// The names of the rules or schedules that are behind it.
    names: Vec<String>,
}

/// The members that senders mark their events with.
#[derive(Debug, Deserialize)]
struct Marks<'e> {
    #[serde(borrow, default)]
    source: Option<Cow<'e, str>>,
    #[serde(borrow, default, rename = "detail-type")]
    detail_type: Option<Cow<'e, str>>,
    #[serde(borrow, default)]
    id: Option<Cow<'e, str>>,
    #[serde(borrow, default)]
    time: Option<Cow<'e, str>>,
    #[serde(default)]
    resources: Option<Vec<String>>,
    #[serde(default, rename = "requestContext")]
    request_context: Option<ContextMarks>,
    #[serde(default, rename = "httpMethod")]
    http_method: Option<IgnoredAny>,
    #[serde(borrow, default, rename = "Records")]
    records: Option<Vec<RecordMarks<'e>>>,
}

#[derive(Debug, Deserialize)]
struct ContextMarks {
    #[serde(default)]
    http: Option<IgnoredAny>,
    #[serde(default)]
    elb: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct RecordMarks<'e> {
    #[serde(borrow, default, rename = "eventSource", alias = "EventSource")]
    source: Option<Cow<'e, str>>,
}

impl Kind {
    /// `InvalidArgument` where the event is not marked, `Unsupported` where the mark is another's.
    pub(super) fn of(event: &[u8]) -> Result<Self> {
        let marks: Marks<'_> = serde_json::from_slice(event).map_err(|error| {
            Error::invalid("the event is not one of a sender that is known here").with_source(error)
        })?;
        let context = marks.request_context.as_ref();
        if context.is_some_and(|context| context.http.is_some()) {
            return Ok(Self::Http);
        }
        let scheduler = matches!(
            marks.source.as_deref(),
            Some("aws.events" | "aws.scheduler")
        );
        if scheduler && marks.detail_type.as_deref() == Some("Scheduled Event") {
            return Tick::of(marks).map(Self::Schedule);
        }
        Err(unsupported(&marks))
    }
}

impl Tick {
    fn of(marks: Marks<'_>) -> Result<Self> {
        let time = marks.time.unwrap_or_default();
        let at: jiff::Timestamp = time.parse().map_err(|error: jiff::Error| {
            Error::invalid("the scheduled event's time is malformed").with_source(error)
        })?;
        let resources = marks.resources.unwrap_or_default();
        let last = |arn: &String| arn.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Self {
            id: marks.id.unwrap_or_default().into_owned(),
            at: at.into(),
            names: resources.iter().map(last).collect(),
        })
    }

    /// The schedule that a rule of this name wakes: its name, or what follows a dash in it.
    fn schedule<'a>(&self, schedules: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let wakes = |name: &str, schedule: &str| {
            name.strip_suffix(schedule)
                .is_some_and(|before| before.is_empty() || before.ends_with('-'))
        };
        schedules
            .filter(|schedule| self.names.iter().any(|name| wakes(name, schedule)))
            .max_by_key(|schedule| schedule.len())
    }
}

fn unsupported(marks: &Marks<'_>) -> Error {
    let context = marks.request_context.as_ref();
    let records = marks.records.as_ref().and_then(|records| records.first());
    let sender = records.and_then(|record| record.source.as_deref());
    let what = if context.is_some_and(|context| context.elb.is_some()) {
        "a load balancer".to_owned()
    } else if marks.http_method.is_some() {
        "an API with payload format 1.0: set it to 2.0".to_owned()
    } else if let Some(source) = sender.or(marks.source.as_deref()) {
        format!("{source:?}")
    } else {
        return Error::invalid("the event has no mark of a sender that is known here");
    };
    let message = format!("events of {what} are not handled here");
    Error::new(ErrorKind::Unsupported, message)
}

/// Hands a tick to the application; an error makes Lambda deliver it again.
pub(super) async fn wake(app: &AppService, tick: Tick, raw: Bytes, context: Context) -> Result<()> {
    let names = app.schedules().map(|schedule| schedule.name);
    let Some(name) = tick.schedule(names) else {
        let message = format!(
            "no schedule of the application is named like the rule {:?}: name the rule \
             SCHEDULE or PREFIX-SCHEDULE",
            tick.names.join(", ")
        );
        return Err(Error::new(ErrorKind::NotFound, message));
    };
    let mut event = Event::schedule(name, tick.at, raw, context);
    if !tick.id.is_empty() {
        event.id = tick.id;
    }
    match app.handle(event).await? {
        Outcome::Ack | Outcome::Discard => Ok(()),
        _ => {
            let message = "the handler asked for the event to be delivered again";
            Err(Error::new(ErrorKind::Unavailable, message))
        }
    }
}

#[cfg(test)]
mod tests;
