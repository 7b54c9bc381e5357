//! Why the content of a response ends before it is whole.

use std::error::Error as StdError;
use std::fmt;

use crate::error::{Error, ErrorKind};

/// What ends a body in the place of its handler.
#[derive(Debug)]
pub(crate) struct Broken(Error);

impl Broken {
    pub(crate) fn new(kind: ErrorKind, message: &'static str) -> Self {
        Self(Error::new(kind, message))
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Broken {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// Why content ended early; for platforms.
///
/// `DeadlineExceeded` where the invocation was over; `Internal` where the handler's own body failed or panicked, whatever
/// the kind of its error, since a response was under way.
pub fn content_failure(mut error: Box<dyn StdError + Send + Sync>) -> Error {
    // Each body around the content wraps the error once more.
    loop {
        error = match error.downcast::<axum::Error>() {
            Ok(wrapped) => wrapped.into_inner(),
            Err(inner) => match inner.downcast::<Broken>() {
                Ok(broken) => return broken.0,
                Err(own) => {
                    let message = "the response's body failed";
                    return Error::new(ErrorKind::Internal, message).with_source(own);
                }
            },
        }
    }
}
