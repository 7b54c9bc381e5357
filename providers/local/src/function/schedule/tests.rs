//! Schedules by a clock that a test turns.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use isobar::driver::Clock;
use isobar::driver::function::FunctionDescription;
use isobar::function::{AppService, Outcome};
use isobar::{App, Capabilities, Capability, Environment, Error, ErrorKind, Result};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::start;
use crate::function::wakers::Wakers;

/// A clock that stands still until it is turned.
#[derive(Debug, Clone)]
struct TurnedClock {
    seconds: Arc<AtomicU64>,
    /// By how many seconds it was set back in all, of which nobody who sleeps knows.
    set_back: Arc<AtomicU64>,
    turned: watch::Sender<()>,
    /// Told whenever somebody goes to sleep.
    sleepers: mpsc::UnboundedSender<()>,
}

impl TurnedClock {
    fn turn(&self, to: &str) {
        let to: Timestamp = to.parse().unwrap();
        let seconds = u64::try_from(to.as_second()).unwrap();
        self.seconds.store(seconds, Ordering::SeqCst);
        self.turned.send_replace(());
    }

    fn set_back(&self, span: Duration) {
        self.seconds.fetch_sub(span.as_secs(), Ordering::SeqCst);
        self.set_back.fetch_add(span.as_secs(), Ordering::SeqCst);
    }

    fn passed(&self) -> Duration {
        let seconds = self.seconds.load(Ordering::SeqCst);
        Duration::from_secs(seconds + self.set_back.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Clock for TurnedClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.seconds.load(Ordering::SeqCst))
    }

    async fn sleep(&self, span: Duration) {
        let mut turned = self.turned.subscribe();
        let until = self.passed() + span;
        let _ = self.sleepers.send(());
        while self.passed() < until {
            let _ = turned.changed().await;
        }
    }
}

/// Ticks by the id, and how the next ones end.
#[derive(Debug, Clone)]
struct Ticks {
    seen: mpsc::UnboundedSender<String>,
    failures: Arc<Mutex<u32>>,
    /// After which time they are to come again, where they do not fail with an error.
    asked: Option<Duration>,
    /// Whether their handler never ends.
    hang: bool,
}

struct Scene {
    clock: TurnedClock,
    asleep: mpsc::UnboundedReceiver<()>,
    ticks: mpsc::UnboundedReceiver<String>,
    wakers: Wakers,
}

fn application(ticks: &Ticks) -> AppService {
    let capabilities = Capabilities::of(&[Capability::Schedules]);
    let platform = FunctionDescription {
        provider: "local",
        capabilities,
    };
    let environment = Environment::builder(platform, Arc::new(crate::clock())).build();
    let state = ticks.clone();
    let app = App::new("ticking", move |_: &Environment| Ok(state.clone()));
    let app = app.schedule("hourly", "0 * * * *", |ticks: Ticks, event| {
        let _ = ticks.seen.send(event.id.clone());
        let mut failures = ticks.failures.lock().unwrap();
        let fails = *failures > 0;
        *failures = failures.saturating_sub(1);
        let failed = || Error::new(ErrorKind::Internal, "as it was told to");
        let told = match ticks.asked {
            _ if !fails => Ok(Outcome::Ack),
            Some(asked) => Ok(Outcome::Retry(Some(asked))),
            None => Err(failed()),
        };
        let hangs = ticks.hang;
        async move { if hangs { pending().await } else { told } }
    });
    app.build(&environment).unwrap()
}

/// Counts from `since`, at a time when it is `now`.
fn scene(since: &str, now: &str, failures: u32) -> Result<Scene> {
    scene_of((since, now), (failures, None))
}

fn scene_of(times: (&str, &str), (failures, asked): (u32, Option<Duration>)) -> Result<Scene> {
    let (seen, ticks) = mpsc::unbounded_channel();
    let failures = Arc::new(Mutex::new(failures));
    let told = Ticks {
        seen,
        failures,
        asked,
        hang: false,
    };
    scene_with(times, &told, ticks)
}

fn scene_with(
    (since, now): (&str, &str),
    told: &Ticks,
    ticks: mpsc::UnboundedReceiver<String>,
) -> Result<Scene> {
    let (sleepers, asleep) = mpsc::unbounded_channel();
    let clock = TurnedClock {
        seconds: Arc::default(),
        set_back: Arc::default(),
        turned: watch::Sender::new(()),
        sleepers,
    };
    clock.turn(now);
    let app = application(told);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    Ok(Scene {
        wakers: start(
            &app,
            since.parse().unwrap(),
            (&shared, &super::Ticks::default(), Duration::from_mins(15)),
        )?,
        clock,
        asleep,
        ticks,
    })
}

#[tokio::test]
async fn a_tick_comes_when_it_is_due_and_not_before() -> Result<()> {
    let mut scene = scene("2026-11-30T10:15:00Z", "2026-11-30T10:15:00Z", 0)?;
    scene.asleep.recv().await.unwrap();
    scene.clock.turn("2026-11-30T10:59:59Z");
    scene.asleep.recv().await.unwrap();
    assert!(scene.ticks.try_recv().is_err());
    scene.clock.turn("2026-11-30T11:00:00Z");
    assert_eq!(
        scene.ticks.recv().await.unwrap(),
        "hourly@2026-11-30T11:00:00Z"
    );
    Ok(())
}

#[tokio::test]
async fn ticks_that_a_sleeping_machine_missed_come_as_the_first_of_them() -> Result<()> {
    let mut scene = scene("2026-11-30T10:15:00Z", "2026-11-30T10:15:00Z", 0)?;
    scene.asleep.recv().await.unwrap();
    scene.clock.turn("2026-11-30T14:30:00Z");
    assert_eq!(
        scene.ticks.recv().await.unwrap(),
        "hourly@2026-11-30T11:00:00Z"
    );
    scene.asleep.recv().await.unwrap();
    assert!(scene.ticks.try_recv().is_err());
    scene.clock.turn("2026-11-30T15:00:00Z");
    assert_eq!(
        scene.ticks.recv().await.unwrap(),
        "hourly@2026-11-30T15:00:00Z"
    );
    Ok(())
}

#[tokio::test]
async fn a_tick_that_was_missed_between_two_processes_is_made_up_for() -> Result<()> {
    let mut scene = scene("2026-11-30T10:59:59Z", "2026-11-30T11:00:07Z", 0)?;
    assert_eq!(
        scene.ticks.recv().await.unwrap(),
        "hourly@2026-11-30T11:00:00Z"
    );
    Ok(())
}

#[tokio::test]
async fn a_tick_that_fails_comes_three_times_with_the_same_id() -> Result<()> {
    let mut scene = scene("2026-11-30T10:59:59Z", "2026-11-30T11:00:00Z", 9)?;
    for second in [1, 3] {
        assert_eq!(
            scene.ticks.recv().await.unwrap(),
            "hourly@2026-11-30T11:00:00Z"
        );
        scene.asleep.recv().await.unwrap();
        scene.clock.turn(&format!("2026-11-30T11:00:0{second}Z"));
    }
    assert_eq!(
        scene.ticks.recv().await.unwrap(),
        "hourly@2026-11-30T11:00:00Z"
    );
    // It waits for the next one.
    scene.asleep.recv().await.unwrap();
    assert!(scene.ticks.try_recv().is_err());
    Ok(())
}

#[tokio::test]
async fn a_tick_that_failed_does_not_hold_up_the_end() -> Result<()> {
    let mut scene = scene("2026-11-30T10:59:59Z", "2026-11-30T11:00:00Z", 9)?;
    scene.ticks.recv().await.unwrap();
    scene.asleep.recv().await.unwrap();
    scene.wakers.finish(Duration::from_mins(1)).await;
    assert!(scene.ticks.recv().await.is_none());
    Ok(())
}

#[tokio::test]
async fn a_tick_comes_again_when_it_was_asked_for_where_the_next_is_not_due_before() -> Result<()> {
    let instants = ("2026-11-30T10:59:59Z", "2026-11-30T11:00:00Z");
    let mut scene = scene_of(instants, (1, Some(Duration::from_mins(10))))?;
    for now in ["2026-11-30T11:00:00Z", "2026-11-30T11:10:00Z"] {
        scene.clock.turn(now);
        assert_eq!(
            scene.ticks.recv().await.unwrap(),
            "hourly@2026-11-30T11:00:00Z"
        );
        scene.asleep.recv().await.unwrap();
    }
    let mut scene = scene_of(instants, (9, Some(Duration::from_hours(1))))?;
    for now in ["2026-11-30T11:00:00Z", "2026-11-30T12:00:00Z"] {
        scene.clock.turn(now);
        assert_eq!(scene.ticks.recv().await.unwrap(), format!("hourly@{now}"));
        scene.asleep.recv().await.unwrap();
    }
    Ok(())
}

#[tokio::test]
async fn a_handler_that_never_ends_is_ended_after_its_time_and_its_tick_comes_again() -> Result<()>
{
    let (seen, ticks) = mpsc::unbounded_channel();
    let told = Ticks {
        seen,
        failures: Arc::default(),
        asked: None,
        hang: true,
    };
    let times = ("2026-11-30T10:15:00Z", "2026-11-30T10:15:00Z");
    let mut scene = scene_with(times, &told, ticks)?;
    scene.asleep.recv().await.unwrap();
    let tick = "hourly@2026-11-30T11:00:00Z";
    for now in ["11:00:00", "11:15:00", "11:15:02"] {
        scene.clock.turn(&format!("2026-11-30T{now}Z"));
        scene.asleep.recv().await.unwrap();
    }
    assert_eq!(scene.ticks.recv().await.unwrap(), tick);
    assert_eq!(scene.ticks.recv().await.unwrap(), tick);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_set_back_silences_no_schedule() -> Result<()> {
    let mut scene = scene("2026-11-30T10:59:45Z", "2026-11-30T10:59:45Z", 0)?;
    scene.asleep.recv().await.unwrap();
    scene.clock.set_back(Duration::from_hours(1));
    scene.clock.turn("2026-11-30T10:00:10Z");
    for hour in ["10", "11"] {
        scene.clock.turn(&format!("2026-11-30T{hour}:00:10Z"));
        assert_eq!(
            scene.ticks.recv().await.unwrap(),
            format!("hourly@2026-11-30T{hour}:00:00Z")
        );
        scene.asleep.recv().await.unwrap();
    }
    Ok(())
}

#[tokio::test]
async fn a_clock_that_was_years_ahead_for_a_while_silences_no_schedule() -> Result<()> {
    let mut scene = scene("2026-11-30T10:15:00Z", "2040-01-01T00:30:00Z", 0)?;
    let missed = "hourly@2026-11-30T11:00:00Z";
    assert_eq!(scene.ticks.recv().await.unwrap(), missed);
    scene.asleep.recv().await.unwrap();
    let ahead = "2040-01-01T00:30:00Z".parse::<Timestamp>().unwrap();
    let now = "2026-11-30T12:30:00Z".parse::<Timestamp>().unwrap();
    scene.clock.set_back((ahead - now).try_into().unwrap());
    scene.clock.turn("2026-11-30T12:31:00Z");
    scene.asleep.recv().await.unwrap();
    scene.clock.turn("2026-11-30T13:00:00Z");
    let next = "hourly@2026-11-30T13:00:00Z";
    assert_eq!(scene.ticks.recv().await.unwrap(), next);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_set_back_a_little_has_no_tick_twice() -> Result<()> {
    let mut scene = scene("2026-11-30T10:59:45Z", "2026-11-30T11:00:00Z", 0)?;
    let tick = "hourly@2026-11-30T11:00:00Z";
    assert_eq!(scene.ticks.recv().await.unwrap(), tick);
    scene.asleep.recv().await.unwrap();
    scene.clock.set_back(Duration::from_mins(2));
    for now in ["10:59:00", "11:00:00", "12:00:00"] {
        scene.clock.turn(&format!("2026-11-30T{now}Z"));
        scene.asleep.recv().await.unwrap();
    }
    let tick = "hourly@2026-11-30T12:00:00Z";
    assert_eq!(scene.ticks.try_recv().unwrap(), tick);
    assert!(scene.ticks.try_recv().is_err());
    Ok(())
}
