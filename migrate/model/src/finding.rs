//! Facts with a position that a migration must know.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Place;

/// What kind of fact a finding states. The text form is stable and may be filtered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingCode {
    /// A source file of the application does not parse.
    ParseError,
    /// A file or directory could not be read.
    Unreadable,
    /// A file was left out because of its size or nesting.
    TooLarge,
    /// A module that the application names does not exist.
    MissingModule,
    /// A module name is computed from values that are not known before it runs.
    DynamicModule,
    /// A route or mount whose path is computed from values that are not known before it runs.
    UnresolvedPath,
    /// A router with routes that is never mounted.
    UnmountedRouter,
    /// Routes behind a condition that is false in the assumed environment.
    ConditionalCode,
    /// Settings that are not part of the sources were taken from an example file.
    AssumedSettings,
    /// The scan stopped early in a part of the program.
    BudgetExhausted,
    /// Nothing that starts an Express application was found.
    NoApplication,
    /// A file is written, moved or removed.
    FileWrite,
    /// A timer runs beside the requests.
    Timer,
    /// A socket is opened beside Express.
    Socket,
    /// Sessions are kept.
    Session,
    /// Another process is started.
    ChildProcess,
    /// A store outside the process is used.
    Database,
    /// A cache outside the process is used.
    Cache,
    /// A service of a vendor is used.
    Vendor,
    /// Mail is sent.
    Mail,
    /// Uploads are received.
    Upload,
    /// Pages are rendered by a template engine.
    View,
    /// Files are served from disk.
    StaticFiles,
    /// Work is queued or scheduled.
    Queue,
    /// Code is made from text at run time.
    DynamicCode,
}

impl FindingCode {
    /// The text form, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ParseError => "parse-error",
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too-large",
            Self::MissingModule => "missing-module",
            Self::DynamicModule => "dynamic-module",
            Self::UnresolvedPath => "unresolved-path",
            Self::UnmountedRouter => "unmounted-router",
            Self::ConditionalCode => "conditional-code",
            Self::AssumedSettings => "assumed-settings",
            Self::BudgetExhausted => "budget-exhausted",
            Self::NoApplication => "no-application",
            Self::FileWrite => "file-write",
            Self::Timer => "timer",
            Self::Socket => "socket",
            Self::Session => "session",
            Self::ChildProcess => "child-process",
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Vendor => "vendor",
            Self::Mail => "mail",
            Self::Upload => "upload",
            Self::View => "view",
            Self::StaticFiles => "static-files",
            Self::Queue => "queue",
            Self::DynamicCode => "dynamic-code",
        }
    }

    /// Whether the scan itself is incomplete, so that somebody must act before relying on it.
    pub fn severity(self) -> Severity {
        match self {
            Self::ParseError
            | Self::Unreadable
            | Self::TooLarge
            | Self::MissingModule
            | Self::DynamicModule
            | Self::UnresolvedPath
            | Self::UnmountedRouter
            | Self::BudgetExhausted
            | Self::NoApplication => Severity::Incomplete,
            _ => Severity::Note,
        }
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a finding means for the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The scan may have missed routes here.
    Incomplete,
    /// A fact to plan with.
    Note,
}

/// One fact with its position.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Kind of fact.
    pub code: FindingCode,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// What is there, in one lower-case phrase.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.message, self.code)
    }
}
