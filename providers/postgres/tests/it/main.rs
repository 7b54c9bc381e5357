//! The store against a PostgreSQL server of its own, from the packages of this machine.

mod crowd;
mod document;
mod server;

use std::sync::Arc;

use isobar::driver::{Clock, SystemClock};

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))))
}
