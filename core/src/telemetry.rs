//! Names of spans and fields, and the one way a portable operation is traced.
//!
//! A span holds provider, operation, resource and the kind of the outcome; never a key, a body or
//! a credential. This library installs no subscriber.

use tracing::{Span, field};

use crate::error::Result;

/// The span of one portable operation.
pub(crate) fn operation(provider: &'static str, name: &'static str, resource: &str) -> Span {
    tracing::debug_span!(
        target: "isobar",
        "isobar.operation",
        provider,
        operation = name,
        resource,
        outcome = field::Empty,
    )
}

/// Records how the operation of `span` ended.
pub(crate) fn outcome<T>(span: &Span, result: &Result<T>) {
    match result {
        Ok(_) => span.record("outcome", "ok"),
        Err(error) => span.record("outcome", field::debug(error.kind())),
    };
}
