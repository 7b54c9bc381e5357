//! The clock of this machine, with the sleep of the runtime.

use isobar::driver::SystemClock;

/// Wall clock and sleep of this process.
pub fn clock() -> SystemClock {
    SystemClock(|span| Box::pin(tokio::time::sleep(span)))
}
