//! Which functions a request to a route runs through.

use std::collections::{BTreeMap, BTreeSet};

use isobar_migrate_model::Place;
use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_function};
use isobar_migrate_model::code::{
    Callee, Expression, Function, FunctionId, Handler, Layer, Program, Router,
};

/// By method and place of its registration: the functions that a route reaches.
#[derive(Debug, Default)]
pub(super) struct Reached(BTreeMap<(String, Place), BTreeSet<FunctionId>>);

impl Reached {
    pub(super) fn of(program: &Program) -> Self {
        let calls: Vec<Calls> = program.functions.iter().map(Calls::of).collect();
        let mut reached = Self::default();
        reached.walk(&program.router, &BTreeSet::new(), &calls);
        reached
    }

    pub(super) fn by_route(&self, method: &str, place: &Place) -> BTreeSet<FunctionId> {
        let key = (method.to_owned(), place.clone());
        self.0.get(&key).cloned().unwrap_or_default()
    }

    /// The middleware of a router counts for all of its routes, in whatever order they stand: what runs after a route
    /// handles its errors.
    fn walk(&mut self, router: &Router, above: &BTreeSet<FunctionId>, calls: &[Calls]) {
        let mut around = above.clone();
        for layer in &router.layers {
            match layer {
                Layer::Use { handlers, .. } => around.extend(functions(handlers)),
                Layer::Param { handler, .. } => around.extend([*handler]),
                Layer::Mount { .. } | Layer::Route { .. } => {}
            }
        }
        for layer in &router.layers {
            match layer {
                Layer::Mount { router, .. } => self.walk(router, &around, calls),
                Layer::Route { methods, place, .. } => self.route(methods, place, &around, calls),
                Layer::Use { .. } | Layer::Param { .. } => {}
            }
        }
    }

    fn route(
        &mut self,
        methods: &[(String, Vec<Handler>)],
        place: &Place,
        around: &BTreeSet<FunctionId>,
        calls: &[Calls],
    ) {
        for (method, handlers) in methods {
            let begun = around.iter().copied().chain(functions(handlers));
            let key = (method.clone(), place.clone());
            self.0.entry(key).or_default().extend(closure(begun, calls));
        }
    }
}

fn functions(handlers: &[Handler]) -> impl Iterator<Item = FunctionId> {
    handlers.iter().filter_map(|handler| match handler {
        Handler::Function { function, .. } => Some(*function),
        Handler::Legacy { .. } | Handler::Builtin { .. } => None,
    })
}

fn closure(begun: impl Iterator<Item = FunctionId>, calls: &[Calls]) -> BTreeSet<FunctionId> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<FunctionId> = begun.collect();
    while let Some(function) = waiting.pop() {
        if reached.insert(function) {
            waiting.extend(&calls[function.0].0);
        }
    }
    reached
}

/// The functions that one function mentions.
#[derive(Debug, Default)]
struct Calls(BTreeSet<FunctionId>);

impl Calls {
    fn of(function: &Function) -> Self {
        let mut calls = Self::default();
        walk_function(&mut calls, function);
        calls
    }
}

impl Visit for Calls {
    fn expression(&mut self, expression: &Expression) {
        if let Expression::Call {
            callee: Callee::Function { function },
            ..
        }
        | Expression::Function { function } = expression
        {
            self.0.insert(*function);
        }
        walk_expression(self, expression);
    }
}
