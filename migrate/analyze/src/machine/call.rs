//! Calls: evaluating callee and arguments, and dispatching on what is called.

use oxc_ast::ast::{Argument, CallExpression, Expression, NewExpression};
use oxc_span::GetSpan;

use crate::machine::builtin;
use crate::machine::expression::private_key;
use crate::machine::function::Code;
use crate::machine::heap::{Foreign, Kind, Step};
use crate::machine::value::{Name, Site, Value};
use crate::machine::{Frame, Machine};
use crate::recognize;

/// Functions of one call that are taken to be called back.
const MAX_CALLBACKS: usize = 64;

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) this: Value,
    pub(crate) arguments: Vec<Value>,
    pub(crate) site: Site,
    /// Whether it is made with `new`.
    pub(crate) construct: bool,
}

impl Call {
    pub(crate) fn argument(&self, index: usize) -> Value {
        self.arguments
            .get(index)
            .cloned()
            .unwrap_or(Value::Undefined)
    }

    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        self.arguments.get(index).and_then(Value::as_text)
    }
}

impl<'a> Machine<'a> {
    pub(crate) fn call_expression(
        &mut self,
        call: &'a CallExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        if let Expression::Super(_) = &call.callee {
            let arguments = self.arguments(&call.arguments, frame);
            return self.super_call(arguments, frame, frame.site(call));
        }
        let (callee, this, site) = self.callee(&call.callee, frame);
        if self.cut(call.optional, &callee) {
            return Value::Undefined;
        }
        let arguments = self.arguments(&call.arguments, frame);
        let built = match (&call.callee, &callee) {
            (Expression::Identifier(name), _) => {
                self.module_function(name.name.as_str(), &callee, &arguments, site)
            }
            _ => None,
        };
        if let Some(value) = built {
            return value;
        }
        if callee.is_unknown() && self.trace.is_some() {
            self.note_unknown_callee(&call.callee, &this, site);
        }
        self.call(
            &callee,
            Call {
                this,
                arguments,
                site,
                construct: false,
            },
        )
    }

    /// Records a call of something unknown, unless it is a method that plain data has.
    fn note_unknown_callee(&mut self, callee: &'a Expression<'a>, this: &Value, site: Site) {
        let name = match callee {
            Expression::StaticMemberExpression(member) => member.property.name.as_str(),
            Expression::Identifier(identifier) => identifier.name.as_str(),
            _ => "",
        };
        let is_data = this.is_unknown() || matches!(self.heap.kind(this), Some(Kind::Plain));
        if !(is_data && (DATA_METHODS.contains(&name) || is_date_method(name))) {
            self.note_unresolved(name, site);
        }
    }

    /// The function that is called, its `this`, and the position that a stack trace would show.
    fn callee(&mut self, callee: &'a Expression<'a>, frame: &mut Frame) -> (Value, Value, Site) {
        match callee {
            Expression::StaticMemberExpression(member) => {
                let site = frame.site(&member.property);
                if matches!(member.object, Expression::Super(_)) {
                    let method = self.super_member(member.property.name.as_str(), frame, site);
                    return (method, frame.this.clone(), site);
                }
                let object = self.eval(&member.object, frame);
                if self.cut(member.optional, &object) {
                    return (Value::Undefined, object, site);
                }
                let method = self.get(&object, member.property.name.as_str(), site);
                (method, object, site)
            }
            Expression::ComputedMemberExpression(member) => {
                let site = frame.site(&member.expression);
                let object = self.eval(&member.object, frame);
                if self.cut(member.optional, &object) {
                    return (Value::Undefined, object, site);
                }
                let key = self.eval(&member.expression, frame);
                let method = self.get_computed(&object, &key, site);
                (method, object, site)
            }
            Expression::PrivateFieldExpression(member) => {
                let site = frame.site(&member.field);
                let object = self.eval(&member.object, frame);
                let method = self.get(&object, &private_key(member.field.name.as_str()), site);
                (method, object, site)
            }
            Expression::ChainExpression(_) | Expression::TSNonNullExpression(_) => {
                let value = self.eval(callee, frame);
                (value, Value::Unknown, frame.site(callee))
            }
            _ => {
                let value = self.eval(callee, frame);
                (
                    value,
                    Value::Undefined,
                    Site {
                        module: frame.module,
                        offset: callee.span().start,
                    },
                )
            }
        }
    }

    pub(crate) fn arguments(
        &mut self,
        arguments: &'a oxc_allocator::Vec<'a, Argument<'a>>,
        frame: &mut Frame,
    ) -> Vec<Value> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if let Argument::SpreadElement(spread) = argument {
                let value = self.eval(&spread.argument, frame);
                let elements = self.shared_elements(&value);
                let is_known = elements.is_some_and(|more| self.append(&mut values, &more));
                values.extend((!is_known).then_some(Value::Unknown));
            } else {
                let value = argument
                    .as_expression()
                    .map(|expression| self.eval(expression, frame));
                values.push(value.unwrap_or(Value::Unknown));
            }
        }
        values
    }

    pub(crate) fn new_expression(
        &mut self,
        new: &'a NewExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        let before = self.assumptions_made();
        let callee = self.eval(&new.callee, frame);
        let arguments = self.arguments(&new.arguments, frame);
        let site = frame.site(new);
        let made = self.call(
            &callee,
            Call {
                this: Value::Undefined,
                arguments,
                site,
                construct: true,
            },
        );
        if let Value::Object(id) = made {
            self.heap.get_mut(id).past.assumed |=
                self.assumptions_made() != before || self.is_assuming();
        }
        made
    }

    pub(crate) fn call_simply(
        &mut self,
        callee: &Value,
        this: Value,
        arguments: Vec<Value>,
        site: Site,
    ) -> Value {
        self.call(
            callee,
            Call {
                this,
                arguments,
                site,
                construct: false,
            },
        )
    }

    /// Calls whatever `callee` is.
    pub(crate) fn call(&mut self, callee: &Value, call: Call) -> Value {
        let Value::Object(id) = callee else {
            return self.unknown_call(&call);
        };
        match self.heap.get(*id).kind.clone() {
            Kind::Function(closure) => {
                if let Some(value) = recognize::before_call(self, *id, &closure, &call) {
                    return value;
                }
                match (closure.code, call.construct) {
                    (Code::Class(_), false) => Value::Unknown,
                    (_, true) => self.construct(*id, &closure, call),
                    (_, false) => self.run_closure(*id, &closure, call.this, call.arguments),
                }
            }
            Kind::Bound {
                target,
                this,
                arguments,
            } => {
                let mut all = arguments;
                all.extend(call.arguments);
                self.call(
                    &target,
                    Call {
                        this,
                        arguments: all,
                        ..call
                    },
                )
            }
            Kind::Builtin(family, name) => builtin::call(self, family, &name, call),
            Kind::Namespace(family) => builtin::call(self, family, "", call),
            Kind::Foreign(_) => self.foreign_call(*id, call),
            Kind::Router(router) => recognize::called(self, router, &call),
            Kind::Next => Value::Undefined,
            Kind::Input(_) => {
                self.run_callbacks(&call, false);
                Value::Unknown
            }
            _ => self.unknown_call(&call),
        }
    }

    /// A call of something that is not known: its callbacks may run, and what went in may come out.
    pub(crate) fn unknown_call(&mut self, call: &Call) -> Value {
        self.run_callbacks(call, false);
        self.outcome("", "", call)
    }

    /// What an unknown call gives: something unknown that carries the objects that went in.
    pub(crate) fn outcome(&mut self, package: &str, path: &str, call: &Call) -> Value {
        let inputs: Vec<Value> = call
            .arguments
            .iter()
            .filter(|value| matches!(value, Value::Object(_)))
            .cloned()
            .collect();
        if inputs.is_empty() && package.is_empty() {
            return Value::Unknown;
        }
        let foreign = Foreign {
            package: Name::from(package),
            path: Name::from(path),
            file: None,
            parent: None,
            step: Step::Call,
            inputs,
            realized: None,
        };
        self.allocate(Kind::Foreign(foreign), call.site)
    }

    /// Runs the functions among the arguments once with unknown arguments: at once when `now` or
    /// while a request is served, else when the current turn has ended.
    ///
    /// A function that looks like a request handler is left alone while routes are registered: it
    /// runs per request, and registers nothing.
    pub(crate) fn run_callbacks(&mut self, call: &Call, now: bool) {
        for argument in self.callbacks(&call.arguments) {
            let Some(Kind::Function(closure)) = self.heap.kind(&argument) else {
                continue;
            };
            let unknown = vec![Value::Unknown; closure.code.parameter_names().len().max(1)];
            if now || self.trace.is_some() {
                self.call_uncertainly(&argument, unknown, call.site);
            } else if self.deferred.len() < 10_000 {
                self.deferred.push_back((argument, unknown));
            }
        }
    }

    /// The functions in a list of arguments that may be called back. While routes are registered
    /// those in arrays and options count as well.
    fn callbacks(&self, arguments: &[Value]) -> Vec<Value> {
        let mut found = Vec::new();
        for argument in arguments {
            let Value::Object(id) = argument else {
                continue;
            };
            let object = self.heap.get(*id);
            match &object.kind {
                Kind::Array(elements) if self.trace.is_none() => found.extend(elements.iter()),
                Kind::Plain if self.trace.is_none() && object.prototype.is_none() => {
                    found.extend(object.properties.values().map(|property| &property.value));
                    let arrays = object
                        .properties
                        .values()
                        .filter_map(|property| self.heap.array(&property.value));
                    found.extend(arrays.flatten());
                }
                _ => found.push(argument),
            }
        }
        let is_callback = |value: &&Value| match self.heap.kind(value) {
            Some(Kind::Function(closure)) if matches!(closure.code, Code::Class(_)) => false,
            Some(Kind::Function(closure)) => {
                self.trace.is_some()
                    || !recognize::looks_like_handler(&closure.code.parameter_names())
            }
            _ => false,
        };
        found
            .into_iter()
            .filter(is_callback)
            .take(MAX_CALLBACKS)
            .cloned()
            .collect()
    }

    /// Calls a function that may not be called at all.
    pub(crate) fn call_uncertainly(
        &mut self,
        callee: &Value,
        arguments: Vec<Value>,
        site: Site,
    ) -> Value {
        self.uncertainly(|machine| machine.call_simply(callee, Value::Undefined, arguments, site))
    }

    /// Runs the callbacks that waited for the end of the turn.
    pub(crate) fn run_deferred(&mut self) {
        let mut rounds = 0;
        while let Some((callback, arguments)) = self.deferred.pop_front() {
            rounds += 1;
            if rounds > 5_000 || self.fuel == 0 {
                self.deferred.clear();
                return;
            }
            let site = match callback.as_object() {
                Some(id) => self.heap.get(id).site,
                None => continue,
            };
            self.call_simply(&callback, Value::Undefined, arguments, site);
        }
    }
}

/// Methods that texts, numbers, arrays, dates and promises have.
const DATA_METHODS: [&str; 56] = [
    "toString",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "split",
    "replace",
    "replaceAll",
    "includes",
    "startsWith",
    "endsWith",
    "indexOf",
    "slice",
    "substring",
    "substr",
    "charAt",
    "match",
    "map",
    "filter",
    "forEach",
    "find",
    "findIndex",
    "some",
    "every",
    "reduce",
    "push",
    "pop",
    "shift",
    "unshift",
    "splice",
    "join",
    "concat",
    "sort",
    "reverse",
    "keys",
    "values",
    "entries",
    "flat",
    "flatMap",
    "at",
    "padStart",
    "padEnd",
    "repeat",
    "test",
    "toFixed",
    "toISOString",
    "getTime",
    "toJSON",
    "then",
    "catch",
    "finally",
    "has",
    "get",
    "hasOwnProperty",
    "localeCompare",
    "charCodeAt",
    "lastIndexOf",
];

/// Whether dates have a method of this name.
fn is_date_method(name: &str) -> bool {
    let field = ["get", "set", "getUTC", "setUTC"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix));
    let fields = [
        "FullYear",
        "Month",
        "Date",
        "Day",
        "Hours",
        "Minutes",
        "Seconds",
        "Milliseconds",
        "TimezoneOffset",
        "Time",
    ];
    field.is_some_and(|field| fields.contains(&field))
        || (name.starts_with("to") && name.ends_with("String"))
}
