//! The stores against MiniStack, and a real function process behind a runtime API.

#[cfg(feature = "blob")]
mod blob;
#[cfg(feature = "document")]
mod document;
mod emulator;
#[cfg(feature = "function")]
mod function;
#[cfg(feature = "function")]
mod runtime_api;
#[cfg(feature = "sqs")]
mod topic;
#[cfg(any(feature = "blob", feature = "document"))]
mod user;

use std::sync::Arc;

use isobar::driver::{Clock, SystemClock};

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))))
}
