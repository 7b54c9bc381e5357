//! Where values come from: which variables, results and properties hold a time, an id or a product of chance.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_function, walk_statement};
use isobar_migrate_model::code::{
    Argument, Callee, Expression, Function, FunctionId, LocalId, Program, Statement, StatementKind,
    Target,
};

use crate::compare::NoiseKind;

/// Something that holds a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    Constant(usize),
    /// What a function returns.
    Result(FunctionId),
    Local(FunctionId, LocalId),
    /// A property that middleware sets on the request.
    Request(String),
}

/// What is known of a program's values; what is not listed is made from the request and the state alone.
#[derive(Debug, Default)]
pub(super) struct Origins {
    known: BTreeMap<Holder, NoiseKind>,
    /// By function: its parameters' variables, in order.
    parameters: Vec<Vec<LocalId>>,
}

impl Origins {
    /// Follows values through the program until nothing new is found.
    pub(super) fn of(program: &Program) -> Self {
        let mut origins = Self {
            known: BTreeMap::new(),
            parameters: program.functions.iter().map(parameters).collect(),
        };
        while origins.learn(program) {}
        origins
    }

    pub(super) fn get(&self, holder: &Holder) -> Option<NoiseKind> {
        self.known.get(holder).copied()
    }

    /// One pass; whether it found anything. Nothing is ever taken back, so the passes end.
    fn learn(&mut self, program: &Program) -> bool {
        let mut found = Vec::new();
        for (id, constant) in program.constants.iter().enumerate() {
            let kind = self.of_constant(&constant.value);
            found.extend(kind.map(|kind| (Holder::Constant(id), kind)));
        }
        for (id, function) in program.functions.iter().enumerate() {
            let mut pass = Pass {
                origins: self,
                function: FunctionId(id),
                closures: 0,
                found: Vec::new(),
            };
            walk_function(&mut pass, function);
            found.append(&mut pass.found);
        }
        let mut any = false;
        for (holder, kind) in found {
            if let Entry::Vacant(entry) = self.known.entry(holder) {
                entry.insert(kind);
                any = true;
            }
        }
        any
    }
}

fn parameters(function: &Function) -> Vec<LocalId> {
    let parameters = function.parameters.iter();
    parameters.map(|parameter| parameter.local).collect()
}

/// One walk through one function.
struct Pass<'a> {
    origins: &'a Origins,
    function: FunctionId,
    /// How many closures the walk is in: their results are not the function's.
    closures: usize,
    found: Vec<(Holder, NoiseKind)>,
}

impl Pass<'_> {
    fn note(&mut self, holder: Holder, value: &Expression) {
        let kind = self.origins.kind(self.function, value);
        self.found.extend(kind.map(|kind| (holder, kind)));
    }

    fn pass(&mut self, callee: FunctionId, arguments: &[Argument]) {
        let given = arguments
            .iter()
            .filter(|argument| !matches!(argument, Argument::Request | Argument::Response));
        for (argument, local) in given.zip(&self.origins.parameters[callee.0]) {
            if let Argument::Value { value } = argument {
                self.note(Holder::Local(callee, *local), value);
            }
        }
    }
}

impl Visit for Pass<'_> {
    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let {
                local,
                value: Some(value),
            } => self.note(Holder::Local(self.function, *local), value),
            StatementKind::Return { value: Some(value) } if self.closures == 0 => {
                self.note(Holder::Result(self.function), value);
            }
            _ => {}
        }
        walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Assign { target, value, .. } => match target {
                Target::Local { local } => self.note(Holder::Local(self.function, *local), value),
                Target::Request { name } => self.note(Holder::Request(name.clone()), value),
                _ => {}
            },
            Expression::Call {
                callee: Callee::Function { function },
                arguments,
            } => self.pass(*function, arguments),
            _ => {}
        }
        let is_closure = matches!(expression, Expression::Closure { .. });
        self.closures += usize::from(is_closure);
        walk_expression(self, expression);
        self.closures -= usize::from(is_closure);
    }
}
