//! What may be wrong with the events of SCF and its runtime API.

use isobar::{Error, ErrorKind};

/// What a sender has sent is not what it documents.
pub(crate) fn malformed(what: &str, source: serde_json::Error) -> Error {
    Error::invalid(format!("the event of {what} is malformed")).with_source(source)
}

/// The runtime API does not answer, or breaks off.
pub(crate) fn gone(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unavailable, "the runtime API of SCF failed").with_source(source)
}
