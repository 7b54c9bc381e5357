//! Keeps routes on the legacy side for what their functions do together.

use std::collections::BTreeSet;

use isobar_migrate_model::Reason;
use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_target};
use isobar_migrate_model::code::{Expression, Function, Handler, Layer, Router, Target};

use super::program::functions_of;
use super::{Outcome, Porter, parts};

impl Porter<'_, '_> {
    /// Keeps routes that use some of these variables behind; all routes, where middleware before them does.
    pub(super) fn hold_back_states(
        &mut self,
        router: &mut Router,
        reason: &Reason,
        states: &BTreeSet<usize>,
    ) {
        self.hold_back_where(router, reason, |porter, position| {
            let functions = porter.functions_at(&porter.reached(position));
            functions
                .iter()
                .any(|function| uses_state(function, states))
        });
    }

    /// Keeps routes behind that call a function.
    pub(super) fn hold_back_calls(
        &mut self,
        router: &mut Router,
        reason: &Reason,
        function: usize,
    ) {
        self.hold_back_where(router, reason, |porter, position| {
            porter.reached(position).contains(&function)
        });
    }

    /// Keeps routes behind of which a function is chosen; all routes, where one of the middleware before them is.
    fn hold_back_where(
        &mut self,
        router: &mut Router,
        reason: &Reason,
        is_chosen: impl Fn(&Self, usize) -> bool,
    ) {
        let mut middleware = BTreeSet::new();
        collect_middleware(router, &mut middleware);
        let in_middleware = middleware.iter().any(|id| is_chosen(self, *id));
        for position in 0..self.outcomes.len() {
            let outcome = &self.outcomes[position];
            let mut functions = outcome.functions.iter();
            let chosen = in_middleware || functions.any(|id| is_chosen(self, *id));
            if outcome.reasons.is_empty() && chosen {
                hold_back(router, outcome, reason);
                self.outcomes[position].reasons.push(reason.clone());
            }
        }
    }
}

/// Replaces the handlers of a route.
pub(super) fn hold_back(router: &mut Router, outcome: &Outcome, reason: &Reason) {
    for layer in &mut router.layers {
        match layer {
            Layer::Mount { router, .. } => hold_back(router, outcome, reason),
            Layer::Route { methods, place, .. } if *place == outcome.place => {
                let same = methods
                    .iter_mut()
                    .filter(|(method, _)| *method == outcome.method);
                for (_, handlers) in same {
                    *handlers = vec![Handler::Legacy {
                        reason: reason.message.clone(),
                        place: reason.place.clone(),
                        for_errors: false,
                    }];
                }
            }
            _ => {}
        }
    }
}

/// The functions that run for every request below a path.
fn collect_middleware(router: &Router, functions: &mut BTreeSet<usize>) {
    for layer in &router.layers {
        match layer {
            Layer::Use { handlers, .. } => functions.extend(functions_of(handlers)),
            Layer::Param { handler, .. } => {
                functions.insert(handler.0);
            }
            Layer::Mount { router, .. } => collect_middleware(router, functions),
            Layer::Route { .. } => {}
        }
    }
}

fn uses_state(function: &Function, states: &BTreeSet<usize>) -> bool {
    let mut search = StateSearch {
        states,
        found: false,
    };
    function
        .body
        .iter()
        .for_each(|statement| search.statement(statement));
    search.found
}

struct StateSearch<'s> {
    states: &'s BTreeSet<usize>,
    found: bool,
}

impl Visit for StateSearch<'_> {
    fn expression(&mut self, expression: &Expression) {
        self.found |= match expression {
            Expression::State { state } => self.states.contains(&state.0),
            Expression::Constant { constant } => self.states.contains(&parts::constant(constant.0)),
            _ => false,
        };
        walk_expression(self, expression);
    }

    fn target(&mut self, target: &Target) {
        if let Target::State { state } = target {
            self.found |= self.states.contains(&state.0);
        }
        walk_target(self, target);
    }
}
