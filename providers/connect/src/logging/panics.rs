//! Panics, as lines of the log.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::set_hook;

use isobar::driver::panic_message;

/// Has panics logged from here on, with the ids of their invocation: the standard library writes their messages as they
/// are, and a client whose text is in one could write lines of its own.
pub(super) fn log() {
    set_hook(Box::new(|panic| {
        let message = panic_message(panic.payload());
        let place = panic.location().map(ToString::to_string);
        let backtrace = Backtrace::capture();
        // Where `RUST_BACKTRACE` asks for it.
        let asked = backtrace.status() == BacktraceStatus::Captured;
        let backtrace = asked.then(|| backtrace.to_string());
        tracing::error!(target: "isobar", place, backtrace, "panicked: {message}");
    }));
}
