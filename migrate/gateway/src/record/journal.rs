//! The journal of changes: who moved which route from where to where, when, and why.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lines::Lines;
use crate::change::Step;
use crate::error::{Error, Result};

/// An open journal.
#[derive(Debug)]
pub struct Journal(Lines);

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// When it was made.
    pub time: Timestamp,
    /// The user who made it.
    pub who: String,
    /// Why, in the user's words.
    pub why: String,
    /// What changed.
    pub steps: Vec<Step>,
}

impl Journal {
    /// Opens the journal at `path`, or begins it.
    pub fn open(path: &Path) -> Result<Self> {
        Lines::open(path).map(Self)
    }

    /// Adds a change; it is on the disk when this returns.
    pub fn append(&self, record: &ChangeRecord) -> Result<()> {
        self.0.append_durably(record)
    }

    /// All changes, oldest first.
    pub fn read(path: &Path) -> Result<Vec<ChangeRecord>> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(|error| Error::file("read", path, error))?,
        };
        let parse = |(number, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|error| {
                let place = format!("{}:{}", path.display(), number + 1);
                Error::invalid(format!("{place} is not a record of a change")).with_source(error)
            })
        };
        text.lines().enumerate().map(parse).collect()
    }
}
