//! Whether what a caller was told agrees with what is stored (rules R19, R21 and R22).

use std::time::Duration;

use isobar::{Error, ErrorKind};

/// How far beyond its time budget a call may end on a busy machine.
const GRACE: Duration = Duration::from_millis(1_500);

/// What an error says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) kind: ErrorKind,
    pub(crate) retryable: bool,
    pub(crate) outcome_unknown: bool,
    pub(crate) text: String,
}

impl From<&Error> for Told {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            retryable: error.retryable(),
            outcome_unknown: error.outcome_unknown(),
            text: format!("{error:?}"),
        }
    }
}

/// What of a write is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It was a read.
    Nothing,
    Before,
    Once,
    /// Neither: twice, in part, or something else.
    Other(String),
}

/// What is expected of an operation that met a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Its time budget.
    pub(crate) budget: Duration,
    /// Kinds of errors that say what has happened.
    pub(crate) kinds: &'static [ErrorKind],
    pub(crate) end: End,
    /// Whether an error can know that nothing was written.
    pub(crate) doubt: Doubt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    Either,
    Failure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    Allowed,
    /// The service has said that nothing happened, or was never reached.
    Groundless,
}

/// What is wrong with the end of an operation, if anything is.
pub(crate) fn judge(
    ended: &Result<(), Told>,
    stored: &Stored,
    took: Duration,
    expected: &Expected,
) -> Result<(), String> {
    if took > expected.budget + GRACE {
        let (took, budget) = (took.as_millis(), expected.budget.as_millis());
        return Err(format!("it took {took} ms, its budget is {budget} ms"));
    }
    if let Stored::Other(what) = stored {
        return Err(format!("{what} is stored, and it ended with {ended:?}"));
    }
    match ended {
        Ok(()) if expected.end == End::Failure => Err("it cannot have succeeded".to_owned()),
        Ok(()) if *stored == Stored::Before => Err("it succeeded and is lost".to_owned()),
        Ok(()) => Ok(()),
        Err(told) if expected.end == End::Success => Err(format!("it failed: {}", told.text)),
        Err(told) => {
            explained(told, stored, expected).map_err(|why| format!("{why}: {}", told.text))
        }
    }
}

fn explained(told: &Told, stored: &Stored, expected: &Expected) -> Result<(), String> {
    let transient = matches!(
        told.kind,
        ErrorKind::Unavailable
            | ErrorKind::Throttled
            | ErrorKind::Contention
            | ErrorKind::DeadlineExceeded
    );
    if !expected.kinds.contains(&told.kind) {
        let kinds = expected.kinds;
        return Err(format!("the kind is {:?}, not one of {kinds:?}", told.kind));
    }
    if told.outcome_unknown {
        return match (stored, expected.doubt) {
            (Stored::Nothing, _) => Err("a read has no outcome that could be unknown".to_owned()),
            // Where it happened, whatever was refused came after it.
            (Stored::Before, Doubt::Groundless) => {
                Err("it is known that nothing happened".to_owned())
            }
            _ => Ok(()),
        };
    }
    if *stored == Stored::Once {
        return Err("it happened, and the error does not say that it may have".to_owned());
    }
    if told.retryable != transient {
        let retryable = told.retryable;
        return Err(format!("retryable is {retryable} for such a kind"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_secs(1);
    const EITHER: Expected = Expected {
        budget: BUDGET,
        kinds: &[ErrorKind::Unavailable, ErrorKind::Internal],
        end: End::Either,
        doubt: Doubt::Allowed,
    };

    fn failed(kind: ErrorKind, [retryable, outcome_unknown]: [bool; 2]) -> Result<(), Told> {
        let text = String::new();
        Err(Told {
            kind,
            retryable,
            outcome_unknown,
            text,
        })
    }

    fn is_right(ended: &Result<(), Told>, stored: &Stored) -> bool {
        judge(ended, stored, BUDGET, &EITHER).is_ok()
    }

    #[test]
    fn what_is_stored_must_agree_with_what_is_said() {
        let unavailable = |unknown| failed(ErrorKind::Unavailable, [true, unknown]);
        for (ended, stored, right) in [
            (Ok(()), Stored::Once, true),
            (Ok(()), Stored::Nothing, true),
            (Ok(()), Stored::Before, false),
            (Ok(()), Stored::Other("twice".to_owned()), false),
            (unavailable(false), Stored::Before, true),
            (unavailable(false), Stored::Once, false),
            (unavailable(true), Stored::Once, true),
            (unavailable(true), Stored::Before, true),
            (unavailable(true), Stored::Nothing, false),
            (unavailable(true), Stored::Other("half".to_owned()), false),
        ] {
            assert_eq!(is_right(&ended, &stored), right, "{ended:?} {stored:?}");
        }
    }

    #[test]
    fn a_kind_says_what_happened_and_whether_to_try_again() {
        for (kind, retryable, right) in [
            (ErrorKind::Unavailable, true, true),
            (ErrorKind::Unavailable, false, false),
            (ErrorKind::Internal, false, true),
            (ErrorKind::Internal, true, false),
            (ErrorKind::AlreadyExists, false, false),
        ] {
            let ended = failed(kind, [retryable, false]);
            assert_eq!(is_right(&ended, &Stored::Before), right, "{kind:?}");
        }
    }

    #[test]
    fn a_call_ends_in_time_and_as_it_must() {
        let late = judge(&Ok(()), &Stored::Once, BUDGET * 3, &EITHER);
        assert!(late.is_err());
        let end = |end| Expected { end, ..EITHER };
        let failed = failed(ErrorKind::Unavailable, [true, false]);
        assert!(judge(&failed, &Stored::Before, BUDGET, &end(End::Success)).is_err());
        assert!(judge(&Ok(()), &Stored::Once, BUDGET, &end(End::Failure)).is_err());
    }

    #[test]
    fn no_doubt_is_allowed_about_what_never_arrived() {
        let known = Expected {
            doubt: Doubt::Groundless,
            ..EITHER
        };
        let doubtful = failed(ErrorKind::Unavailable, [true, true]);
        assert!(judge(&doubtful, &Stored::Before, BUDGET, &known).is_err());
    }
}
