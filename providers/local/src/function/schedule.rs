//! Waking an application by the wall clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use isobar::function::{AppService, Context, Event, RequestId, Schedule};
use isobar::{Error, ErrorKind, Result};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::wakers::{Phase, Wakers, reached};
use crate::clock::clock;

/// The longest single sleep, so that a clock that was set is noticed.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Starts one task for each schedule, which counts from `since`; dropping the set ends them.
///
/// Fails where a schedule is not five fields of cron, naming it.
pub(super) fn start(app: &AppService, since: Timestamp) -> Result<Wakers> {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    let mut tasks = JoinSet::new();
    let (sender, phase) = watch::channel(Phase::Running);
    for schedule in app.schedules() {
        let cron = parser.parse(schedule.cron).map_err(|error| {
            let (name, text) = (schedule.name, schedule.cron);
            let message = format!("the schedule {name:?} is not five fields of cron: {text:?}");
            Error::new(ErrorKind::InvalidArgument, message).with_source(error)
        })?;
        tasks.spawn(wake(
            app.clone(),
            (schedule.name, cron),
            since,
            phase.clone(),
        ));
    }
    Ok(Wakers::new(tasks, sender))
}

async fn wake(
    app: AppService,
    (name, cron): (&'static str, Cron),
    since: Timestamp,
    mut phase: watch::Receiver<Phase>,
) {
    let mut last = since;
    while let Some(due) = next(&cron, last) {
        tokio::select! {
            () = reached(&mut phase, |phase| phase != Phase::Running) => {
                // Whoever counts from here on does so from the end of this one.
                if left(due).is_none() {
                    tick(&app, name, due).await;
                }
                return;
            }
            () = until(due) => tick(&app, name, due).await,
        }
        // Ticks that were due while this one ran, or while the machine slept, are not made up for.
        last = Timestamp::now().max(due);
    }
    tracing::warn!(target: "isobar", "the schedule {name:?} is never due again");
}

async fn until(due: Timestamp) {
    while let Some(wait) = left(due) {
        tokio::time::sleep(wait.min(LONGEST_SLEEP)).await;
    }
}

/// The first due time after `last`, in UTC.
fn next(cron: &Cron, last: Timestamp) -> Option<Timestamp> {
    let last: Zoned = last.to_zoned(TimeZone::UTC);
    cron.find_next_occurrence(&last, false)
        .ok()
        .map(|due| due.timestamp())
}

fn left(due: Timestamp) -> Option<Duration> {
    SystemTime::from(due)
        .duration_since(SystemTime::now())
        .ok()
        .filter(|left| !left.is_zero())
}

/// The id is the same for every delivery of one tick.
async fn tick(app: &AppService, name: &str, due: Timestamp) {
    let id = RequestId::from_platform(&format!("{name}@{due}"));
    let context = Context::new(id, None, Arc::new(clock()));
    let event = Event::new(Schedule::new(name, due.into()), context);
    match app.handle(event).await {
        Ok(outcome) => tracing::info!(target: "isobar", ?outcome, "schedule {name:?} ran"),
        Err(error) => tracing::error!(target: "isobar", ?error, "schedule {name:?} failed"),
    }
}
