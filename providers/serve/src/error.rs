//! Why a server could not start or had to stop.

use std::fmt;
use std::io;

/// What went wrong, for a caller that branches on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Another process listens on the address.
    AddressInUse,
    /// The address cannot be parsed or resolved, or is not one of this machine.
    InvalidAddress,
    /// The operating system does not allow listening there (ports below 1024 need a privilege).
    PermissionDenied,
    /// The supervising process named by `ISOBAR_SUPERVISOR` cannot be reached.
    Supervisor,
    /// Any other failure of the operating system.
    Io,
}

/// A failure of the server itself; failures of single requests become responses.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<io::Error>,
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn new(kind: ErrorKind, message: String, source: io::Error) -> Self {
        Self {
            kind,
            message,
            source: Some(source),
        }
    }

    pub(crate) fn bind(address: &str, source: io::Error) -> Self {
        let (kind, advice) = match source.kind() {
            io::ErrorKind::AddrInUse => (
                ErrorKind::AddressInUse,
                "another process uses it; stop that process, or choose another port (port 0 takes a free one)",
            ),
            io::ErrorKind::PermissionDenied => (
                ErrorKind::PermissionDenied,
                "this user may not; choose a port from 1024 up",
            ),
            io::ErrorKind::InvalidInput | io::ErrorKind::AddrNotAvailable => (
                ErrorKind::InvalidAddress,
                "it is not an address of this machine; write host:port, for example 127.0.0.1:3000",
            ),
            _ if address.parse::<std::net::SocketAddr>().is_err() => (
                ErrorKind::InvalidAddress,
                "it cannot be resolved; write host:port, for example 127.0.0.1:3000",
            ),
            _ => (ErrorKind::Io, "the operating system refused"),
        };
        Self::new(
            kind,
            format!("cannot listen on {address}: {advice}"),
            source,
        )
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

/// What a platform says when its server does not run.
impl From<Error> for isobar::Error {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        Self::new(isobar::ErrorKind::Unavailable, message)
            .with_retryable(false)
            .with_source(error)
    }
}
