//! Why a scan could not begin.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The directory to scan is not there or is no directory.
    NotADirectory,
    /// The directory to scan cannot be read.
    Unreadable,
    /// The thread that scans could not be started.
    Thread,
}

/// An error of [`crate::scan`].
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    path: PathBuf,
    source: Option<io::Error>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, path: &Path, source: Option<io::Error>) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            source,
        }
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.kind {
            ErrorKind::NotADirectory => write!(f, "`{path}` is not a directory"),
            ErrorKind::Unreadable => write!(f, "the directory `{path}` cannot be read"),
            ErrorKind::Thread => write!(f, "a thread to scan `{path}` cannot be started"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
