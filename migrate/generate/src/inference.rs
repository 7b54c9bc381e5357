//! Finds the kind of every variable, parameter, result and state from all writes that reach it.
//!
//! It starts from nothing and adds what it sees until nothing changes, so that a kind is proven by all writes together and
//! never assumed.

use std::collections::BTreeSet;

use isobar_migrate_model::code::{
    Argument, AssignOperator, BinaryOperator, Callee, Expression, Function, FunctionRole, LocalId,
    LogicalOperator, Method, Parameter, Program, RequestMember, ResponseMember, ResponseMethod,
    Statement, StatementKind, Target, UnaryOperator, visit::Visit, visit::walk_expression,
    visit::walk_statement,
};

use crate::kind::Kind;
use crate::signature;
use crate::used;

/// The kinds of everything in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kinds {
    /// By function, then by variable.
    locals: Vec<Vec<Kind>>,
    returns: Vec<Kind>,
    states: Vec<Kind>,
    constants: Vec<Kind>,
}

/// The kinds of everything in `program`.
pub(crate) fn infer(program: &Program) -> Kinds {
    let mut kinds = Kinds {
        locals: program
            .functions
            .iter()
            .map(|it| vec![Kind::Unseen; it.locals.len()])
            .collect(),
        returns: vec![Kind::Unseen; program.functions.len()],
        states: vec![Kind::Unseen; program.states.len()],
        constants: vec![Kind::Unseen; program.constants.len()],
    };
    let used = used::results(program);
    loop {
        let before = kinds.clone();
        for (id, constant) in program.constants.iter().enumerate() {
            kinds.constants[id] = kinds.of(&[], &constant.value);
        }
        for (id, state) in program.states.iter().enumerate() {
            kinds.states[id] = kinds.states[id].or(kinds.of(&[], &state.seed));
        }
        for (id, function) in program.functions.iter().enumerate() {
            observe(&mut kinds, program, id, function);
        }
        if kinds == before && !kinds.give_undefined(&used) {
            return kinds;
        }
    }
}

impl Kinds {
    /// Makes functions that return nothing, but are called for a value, return `undefined` as one; whether there are any.
    fn give_undefined(&mut self, used: &BTreeSet<usize>) -> bool {
        let without: Vec<_> = used
            .iter()
            .filter(|id| self.returned(**id) == Kind::Undefined)
            .collect();
        for id in &without {
            self.returns[**id] = Kind::Value;
        }
        !without.is_empty()
    }

    pub(crate) fn local(&self, function: usize, local: LocalId) -> Kind {
        self.locals[function][local.0].settled()
    }

    pub(crate) fn returned(&self, function: usize) -> Kind {
        match self.returns[function] {
            Kind::Unseen => Kind::Undefined,
            kind => kind,
        }
    }

    pub(crate) fn state(&self, state: usize) -> Kind {
        self.states[state].settled()
    }

    pub(crate) fn constant(&self, constant: usize) -> Kind {
        self.constants[constant].settled()
    }

    /// The kind of an expression of `function`.
    pub(crate) fn in_function(&self, function: usize, expression: &Expression) -> Kind {
        self.of(&self.locals[function], expression)
    }

    /// The kind of an expression outside of functions, which has no variables.
    pub(crate) fn outside(&self, expression: &Expression) -> Kind {
        self.of(&[], expression)
    }

    fn of(&self, locals: &[Kind], expression: &Expression) -> Kind {
        let of = |expression| self.of(locals, expression);
        match expression {
            Expression::Undefined | Expression::Next { .. } => Kind::Undefined,
            Expression::Bool { .. }
            | Expression::InstanceOf { .. }
            | Expression::IsInstance { .. }
            | Expression::Delete { .. } => Kind::Bool,
            Expression::Number { .. } | Expression::Update { .. } => Kind::Number,
            Expression::Text { .. } | Expression::Template { .. } => Kind::Text,
            Expression::Array { .. } | Expression::All { .. } => Kind::Array,
            Expression::Local { local } => locals.get(local.0).copied().unwrap_or(Kind::Value),
            Expression::Constant { constant } => self.constants[constant.0],
            Expression::State { state } => self.states[state.0],
            Expression::Request { member } => request_member(member),
            Expression::Response { member } => response_member(*member),
            Expression::Member { object, property } if property == "length" => match of(object) {
                Kind::Text | Kind::Array => Kind::Number,
                Kind::Unseen => Kind::Unseen,
                _ => Kind::Value,
            },
            Expression::Default { value, default } => match of(value) {
                Kind::Undefined => of(default),
                kind => kind.or(of(default)),
            },
            Expression::Call { callee, arguments } => self.call(locals, callee, arguments),
            Expression::Respond { steps } => match steps.last().map(|step| step.method) {
                Some(ResponseMethod::Get | ResponseMethod::GetHeader) => Kind::Value,
                _ => Kind::Undefined,
            },
            Expression::Unary { operator, .. } => match operator {
                UnaryOperator::Not => Kind::Bool,
                UnaryOperator::TypeOf => Kind::Text,
                UnaryOperator::Void => Kind::Undefined,
                _ => Kind::Number,
            },
            Expression::Binary {
                operator,
                left,
                right,
            } => binary(*operator, of(left), of(right)),
            Expression::Logical {
                operator,
                left,
                right,
            } => logical(*operator, of(left), of(right)),
            Expression::Conditional {
                then, otherwise, ..
            } => of(then).or(of(otherwise)),
            Expression::Assign {
                target,
                operator,
                value,
            } => assigned(*operator, self.target(locals, target), of(value)),
            Expression::Sequence { expressions } => expressions.last().map_or(Kind::Undefined, of),
            _ => Kind::Value,
        }
    }

    fn target(&self, locals: &[Kind], target: &Target) -> Kind {
        match target {
            Target::Local { local } => locals.get(local.0).copied().unwrap_or(Kind::Value),
            Target::State { state } => self.states[state.0],
            _ => Kind::Value,
        }
    }

    fn call(&self, locals: &[Kind], callee: &Callee, arguments: &[Argument]) -> Kind {
        match callee {
            Callee::Function { function } => self.returns[function.0],
            Callee::Local { .. } | Callee::Request { .. } => Kind::Value,
            Callee::Builtin { builtin } => signature::builtin(*builtin),
            Callee::Method {
                method: Method::Reduce,
                ..
            } => {
                let (callback, initial) = (arguments.first(), arguments.get(1));
                match (callback, initial) {
                    (
                        Some(Argument::Value { value: callback }),
                        Some(Argument::Value { value: initial }),
                    ) => self
                        .of(locals, initial)
                        .or(self.closure_result(locals, callback)),
                    _ => Kind::Value,
                }
            }
            Callee::Method {
                receiver, method, ..
            } => signature::method(*method, self.of(locals, receiver)),
        }
    }

    /// What a closure returns.
    fn closure_result(&self, locals: &[Kind], closure: &Expression) -> Kind {
        match closure {
            Expression::Closure { body, .. } => {
                let mut results = Results {
                    kinds: self,
                    locals,
                    found: Kind::Unseen,
                };
                for statement in body {
                    results.statement(statement);
                }
                if ends(body) {
                    results.found
                } else {
                    results.found.or(Kind::Undefined)
                }
            }
            Expression::Function { function } => self.returns[function.0],
            _ => Kind::Value,
        }
    }
}

/// Joins the kinds of what a body returns.
struct Results<'a> {
    kinds: &'a Kinds,
    locals: &'a [Kind],
    found: Kind,
}

impl Visit for Results<'_> {
    fn statement(&mut self, statement: &Statement) {
        if let StatementKind::Return { value } = &statement.kind {
            let kind = value
                .as_ref()
                .map_or(Kind::Undefined, |value| self.kinds.of(self.locals, value));
            self.found = self.found.or(kind);
        }
        walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &Expression) {
        if !matches!(expression, Expression::Closure { .. }) {
            walk_expression(self, expression);
        }
    }
}

/// Whether control never reaches the end of these statements.
pub(crate) fn ends(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StatementKind::Return { .. }
        | StatementKind::Throw { .. }
        | StatementKind::Break { .. }
        | StatementKind::Continue { .. }
        | StatementKind::Format { .. } => true,
        StatementKind::If {
            then, otherwise, ..
        } => ends(then) && ends(otherwise),
        StatementKind::Block { body } => ends(body),
        StatementKind::While {
            test: Expression::Bool { value: true },
            body,
            label,
            ..
        }
        | StatementKind::DoWhile {
            test: Expression::Bool { value: true },
            body,
            label,
        } => !leaves(body, label.as_deref()),
        StatementKind::Switch { cases, .. } => {
            cases.iter().any(|case| case.default) && cases.iter().all(|case| ends(&case.body))
        }
        StatementKind::Try { body, catch, .. } => {
            ends(body) && catch.as_ref().is_none_or(|catch| ends(&catch.body))
        }
        _ => false,
    })
}

/// Whether a `break` in the body of a loop leaves it.
fn leaves(body: &[Statement], label: Option<&str>) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Break { label: None } => true,
        StatementKind::Break { label: to } => to.as_deref() == label,
        StatementKind::If {
            then, otherwise, ..
        } => leaves(then, label) || leaves(otherwise, label),
        StatementKind::Block { body } => leaves(body, label),
        StatementKind::Switch { cases, .. } => cases.iter().any(|case| leaves(&case.body, label)),
        StatementKind::Try {
            body,
            catch,
            finally,
        } => {
            leaves(body, label)
                || leaves(finally, label)
                || catch
                    .as_ref()
                    .is_some_and(|catch| leaves(&catch.body, label))
        }
        // An inner loop takes the jumps without a label.
        StatementKind::While { body, .. }
        | StatementKind::DoWhile { body, .. }
        | StatementKind::ForOf { body, .. }
        | StatementKind::ForIn { body, .. } => leaves_by_label(body, label),
        _ => false,
    })
}

/// Whether a jump with this label stands in a loop inside of the labelled one.
fn leaves_by_label(body: &[Statement], label: Option<&str>) -> bool {
    let mut search = LabelSearch {
        label,
        found: false,
    };
    for statement in body {
        search.statement(statement);
    }
    search.found
}

/// Looks for jumps to a label.
pub(crate) struct LabelSearch<'l> {
    pub(crate) label: Option<&'l str>,
    pub(crate) found: bool,
}

impl Visit for LabelSearch<'_> {
    fn statement(&mut self, statement: &Statement) {
        if let StatementKind::Break { label } | StatementKind::Continue { label } = &statement.kind
        {
            self.found |= label.is_some() && label.as_deref() == self.label;
        }
        walk_statement(self, statement);
    }
}

fn observe(kinds: &mut Kinds, program: &Program, id: usize, function: &Function) {
    for (position, parameter) in function.parameters.iter().enumerate() {
        let given = match function.role {
            FunctionRole::ErrorHandler => Kind::Value,
            FunctionRole::ParamHook if position == 0 => Kind::Value,
            FunctionRole::ParamHook => Kind::Text,
            _ if parameter.rest => Kind::Array,
            _ => continue,
        };
        kinds.locals[id][parameter.local.0] = given;
    }
    for capture in &function.captures {
        kinds.locals[id][capture.local.0] = Kind::Value;
    }
    let locals = kinds.locals[id].clone();
    let mut results = Results {
        kinds,
        locals: &locals,
        found: Kind::Unseen,
    };
    function
        .body
        .iter()
        .for_each(|statement| results.statement(statement));
    let found = results.found;
    let found = if ends(&function.body) {
        found
    } else {
        found.or(Kind::Undefined)
    };
    kinds.returns[id] = kinds.returns[id].or(found);
    let mut writes = Writes {
        kinds,
        program,
        function: id,
    };
    function
        .body
        .iter()
        .for_each(|statement| writes.statement(statement));
    for parameter in &function.parameters {
        parameter
            .default
            .iter()
            .for_each(|default| writes.expression(default));
    }
}

/// Notes what is written to variables, parameters and states.
struct Writes<'a> {
    kinds: &'a mut Kinds,
    program: &'a Program,
    function: usize,
}

impl Writes<'_> {
    fn kind(&self, expression: &Expression) -> Kind {
        self.kinds.of(&self.kinds.locals[self.function], expression)
    }

    fn write(&mut self, local: LocalId, kind: Kind) {
        let place = &mut self.kinds.locals[self.function][local.0];
        *place = place.or(kind);
    }

    fn write_target(&mut self, target: &Target, kind: Kind) {
        match target {
            Target::Local { local } => self.write(*local, kind),
            Target::State { state } => {
                let place = &mut self.kinds.states[state.0];
                *place = place.or(kind);
            }
            _ => {}
        }
    }

    /// The arguments of a call reach the parameters of the function.
    fn pass(&mut self, function: usize, arguments: &[Argument]) {
        let callee = &self.program.functions[function];
        let values = arguments
            .iter()
            .filter(|argument| !matches!(argument, Argument::Request | Argument::Response));
        let mut given: Vec<Kind> = values
            .map(|argument| match argument {
                Argument::Value { value } => self.kind(value),
                _ => Kind::Value,
            })
            .collect();
        given.resize(given.len().max(callee.parameters.len()), Kind::Undefined);
        for (parameter, kind) in callee.parameters.iter().zip(given) {
            if parameter.rest {
                continue;
            }
            let kind = match (&parameter.default, kind) {
                (Some(default), Kind::Undefined) => {
                    self.kinds.of(&self.kinds.locals[function], default)
                }
                (Some(_), Kind::Value) | (None, _) => kind,
                (Some(default), kind) => {
                    kind.or(self.kinds.of(&self.kinds.locals[function], default))
                }
            };
            let place = &mut self.kinds.locals[function][parameter.local.0];
            *place = place.or(kind);
        }
    }

    /// What a method hands to its callback.
    fn call_back(&mut self, method: Method, arguments: &[Argument]) {
        let Some(Argument::Value { value: callback }) = arguments.first() else {
            return;
        };
        if let Expression::Function { function } = callback {
            for parameter in &self.program.functions[function.0].parameters {
                self.kinds.locals[function.0][parameter.local.0] = Kind::Value;
            }
        }
        let Expression::Closure { parameters, .. } = callback else {
            return;
        };
        let handed = match (method, arguments.get(1)) {
            (Method::Reduce, Some(Argument::Value { value: initial })) => {
                let locals = &self.kinds.locals[self.function];
                let result = self.kinds.closure_result(locals, callback);
                [self.kind(initial).or(result), Kind::Value, Kind::Number]
            }
            (Method::Reduce, _) => [Kind::Value, Kind::Value, Kind::Number],
            (Method::Sort, _) => [Kind::Value, Kind::Value, Kind::Undefined],
            _ => [Kind::Value, Kind::Number, Kind::Undefined],
        };
        for (parameter, kind) in parameters.iter().zip(handed) {
            self.write(parameter.local, kind);
        }
    }
}

impl Visit for Writes<'_> {
    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let { local, value } => {
                let kind = value
                    .as_ref()
                    .map_or(Kind::Undefined, |value| self.kind(value));
                self.write(*local, kind);
            }
            StatementKind::ForOf { local, values, .. } => {
                let is_text = self.kind(values) == Kind::Text;
                self.write(*local, if is_text { Kind::Text } else { Kind::Value });
            }
            StatementKind::ForIn { local, .. } => self.write(*local, Kind::Text),
            StatementKind::Try {
                catch: Some(catch), ..
            } => {
                if let Some(local) = catch.local {
                    self.write(local, Kind::Value);
                }
            }
            _ => {}
        }
        walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Assign {
                target,
                operator,
                value,
            } => {
                let before = self.kinds.target(&self.kinds.locals[self.function], target);
                let kind = assigned(*operator, before, self.kind(value));
                self.write_target(target, kind);
            }
            Expression::Update { target, .. } => self.write_target(target, Kind::Number),
            Expression::Optional { local, .. } => self.write(*local, Kind::Value),
            Expression::Call {
                callee: Callee::Function { function },
                arguments,
            } => {
                self.pass(function.0, arguments);
            }
            Expression::Call {
                callee: Callee::Method { method, .. },
                arguments,
            } => {
                self.call_back(*method, arguments);
            }
            Expression::Closure { parameters, .. } => {
                // The parameters of a closure that is called by name take anything.
                let locals = self.kinds.locals[self.function].clone();
                let unseen = |it: &&Parameter| locals[it.local.0] == Kind::Unseen;
                for parameter in parameters.iter().filter(unseen) {
                    self.write(parameter.local, Kind::Value);
                }
            }
            _ => {}
        }
        walk_expression(self, expression);
    }
}

fn request_member(member: &RequestMember) -> Kind {
    match member {
        RequestMember::Method
        | RequestMember::Path
        | RequestMember::Url
        | RequestMember::OriginalUrl
        | RequestMember::BaseUrl
        | RequestMember::Protocol => Kind::Text,
        RequestMember::Secure | RequestMember::Xhr => Kind::Bool,
        _ => Kind::Value,
    }
}

fn response_member(member: ResponseMember) -> Kind {
    match member {
        ResponseMember::HeadersSent => Kind::Bool,
        _ => Kind::Value,
    }
}

fn binary(operator: BinaryOperator, left: Kind, right: Kind) -> Kind {
    match operator {
        BinaryOperator::Add => added(left, right),
        BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Remainder
        | BinaryOperator::Power
        | BinaryOperator::BitAnd
        | BinaryOperator::BitOr
        | BinaryOperator::BitXor
        | BinaryOperator::ShiftLeft
        | BinaryOperator::ShiftRight
        | BinaryOperator::ShiftRightZero => Kind::Number,
        _ => Kind::Bool,
    }
}

fn added(left: Kind, right: Kind) -> Kind {
    match (left, right) {
        (Kind::Text, _) | (_, Kind::Text) => Kind::Text,
        (Kind::Unseen, _) | (_, Kind::Unseen) => Kind::Unseen,
        (Kind::Number | Kind::Bool, Kind::Number | Kind::Bool) => Kind::Number,
        _ => Kind::Value,
    }
}

fn logical(operator: LogicalOperator, left: Kind, right: Kind) -> Kind {
    match (operator, left) {
        (LogicalOperator::Nullish, Kind::Undefined) => right,
        _ => left.or(right),
    }
}

/// What an assignment leaves in its target, which is also its value.
fn assigned(operator: AssignOperator, before: Kind, value: Kind) -> Kind {
    match operator {
        AssignOperator::Set => value,
        AssignOperator::Add => added(before, value),
        AssignOperator::And | AssignOperator::Or | AssignOperator::Nullish => before.or(value),
        _ => Kind::Number,
    }
}
