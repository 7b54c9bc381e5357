//! The states in force and the journal of their changes, on disk.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Wish, plan};
use crate::error::{Error, Result};
use crate::places::{Places, replace_file};
use crate::record::{ChangeRecord, Journal};
use crate::state::RouteState;
use crate::table::{States, Table};

/// Who changes something, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Occasion {
    /// The user.
    pub who: String,
    /// The reason, in the user's words.
    pub why: String,
}

/// The open files; whoever has them holds the migration.
#[derive(Debug)]
pub(crate) struct Ledger {
    places: Places,
    journal: Journal,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    format: u32,
    routes: BTreeMap<String, RouteState>,
}

const FORMAT: u32 = 1;

impl Ledger {
    pub(crate) fn open(places: &Places) -> Result<Self> {
        Ok(Self {
            places: places.clone(),
            journal: Journal::open(&places.journal)?,
        })
    }

    /// Fulfils `wish`: journals the change, then puts the new states into the file. Nothing happens where nothing is to
    /// be changed.
    pub(crate) fn change(
        &self,
        table: &Table,
        states: &mut States,
        wish: &Wish,
        occasion: &Occasion,
    ) -> Result<Change> {
        let change = plan(table, states, wish)?;
        if change.steps.is_empty() {
            return Ok(change);
        }
        // The journal goes first: a change that is in force and not in the journal must not be.
        self.journal.append(&ChangeRecord {
            time: Timestamp::now(),
            who: occasion.who.clone(),
            why: occasion.why.clone(),
            steps: change.steps.clone(),
        })?;
        let mut changed = states.clone();
        for step in &change.steps {
            if let Some(id) = table.by_key(&step.route) {
                changed.set(id, step.to);
            }
        }
        write_states(&self.places, table, &changed)?;
        *states = changed;
        Ok(change)
    }
}

/// The states in force: those of the state file, and of the configuration for routes that it does not name.
pub fn read_states(places: &Places, table: &Table) -> Result<States> {
    let mut states = table.initial_states();
    let kept = match std::fs::read_to_string(&places.states) {
        // The file is put in place whole, so only its absence says that nothing was ever changed.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(Error::file("read", &places.states, error)),
        Ok(text) => parse(places, &text)?.routes,
    };
    for (key, state) in kept {
        // A route that was taken out of the configuration keeps its line until the file is written again.
        if let Some(id) = table.by_key(&key) {
            states.set(id, state);
        }
    }
    table.check(&states)?;
    Ok(states)
}

fn parse(places: &Places, text: &str) -> Result<StateFile> {
    let unusable = || {
        let path = places.states.display();
        Error::invalid(format!(
            "{path} is not a file of states; the journal says what was in force"
        ))
    };
    let file: StateFile =
        serde_json::from_str(text).map_err(|error| unusable().with_source(error))?;
    if file.format == FORMAT {
        Ok(file)
    } else {
        Err(unusable())
    }
}

fn write_states(places: &Places, table: &Table, states: &States) -> Result<()> {
    let routes = table
        .routes()
        .map(|(id, route)| (route.key(), states.of(id)))
        .collect();
    let file = StateFile {
        format: FORMAT,
        routes,
    };
    let text = serde_json::to_vec_pretty(&file).expect("texts and states are JSON");
    replace_file(&places.states, &text)
}
