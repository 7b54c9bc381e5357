//! Finds the module variables that requests change, through whatever name.
//!
//! An object that a variable holds can be changed through every other name for it or for a part of it. So the analysis
//! follows where the parts of each variable may go, in any order of execution: into locals, parameters, results,
//! other objects, and what middleware leaves on the request. It errs on the side of change: a variable is a constant
//! only when nothing that may be a part of it is ever changed.

mod kept;

use std::collections::{BTreeSet, HashMap};

use isobar_migrate_model::code::visit::{
    Visit, walk_expression, walk_function, walk_statement, walk_statements,
};
use isobar_migrate_model::code::{
    Argument, Builtin, Callee, Element, Expression, Function, LocalId, Method, Property,
    RequestMember, ResponseMember, Statement, StatementKind, Target,
};

use super::overriding::{may_assign, may_override};
use super::parts::{
    CONSTANTS, Parts, beyond, changes_receiver, constant, gives_primitive, held_in, instances,
    is_variable, of_instance,
};

/// What becomes of the variables of modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// The variables that change.
    pub(super) changed: BTreeSet<usize>,
    /// Variables of which one may hold a part of the other: apart, they would hold copies of it.
    pub(super) shared: BTreeSet<usize>,
    /// Variables that come to hold an instance of a class, which is no plain data.
    pub(super) unstorable: BTreeSet<usize>,
    /// Constants that do not stay as they are, as [`constant`] numbers them.
    pub(super) constants: BTreeSet<usize>,
    /// Functions that may put a property in the place of a method of an instance, and in which lines.
    pub(super) overriding: BTreeSet<(usize, u32)>,
}

/// How variables change. `ids` gives the place of a function by the number it is called by.
pub(super) fn changed_states(
    functions: &[Function],
    ids: &HashMap<usize, usize>,
    aliasable: &BTreeSet<usize>,
    methods: &[BTreeSet<String>],
) -> Changes {
    let mut flow = Flow {
        functions,
        ids,
        aliasable,
        methods,
        line: 0,
        held: BTreeSet::new(),
        locals: functions
            .iter()
            .map(|it| vec![Parts::new(); it.locals.len()])
            .collect(),
        returns: vec![Parts::new(); functions.len()],
        request: HashMap::new(),
        response: Parts::new(),
        thrown: Parts::new(),
        changes: Changes::default(),
        current: 0,
        fresh: HashMap::new(),
    };
    loop {
        let before = flow.size();
        for (id, function) in functions.iter().enumerate() {
            flow.current = id;
            flow.function(function);
        }
        if flow.size() == before {
            let mut changes = flow.changes;
            changes.changed.retain(|part| is_variable(*part));
            changes.constants = changes.changed.split_off(&CONSTANTS);
            changes.shared.split_off(&CONSTANTS);
            changes.unstorable.split_off(&CONSTANTS);
            return changes;
        }
    }
}

struct Flow<'f> {
    functions: &'f [Function],
    ids: &'f HashMap<usize, usize>,
    aliasable: &'f BTreeSet<usize>,
    methods: &'f [BTreeSet<String>],
    /// Of the statement that is looked at.
    line: u32,
    /// The classes of which an instance may be a part of some object.
    held: BTreeSet<usize>,
    locals: Vec<Vec<Parts>>,
    returns: Vec<Parts>,
    /// By the property of the request that holds them.
    request: HashMap<String, Parts>,
    response: Parts,
    thrown: Parts,
    changes: Changes,
    current: usize,
    /// The variables that new objects are put into, by the function and the local that is declared with the object.
    fresh: HashMap<(usize, usize), Parts>,
}

impl Flow<'_> {
    /// Grows with every part that is found somewhere new.
    fn size(&self) -> usize {
        let locals = self
            .locals
            .iter()
            .flatten()
            .map(BTreeSet::len)
            .sum::<usize>();
        let returns = self.returns.iter().map(BTreeSet::len).sum::<usize>();
        let request = self.request.values().map(BTreeSet::len).sum::<usize>();
        locals
            + returns
            + request
            + self.response.len()
            + self.thrown.len()
            + self.changes.changed.len()
            + self.changes.shared.len()
            + self.changes.unstorable.len()
            + self.changes.overriding.len()
            + self.held.len()
            + self.fresh.len()
    }

    fn function(&mut self, function: &Function) {
        use isobar_migrate_model::code::FunctionRole;
        if function.role == FunctionRole::ErrorHandler {
            let thrown = self.thrown.clone();
            for parameter in &function.parameters {
                self.flow_into(parameter.local, &thrown);
            }
        }
        walk_function(self, function);
        self.keep_twice(function);
    }

    fn flow_into(&mut self, local: LocalId, parts: &Parts) {
        self.locals[self.current][local.0].extend(parts);
    }

    /// What a value may be a part of.
    fn parts(&self, expression: &Expression) -> Parts {
        let of = |expression: &Expression| self.parts(expression);
        match expression {
            Expression::Instance { class } => of_instance(class.0),
            Expression::State { state } if self.aliasable.contains(&state.0) => [state.0].into(),
            Expression::Constant { constant: id } if self.aliasable.contains(&constant(id.0)) => {
                [constant(id.0)].into()
            }
            Expression::Local { local } => self.locals[self.current][local.0].clone(),
            Expression::Member { object, .. }
            | Expression::Destructured { object, .. }
            | Expression::Rest { object, .. }
            | Expression::Index { object, .. } => beyond(of(object)),
            Expression::Default {
                value: left,
                default: right,
            }
            | Expression::Logical { left, right, .. }
            | Expression::Conditional {
                then: left,
                otherwise: right,
                ..
            } => &of(left) | &of(right),
            Expression::Optional { chain, .. } => of(chain),
            Expression::Request { member } => self
                .request
                .get(&name_of(member))
                .cloned()
                .unwrap_or_default(),
            Expression::Response {
                member: ResponseMember::Locals,
            } => self.response.clone(),
            Expression::Array { .. } | Expression::Object { .. } | Expression::All { .. } => {
                beyond(self.elements(expression))
            }
            Expression::Assign { value, .. } => of(value),
            Expression::Sequence { expressions } => expressions.last().map(of).unwrap_or_default(),
            Expression::Call { callee, arguments } => self.parts_of_call(callee, arguments),
            _ => Parts::new(),
        }
    }

    /// What the values in a literal may be parts of.
    fn elements(&self, literal: &Expression) -> Parts {
        let of = |expression: &Expression| self.parts(expression);
        match literal {
            Expression::Array { elements } => elements
                .iter()
                .flat_map(|(Element::Value { value } | Element::Spread { value, .. })| of(value))
                .collect(),
            Expression::Object { properties } => properties
                .iter()
                .flat_map(|(Property::Named { value, .. } | Property::Spread { value })| of(value))
                .collect(),
            Expression::All { parts } => parts.iter().flat_map(|part| of(&part.value)).collect(),
            _ => Parts::new(),
        }
    }

    fn parts_of_call(&self, callee: &Callee, arguments: &[Argument]) -> Parts {
        let given = || self.given(arguments);
        match callee {
            Callee::Function { function } => self
                .ids
                .get(&function.0)
                .map(|id| self.returns[*id].clone())
                .unwrap_or_default(),
            Callee::Local { local } => &self.locals[self.current][local.0] | &given(),
            Callee::Method {
                receiver, method, ..
            } if !gives_primitive(*method) => beyond(&self.parts(receiver) | &given()),
            Callee::Builtin {
                builtin:
                    Builtin::ObjectValues
                    | Builtin::ObjectEntries
                    | Builtin::ObjectAssign
                    | Builtin::ObjectFromEntries
                    | Builtin::ArrayFrom
                    | Builtin::ArrayOf,
            } => beyond(given()),
            _ => Parts::new(),
        }
    }

    fn parts_of_argument(&self, argument: &Argument) -> Parts {
        match argument {
            Argument::Value {
                value: Expression::Closure { body, .. },
            } => {
                let mut results = Results {
                    flow: self,
                    parts: Parts::new(),
                };
                walk_statements(&mut results, body);
                results.parts
            }
            Argument::Value {
                value: Expression::Function { function },
            } => self
                .ids
                .get(&function.0)
                .map(|id| self.returns[*id].clone())
                .unwrap_or_default(),
            Argument::Value { value } | Argument::Spread { value, .. } => self.parts(value),
            Argument::Request | Argument::Response => Parts::new(),
        }
    }

    /// A value is put into an object: whoever holds the object holds the value.
    fn put_into(&mut self, object: &Expression, parts: &Parts) {
        let owners = self.parts(object);
        self.share(&owners, parts);
        self.held.extend(instances(parts));
        let parts = &beyond(parts.clone());
        match object {
            Expression::Local { local } => self.flow_into(*local, parts),
            Expression::Member { object, .. } | Expression::Index { object, .. } => {
                self.put_into(object, parts);
            }
            Expression::Request { member } => {
                self.request
                    .entry(name_of(member))
                    .or_default()
                    .extend(parts);
            }
            Expression::Response { .. } => self.response.extend(parts),
            // What one variable holds of another may be changed through either.
            Expression::State { .. } => self.changes.changed.extend(parts),
            _ => {}
        }
    }

    /// What belongs to one variable comes to belong to another as well.
    fn share(&mut self, owners: &Parts, parts: &Parts) {
        for owner in owners.iter().filter(|owner| is_variable(**owner)) {
            if !parts.iter().copied().all(is_variable) {
                self.changes.unstorable.insert(*owner);
            }
            for part in parts
                .iter()
                .filter(|part| *part != owner && is_variable(**part))
            {
                self.changes.shared.extend([*owner, *part]);
            }
        }
    }

    fn write(&mut self, target: &Target, parts: &Parts) {
        match target {
            Target::Local { local } => self.flow_into(*local, parts),
            Target::State { state } => {
                self.changes.changed.insert(state.0);
                self.changes.changed.extend(parts);
                self.share(&[state.0].into(), parts);
            }
            Target::Property { object, key } => {
                let owner = self.parts(object);
                self.changes.changed.extend(owner);
                self.override_in(object, |methods| may_override(key, methods));
                self.put_into(object, parts);
            }
            Target::Request { name } => {
                self.request.entry(name.clone()).or_default().extend(parts);
            }
            Target::Response { .. } => self.response.extend(parts),
        }
    }

    /// Properties of an object are set: whether they may have the names of methods is told by `may`.
    fn override_in(&mut self, object: &Expression, may: impl Fn(&BTreeSet<String>) -> bool) {
        let parts = self.parts(object);
        let held = held_in(&parts, &self.held);
        let mut classes = instances(&parts).chain(held);
        if classes.any(|class| may(&self.methods[class])) {
            self.changes.overriding.insert((self.current, self.line));
        }
    }

    /// Arguments reach the parameters of a function.
    fn pass(&mut self, function: usize, arguments: &[Argument]) {
        let Some(id) = self.ids.get(&function).copied() else {
            return;
        };
        let values = arguments
            .iter()
            .filter(|it| !matches!(it, Argument::Request | Argument::Response));
        let given: Vec<Parts> = values
            .map(|argument| self.parts_of_argument(argument))
            .collect();
        for (position, parameter) in self.functions[id].parameters.iter().enumerate() {
            let taken = if parameter.rest { given.len() } else { 1 };
            let taken = given.iter().skip(position).take(taken);
            let parts: Parts = taken.flatten().copied().collect();
            self.locals[id][parameter.local.0].extend(parts);
        }
        self.pass_new(id, arguments);
    }

    fn flow_into_parameters(&mut self, function: usize, parts: &Parts) {
        let Some(id) = self.ids.get(&function).copied() else {
            return;
        };
        for parameter in &self.functions[id].parameters {
            self.locals[id][parameter.local.0].extend(parts);
        }
    }

    fn call(&mut self, callee: &Callee, arguments: &[Argument]) {
        match callee {
            Callee::Function { function } => self.pass(function.0, arguments),
            Callee::Method {
                receiver, method, ..
            } => self.method(receiver, *method, arguments),
            Callee::Builtin {
                builtin: Builtin::ObjectAssign,
            } => self.assign_properties(arguments),
            Callee::Builtin {
                builtin: Builtin::ArrayFrom | Builtin::ArrayOf,
            } => self.held.extend(instances(&self.given(arguments))),
            Callee::Local { .. } => {
                // The parameters of a closure with a name are locals of the same function: all of them may be meant.
                let given = self.given(arguments);
                for parts in &mut self.locals[self.current] {
                    parts.extend(&given);
                }
            }
            _ => {}
        }
    }

    /// `Object.assign(target, …)`.
    fn assign_properties(&mut self, arguments: &[Argument]) {
        let Some((target, sources)) = arguments.split_first() else {
            return;
        };
        let owner = self.parts_of_argument(target);
        self.changes.changed.extend(owner);
        self.put_given(target, sources);
        if let Argument::Value { value } = target {
            self.override_in(value, |methods| may_assign(sources, methods));
        }
    }

    /// The parts of all arguments together.
    fn given(&self, arguments: &[Argument]) -> Parts {
        let given = arguments.iter().flat_map(|it| self.parts_of_argument(it));
        given.collect()
    }

    /// Arguments become properties of another.
    fn put_given(&mut self, target: &Argument, sources: &[Argument]) {
        if let Argument::Value { value } = target {
            let given = self.given(sources);
            self.put_into(value, &given);
        }
    }

    /// What a method hands to its callback, and what it does to its receiver.
    fn method(&mut self, receiver: &Expression, method: Method, arguments: &[Argument]) {
        let parts = self.parts(receiver);
        let given = self.given(arguments);
        self.held.extend(instances(&given));
        if changes_receiver(method) {
            self.changes.changed.extend(&parts);
            self.put_into(receiver, &given);
            self.keep_given(arguments, &parts);
        }
        let handed = &parts | &given;
        for argument in arguments {
            match argument {
                Argument::Value {
                    value: Expression::Closure { parameters, .. },
                } => {
                    let parameters = parameters.iter().map(|it| it.local);
                    parameters.for_each(|local| self.flow_into(local, &handed));
                }
                Argument::Value {
                    value: Expression::Function { function },
                } => {
                    self.flow_into_parameters(function.0, &handed);
                }
                _ => {}
            }
        }
    }
}

impl Visit for Flow<'_> {
    fn statement(&mut self, statement: &Statement) {
        self.line = statement.line;
        match &statement.kind {
            StatementKind::Let {
                local,
                value: Some(value),
            } => {
                if matches!(value, Expression::Object { .. } | Expression::Array { .. }) {
                    self.fresh.entry((self.current, local.0)).or_default();
                }
                let parts = match value {
                    Expression::Closure { .. } => self.parts_of_argument(&Argument::Value {
                        value: value.clone(),
                    }),
                    value => self.parts(value),
                };
                self.flow_into(*local, &parts);
            }
            StatementKind::ForOf { local, values, .. } => {
                let parts = beyond(self.parts(values));
                self.flow_into(*local, &parts);
            }
            StatementKind::Return { value: Some(value) } => {
                // A `return` of a closure is also counted for its function, which does no harm.
                let parts = self.parts(value);
                self.returns[self.current].extend(parts);
            }
            StatementKind::Throw { value } => {
                let parts = self.parts(value);
                self.thrown.extend(parts);
            }
            StatementKind::Try {
                catch: Some(catch), ..
            } => {
                if let Some(local) = catch.local {
                    let thrown = self.thrown.clone();
                    self.flow_into(local, &thrown);
                }
            }
            _ => {}
        }
        walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Assign { target, value, .. } => {
                let parts = self.parts(value);
                self.write(target, &parts);
                match target {
                    Target::State { state } => self.keep(value, &[state.0].into()),
                    Target::Property { object, .. } => {
                        let owners = self.parts(object);
                        self.keep(value, &owners);
                    }
                    _ => {}
                }
            }
            Expression::Update { target, .. } => self.write(target, &Parts::new()),
            Expression::Array { .. } | Expression::Object { .. } | Expression::All { .. } => {
                self.held.extend(instances(&self.elements(expression)));
            }
            Expression::Delete { object, .. } => {
                let owner = self.parts(object);
                self.changes.changed.extend(owner);
            }
            Expression::Optional { object, local, .. } => {
                let parts = self.parts(object);
                self.flow_into(*local, &parts);
            }
            Expression::Next {
                argument: Some(argument),
            } => {
                let parts = self.parts(argument);
                self.thrown.extend(parts);
            }
            Expression::Call { callee, arguments } => self.call(callee, arguments),
            _ => {}
        }
        walk_expression(self, expression);
    }
}

/// What the `return`s of a closure give.
struct Results<'f, 'p> {
    flow: &'p Flow<'f>,
    parts: Parts,
}

impl Visit for Results<'_, '_> {
    fn statement(&mut self, statement: &Statement) {
        if let StatementKind::Return { value: Some(value) } = &statement.kind {
            let parts = self.flow.parts(value);
            self.parts.extend(parts);
        }
        walk_statement(self, statement);
    }
}

fn name_of(member: &RequestMember) -> String {
    match member {
        RequestMember::Property(name) => name.clone(),
        RequestMember::Body => "body".to_owned(),
        RequestMember::Query => "query".to_owned(),
        RequestMember::Params => "params".to_owned(),
        RequestMember::Headers => "headers".to_owned(),
        _ => String::new(),
    }
}
