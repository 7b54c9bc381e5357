//! Classes: making them, and making instances of them.

use std::rc::Rc;

use oxc_ast::ast::{
    Class, ClassElement, FormalParameters, MethodDefinition, MethodDefinitionKind,
    PropertyDefinition, StaticBlock,
};

use crate::machine::call::Call;
use crate::machine::function::{Closure, Code};
use crate::machine::heap::{Kind, Property};
use crate::machine::scope::ScopeKind;
use crate::machine::value::{ObjectId, ScopeId, Site, Value};
use crate::machine::{Frame, Machine};
use crate::recognize;

impl<'a> Machine<'a> {
    pub(crate) fn class_declaration(&mut self, class: &'a Class<'a>, frame: &mut Frame) {
        if class.declare {
            return;
        }
        let value = self.class(class, frame);
        if let Some(id) = &class.id {
            let site = frame.site(id);
            self.declare(frame.scope, id.name.as_str(), value, site);
        }
    }

    /// The constructor function of a class.
    pub(crate) fn class(&mut self, class: &'a Class<'a>, frame: &mut Frame) -> Value {
        let parent = class
            .heritage
            .as_ref()
            .map(|heritage| self.eval(&heritage.expression, frame));
        let site = frame.site(class);
        // The name of the class is visible in its own body.
        let outer = frame.scope;
        frame.scope = self.open_block(frame);
        let closure = Closure {
            code: Code::Class(class),
            scope: frame.scope,
            module: frame.module,
            home: None,
            lexical: None,
            parent: parent.clone(),
        };
        let constructor = self.heap.allocate(Kind::Function(Rc::new(closure)), site);
        if let Some(id) = &class.id {
            self.declare(
                frame.scope,
                id.name.as_str(),
                Value::Object(constructor),
                site,
            );
        }
        let prototype = self.prototype_of(constructor, site);
        if let Some(Value::Object(parent)) = parent {
            if matches!(self.heap.get(parent).kind, Kind::Function(_)) {
                let above = self.prototype_of(parent, site);
                self.heap.get_mut(prototype).prototype = Some(above);
                self.heap.get_mut(constructor).prototype = Some(parent);
            } else {
                self.heap.get_mut(prototype).open = true;
                self.heap.get_mut(constructor).open = true;
            }
        } else if parent.is_some() {
            self.heap.get_mut(prototype).open = true;
        }
        self.define_members(class, constructor, prototype, frame);
        let value = self.decorate(class, constructor, prototype, frame);
        frame.scope = outer;
        value
    }

    fn define_members(
        &mut self,
        class: &'a Class<'a>,
        constructor: ObjectId,
        prototype: ObjectId,
        frame: &mut Frame,
    ) {
        let outer = (
            frame.home,
            std::mem::replace(&mut frame.this, Value::Object(constructor)),
        );
        for element in &class.body.body {
            match element {
                ClassElement::MethodDefinition(method) => {
                    let holder = [prototype, constructor][usize::from(method.r#static)];
                    frame.home = Some(holder);
                    self.define_method(method, holder, frame);
                }
                ClassElement::PropertyDefinition(property) if property.r#static => {
                    frame.home = Some(constructor);
                    self.define_field(property, constructor, frame);
                }
                ClassElement::StaticBlock(block) => {
                    frame.home = Some(constructor);
                    self.static_block(block, frame);
                }
                _ => {}
            }
        }
        (frame.home, frame.this) = outer;
    }

    fn static_block(&mut self, block: &'a StaticBlock<'a>, frame: &mut Frame) {
        self.in_block(frame, |machine, frame| {
            machine.execute_all(&block.body, frame)
        });
    }

    fn define_method(
        &mut self,
        method: &'a MethodDefinition<'a>,
        holder: ObjectId,
        frame: &mut Frame,
    ) {
        if method.kind == MethodDefinitionKind::Constructor || method.value.body.is_none() {
            return;
        }
        let Some(key) = self.property_key(&method.key, frame) else {
            self.heap.get_mut(holder).open = true;
            return;
        };
        let value = self.function_expression(&method.value, frame);
        let site = frame.site(method);
        self.name_value(&value, &key, site);
        match method.kind {
            MethodDefinitionKind::Get => self.define_accessor(holder, key, value.as_object(), None),
            MethodDefinitionKind::Set => self.define_accessor(holder, key, None, value.as_object()),
            MethodDefinitionKind::Method | MethodDefinitionKind::Constructor => {
                self.heap
                    .get_mut(holder)
                    .properties
                    .insert(key, Property::hidden(value));
            }
        }
    }

    fn define_field(
        &mut self,
        property: &'a PropertyDefinition<'a>,
        holder: ObjectId,
        frame: &mut Frame,
    ) {
        if property.declare {
            return;
        }
        let Some(key) = self.property_key(&property.key, frame) else {
            return;
        };
        let value = match &property.value {
            Some(value) => self.eval(value, frame),
            None => self
                .injected_field(property, frame)
                .unwrap_or(Value::Undefined),
        };
        let site = frame.site(property);
        self.name_value(&value, &key, site);
        self.adopt(holder, std::slice::from_ref(&value));
        self.heap
            .get_mut(holder)
            .properties
            .insert(key, Property::plain(value));
    }

    /// `new function(…)`.
    pub(crate) fn construct(
        &mut self,
        function: ObjectId,
        closure: &Closure<'a>,
        call: Call,
    ) -> Value {
        let instance = self.plain_object(call.site);
        let prototype = self.prototype_of(function, call.site);
        self.heap.get_mut(instance).prototype = Some(prototype);
        match closure.code {
            Code::Class(class) => self.initialize(function, class, instance, call),
            _ => match self.run_closure(function, closure, Value::Object(instance), call.arguments)
            {
                returned @ Value::Object(_) => returned,
                _ => Value::Object(instance),
            },
        }
    }

    /// Runs the fields and the constructor of a class on `instance`.
    fn initialize(
        &mut self,
        function: ObjectId,
        class: &'a Class<'a>,
        instance: ObjectId,
        call: Call,
    ) -> Value {
        let (arguments, site) = (call.arguments, call.site);
        let Kind::Function(closure) = self.heap.get(function).kind.clone() else {
            return Value::Unknown;
        };
        if self.call_depth >= crate::machine::MAX_CALL_DEPTH || self.fuel == 0 {
            return Value::Object(instance);
        }
        self.call_depth += 1;
        let mut frame = self.frame(&closure, Value::Object(instance), arguments);
        frame.class = Some(function);
        frame.home = Some(self.prototype_of(function, site));
        let constructor = class.body.body.iter().find_map(|element| match element {
            ClassElement::MethodDefinition(method)
                if method.kind == MethodDefinitionKind::Constructor
                    && method.value.body.is_some() =>
            {
                Some(&method.value)
            }
            _ => None,
        });
        if constructor.is_none() && closure.parent.is_some() {
            let arguments = frame.arguments.to_vec();
            self.super_call(arguments, &mut frame, site);
        }
        if closure.parent.is_none() {
            self.define_fields((class, closure.scope), instance, &mut frame);
        }
        let mut returned = Value::Undefined;
        if let Some(function) = constructor {
            self.bind_parameters(&function.params, &mut frame);
            self.parameter_properties(&function.params, instance, &mut frame);
            if let Some(body) = &function.body {
                returned = self.run_body(body, &mut frame);
            }
        }
        self.call_depth -= 1;
        match returned {
            Value::Object(_) => returned,
            _ => frame.this,
        }
    }

    /// The fields of an instance. They do not see the parameters of the constructor.
    fn define_fields(
        &mut self,
        (class, scope): (&'a Class<'a>, ScopeId),
        instance: ObjectId,
        frame: &mut Frame,
    ) {
        let own = self.scopes.open(ScopeKind::Function, Some(scope));
        let outer = std::mem::replace(&mut frame.scope, own);
        for element in &class.body.body {
            if let ClassElement::PropertyDefinition(property) = element
                && !property.r#static
            {
                self.define_field(property, instance, frame);
            }
        }
        frame.scope = outer;
    }

    /// TypeScript's `constructor(private name: Type)`.
    fn parameter_properties(
        &mut self,
        parameters: &'a FormalParameters<'a>,
        instance: ObjectId,
        frame: &mut Frame,
    ) {
        for parameter in &parameters.items {
            let is_property =
                parameter.accessibility.is_some() || parameter.readonly || parameter.r#override;
            if let (true, Some(id)) = (is_property, parameter.pattern.get_binding_identifier()) {
                let site = frame.site(id);
                let name = id.name.as_str();
                let value = self.lookup(name, frame, site);
                self.heap
                    .get_mut(instance)
                    .properties
                    .insert(name.into(), Property::plain(value));
            }
        }
    }

    /// `super(…)`.
    pub(crate) fn super_call(
        &mut self,
        arguments: Vec<Value>,
        frame: &mut Frame,
        site: Site,
    ) -> Value {
        let Some(function) = frame.class else {
            return Value::Unknown;
        };
        let Kind::Function(closure) = self.heap.get(function).kind.clone() else {
            return Value::Unknown;
        };
        let Value::Object(instance) = frame.this else {
            return Value::Unknown;
        };
        let call = Call {
            this: Value::Undefined,
            arguments,
            site,
            construct: true,
        };
        match closure.parent.as_ref().and_then(Value::as_object) {
            Some(parent) => match self.heap.get(parent).kind.clone() {
                Kind::Function(above) => {
                    let made = match above.code {
                        Code::Class(class) => self.initialize(parent, class, instance, call),
                        _ => self.run_closure(
                            parent,
                            &above,
                            Value::Object(instance),
                            call.arguments,
                        ),
                    };
                    if let Value::Object(_) = made {
                        frame.this = made;
                    }
                }
                _ => self.foreign_parent(parent, instance, call, frame),
            },
            None => self.heap.get_mut(instance).open = true,
        }
        if let (Code::Class(class), Value::Object(instance)) = (closure.code, frame.this.clone()) {
            self.define_fields((class, closure.scope), instance, frame);
        }
        Value::Undefined
    }

    /// The parent is a package's class or a built-in: the instance may have anything, and a call
    /// that makes a router gives the instance its place.
    fn foreign_parent(
        &mut self,
        parent: ObjectId,
        instance: ObjectId,
        call: Call,
        frame: &mut Frame,
    ) {
        recognize::extend(self, parent, instance, &call);
        let made = self.call(&Value::Object(parent), call);
        if let Some(kind @ (Kind::Router(_) | Kind::Collection { .. } | Kind::Array(_))) =
            self.heap.kind(&made)
        {
            self.heap.get_mut(instance).kind = kind.clone();
        } else {
            self.heap.get_mut(instance).open = true;
        }
        frame.this = Value::Object(instance);
    }
}
