//! Waking an application by the wall clock.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use isobar::driver::Clock;
use isobar::function::{AppService, Context, Event, Outcome, RequestId, Schedule};
use isobar::{Error, ErrorKind, Result};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ticks::Ticks;
use super::wakers::{Phase, Wakers, reached};

/// The longest single sleep, so that a clock that was set is noticed.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);
/// How often a tick is delivered that fails; EventBridge has Lambda try as often.
const ATTEMPTS: u32 = 3;
/// The pause after the first of them, and twice as long after the second.
const PAUSE: Duration = Duration::from_secs(1);

/// A schedule, and what it wakes.
#[derive(Clone)]
struct Waking {
    app: AppService,
    name: &'static str,
    cron: Cron,
    ticks: Ticks,
    clock: Arc<dyn Clock>,
}

/// What became of a tick.
enum Delivery {
    Done,
    /// It is to come again, after this time where one was asked for.
    Again(Option<Duration>),
}

/// Starts one task for each schedule, which counts from `since` by this clock; dropping the set ends them.
///
/// Fails where a schedule is not five fields of cron, naming it.
pub(super) fn start(
    app: &AppService,
    since: Timestamp,
    (clock, ticks): (&Arc<dyn Clock>, &Ticks),
) -> Result<Wakers> {
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
        let waking = Waking {
            app: app.clone(),
            name: schedule.name,
            cron,
            ticks: ticks.clone(),
            clock: Arc::clone(clock),
        };
        tasks.spawn(waking.run(since, phase.clone()));
    }
    Ok(Wakers::new(tasks, sender))
}

impl Waking {
    async fn run(self, since: Timestamp, mut phase: watch::Receiver<Phase>) {
        let mut last = since;
        while let Some(due) = self.next(last) {
            tokio::select! {
                () = ends(&mut phase) => {
                    // Whoever counts from here on does so from the end of this one.
                    if self.left(due).is_none() {
                        self.deliver(due, &mut phase).await;
                    }
                    return;
                }
                () = self.until(due) => self.deliver(due, &mut phase).await,
            }
            // Ticks that were due while this one ran, or while the machine slept, are not made up for.
            last = self.now().max(due);
        }
        let name = self.name;
        tracing::warn!(target: "isobar", "the schedule {name:?} is never due again");
    }

    async fn until(&self, due: Timestamp) {
        while let Some(wait) = self.left(due) {
            self.clock.sleep(wait.min(LONGEST_SLEEP)).await;
        }
    }

    /// The first due time after `last`, in UTC.
    fn next(&self, last: Timestamp) -> Option<Timestamp> {
        let last: Zoned = last.to_zoned(TimeZone::UTC);
        self.cron
            .find_next_occurrence(&last, false)
            .ok()
            .map(|due| due.timestamp())
    }

    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        now.try_into().unwrap_or_else(|_| Timestamp::now())
    }

    fn left(&self, due: Timestamp) -> Option<Duration> {
        let left = SystemTime::from(due).duration_since(self.clock.now());
        left.ok().filter(|left| !left.is_zero())
    }

    /// Delivers a tick, and again where it fails, until all is to end.
    async fn deliver(&self, due: Timestamp, phase: &mut watch::Receiver<Phase>) {
        let mut pause = PAUSE;
        for attempt in 1..=ATTEMPTS {
            let Delivery::Again(asked) = self.tick(due).await else {
                return;
            };
            if attempt < ATTEMPTS {
                tokio::select! {
                    () = ends(phase) => return,
                    () = self.clock.sleep(asked.unwrap_or(pause)) => {}
                }
            }
            pause *= 2;
        }
        let name = self.name;
        tracing::error!(target: "isobar", "the schedule {name:?} failed {ATTEMPTS} times for {due}");
    }

    /// The id is the same for every delivery of one tick.
    async fn tick(&self, due: Timestamp) -> Delivery {
        let name = self.name;
        let id = format!("{name}@{due}");
        self.ticks.begin(name, due, &id).await;
        let request_id = RequestId::from_platform(&id);
        let context = Context::new(request_id, None, Arc::clone(&self.clock));
        let event = Event::new(Schedule::new(name, due.into()), context).with_id(&id);
        let told = self.app.handle(event).await;
        self.ticks.end(name, &id, &told).await;
        match told {
            Ok(Outcome::Retry(after)) => {
                tracing::info!(target: "isobar", ?after, id, "schedule {name:?} is to come again");
                Delivery::Again(after)
            }
            Ok(outcome) => {
                tracing::info!(target: "isobar", ?outcome, id, "schedule {name:?} ran");
                Delivery::Done
            }
            Err(error) => {
                tracing::error!(target: "isobar", ?error, id, "schedule {name:?} failed");
                Delivery::Again(None)
            }
        }
    }
}

/// Waits until all is to end.
async fn ends(phase: &mut watch::Receiver<Phase>) {
    reached(phase, |phase| phase != Phase::Running).await;
}
