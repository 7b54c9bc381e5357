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
    /// How long a handler has.
    time: Duration,
}

/// Starts one task for each schedule, which counts from `since` by this clock; dropping the set ends them.
///
/// Fails where a schedule is not five fields of cron, naming it.
pub(super) fn start(
    app: &AppService,
    since: Timestamp,
    (clock, ticks, time): (&Arc<dyn Clock>, &Ticks, Duration),
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
            time,
        };
        tasks.spawn(waking.run(since, phase.clone()));
    }
    Ok(Wakers::new(tasks, sender))
}

impl Waking {
    async fn run(self, since: Timestamp, mut phase: watch::Receiver<Phase>) {
        let (mut last, mut told) = (since, None);
        while let Some(due) = self.next_but(last, told) {
            tokio::select! {
                () = ends(&mut phase) => {
                    // Whoever counts from here on does so from the end of this one.
                    if self.left(due).is_none() {
                        self.deliver(due, &mut phase).await;
                    }
                    return;
                }
                set_back = self.until(due, last) => {
                    if let Some(since) = set_back {
                        last = since;
                        continue;
                    }
                    self.deliver(due, &mut phase).await;
                }
            }
            told = Some(due);
            // Ticks that were due while this one ran, or while the machine slept, are not made up for.
            last = self.now();
        }
        let name = self.name;
        tracing::warn!(target: "isobar", "the schedule {name:?} is never due again");
    }

    /// Waits until then; where the clock, which has shown `last`, is set back meanwhile, since when the ticks are to be
    /// counted instead.
    async fn until(&self, due: Timestamp, last: Timestamp) -> Option<Timestamp> {
        let mut seen = last;
        let mut slept = Duration::ZERO;
        while let Some(left) = self.left(due) {
            let now = self.now();
            if now < seen {
                // Ticks may have been due since the clock was set, which was during the last sleep.
                return Some(now.checked_sub(slept).unwrap_or(now));
            }
            seen = now;
            slept = left.min(LONGEST_SLEEP);
            self.clock.sleep(slept).await;
        }
        None
    }

    /// The first due time after `last`, but not that of the tick that was told before: a clock that is set back a little has
    /// it twice.
    fn next_but(&self, last: Timestamp, told: Option<Timestamp>) -> Option<Timestamp> {
        let due = self.next(last)?;
        if told == Some(due) {
            return self.next(due);
        }
        Some(due)
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

    /// Delivers a tick, and again where it fails, until all is to end; the id is the same for every delivery.
    async fn deliver(&self, due: Timestamp, phase: &mut watch::Receiver<Phase>) {
        let name = self.name;
        let id = format!("{name}@{due}");
        let mut attempt = 1;
        loop {
            self.ticks.begin(name, due, (&id, attempt)).await;
            let told = self.tick(due, &id).await;
            let again = self.again(&told, (&id, attempt));
            let now = self.now();
            let next = again.map(|pause| now.checked_add(pause).unwrap_or(Timestamp::MAX));
            self.ticks.end((name, &id), &told, next).await;
            let Some(pause) = again else {
                return;
            };
            tokio::select! {
                () = ends(phase) => {
                    self.ticks.end((name, &id), &told, None).await;
                    return;
                }
                () = self.clock.sleep(pause) => {}
            }
            attempt += 1;
        }
    }

    async fn tick(&self, due: Timestamp, id: &str) -> Result<Outcome> {
        let request_id = RequestId::from_platform(id);
        let deadline = self.clock.now().checked_add(self.time);
        let context = Context::new(request_id, deadline, Arc::clone(&self.clock));
        let event = Event::new(Schedule::new(self.name, due.into()), context).with_id(id);
        self.app.handle(event).await
    }

    /// Says what became of a delivery, and after how long there is another one.
    fn again(&self, told: &Result<Outcome>, (id, attempt): (&str, u32)) -> Option<Duration> {
        let name = self.name;
        let asked = match told {
            Ok(Outcome::Retry(after)) => {
                tracing::info!(target: "isobar", ?after, id, "schedule {name:?} is to come again");
                *after
            }
            Ok(outcome) => {
                tracing::info!(target: "isobar", ?outcome, id, "schedule {name:?} ran");
                return None;
            }
            Err(error) => {
                tracing::error!(target: "isobar", ?error, id, "schedule {name:?} failed");
                None
            }
        };
        if attempt >= ATTEMPTS {
            tracing::error!(target: "isobar", id, "schedule {name:?} failed {ATTEMPTS} times");
            return None;
        }
        if asked.is_some_and(|asked| self.is_beyond_next(asked)) {
            tracing::error!(
                target: "isobar", ?asked, id,
                "schedule {name:?} does not come again: its next tick is due before that"
            );
            return None;
        }
        Some(asked.unwrap_or(PAUSE * 2_u32.pow(attempt.saturating_sub(1))))
    }

    /// Whether the next tick is due before so much time has passed.
    fn is_beyond_next(&self, pause: Duration) -> bool {
        let next = self.next(self.now()).and_then(|next| self.left(next));
        next.is_some_and(|left| left <= pause)
    }
}

/// Waits until all is to end.
async fn ends(phase: &mut watch::Receiver<Phase>) {
    reached(phase, |phase| phase != Phase::Running).await;
}
