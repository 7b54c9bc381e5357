//! The stores against MiniStack: what is stored, how failures are told apart, what is sent again.

#[cfg(feature = "blob")]
mod blob;
#[cfg(feature = "document")]
mod document;
mod emulator;
mod faults;

use std::sync::Arc;

use isobar::driver::{Clock, SystemClock};

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))))
}
