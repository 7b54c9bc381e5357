//! Functions: making them from their source, and running their bodies.

use std::rc::Rc;

use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, Class, FormalParameters, Function, FunctionBody,
};
use oxc_span::{GetSpan, Span};

use crate::machine::heap::{Kind, Property};
use crate::machine::scope::{Binding, ScopeKind};
use crate::machine::value::{ModuleId, Name, ObjectId, ScopeId, Site, Value};
use crate::machine::{Completion, Frame, MAX_CALL_DEPTH, Machine};

/// How often one piece of code may be on the call stack at once.
const MAX_RECURSION: usize = 12;

/// The source of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Code<'a> {
    Function(&'a Function<'a>),
    Arrow(&'a ArrowFunctionExpression<'a>),
    /// A class, called with `new`.
    Class(&'a Class<'a>),
}

impl Code<'_> {
    /// Where the source is.
    pub(crate) fn span(self) -> Span {
        match self {
            Self::Function(function) => function.span(),
            Self::Arrow(arrow) => arrow.span(),
            Self::Class(class) => class.span(),
        }
    }

    /// The address of the source: the same for every closure made from it.
    pub(crate) fn identity(self) -> usize {
        match self {
            Self::Function(function) => std::ptr::from_ref(function) as usize,
            Self::Arrow(arrow) => std::ptr::from_ref(arrow) as usize,
            Self::Class(class) => std::ptr::from_ref(class) as usize,
        }
    }

    fn parameters(&self) -> Option<&FormalParameters<'_>> {
        match self {
            Self::Function(function) => Some(&function.params),
            Self::Arrow(arrow) => Some(&arrow.params),
            Self::Class(_) => None,
        }
    }

    /// The parameter names, empty where a parameter is a pattern.
    pub(crate) fn parameter_names(&self) -> Vec<&str> {
        let items = self.parameters().map(|parameters| &parameters.items);
        items
            .into_iter()
            .flatten()
            .map(|item| {
                item.pattern
                    .get_binding_identifier()
                    .map_or("", |id| id.name.as_str())
            })
            .collect()
    }
}

/// A function with what it closes over.
#[derive(Clone, Debug)]
pub(crate) struct Closure<'a> {
    pub(crate) code: Code<'a>,
    pub(crate) scope: ScopeId,
    pub(crate) module: ModuleId,
    pub(crate) home: Option<ObjectId>,
    /// For an arrow function: `this` and `arguments` of the function around it.
    pub(crate) lexical: Option<(Value, Rc<Vec<Value>>)>,
    /// For a class: the one it extends.
    pub(crate) parent: Option<Value>,
}

impl<'a> Machine<'a> {
    pub(crate) fn arrow(&mut self, arrow: &'a ArrowFunctionExpression<'a>, frame: &Frame) -> Value {
        let closure = Closure {
            code: Code::Arrow(arrow),
            scope: frame.scope,
            module: frame.module,
            home: frame.home,
            lexical: Some((frame.this.clone(), Rc::clone(&frame.arguments))),
            parent: None,
        };
        self.allocate(Kind::Function(Rc::new(closure)), frame.site(arrow))
    }

    pub(crate) fn function_expression(
        &mut self,
        function: &'a Function<'a>,
        frame: &Frame,
    ) -> Value {
        let closure = Closure {
            code: Code::Function(function),
            scope: frame.scope,
            module: frame.module,
            home: frame.home,
            lexical: None,
            parent: None,
        };
        self.allocate(Kind::Function(Rc::new(closure)), frame.site(function))
    }

    /// The object that instances made by `new function` inherit from.
    pub(crate) fn prototype_of(&mut self, function: ObjectId, site: Site) -> ObjectId {
        if let Some(property) = self.heap.get(function).properties.get("prototype")
            && let Value::Object(id) = property.value
        {
            return id;
        }
        let prototype = self.plain_object(site);
        let constructor = Property::hidden(Value::Object(function));
        self.heap
            .get_mut(prototype)
            .properties
            .insert("constructor".into(), constructor);
        let property = Property::hidden(Value::Object(prototype));
        self.heap
            .get_mut(function)
            .properties
            .insert("prototype".into(), property);
        prototype
    }

    /// The name of a function, or the one it was first stored under.
    pub(crate) fn function_name(&self, id: ObjectId) -> Option<Name> {
        let object = self.heap.get(id);
        let declared = match &object.kind {
            Kind::Function(closure) => match closure.code {
                Code::Function(function) => function.id.as_ref().map(|id| id.name.as_str()),
                Code::Class(class) => class.id.as_ref().map(|id| id.name.as_str()),
                Code::Arrow(_) => None,
            },
            _ => None,
        };
        declared
            .map(Name::from)
            .or_else(|| object.label.as_ref().map(|(name, _)| Name::clone(name)))
    }

    /// Runs a function's body.
    pub(crate) fn run_closure(
        &mut self,
        function: ObjectId,
        closure: &Closure<'a>,
        this: Value,
        arguments: Vec<Value>,
    ) -> Value {
        let identity = closure.code.identity();
        let recursions = self
            .running
            .iter()
            .filter(|running| **running == identity)
            .count();
        let is_over = self.call_depth >= MAX_CALL_DEPTH || recursions >= MAX_RECURSION;
        if is_over || self.fuel == 0 || self.is_spent(identity) {
            return Value::Unknown;
        }
        let before = (self.fuel, self.spending.registrations);
        self.call_depth += 1;
        self.running.push(identity);
        let value = match closure.code {
            Code::Function(_) => self.run_function(function, closure, this, arguments),
            Code::Arrow(code) => self.run_arrow(closure, code, arguments),
            Code::Class(_) => Value::Unknown,
        };
        self.running.pop();
        self.note_spent(identity, before.0, before.1);
        self.call_depth -= 1;
        value
    }

    fn run_function(
        &mut self,
        function: ObjectId,
        closure: &Closure<'a>,
        this: Value,
        arguments: Vec<Value>,
    ) -> Value {
        let Code::Function(code) = closure.code else {
            return Value::Unknown;
        };
        let Some(body) = &code.body else {
            return Value::Unknown;
        };
        let mut frame = self.frame(closure, this, arguments);
        let site = Site {
            module: closure.module,
            offset: code.span.start,
        };
        if let Some(id) = &code.id {
            self.scopes.declare(
                frame.scope,
                id.name.as_str(),
                Binding::new(Value::Object(function), site),
            );
        }
        self.bind_parameters(&code.params, &mut frame);
        let value = self.run_body(body, &mut frame);
        if code.generator {
            let yields = std::mem::take(&mut frame.yields);
            let generator = self.array(yields, site);
            if let Value::Object(id) = generator {
                self.heap
                    .get_mut(id)
                    .properties
                    .insert("@@return".into(), Property::hidden(value));
            }
            return generator;
        }
        if code.r#async {
            self.promise(value, site)
        } else {
            value
        }
    }

    fn run_arrow(
        &mut self,
        closure: &Closure<'a>,
        code: &'a ArrowFunctionExpression<'a>,
        arguments: Vec<Value>,
    ) -> Value {
        let this = closure
            .lexical
            .as_ref()
            .map_or(Value::Unknown, |(this, _)| this.clone());
        let mut frame = self.frame(closure, this, arguments);
        self.bind_parameters(&code.params, &mut frame);
        if let Some((_, outer)) = &closure.lexical {
            frame.arguments = Rc::clone(outer);
        }
        let value = match &code.body {
            ArrowFunctionBody::FunctionBody(body) => self.run_body(body, &mut frame),
            body => match body.as_expression() {
                Some(expression) => self.eval(expression, &mut frame),
                None => Value::Unknown,
            },
        };
        let site = Site {
            module: closure.module,
            offset: code.span.start,
        };
        if code.r#async {
            self.promise(value, site)
        } else {
            value
        }
    }

    /// A promise of `value`, which is the promise itself when it is one already.
    pub(crate) fn promise(&mut self, value: Value, site: Site) -> Value {
        if matches!(self.heap.kind(&value), Some(Kind::Promise(_))) {
            return value;
        }
        self.allocate(Kind::Promise(value), site)
    }

    pub(crate) fn frame(
        &mut self,
        closure: &Closure<'a>,
        this: Value,
        arguments: Vec<Value>,
    ) -> Frame {
        let scope = self.scopes.open(ScopeKind::Function, Some(closure.scope));
        Frame {
            scope,
            module: closure.module,
            this,
            home: closure.home,
            class: None,
            arguments: Rc::new(arguments),
            returns: Vec::new(),
            yields: Vec::new(),
        }
    }

    pub(crate) fn bind_parameters(
        &mut self,
        parameters: &'a FormalParameters<'a>,
        frame: &mut Frame,
    ) {
        let arguments = Rc::clone(&frame.arguments);
        for (index, parameter) in parameters.items.iter().enumerate() {
            let mut value = arguments.get(index).cloned().unwrap_or(Value::Undefined);
            if let Some(initializer) = &parameter.initializer {
                value = self.default_if_absent(value, initializer, frame);
            }
            self.bind(&parameter.pattern, value, frame.scope, frame);
        }
        if let Some(rest) = &parameters.rest {
            let left = arguments
                .iter()
                .skip(parameters.items.len())
                .cloned()
                .collect();
            let site = frame.site(&**rest);
            let left = self.array(left, site);
            self.bind(&rest.rest.argument, left, frame.scope, frame);
        }
        if self.scopes.binding(frame.scope, "arguments").is_none() {
            let site = frame.site(parameters);
            let list = self.array(arguments.to_vec(), site);
            self.scopes
                .declare(frame.scope, "arguments", Binding::new(list, site));
        }
    }

    /// The value that a body returns: of several possible ones the one that tells most.
    pub(crate) fn run_body(&mut self, body: &'a FunctionBody<'a>, frame: &mut Frame) -> Value {
        let completion = self.as_function(|machine| machine.execute_all(&body.statements, frame));
        let last = match completion {
            Completion::Return(value) => value,
            Completion::Throw(value) => {
                self.throw_out(value);
                Value::Unknown
            }
            _ => Value::Undefined,
        };
        let returns = std::mem::take(&mut frame.returns);
        returns
            .into_iter()
            .fold(last, |best, value| self.choose(best, value))
    }

    /// Lets a certain throw reach the nearest enclosing `try`; without one the scan goes on.
    fn throw_out(&mut self, value: Value) {
        if self
            .tries
            .last()
            .is_some_and(|depth| *depth == self.uncertain)
        {
            self.thrown = Some(value);
        }
    }
}
