//! Ticks of schedules, by EventBridge: its rules, and its scheduler, which "delivers a default notification" where a schedule
//! has no input of its own.
//!
//! - <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html>
//! - <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html>; the form of that notification is not
//!   published, and is read as others have recorded it.

use std::time::SystemTime;

use bytes::Bytes;
use isobar::driver::function::is_named;
use isobar::function::{AppService, Context, Event, Schedule};
use isobar::{Error, ErrorKind, Result};

use super::{Marks, name_of};

/// A scheduled event of EventBridge, by a rule or by its scheduler.
#[derive(Debug)]
pub(in crate::function) struct Tick {
    /// The same for every delivery.
    pub(super) id: String,
    pub(super) at: SystemTime,
    /// The names of the rules or schedules that are behind it.
    pub(super) names: Vec<String>,
}

impl Tick {
    pub(super) fn of(marks: Marks<'_>) -> Result<Self> {
        let time = marks.time.unwrap_or_default();
        let at: jiff::Timestamp = time.parse().map_err(|error: jiff::Error| {
            Error::invalid("the scheduled event's time is malformed").with_source(error)
        })?;
        let resources = marks.resources.unwrap_or_default();
        let last = |arn: &String| name_of(arn).to_owned();
        Ok(Self {
            id: marks.id.unwrap_or_default().into_owned(),
            at: at.into(),
            names: resources.iter().map(last).collect(),
        })
    }

    /// The schedule that a rule of this name wakes: its name, or what follows a dash in it.
    pub(super) fn schedule<'a>(&self, schedules: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        schedules
            .filter(|schedule| self.names.iter().any(|name| is_named(name, schedule)))
            .max_by_key(|schedule| schedule.len())
    }
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
    let mut event = Event::new(Schedule::new(name, tick.at), context).with_raw(raw);
    if !tick.id.is_empty() {
        event.id = tick.id;
    }
    super::handle(app, event).await
}
