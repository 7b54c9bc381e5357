//! What came of it: a table of steps by providers, and each difference.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::answers;
use super::declared::Declared;
use super::differences::Difference;
use super::play::{PlayedStep, base64};
use super::scenario::{Ignored, Scenario};
use super::values::{Naming, named};
use super::{Run, state};
use crate::door::WireResponse;

/// The outcome of a whole run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppReport {
    application: String,
    /// The provider that the others are compared with.
    reference: Option<&'static str>,
    providers: Vec<&'static str>,
    rows: Vec<Row>,
    /// Saved values that are others at some provider, and were replaced by their names before anything was compared.
    named: Vec<NamedValue>,
    /// Why a scenario was not played to its end.
    ended: Vec<Ended>,
    /// How many differences there are, and how many answers that were not expected.
    different: usize,
    unexpected: usize,
}

/// A step, or a collection or bucket in the end.
#[derive(Debug, Serialize)]
struct Row {
    what: String,
    cells: Vec<Cell>,
}

/// What was found at one provider.
#[derive(Debug, Serialize)]
struct Cell {
    provider: &'static str,
    /// The status of an answer, the number of documents or blobs; `-` where nothing was found.
    found: String,
    /// The answer, where it has something to it that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Value>,
    /// Where it is not the reference's.
    differences: Vec<Difference>,
    /// Where it is not what the scenario expects.
    unexpected: Vec<Difference>,
}

/// A saved value by the providers.
#[derive(Debug, Serialize)]
struct NamedValue {
    name: String,
    values: Vec<(&'static str, Value)>,
}

#[derive(Debug, Serialize)]
struct Ended {
    provider: &'static str,
    why: String,
    output: String,
}

/// Compares everything with what the first provider has.
pub(super) fn of(scenario: &Scenario, declared: &Declared, runs: &[Run]) -> AppReport {
    let mut rows = Vec::new();
    if let Some(reference) = runs.first() {
        let namings: Vec<(Naming, Naming)> = runs
            .iter()
            .map(|run| {
                let names = (&reference.played.names, &run.played.names);
                Naming::of(names.0, names.1, &scenario.may_differ)
            })
            .collect();
        let all: Vec<(&Run, &(Naming, Naming))> = runs.iter().zip(&namings).collect();
        rows.extend(steps(scenario, reference, &all));
        rows.extend(resources(reference, &all));
    }
    let cells = rows.iter().flat_map(|row| &row.cells);
    let ended = runs.iter().filter_map(|run| {
        let why = run.played.ended.clone()?;
        Some(Ended {
            provider: run.name,
            why,
            output: run.output.clone(),
        })
    });
    AppReport {
        application: declared.name.clone(),
        reference: runs.first().map(|run| run.name),
        providers: runs.iter().map(|run| run.name).collect(),
        different: cells.clone().map(|cell| cell.differences.len()).sum(),
        unexpected: cells.map(|cell| cell.unexpected.len()).sum(),
        named: named_values(scenario, runs),
        ended: ended.collect(),
        rows,
    }
}

fn named_values(scenario: &Scenario, runs: &[Run]) -> Vec<NamedValue> {
    let Some((reference, others)) = runs.split_first() else {
        return Vec::new();
    };
    let others = others.iter();
    let all = others.flat_map(|run| {
        let names = (&reference.played.names, &run.played.names);
        named(names.0, names.1, &scenario.may_differ)
    });
    let value = |name: &str, run: &Run| Some((run.name, run.played.names.get(name)?.clone()));
    let all: BTreeSet<&String> = all.collect();
    let all = all.into_iter().map(|name| NamedValue {
        name: name.clone(),
        values: runs.iter().filter_map(|run| value(name, run)).collect(),
    });
    all.collect()
}

type Named<'r> = (&'r Run, &'r (Naming, Naming));

fn steps<'r>(
    scenario: &'r Scenario,
    reference: &'r Run,
    runs: &'r [Named<'r>],
) -> impl Iterator<Item = Row> {
    scenario.steps.iter().enumerate().map(|(at, step)| {
        let ignored = [&scenario.ignore, &step.ignore];
        let wanted = reference.played.steps.get(at);
        let cells = runs.iter();
        let cells = cells.map(|run| step_cell(wanted, at, run, &ignored));
        Row {
            what: format!("{} {}", at + 1, step.title()),
            cells: cells.collect(),
        }
    })
}

fn step_cell(
    wanted: Option<&PlayedStep>,
    at: usize,
    (run, (wanted_names, names)): &Named<'_>,
    ignored: &[&Ignored],
) -> Cell {
    let Some(step) = run.played.steps.get(at) else {
        return Cell::missing(run.name);
    };
    let wanted = wanted.and_then(|wanted| wanted.answer.as_ref());
    let differences = match (wanted, &step.answer) {
        (Some(wanted), Some(found)) => {
            answers::compare((wanted, wanted_names), (found, names), ignored)
        }
        _ => Vec::new(),
    };
    let status = step.answer.as_ref().map(|answer| answer.status.to_string());
    let wrong = !differences.is_empty() || !step.unexpected.is_empty();
    Cell {
        provider: run.name,
        found: status.unwrap_or_else(|| "done".to_owned()),
        answer: step.answer.as_ref().filter(|_| wrong).map(shown),
        differences,
        unexpected: step.unexpected.clone(),
    }
}

/// An answer in the report.
fn shown(answer: &WireResponse) -> Value {
    let headers = answer.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| (name, String::from_utf8_lossy(value)))
        .collect();
    if let Ok(text) = std::str::from_utf8(&answer.body) {
        json!({ "status": answer.status, "headers": headers, "text": text })
    } else {
        let content = base64(&answer.body);
        json!({ "status": answer.status, "headers": headers, "base64": content })
    }
}

fn resources<'r>(reference: &'r Run, runs: &'r [Named<'r>]) -> impl Iterator<Item = Row> {
    let wanted = reference.state.iter().flat_map(|state| &state.resources);
    wanted.map(move |(name, wanted)| {
        let cells = runs.iter().map(|(run, (wanted_names, names))| {
            let state = run.state.as_ref();
            let Some(found) = state.and_then(|state| state.resources.get(name)) else {
                return Cell::missing(run.name);
            };
            Cell {
                provider: run.name,
                found: found.len().to_string(),
                answer: None,
                differences: state::compare((wanted, wanted_names), (found, names)),
                unexpected: Vec::new(),
            }
        });
        Row {
            what: name.clone(),
            cells: cells.collect(),
        }
    })
}

impl Cell {
    fn missing(provider: &'static str) -> Self {
        Self {
            provider,
            found: "-".to_owned(),
            answer: None,
            differences: Vec::new(),
            unexpected: Vec::new(),
        }
    }
}

impl AppReport {
    /// Whether everything is the same everywhere, and what was expected.
    pub(crate) fn is_good(&self) -> bool {
        self.different == 0 && self.unexpected == 0 && self.ended.is_empty()
    }

    /// The report as one JSON object, ending in a line feed.
    pub(crate) fn json(&self) -> String {
        // Nothing in a report can fail to serialize; if it ever does, the text says so.
        serde_json::to_string_pretty(self).unwrap_or_else(|error| error.to_string()) + "\n"
    }

    /// The report for a terminal.
    pub(crate) fn table(&self) -> String {
        let longest = self.rows.iter().map(|row| row.what.chars().count()).max();
        let wide = longest.unwrap_or_default().max(4) + 2;
        let mut text = format!("{:<wide$}", "step");
        for provider in &self.providers {
            let _ = write!(text, "{provider:<16}");
        }
        text = text.trim_end().to_owned() + "\n";
        for row in &self.rows {
            let mut line = format!("{:<wide$}", row.what);
            for cell in &row.cells {
                let _ = write!(line, "{:<16}", cell.mark());
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        self.tell_named(&mut text);
        self.tell_wrongs(&mut text);
        self.sum(&mut text);
        text
    }

    fn tell_named(&self, text: &mut String) {
        for NamedValue { name, values } in &self.named {
            let values = values.iter();
            let values: Vec<String> = values
                .map(|(provider, value)| format!("{provider} {value}"))
                .collect();
            let values = values.join(", ");
            let _ = write!(text, "\n${{{name}}} was not compared: {values}\n");
        }
    }

    fn tell_wrongs(&self, text: &mut String) {
        let reference = self.reference.unwrap_or_default();
        let cells = self.rows.iter().flat_map(|row| {
            let cells = row.cells.iter();
            cells.map(move |cell| (&row.what, cell))
        });
        for (what, cell) in cells {
            let differences = cell.differences.iter().map(|wrong| (reference, wrong));
            let unexpected = cell.unexpected.iter().map(|wrong| ("expected", wrong));
            for (by, Difference { at, wanted, found }) in differences.chain(unexpected) {
                let provider = cell.provider;
                let _ = write!(
                    text,
                    "\n{what}: {at}\n    {by}: {wanted}\n    {provider}: {found}\n"
                );
            }
        }
        for Ended {
            provider,
            why,
            output,
        } in &self.ended
        {
            let _ = write!(text, "\n{provider} was left at {why}{output}\n");
        }
    }

    fn sum(&self, text: &mut String) {
        let (name, different, unexpected) = (&self.application, self.different, self.unexpected);
        let providers = self.providers.join(", ");
        let _ = write!(
            text,
            "\n{name} on {providers}: {different} differences, {unexpected} unexpected answers"
        );
        match self.ended.len() {
            0 => text.push('\n'),
            ended => {
                let _ = writeln!(text, ", {ended} not played to the end");
            }
        }
    }
}

impl Cell {
    fn mark(&self) -> String {
        let wrong = match (self.differences.len(), self.unexpected.len()) {
            (0, 0) => return self.found.clone(),
            (0, _) => "unexpected",
            _ => "differs",
        };
        format!("{} {wrong}", self.found)
    }
}
