//! The deadline of the invocation that a task works for, as every store call it makes sees it
//! (rule R22).
//!
//! It belongs to the thread while a step of the invocation runs, so that core needs no runtime and
//! handlers pass nothing along. A task that a handler spawns is no part of its invocation.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use super::Clock;

thread_local! {
    static DEADLINE: Cell<Option<SystemTime>> = const { Cell::new(None) };
}

/// Runs one step of an invocation that must have ended its work by `deadline`; inside of another
/// invocation, by the earlier of the two.
pub(crate) fn during<T>(deadline: Option<SystemTime>, step: impl FnOnce() -> T) -> T {
    let Some(inner) = deadline else {
        return step();
    };
    let outer = DEADLINE.get();
    let earlier = outer.map_or(inner, |outer| outer.min(inner));
    let _restored = Outer(DEADLINE.replace(Some(earlier)));
    step()
}

/// The time that is left to the invocation whose step this is.
pub(crate) fn left(clock: &dyn Clock) -> Option<Duration> {
    let left = DEADLINE.get()?.duration_since(clock.now());
    Some(left.unwrap_or_default())
}

/// Restores what was before, also when the step panics.
struct Outer(Option<SystemTime>);

impl Drop for Outer {
    fn drop(&mut self) {
        DEADLINE.set(self.0);
    }
}
