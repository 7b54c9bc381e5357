//! Stops calling functions that cost much and lead to no route.
//!
//! Start-up code of large applications reaches migrations, caches and background work. Under
//! unknown conditions all of it would run, again and again. A function that has used up its share
//! in several calls without a registration inside them is not called any more.

use rustc_hash::FxHashMap;

use crate::machine::Machine;

/// Calls that a function may always make.
const FREE_CALLS: u32 = 3;

/// Nodes that the calls of one function may evaluate in vain while routes are registered.
const REGISTER_SHARE: u64 = 60_000;

/// The same, for one request.
const SERVE_SHARE: u64 = 15_000;

/// What the calls of one function have used.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    fuel: u64,
    calls: u32,
    /// Whether a call led to a registration.
    is_productive: bool,
}

/// What functions have used, by the address of their source.
#[derive(Debug, Default)]
pub(crate) struct Spending {
    by_code: FxHashMap<usize, Spent>,
    /// Registrations so far.
    pub(crate) registrations: u64,
}

impl Machine<'_> {
    /// Whether the function at `code` has used up its share.
    pub(crate) fn is_spent(&self, code: usize) -> bool {
        let share = if self.trace.is_some() {
            SERVE_SHARE
        } else {
            REGISTER_SHARE
        };
        self.spending.by_code.get(&code).is_some_and(|spent| {
            spent.calls >= FREE_CALLS && spent.fuel > share && !spent.is_productive
        })
    }

    /// Counts a call that began with this much fuel and this many registrations.
    pub(crate) fn note_spent(&mut self, code: usize, fuel: u64, registrations: u64) {
        let used = fuel.saturating_sub(self.fuel);
        let is_productive = self.spending.registrations != registrations;
        let spent = self.spending.by_code.entry(code).or_default();
        spent.fuel += used;
        spent.calls += 1;
        spent.is_productive |= is_productive;
    }
}
