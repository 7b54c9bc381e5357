//! The signals that ask a process to end.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Error, ErrorKind};

/// SIGTERM (an orchestrator) and SIGINT (Ctrl-C), caught from the moment of creation.
#[derive(Debug)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Catches them; fails with [`ErrorKind::Io`] where the system does not let it.
    pub fn catch() -> Result<Self, Error> {
        let catch = |kind| signal(kind).map_err(refused);
        Ok(Self {
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next of them.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn refused(source: io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        "cannot catch the signals that end a process".to_owned(),
        source,
    )
}
