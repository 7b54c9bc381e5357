//! The one place where a panic of the engine becomes an error.
//!
//! The engine trusts its pages. On a damaged file it panics where it meets what cannot be, so each
//! call into it goes through [`guarded`].

use isobar::driver::caught_step;

use crate::error::Fault;

/// Runs `work`; a panic in it is damage.
///
/// The engine is left as the panic left it, so a write transaction must be given up afterwards.
pub(crate) fn guarded<T, E: From<Fault>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    caught_step(work).unwrap_or_else(|message| Err(Fault::damaged(message).into()))
}
