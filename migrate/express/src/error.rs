//! Why an application cannot be built.

use std::fmt;

use isobar_express_path::PathError;

/// An application that cannot be built from its routes and settings.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<PathError>,
}

/// What is wrong with an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path that Express refuses, or that cannot be matched without state; the source tells more.
    Path,
    /// A setting with a value that Express refuses, or that is not supported.
    Setting,
    /// An option of a middleware that the original refuses, or that is not supported.
    Middleware,
}

impl Error {
    pub(crate) fn setting(name: &str, detail: impl fmt::Display) -> Self {
        let message = format!("setting {name:?} {detail}");
        Self {
            kind: ErrorKind::Setting,
            message,
            source: None,
        }
    }

    pub(crate) fn middleware(reason: &str) -> Self {
        let message = format!("middleware cannot be used: {reason}");
        Self {
            kind: ErrorKind::Middleware,
            message,
            source: None,
        }
    }

    /// What is wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<PathError> for Error {
    fn from(source: PathError) -> Self {
        let message = format!("route path {:?} cannot be used", source.pattern());
        Self {
            kind: ErrorKind::Path,
            message,
            source: Some(source),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
