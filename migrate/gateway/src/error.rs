//! Why a migration cannot start or go on; failures of single requests become responses.

use std::fmt;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong, for a caller that branches on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or an argument says something that cannot be meant.
    InvalidInput,
    /// A change of states is against the rules of state groups; nothing was changed.
    Refused,
    /// An application could not be started or does not answer.
    Application,
    /// Packages that the application needs are not installed, and installing was not allowed or failed.
    NotInstalled,
    /// Another process holds what is needed: the port, or the migration itself.
    InUse,
    /// The file system or the network failed.
    Io,
}

/// A failure of the gateway or of a command that works beside it.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Source>,
}

/// What fallible functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// A failed step on a file, as in `cannot read migration.toml`.
    pub(crate) fn file(verb: &str, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot {verb} {}", path.display())).with_source(source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl From<isobar_serve::Error> for Error {
    fn from(error: isobar_serve::Error) -> Self {
        let kind = match error.kind() {
            isobar_serve::ErrorKind::AddressInUse => ErrorKind::InUse,
            isobar_serve::ErrorKind::InvalidAddress => ErrorKind::InvalidInput,
            _ => ErrorKind::Io,
        };
        Self::new(kind, "cannot start the gateway's server").with_source(error)
    }
}
