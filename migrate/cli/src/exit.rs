//! What the process exits with, and the failures that lead there.

use std::fmt;
use std::process::ExitCode;

/// Exit status of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done: 0.
    Done = 0,
    /// Done, and there is something that somebody must act on: 1.
    Findings = 1,
    /// Wrong usage or input: 2.
    Usage = 2,
    /// Something that the command needs is missing or broken: 3.
    Environment = 3,
    /// The two applications do not answer the same: 4.
    Different = 4,
    /// A fault of isobar itself: 70.
    Bug = 70,
    /// Ended by somebody before there was a result: 130, as a shell says after Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub struct Failure {
    /// What to exit with.
    pub exit: Exit,
    /// What went wrong, with its causes.
    pub error: anyhow::Error,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// Wrong usage or input.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::Usage,
            error: error.into(),
            hint: None,
        }
    }

    /// Something missing or broken around the command.
    pub fn environment(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::Environment,
            error: error.into(),
            hint: None,
        }
    }

    /// A fault of isobar itself.
    pub fn bug(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::Bug,
            error: error.into(),
            hint: None,
        }
    }

    /// The failure with a line that says what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}
