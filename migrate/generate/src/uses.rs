//! What each function needs: the request, the response, module variables, and which variables it reads how often.

use std::collections::{BTreeSet, HashMap};

use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_statement, walk_target};
use isobar_migrate_model::code::{
    Callee, Expression, Function, LocalId, Parameter, Program, StateId, Statement, StatementKind,
    Target,
};

/// What a function needs from its callers, itself or for the functions it calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) request: bool,
    pub(crate) response: bool,
    /// Whether it reads an environment variable or a value that depends on one.
    pub(crate) settings: bool,
    pub(crate) states: BTreeSet<StateId>,
}

impl Needs {
    /// Whether the application's state must be handed to it.
    pub(crate) fn state(&self) -> bool {
        self.settings || !self.states.is_empty()
    }

    fn add(&mut self, other: &Self) {
        self.request |= other.request;
        self.response |= other.response;
        self.settings |= other.settings;
        self.states.extend(&other.states);
    }
}

/// What every function of `program` needs, in the order of the functions.
pub(crate) fn needs(program: &Program) -> Vec<Needs> {
    let constants = constants_at_start(program);
    let direct: Vec<_> = program
        .functions
        .iter()
        .map(|it| Direct::of(it, &constants))
        .collect();
    let mut needs: Vec<Needs> = direct.iter().map(|it| it.needs.clone()).collect();
    loop {
        let before = needs.clone();
        for (id, direct) in direct.iter().enumerate() {
            for callee in &direct.calls {
                let callee = needs[*callee].clone();
                needs[id].add(&callee);
            }
        }
        if needs == before {
            return needs;
        }
    }
}

/// Which constants are worked out when the application starts: they depend on the environment, or need a call.
pub(crate) fn constants_at_start(program: &Program) -> Vec<bool> {
    let functions: Vec<_> = program
        .functions
        .iter()
        .map(|it| Direct::of(it, &[]))
        .collect();
    let constants = program.constants.iter();
    let mut depends: Vec<bool> = constants.map(|it| !is_literal(&it.value)).collect();
    loop {
        let before = depends.clone();
        for (id, constant) in program.constants.iter().enumerate() {
            let mut direct = Direct {
                constants: &before,
                ..Direct::default()
            };
            direct.expression(&constant.value);
            let called = called(&direct, &functions);
            depends[id] |= direct.needs.settings
                || called.iter().any(|function| {
                    let mut constants = function.reads_constants.iter();
                    function.needs.settings || constants.any(|constant| before[*constant])
                });
        }
        if depends == before {
            return depends;
        }
    }
}

/// Whether a constant needs nothing but itself: it can be written as a static.
fn is_literal(value: &Expression) -> bool {
    use isobar_migrate_model::code::{Element, Key, Property};
    match value {
        Expression::Undefined
        | Expression::Null
        | Expression::Bool { .. }
        | Expression::Number { .. }
        | Expression::Text { .. }
        | Expression::Constant { .. } => true,
        Expression::Array { elements } => elements.iter().all(|element| match element {
            Element::Value { value } => is_literal(value),
            Element::Spread { .. } => false,
        }),
        Expression::Object { properties } => properties.iter().all(|property| match property {
            Property::Named {
                key: Key::Name { .. },
                value,
            } => is_literal(value),
            _ => false,
        }),
        _ => false,
    }
}

/// Every function that some code calls, itself or through others.
fn called<'f, 'p>(code: &Direct<'_>, functions: &'f [Direct<'p>]) -> Vec<&'f Direct<'p>> {
    let mut pending: Vec<usize> = code.calls.iter().copied().collect();
    let mut seen = BTreeSet::new();
    while let Some(callee) = pending.pop() {
        if seen.insert(callee) {
            pending.extend(&functions[callee].calls);
        }
    }
    seen.into_iter().map(|callee| &functions[callee]).collect()
}

/// What one function needs by itself, and whom it calls.
#[derive(Default)]
struct Direct<'a> {
    needs: Needs,
    calls: BTreeSet<usize>,
    reads_constants: BTreeSet<usize>,
    constants: &'a [bool],
}

impl<'a> Direct<'a> {
    fn of(function: &Function, constants: &'a [bool]) -> Self {
        let mut direct = Self {
            constants,
            ..Self::default()
        };
        for statement in &function.body {
            direct.statement(statement);
        }
        for parameter in &function.parameters {
            if let Some(default) = &parameter.default {
                direct.expression(default);
            }
        }
        direct
    }
}

impl Visit for Direct<'_> {
    fn statement(&mut self, statement: &Statement) {
        if matches!(statement.kind, StatementKind::Format { .. }) {
            self.needs.response = true;
        }
        walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Request { .. } => self.needs.request = true,
            Expression::Response { .. } | Expression::Respond { .. } => self.needs.response = true,
            Expression::Setting { .. } => self.needs.settings = true,
            Expression::Constant { constant } => {
                self.reads_constants.insert(constant.0);
                self.needs.settings |= self.constants.get(constant.0).copied().unwrap_or(false);
            }
            Expression::State { state } => {
                self.needs.states.insert(*state);
            }
            Expression::Function { function } => {
                self.calls.insert(function.0);
            }
            Expression::Call { callee, .. } => match callee {
                Callee::Function { function } => {
                    self.calls.insert(function.0);
                }
                Callee::Request { .. } => self.needs.request = true,
                _ => {}
            },
            _ => {}
        }
        walk_expression(self, expression);
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::State { state } => {
                self.needs.states.insert(*state);
            }
            Target::Request { .. } => self.needs.request = true,
            Target::Response { .. } => self.needs.response = true,
            _ => {}
        }
        walk_target(self, target);
    }
}

/// How a function reads its variables.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// By variable: how often it is read, and whether every read runs at most once after the declaration.
    counts: HashMap<LocalId, (usize, bool)>,
    declared_at: HashMap<LocalId, usize>,
    /// The number of the innermost loop or closure.
    region: usize,
    regions: usize,
}

impl Reads {
    pub(crate) fn of(function: &Function) -> Self {
        let mut reads = Self::default();
        for parameter in &function.parameters {
            reads.declared_at.insert(parameter.local, 0);
        }
        reads.defaults(&function.parameters);
        reads.statements(&function.body);
        reads
    }

    /// Whether anything reads the variable.
    pub(crate) fn is_read(&self, local: LocalId) -> bool {
        self.counts.contains_key(&local)
    }

    /// Whether the only read of the variable may take it away.
    pub(crate) fn is_read_once(&self, local: LocalId) -> bool {
        self.counts.get(&local) == Some(&(1, true))
    }

    fn read(&mut self, local: LocalId) {
        let here = self.declared_at.get(&local) == Some(&self.region);
        let read = self.counts.entry(local).or_insert((0, true));
        read.0 += 1;
        read.1 &= here;
    }

    fn declare(&mut self, local: LocalId) {
        self.declared_at.insert(local, self.region);
    }

    fn region(&mut self, walk: impl FnOnce(&mut Self)) {
        self.regions += 1;
        let outer = std::mem::replace(&mut self.region, self.regions);
        walk(self);
        self.region = outer;
    }

    /// Code that runs any number of times, with the variables that it starts with.
    fn body(&mut self, locals: impl IntoIterator<Item = LocalId>, statements: &[Statement]) {
        self.region(|reads| {
            for local in locals {
                reads.declare(local);
            }
            reads.statements(statements);
        });
    }

    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn defaults(&mut self, parameters: &[Parameter]) {
        for default in parameters.iter().filter_map(|it| it.default.as_ref()) {
            self.expression(default);
        }
    }
}

impl Visit for Reads {
    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let { local, value } => {
                if let Some(value) = value {
                    self.expression(value);
                }
                self.declare(*local);
            }
            StatementKind::ForOf {
                local,
                values,
                body,
                ..
            } => {
                self.expression(values);
                self.body([*local], body);
            }
            StatementKind::ForIn {
                local,
                object,
                body,
                ..
            } => {
                self.expression(object);
                self.body([*local], body);
            }
            StatementKind::While { .. } | StatementKind::DoWhile { .. } => {
                self.region(|reads| walk_statement(reads, statement));
            }
            StatementKind::Try {
                body,
                catch,
                finally,
            } => {
                self.body([], body);
                if let Some(catch) = catch {
                    self.body(catch.local, &catch.body);
                }
                self.statements(finally);
            }
            _ => walk_statement(self, statement),
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Local { local }
            | Expression::Update {
                target: Target::Local { local },
                ..
            } => self.read(*local),
            Expression::Closure { parameters, body } => self.region(|reads| {
                for parameter in parameters {
                    reads.declare(parameter.local);
                }
                reads.defaults(parameters);
                reads.statements(body);
            }),
            Expression::Optional {
                object,
                local,
                chain,
            } => {
                self.expression(object);
                self.declare(*local);
                self.expression(chain);
            }
            Expression::Call {
                callee: Callee::Local { local },
                ..
            } => {
                self.read(*local);
                walk_expression(self, expression);
            }
            Expression::Assign {
                target: Target::Local { local },
                operator,
                ..
            } if operator.name() != "=" => {
                self.read(*local);
                walk_expression(self, expression);
            }
            _ => walk_expression(self, expression),
        }
    }
}

/// How many parameters the closure has that `statements` bind to a variable.
pub(crate) fn closure_parameters(statements: &[Statement], local: LocalId) -> Option<usize> {
    let mut search = ClosureSearch { local, found: None };
    for statement in statements {
        search.statement(statement);
    }
    search.found
}

struct ClosureSearch {
    local: LocalId,
    found: Option<usize>,
}

impl Visit for ClosureSearch {
    fn statement(&mut self, statement: &Statement) {
        if let StatementKind::Let {
            local,
            value: Some(Expression::Closure { parameters, .. }),
        } = &statement.kind
            && *local == self.local
        {
            self.found = Some(parameters.len());
        }
        walk_statement(self, statement);
    }
}
