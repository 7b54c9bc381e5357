//! Whether a route can move, what holds it back, and which blockers are worth removing first.

use std::fmt;

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use crate::{Place, Route};

/// Whether a route can leave the legacy application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nothing known holds it back.
    #[default]
    Ported,
    /// At least one reason holds it back.
    Blocked,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ported => "ported",
            Self::Blocked => "blocked",
        })
    }
}

/// What kind of thing holds a route back. The text form is stable and may be filtered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReasonCode {
    /// A document database driver.
    DocumentDatabase,
    /// An SQL driver or mapper.
    SqlDatabase,
    /// A cache or key-value server.
    Cache,
    /// Authentication, hashing or token packages.
    Authentication,
    /// Validation packages.
    Validation,
    /// Files, uploads and streams.
    Files,
    /// Requests to other servers.
    OutboundHttp,
    /// Mail.
    Mail,
    /// Queues and schedulers.
    Queue,
    /// A vendor's service.
    Vendor,
    /// Pages made by a template engine.
    Render,
    /// Sessions and flash messages.
    Session,
    /// Timers.
    Timer,
    /// Sockets.
    Socket,
    /// Child processes, workers, code from text.
    Process,
    /// Settings of the Express application itself.
    ApplicationSettings,
    /// Another package.
    Library,
    /// A call whose target is not known before the program runs.
    Unresolved,
    /// State that is no plain value: dates, maps, classes, handles.
    State,
    /// A construct that the translator does not have.
    Unsupported,
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DocumentDatabase => "document-database",
            Self::SqlDatabase => "sql-database",
            Self::Cache => "cache",
            Self::Authentication => "authentication",
            Self::Validation => "validation",
            Self::Files => "files",
            Self::OutboundHttp => "outbound-http",
            Self::Mail => "mail",
            Self::Queue => "queue",
            Self::Vendor => "vendor",
            Self::Render => "render",
            Self::Session => "session",
            Self::Timer => "timer",
            Self::Socket => "socket",
            Self::Process => "process",
            Self::ApplicationSettings => "application-settings",
            Self::Library => "library",
            Self::Unresolved => "unresolved",
            Self::State => "state",
            Self::Unsupported => "unsupported",
        })
    }
}

/// One thing that holds a route back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// Kind of obstacle.
    pub code: ReasonCode,
    /// What to support or replace so that it goes away: a package, a call. Reasons of several
    /// routes with one code and subject are one blocker.
    pub subject: String,
    /// What the route does there, in one lower-case phrase.
    pub message: String,
    /// Where it does so first.
    #[serde(flatten)]
    pub place: Place,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.place)
    }
}

/// One obstacle over all routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blocker {
    /// Kind of obstacle.
    pub code: ReasonCode,
    /// What to support or replace.
    pub subject: String,
    /// The first place.
    pub place: Place,
    /// Routes that nothing else holds back: they move when this goes.
    pub alone: usize,
    /// Routes that it holds back at all.
    pub routes: usize,
}

/// The blockers of `routes`, those first that hold back most routes alone, then by all routes.
pub fn rank_blockers(routes: &[Route]) -> Vec<Blocker> {
    let mut blockers: IndexMap<(ReasonCode, &str), Blocker> = IndexMap::new();
    for route in routes {
        let keys: IndexSet<_> = route
            .reasons
            .iter()
            .map(|reason| (reason.code, reason.subject.as_str()))
            .collect();
        for reason in &route.reasons {
            blockers
                .entry((reason.code, &reason.subject))
                .or_insert_with(|| Blocker {
                    code: reason.code,
                    subject: reason.subject.clone(),
                    place: reason.place.clone(),
                    alone: 0,
                    routes: 0,
                });
        }
        for key in &keys {
            if let Some(blocker) = blockers.get_mut(key) {
                blocker.routes += 1;
                blocker.alone += usize::from(keys.len() == 1);
            }
        }
    }
    let mut ranked: Vec<Blocker> = blockers.into_values().collect();
    ranked.sort_by_key(|blocker| std::cmp::Reverse((blocker.alone, blocker.routes)));
    ranked
}

#[cfg(test)]
mod tests;
