//! Proves somebody's own application: one scenario through several doors and stores, and what differs.
//!
//! A scenario is a file of requests. Each provider is a door and the stores behind it, started anew
//! for the run; the application is started there with nothing but the variables that the provider and
//! the scenario give it. The first provider is what the others are compared with: the answers step by
//! step, and at the end every document and every blob of what the application declares.

mod answers;
mod declared;
mod differences;
mod place;
mod play;
mod report;
mod scenario;
mod state;
mod values;

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use isobar::document::Timestamp;

use crate::Failure;
use declared::Declared;
use place::Place;
use play::Played;
use scenario::Scenario;

pub(crate) use place::PROVIDERS;
pub(crate) use report::AppReport;

/// What is to be proven.
#[derive(Debug)]
pub(crate) struct Wanted<'w> {
    /// The application's program.
    pub(crate) program: &'w Path,
    /// The file of the scenario.
    pub(crate) scenario: &'w Path,
    /// Where it is played; the first is the reference.
    pub(crate) providers: &'w [String],
}

/// What happened at one provider.
#[derive(Debug)]
struct Run {
    name: &'static str,
    played: Played,
    /// Nothing where the scenario was not played to its end.
    state: Option<state::State>,
    /// The last that the application wrote, where it was not.
    output: String,
}

/// Plays the scenario everywhere, telling what is under way. An error is one of the command, of the
/// scenario, or of what a provider needs; what the application does wrong is in the report.
pub(crate) async fn prove(wanted: &Wanted<'_>, tell: impl Fn(&str)) -> Result<AppReport> {
    let program = std::path::absolute(wanted.program)?;
    let scenario = scenario::read(wanted.scenario)?;
    let names = place::names(wanted.providers)?;
    scenario.check_providers(&names)?;
    let declared = declared::of(&program).await?;
    scenario.check_events(&declared)?;
    let mut runs = Vec::new();
    for name in names {
        tell(&format!("{name}: {} steps", scenario.steps.len()));
        let run = at_provider(name, &program, (&scenario, &declared)).await;
        runs.push(run.with_context(|| name.to_owned())?);
    }
    Ok(report::of(&scenario, &declared, &runs))
}

async fn at_provider(
    name: &'static str,
    program: &Path,
    (scenario, declared): (&Scenario, &Declared),
) -> Result<Run> {
    let place = Place::start(name).await?;
    place.prepare(declared).await?;
    let application = place.application(program, scenario.variables_at(name));
    let door = match application.open(place.way).await {
        Ok(door) => door,
        Err(failure) => bail!(not_started(&failure, &application.log)),
    };
    let begun = Timestamp::from(SystemTime::now());
    let played = play::play(&*door, scenario).await;
    // A local store has one owner at a time.
    drop(door);
    let (state, output) = if played.ended.is_none() {
        let state = state::read(&place, declared, (&scenario.state, begun)).await?;
        (Some(state), String::new())
    } else {
        (None, tail(&application.log))
    };
    Ok(Run {
        name,
        played,
        state,
        output,
    })
}

fn not_started(failure: &Failure, log: &Path) -> String {
    format!("the application does not start: {failure}{}", tail(log))
}

/// The last lines that the application wrote, each on a line of its own.
fn tail(log: &Path) -> String {
    const MOST: usize = 10;
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let last = lines.len().saturating_sub(MOST);
    let lines = lines.iter().skip(last);
    lines.fold(String::new(), |told, line| told + "\n  it wrote: " + line)
}
