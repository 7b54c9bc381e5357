//! What goes wrong with an action as a whole, and how OpenWhisk is told of it.

use std::io;

use isobar::{Error, ErrorKind};

/// Nobody reads what the action would answer.
pub(crate) fn no_results(source: io::Error) -> Error {
    let message = "descriptor 3, to which results are written, cannot be opened: \
                   this process was not started by an ActionLoop proxy";
    Error::invalid(message).with_source(source)
}

/// The proxy is gone, or what it opened is.
pub(crate) fn broken_pipe(source: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the proxy cannot be reached")
        .with_retryable(false)
        .with_source(source)
}

/// Standard input cannot be read beside everything else.
pub(crate) fn no_thread(source: io::Error) -> Error {
    let message = "no thread can be started that reads standard input";
    Error::new(ErrorKind::Internal, message).with_source(source)
}

/// Signals cannot be caught.
pub(crate) fn no_signals(source: io::Error) -> Error {
    Error::new(ErrorKind::Internal, "signals cannot be caught").with_source(source)
}

/// A web action whose requests are taken apart before it sees them.
pub(crate) fn not_raw() -> Error {
    let message = "the request was taken apart into parameters, in which bytes are lost: \
                   create the action with --web raw";
    Error::new(ErrorKind::Unsupported, message)
}

/// An activation that no request through the web caused.
pub(crate) fn no_request() -> Error {
    let message = "the activation has no __ow_method: this action takes requests only, no events";
    Error::new(ErrorKind::Unsupported, message)
}

/// The result of an activation that failed, an object with one member as the contract has it.
pub(crate) fn result(error: &Error) -> String {
    serde_json::json!({ "error": error.to_string() }).to_string()
}
