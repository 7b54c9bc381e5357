//! What the commands that talk to processes and sockets share.

use std::time::Duration;

use isobar_migrate_gateway::{Error, ErrorKind};

use crate::exit::{Exit, Failure};

/// Runs a command that waits for things.
pub(crate) fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::environment)?;
    let outcome = runtime.block_on(command);
    // What was interrupted is not waited for; what it started ends with it.
    runtime.shutdown_timeout(END);
    outcome
}

const END: Duration = Duration::from_secs(1);

/// What a failure of the gateway means for the exit status, and what to do about it.
pub(crate) fn failed(error: Error) -> Failure {
    let (exit, hint) = match error.kind() {
        ErrorKind::InvalidInput => (Exit::Usage, None),
        ErrorKind::Refused => (Exit::Findings, Some("nothing was changed")),
        ErrorKind::NotInstalled => (
            Exit::Environment,
            Some("leave out --no-install, or install the packages yourself"),
        ),
        ErrorKind::Application => (
            Exit::Environment,
            Some("start the application by itself to see what it needs"),
        ),
        ErrorKind::InUse => (
            Exit::Environment,
            Some("--listen 127.0.0.1:0 takes a free port"),
        ),
        _ => (Exit::Environment, None),
    };
    let failure = Failure {
        exit,
        error: error.into(),
        hint: None,
    };
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}
