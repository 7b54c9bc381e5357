//! The file of a scenario: steps, what they expect, what may differ.

mod checked;
mod entry;
mod position;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use super::declared::Declared;

pub(super) use checked::{FieldPointer, SavedName};
pub(super) use entry::{Action, Content, Expected, Ignored, Scenario, Sent, StateEntry, Step};
pub(super) use template::{Names, fill_json};

/// More than anybody writes by hand.
const MOST_BYTES: u64 = 4 << 20;

/// Reads and checks a file; an error has the place in it as `FILE:LINE:COLUMN`.
pub(super) fn read(file: &Path) -> Result<Scenario> {
    let shown = file.display();
    let size = std::fs::metadata(file).map_err(|error| anyhow!("cannot read {shown}: {error}"))?;
    if size.len() > MOST_BYTES {
        bail!("{shown} has more than {MOST_BYTES} bytes, and so is no scenario");
    }
    let bytes = std::fs::read(file).map_err(|error| anyhow!("cannot read {shown}: {error}"))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let at = position::of(&bytes, error.valid_up_to());
        anyhow!("{shown}:{at}: it is not UTF-8 from here on")
    })?;
    parse(text).map_err(|message| anyhow!("{shown}:{message}"))
}

/// The error begins with line and column.
fn parse(text: &str) -> Result<Scenario, String> {
    let scenario: Scenario = serde_json::from_str(text).map_err(|error| {
        let told = error.to_string();
        let message = told.split(" at line ").next().unwrap_or(&told);
        format!("{}:{}: {message}", error.line(), error.column())
    })?;
    if scenario.steps.is_empty() {
        return Err("1:1: a scenario has at least one step".to_owned());
    }
    check_names(&scenario).map_err(|(name, message)| {
        let written = format!("${{{name}}}");
        let at = text.find(&written).unwrap_or_default();
        format!("{}: {message}", position::of(text.as_bytes(), at))
    })?;
    Ok(scenario)
}

/// Each name is saved by a step before the one that uses it.
fn check_names(scenario: &Scenario) -> Result<(), (String, String)> {
    let mut saved = BTreeSet::new();
    for (number, step) in scenario.steps.iter().enumerate() {
        let number = number + 1;
        for name in step.names_sent() {
            if !saved.contains(&name) {
                let message =
                    format!("step {number} uses ${{{name}}}, which no step before it saves");
                return Err((name, message));
            }
        }
        saved.extend(step.save.keys().map(|name| name.0.clone()));
        for name in step.names_expected() {
            if !saved.contains(&name) {
                let message = format!("step {number} expects ${{{name}}}, which nobody has saved");
                return Err((name, message));
            }
        }
    }
    let mut may_differ = scenario.may_differ.iter();
    if let Some(name) = may_differ.find(|name| !saved.contains(&name.0)) {
        let message = format!("{:?} may differ, and no step saves it", name.0);
        return Err((name.0.clone(), message));
    }
    Ok(())
}

impl Scenario {
    /// Refuses variables for a provider at which the scenario could never be played, and events that
    /// one of those at which it will be cannot bring.
    pub(super) fn check_providers(&self, names: &[&'static str]) -> Result<()> {
        for name in self.providers.keys() {
            if !super::PROVIDERS.contains(&name.as_str()) {
                let all = super::PROVIDERS.join(", ");
                bail!("the scenario has variables for {name:?}, which is no provider: {all}");
            }
        }
        for (number, step) in self.steps.iter().enumerate() {
            let unable = |name: &&&str| !super::place::brings(name, &step.action);
            if let Some(name) = names.iter().find(unable) {
                let (number, what) = (number + 1, step.action.kind());
                bail!(
                    "step {number} is a {what}, which nobody can bring to {name} from outside: leave out the provider or the step"
                );
            }
        }
        Ok(())
    }

    /// Refuses events that the application does not wait for.
    pub(super) fn check_events(&self, declared: &Declared) -> Result<()> {
        for (number, step) in self.steps.iter().enumerate() {
            let (what, name, known) = match &step.action {
                Action::Request(_) => continue,
                Action::Tick(schedule) => ("schedule", schedule, &declared.schedules),
                Action::Message(message) => ("topic", &message.topic, &declared.topics),
            };
            if !known.contains(name) {
                let (number, known) = (number + 1, known.join(", "));
                bail!(
                    "step {number} is for the {what} {name:?}, and the application declares only these: {known}"
                );
            }
        }
        Ok(())
    }

    /// What the application's environment has at a provider.
    pub(super) fn variables_at(&self, provider: &str) -> BTreeMap<String, String> {
        let own = self.providers.get(provider);
        let own = own.into_iter().flat_map(|entry| &entry.variables);
        let all = self.variables.iter().chain(own);
        all.map(|(name, value)| (name.0.clone(), value.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests;
