//! The application as a whole.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::{DataAccess, Finding, Place, Route, StateGroup};

/// Version of the JSON form of [`Application`]. It grows when a reader of the old form would
/// misread the new one; added fields do not change it.
pub const FORMAT: u32 = 1;

/// Everything that the scan of one application found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Format of this document, [`FORMAT`] when this crate wrote it.
    pub format: u32,
    /// Name in package.json, or the directory's name.
    pub name: String,
    /// Major version of Express, 4 or 5; absent when the application has no Express.
    pub express: Option<u8>,
    /// Exact version when Express is installed, else the range in package.json.
    pub express_version: Option<String>,
    /// `app.set`, `app.enable` and `app.disable` with values that fold, last write wins.
    pub settings: IndexMap<String, String>,
    /// Environment variables that the code reads.
    pub environment: Vec<EnvironmentSetting>,
    /// Routes in the order in which Express would try them.
    pub routes: Vec<Route>,
    /// Routes that must move together because they share state.
    pub state_groups: Vec<StateGroup>,
    /// Calls into stores that live outside the process.
    pub data_access: Vec<DataAccess>,
    /// What the scan could not do, and what else a migration must know.
    pub findings: Vec<Finding>,
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} routes)", self.name, self.routes.len())
    }
}

/// An environment variable that the application reads, to be declared as a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentSetting {
    /// Name of the variable.
    pub name: String,
    /// The value that the code falls back to, where it is a literal.
    pub default: Option<String>,
    /// Whether the name suggests a value that must not be printed.
    pub secret: bool,
    /// Where it is read first.
    pub place: Place,
}
