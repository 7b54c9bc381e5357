//! Log lines of commands that keep running: on stderr, filtered by `ISOBAR_LOG`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Shows what happens; warnings and state changes unless `ISOBAR_LOG` says otherwise.
pub(crate) fn install() {
    let filter = std::env::var_os("ISOBAR_LOG").map(|filter| filter.to_string_lossy().into_owned());
    let filter = EnvFilter::new(filter.as_deref().unwrap_or("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // Only a test that runs two commands in one process has one already.
    drop(subscriber.try_init());
}
