//! What may be wrong with the events of Function Compute's triggers.

use std::borrow::Cow;

use isobar::{Error, ErrorKind};

/// What a sender has sent is not what it documents.
pub(crate) fn malformed(what: &str, source: serde_json::Error) -> Error {
    Error::invalid(format!("{what} is malformed")).with_source(source)
}

/// Nothing here handles what is told.
pub(crate) fn unsupported(what: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unsupported, what)
}
