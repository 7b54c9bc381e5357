//! What a case demands of an answer, and how it says that the answer is wrong.

use std::fmt::{self, Write as _};
use std::panic::Location;

use isobar::{Capability, Error, ErrorKind};

/// Why a case failed.
#[derive(Debug)]
pub struct Failure {
    message: String,
    at: &'static Location<'static>,
    missing: Option<Capability>,
    is_unverified: bool,
    is_broken_off: bool,
}

impl Failure {
    #[track_caller]
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            at: Location::caller(),
            missing: None,
            is_unverified: false,
            is_broken_off: false,
        }
    }

    /// What holds here says nothing of the rule, for this reason.
    #[track_caller]
    pub(crate) fn unverified(reason: &str) -> Self {
        Self {
            is_unverified: true,
            ..Self::new(reason)
        }
    }

    /// The case did not come to its end.
    #[track_caller]
    pub(crate) fn broken_off(message: impl Into<String>) -> Self {
        Self {
            is_broken_off: true,
            ..Self::new(message)
        }
    }

    /// Whether the case panicked or was stopped.
    pub(crate) fn is_broken_off(&self) -> bool {
        self.is_broken_off
    }

    /// Whether the rule could not be looked at.
    pub(crate) fn is_unverified(&self) -> bool {
        self.is_unverified
    }

    /// What was wrong, without the place.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The same failure, said of `what`.
    #[must_use]
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// The capability that the provider said it does not have.
    pub(crate) fn missing_capability(&self) -> Option<Capability> {
        self.missing
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line) = (self.at.file(), self.at.line());
        let file = file.rsplit_once("src/").map_or(file, |(_, rest)| rest);
        write!(f, "{} ({file}:{line})", self.message)
    }
}

impl From<Error> for Failure {
    #[track_caller]
    fn from(error: Error) -> Self {
        let mut message = format!("unexpected {:?}: {error}", error.kind());
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            let _ = write!(message, ": {error}");
            cause = error.source();
        }
        Self {
            missing: error
                .capability()
                .filter(|_| error.kind() == ErrorKind::Unsupported),
            ..Self::new(message)
        }
    }
}

/// `condition` must hold.
#[track_caller]
pub(crate) fn that(condition: bool, otherwise: &str) -> Result<(), Failure> {
    if condition {
        return Ok(());
    }
    Err(Failure::new(otherwise))
}

/// `found` must equal `expected`.
#[track_caller]
pub(crate) fn equal<A>(what: &str, found: &A, expected: &A) -> Result<(), Failure>
where
    A: PartialEq + fmt::Debug + ?Sized,
{
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (shortened(found), shortened(expected));
    Err(Failure::new(format!(
        "{what} is {found}, it must be {expected}"
    )))
}

/// `found` must not equal `other`.
#[track_caller]
pub(crate) fn different<A>(what: &str, found: &A, other: &A) -> Result<(), Failure>
where
    A: PartialEq + fmt::Debug,
{
    if found != other {
        return Ok(());
    }
    let found = shortened(found);
    Err(Failure::new(format!("{what} is still {found}")))
}

/// The call must have failed with an error of `kind`, which is returned.
#[track_caller]
pub(crate) fn kind<T>(
    what: &str,
    result: Result<T, Error>,
    kind: ErrorKind,
) -> Result<Error, Failure> {
    match result {
        Ok(_) => Err(Failure::new(format!(
            "{what} succeeded, it must fail with {kind:?}"
        ))),
        Err(error) if error.kind() == kind => Ok(error),
        Err(error) => {
            let failure = Failure::from(error);
            Err(Failure {
                message: format!("{what} must fail with {kind:?}: {}", failure.message),
                at: Location::caller(),
                ..failure
            })
        }
    }
}

/// `found` must be there.
#[track_caller]
pub(crate) fn some<T>(what: &str, found: Option<T>) -> Result<T, Failure> {
    found.ok_or_else(|| Failure::new(format!("{what} is missing")))
}

fn shortened(value: &(impl fmt::Debug + ?Sized)) -> String {
    const MOST: usize = 300;
    let text = format!("{value:?}");
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}
