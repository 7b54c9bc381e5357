//! Names of spans and fields, and the one way a portable operation is traced.
//!
//! A span holds provider, operation, resource, the kind of the outcome, how many documents were read
//! or written, and the units consumed where the vendor says them; never a key, a body or a
//! credential. This library installs no subscriber.

use tracing::{Span, field};

use crate::driver::meter::Meter;
use crate::error::Result;

/// The span of one portable operation.
pub(crate) fn operation(provider: &'static str, name: &'static str, resource: &str) -> Span {
    tracing::debug_span!(
        target: "isobar",
        "isobar.operation",
        provider,
        operation = name,
        resource,
        items = field::Empty,
        consumed = field::Empty,
        outcome = field::Empty,
    )
}

/// Records how the operation of `span` ended.
pub(crate) fn outcome<T>(span: &Span, result: &Result<T>, meter: Meter) {
    if let Some(items) = meter.items {
        span.record("items", items);
    }
    if let Some(consumed) = meter.consumed {
        span.record("consumed", consumed);
    }
    match result {
        Ok(_) => span.record("outcome", "ok"),
        Err(error) => span.record("outcome", field::debug(error.kind())),
    };
}
