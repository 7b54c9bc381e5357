//! `migration.toml`: the two applications, the routes and their states, and how the gateway treats requests.
//!
//! The format is documented in `migration.md` at the root of this crate. What is read here has been checked: patterns compile,
//! each route is listed once, each side says how it is reached. [`crate::table::Table`] checks the states.

mod file;
pub(crate) mod format;

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderName;
use http::uri::Authority;
use isobar_express_path::{Grammar, Pattern};
use serde::{Deserialize, Serialize};

use crate::compare::NoiseMark;
use crate::error::{Error, Result};
use crate::forwarding::TrustedHops;
use crate::state::{RouteState, Side};

pub use format::FORMAT;

/// A checked `migration.toml`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// The folder of the file, to which its paths are relative.
    pub folder: PathBuf,
    /// `host:port` of the gateway.
    pub listen: String,
    /// The rules by which paths match.
    pub matching: Matching,
    /// How the legacy application is reached.
    pub legacy: Application,
    /// How the ported application is reached.
    pub ported: Application,
    /// Which forwarding fields of requests are believed.
    pub trusted: TrustedHops,
    /// By what clients are divided in a canary.
    pub canary_key: CanaryKey,
    /// Sizes.
    pub limits: Limits,
    /// Times.
    pub timeouts: Timeouts,
    /// The routes in the order in which the application registers them.
    pub routes: Vec<RouteSpec>,
    /// What is known about groups of routes, by name.
    pub groups: Vec<GroupSpec>,
}

/// The rules by which paths match: those of the Express that the legacy application runs on.
#[derive(Clone, Copy, Debug)]
pub struct Matching {
    /// Grammar of the patterns.
    pub grammar: Grammar,
    /// Setting `case sensitive routing`.
    pub case_sensitive: bool,
    /// Setting `strict routing`.
    pub strict: bool,
}

/// How one of the two applications is reached.
#[derive(Clone, Debug)]
pub enum Application {
    /// It runs somewhere already.
    Url(Authority),
    /// The gateway starts it.
    Command(Command),
}

/// A process that the gateway starts and watches.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Command {
    /// Program and arguments.
    pub words: Vec<String>,
    /// Working folder.
    pub folder: PathBuf,
    /// Additional environment variables.
    pub environment: Vec<(String, String)>,
    /// Where it listens, for a program that cannot say so itself.
    pub address: Option<Authority>,
    /// How long it may take until it listens.
    pub ready_timeout: Duration,
}

/// What a client is known by in a canary; a request without it is known by the client's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CanaryKey {
    /// The address of the client.
    Address,
    /// The value of a header field.
    Header(HeaderName),
    /// The value of a cookie.
    Cookie(String),
}

/// Sizes in bytes, and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Request body; 100 MiB by default, since a gateway must not take less than the application behind it.
    pub body: u64,
    /// Request head; 32 KiB by default.
    pub head: usize,
    /// Connections from clients; 10,000 by default.
    pub connections: u32,
    /// Upgraded connections (WebSockets) at once; 1,000 by default.
    pub tunnels: usize,
    /// Copies of requests to a shadow at once; more are left out, and counted. 64 by default.
    pub shadows: usize,
    /// The body of a request or response of which a copy is compared; larger ones are not. 1 MiB by default.
    pub compared_body: usize,
}

/// Times that the gateway waits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For a connection to an application; 2 s by default.
    pub connect: Duration,
    /// For the head of a response; 60 s by default.
    pub response: Duration,
    /// For the head of a request; 30 s by default.
    pub request_head: Duration,
    /// Between two pieces of a request's body; 30 s by default.
    pub request_body: Duration,
    /// For a client to take more of a response's body; 60 s by default.
    pub response_body: Duration,
    /// For requests under way when the gateway stops; 10 s by default.
    pub grace: Duration,
    /// For requests that may write and are under way in a group when it changes sides; 10 s by default.
    pub switch: Duration,
}

/// One route.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RouteSpec {
    /// Method in capitals; `ALL` for every method.
    pub method: String,
    /// What paths it takes; a regular expression is written as its literal, `/…/flags`.
    pub pattern: Pattern,
    /// The state that the file gives; the state file goes before it.
    pub state: RouteState,
    /// Name of the group of routes with which it shares state.
    pub group: Option<String>,
    /// What a request to it may change.
    pub effects: Effects,
    /// Whether the ported application has it; if not, why.
    pub availability: Availability,
    /// Values of its answers that differ from run to run.
    pub noise: Vec<NoiseMark>,
}

/// What a request to a route may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effects {
    /// Proven to change nothing: it may be sent twice.
    None,
    /// It changes something, or nobody has proven that it does not.
    #[default]
    Writes,
}

/// Whether the ported application has a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It has.
    Ported,
    /// It has not, for this reason.
    LegacyOnly(String),
}

/// What is known about a group of routes that share state.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GroupSpec {
    /// Its name.
    pub name: String,
    /// The states, each as people know it: `notes (store.js:2)`.
    pub states: Vec<String>,
}

impl Migration {
    /// Reads and checks the file at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::invalid(format!("there is no {}", path.display())).with_source(error)
            }
            _ => Error::file("read", path, error),
        })?;
        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        Self::parse(&text, folder.unwrap_or(Path::new("."))).map_err(|error| {
            Error::invalid(format!("{} is not usable", path.display())).with_source(error)
        })
    }

    /// Checks `text` as a file of `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self> {
        file::check(format::read(text)?, folder)
    }

    /// How `side` is reached.
    pub fn application(&self, side: Side) -> &Application {
        match side {
            Side::Legacy => &self.legacy,
            Side::Ported => &self.ported,
        }
    }
}

impl RouteSpec {
    /// The name by which commands and journals know the route.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.pattern)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 100 * 1024 * 1024,
            head: 32 * 1024,
            connections: 10_000,
            tunnels: 1_000,
            shadows: 64,
            compared_body: 1024 * 1024,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            response: Duration::from_mins(1),
            request_head: Duration::from_secs(30),
            request_body: Duration::from_secs(30),
            response_body: Duration::from_mins(1),
            grace: Duration::from_secs(10),
            switch: Duration::from_secs(10),
        }
    }
}
