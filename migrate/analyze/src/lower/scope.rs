//! The names that the function being lowered declares.

use std::collections::{HashMap, HashSet};

use isobar_migrate_model::code::{Local, LocalId};

use super::Named;

/// What a declared name is bound to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    /// A variable.
    Local(LocalId),
    /// A variable that holds a closure, which can only be called and handed on as a callback.
    Closure(LocalId),
    Request,
    Response,
    Next,
    /// Another name for something outside, as in `const { find } = store`.
    Alias(Named),
    /// A `var` or function that is declared further down.
    Later,
}

/// The scopes that are open, innermost last, and all variables so far.
#[derive(Default)]
pub(super) struct Scopes {
    pub(super) locals: Vec<Local>,
    stack: Vec<HashMap<String, Bound>>,
    closures: Vec<Closure>,
    /// The variables that closures with a name capture: none of them may change.
    pinned: Vec<(u32, HashSet<LocalId>)>,
}

/// A closure whose body is being lowered.
struct Closure {
    /// The number of scopes outside of it.
    outside: usize,
    captured: HashSet<LocalId>,
}

impl Scopes {
    pub(super) fn open(&mut self) {
        self.stack.push(HashMap::new());
    }

    pub(super) fn close(&mut self) {
        self.stack.pop();
    }

    pub(super) fn open_closure(&mut self) {
        self.closures.push(Closure {
            outside: self.stack.len(),
            captured: HashSet::new(),
        });
        self.open();
    }

    /// Ends a closure; the variables of outer functions that it uses.
    pub(super) fn close_closure(&mut self) -> HashSet<LocalId> {
        self.close();
        self.closures
            .pop()
            .map(|closure| closure.captured)
            .unwrap_or_default()
    }

    pub(super) fn in_closure(&self) -> bool {
        !self.closures.is_empty()
    }

    pub(super) fn pin(&mut self, offset: u32, captured: HashSet<LocalId>) {
        self.pinned.push((offset, captured));
    }

    /// Where a closure with a name captures a variable that changes.
    pub(super) fn changing_captures(&self) -> impl Iterator<Item = (u32, &str)> {
        self.pinned.iter().filter_map(|(offset, captured)| {
            let changing = captured.iter().map(|local| &self.locals[local.0]);
            let mut changing: Vec<_> = changing.filter(|local| local.assigned).collect();
            changing.sort_by(|a, b| a.name.cmp(&b.name));
            changing.first().map(|local| (*offset, local.name.as_str()))
        })
    }

    /// A new variable that no name is bound to yet.
    pub(super) fn variable(&mut self, name: &str) -> LocalId {
        self.locals.push(Local {
            name: name.to_owned(),
            assigned: false,
        });
        LocalId(self.locals.len() - 1)
    }

    /// Binds a name in the outermost scope.
    pub(super) fn bind_outermost(&mut self, name: &str, bound: Bound) {
        if let Some(scope) = self.stack.first_mut() {
            scope.insert(name.to_owned(), bound);
        }
    }

    pub(super) fn bind(&mut self, name: &str, bound: Bound) {
        if let Some(scope) = self.stack.last_mut() {
            scope.insert(name.to_owned(), bound);
        }
    }

    /// The scope that declares `name` in the function or closure being lowered, for a `var` that is declared again.
    pub(super) fn own(&self, name: &str) -> Option<&Bound> {
        let outside = self.closures.last().map_or(0, |closure| closure.outside);
        self.stack[outside..]
            .iter()
            .rev()
            .find_map(|scope| scope.get(name))
    }

    pub(super) fn resolve(&mut self, name: &str) -> Option<Bound> {
        let depth = self
            .stack
            .iter()
            .rposition(|scope| scope.contains_key(name))?;
        let bound = self.stack[depth].get(name)?.clone();
        if let Bound::Local(local) | Bound::Closure(local) = bound {
            for closure in self
                .closures
                .iter_mut()
                .filter(|closure| depth < closure.outside)
            {
                closure.captured.insert(local);
            }
        }
        Some(bound)
    }

    pub(super) fn assigned(&mut self, local: LocalId) {
        self.locals[local.0].assigned = true;
    }
}
