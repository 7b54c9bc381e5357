//! Whether a request that failed may have had its effect (rule R21).

use crate::error::Error;

/// Whether a request that failed may have had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The service refused it or never saw it.
    None,
    /// The answer was lost, or the service says that it does not know.
    Unknown,
}

/// A failed request, classified.
#[derive(Debug)]
pub struct Failure {
    /// What its caller is told.
    pub error: Error,
    /// What it may have done.
    pub effect: Effect,
}

impl Failure {
    /// The error of a write: one whose effect is not known says so.
    pub fn of_write(self) -> Error {
        doubtful(self.error, self.effect)
    }
}

/// The error of a write, of which this or an earlier attempt had such an effect.
pub fn doubtful(error: Error, effect: Effect) -> Error {
    match effect {
        Effect::None => error,
        Effect::Unknown => error.with_outcome_unknown(),
    }
}
