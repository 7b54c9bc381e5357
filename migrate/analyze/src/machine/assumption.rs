//! Notes where the analysis takes something for granted, so that nobody relies on what follows from it.
//!
//! A scan goes on where a running program might do otherwise: an environment variable is taken to be unset, an unknown
//! condition to hold, a sort with an unknown order to leave things as they are. For finding routes that is right. What an
//! application starts from must be known for certain, so each assumption marks what is made or written in its reach.

use crate::machine::heap::Kind;
use crate::machine::value::Value;
use crate::machine::{Completion, Machine};

/// What was taken for granted so far.
#[derive(Debug, Default)]
pub(crate) struct Assumptions {
    /// How often it was.
    made: u64,
    /// How often when the statement that runs began.
    before_statement: u64,
    /// How many conditions that rest on an assumption are around the code that runs.
    conditions: u32,
    /// Whether the function that runs may have ended before.
    may_have_returned: bool,
    /// Whether the loop that runs, or its round, may have ended before.
    may_have_broken: bool,
}

impl Machine<'_> {
    /// Notes that what is evaluated now may be something else when the application runs.
    pub(crate) fn assume(&mut self) {
        if self.trace.is_none() {
            self.assumptions.made += 1;
        }
    }

    /// Something that is known roughly: enough to find routes, and not what the application would give.
    pub(crate) fn roughly<T>(&mut self, known: T) -> T {
        self.assume();
        known
    }

    /// Whether a value is neither unknown nor of a package.
    pub(crate) fn known(&self, value: &Value) -> bool {
        let open = value.as_object().is_some_and(|id| self.heap.get(id).maybe);
        let foreign = matches!(
            self.heap.kind(value),
            Some(Kind::Foreign(_) | Kind::Input(_))
        );
        !(value.is_unknown() || open || foreign)
    }

    /// How often something was taken for granted, to tell whether an evaluation did.
    pub(crate) fn assumptions_made(&self) -> u64 {
        self.assumptions.made
    }

    /// Whether what is written now rests on an assumption.
    pub(crate) fn is_assuming(&self) -> bool {
        let Assumptions {
            made,
            before_statement,
            conditions,
            ..
        } = self.assumptions;
        conditions > 0 || made != before_statement
    }

    /// Runs a statement, which rests on the assumptions that are made within it.
    pub(crate) fn as_statement<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let made = self.assumptions.made;
        let outer = std::mem::replace(&mut self.assumptions.before_statement, made);
        let outcome = run(self);
        self.assumptions.before_statement = outer;
        outcome
    }

    /// Runs code under a condition, which rests on an assumption when `assumed`.
    pub(crate) fn under_condition<T>(
        &mut self,
        assumed: bool,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.assumptions.conditions += u32::from(assumed);
        let outcome = run(self);
        self.assumptions.conditions -= u32::from(assumed);
        outcome
    }

    /// Notes that code under an unknown condition ends what is around it. A throw that nobody catches ends the
    /// application, so that what follows holds where it runs.
    pub(crate) fn note_end(&mut self, completion: &Completion<'_>) {
        let is_start = self.trace.is_none();
        match completion {
            Completion::Return(_) => self.assumptions.may_have_returned |= is_start,
            Completion::Break(_) | Completion::Continue(_) => {
                self.assumptions.may_have_broken |= is_start;
            }
            Completion::Throw(_) if !self.tries.is_empty() => {
                self.assumptions.may_have_returned |= is_start;
            }
            Completion::Throw(_) | Completion::Normal => {}
        }
    }

    /// Whether what runs may have ended before.
    pub(crate) fn may_have_left(&self) -> bool {
        self.assumptions.may_have_returned || self.assumptions.may_have_broken
    }

    /// Runs a loop or a `switch`, whose end is not that of what is around it.
    pub(crate) fn as_loop<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.assumptions.may_have_broken, false);
        let outcome = run(self);
        self.assumptions.may_have_broken = outer;
        outcome
    }

    /// Runs the body of a function, whose end is not that of its caller.
    pub(crate) fn as_function<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.assumptions.may_have_returned, false);
        let outcome = self.as_loop(run);
        self.assumptions.may_have_returned = outer;
        outcome
    }

    /// Runs a module, which starts the same whatever led to its being loaded.
    pub(crate) fn as_module<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::take(&mut self.assumptions.conditions);
        let outcome = self.as_function(run);
        self.assumptions.conditions = outer;
        outcome
    }
}
