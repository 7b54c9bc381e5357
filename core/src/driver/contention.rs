//! Writers of one document who get in each other's way.

use std::time::Duration;

use super::jitter;
use crate::error::{Error, ErrorKind};

/// The error of a write that others came before whenever it was about to happen.
pub fn overtaken() -> Error {
    let message = "other writers changed the document between each read and write";
    Error::new(ErrorKind::Contention, message)
}

/// How long to wait after the conflict of this round, from 0 on: a random span of up to 4 ms at
/// first, doubling to 128 ms.
pub fn contention_pause(round: u32) -> Duration {
    jitter(Duration::from_millis(4 << round.min(5)))
}
