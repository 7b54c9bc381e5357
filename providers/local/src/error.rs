//! What can go wrong below a driver, and the error that a caller of the store sees.

use std::fmt;
use std::io;
use std::sync::Arc;

use isobar::{Error, ErrorKind};

/// The name of this provider in errors, spans and reports.
pub(crate) const PROVIDER: &str = "local";

/// A failure of the engine or of the disk below it.
///
/// It is shared by all callers whose work it ended, so it is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    cause: Cause,
}

#[derive(Debug, Clone)]
enum Cause {
    /// The disk has no room, or the user no quota.
    Full(Arc<io::Error>),
    Io(Arc<io::Error>),
    /// Another process has the directory open.
    InUse,
    Damaged(String),
    /// Written by a newer version of this library or of the engine.
    Newer(String),
    Closed,
    Engine(Arc<redb::Error>),
}

impl Fault {
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self {
            cause: Cause::Damaged(what.into()),
        }
    }

    pub(crate) fn newer(what: impl Into<String>) -> Self {
        Self {
            cause: Cause::Newer(what.into()),
        }
    }

    pub(crate) fn in_use() -> Self {
        Self {
            cause: Cause::InUse,
        }
    }

    pub(crate) fn is_in_use(&self) -> bool {
        matches!(self.cause, Cause::InUse)
    }

    /// What a write would find that is not even tried.
    pub(crate) fn full() -> Self {
        io::Error::from(io::ErrorKind::StorageFull).into()
    }

    pub(crate) fn is_damage(&self) -> bool {
        matches!(self.cause, Cause::Damaged(_))
    }

    pub(crate) fn is_full(&self) -> bool {
        matches!(self.cause, Cause::Full(_))
    }

    pub(crate) fn closed() -> Self {
        Self {
            cause: Cause::Closed,
        }
    }

    /// Whether the engine must be opened again before it can be used.
    pub(crate) fn is_lasting(&self) -> bool {
        matches!(
            self.cause,
            Cause::Damaged(_) | Cause::Newer(_) | Cause::Closed
        )
    }

    /// The error for one caller; `place` is the directory.
    pub(crate) fn error(&self, place: &impl fmt::Display) -> Error {
        match &self.cause {
            Cause::Full(cause) => Error::new(
                ErrorKind::Unavailable,
                format!("the disk of the store in {place} is full: free some space, and writes go on"),
            )
            .with_source(Arc::clone(cause)),
            Cause::Io(cause) => Error::new(
                ErrorKind::Unavailable,
                format!("the store in {place} cannot be read or written"),
            )
            .with_source(Arc::clone(cause)),
            Cause::InUse => Error::new(
                ErrorKind::Unavailable,
                format!(
                    "the store in {place} is open already, here or in another process: stop that one, \
                     or use another directory"
                ),
            )
            .with_retryable(false),
            Cause::Damaged(what) => Error::new(
                ErrorKind::Corrupt,
                format!("the store in {place} is damaged ({what}): run `isobar local check` on it"),
            ),
            Cause::Newer(what) => Error::new(
                ErrorKind::Unsupported,
                format!("the store in {place} is too new ({what}): use the version that wrote it"),
            ),
            Cause::Closed => Error::new(
                ErrorKind::Unavailable,
                format!("the store in {place} was closed"),
            )
            .with_retryable(false),
            Cause::Engine(cause) => Error::new(
                ErrorKind::Internal,
                format!("the engine of the store in {place} failed"),
            )
            .with_source(Arc::clone(cause)),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Full(cause) | Cause::Io(cause) => cause.fmt(f),
            Cause::InUse => f.write_str("it is open in another process"),
            Cause::Damaged(what) | Cause::Newer(what) => f.write_str(what),
            Cause::Closed => f.write_str("it was closed"),
            Cause::Engine(cause) => cause.fmt(f),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        let full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        );
        let cause = match error.kind() {
            // The engine answers so to a file that is not one of its own.
            io::ErrorKind::InvalidData => Cause::Damaged(error.to_string()),
            _ if full => Cause::Full(Arc::new(error)),
            _ => Cause::Io(Arc::new(error)),
        };
        Self { cause }
    }
}

impl From<redb::Error> for Fault {
    fn from(error: redb::Error) -> Self {
        let cause = match error {
            redb::Error::Io(error) => return error.into(),
            redb::Error::PreviousIo => Cause::Io(Arc::new(io::Error::other(
                "an earlier read or write failed",
            ))),
            redb::Error::DatabaseAlreadyOpen => Cause::InUse,
            redb::Error::DatabaseClosed => Cause::Closed,
            redb::Error::UpgradeRequired(version) => {
                Cause::Newer(format!("engine file format {version}"))
            }
            redb::Error::Corrupted(what) => Cause::Damaged(what),
            redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TableIsNotMultimap(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::RepairAborted => Cause::Damaged(error.to_string()),
            other => Cause::Engine(Arc::new(other)),
        };
        Self { cause }
    }
}

/// Why a piece of work ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was asked cannot be done in the present state of the store, which is in order.
    Refused(Error),
    /// The engine or the disk failed.
    Fault(Fault),
}

impl Stop {
    /// Says which write of a set was refused.
    pub(crate) fn at_index(self, index: usize) -> Self {
        match self {
            Self::Refused(error) => Self::Refused(error.with_index(index)),
            fault @ Self::Fault(_) => fault,
        }
    }

    /// The error for the caller; `place` is the directory.
    pub(crate) fn into_error(self, place: &impl fmt::Display) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Fault(fault) => fault.error(place),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

macro_rules! from_engine {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        }

        impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                Self::Fault(error.into())
            }
        })+
    };
}

from_engine!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError,
);
