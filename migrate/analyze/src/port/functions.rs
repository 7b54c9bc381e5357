//! Lowers functions, and those that they call.

use isobar_migrate_model::code::{Expression, Function, FunctionId, FunctionRole};
use isobar_migrate_model::{Place, Reason, ReasonCode};

use super::names::FunctionNames;
use super::{Entity, FunctionKey, Porter, Slot};
use crate::lower::{
    Body, Callable, FunctionSource, Named, Obstacle, Refusal, Role, This, constructor_of, lower,
};
use crate::machine::function::{Closure, Code};
use crate::machine::heap::Kind;
use crate::machine::scope::ScopeKind;
use crate::machine::value::{ModuleId, ObjectId, ScopeId, Site, Value};

/// A function, and what `this` is in it.
#[derive(Clone, Copy)]
pub(super) struct Called {
    function: ObjectId,
    this: This,
}

/// A handler, ready to be put into a layer.
pub(super) struct Handled {
    pub(super) function: usize,
    pub(super) captures: Vec<Expression>,
    pub(super) is_async: bool,
}

impl<'a> Porter<'_, 'a> {
    /// A place for a function in the program; it is lowered later.
    pub(super) fn callable(
        &mut self,
        id: ObjectId,
        this: This,
        roles: &[Role],
    ) -> Result<Callable, Obstacle> {
        let (called, closure) = self.called(id, this)?;
        let is_async = is_async(&closure);
        let position = self.slot(called, &closure, FunctionRole::Plain, roles);
        Ok(Callable {
            function: FunctionId(position),
            is_async,
        })
    }

    /// Lowers a function that Express calls, with all that it calls.
    pub(super) fn handler(
        &mut self,
        id: ObjectId,
        role: FunctionRole,
        registered: Site,
    ) -> Result<Handled, Vec<Reason>> {
        let refused = |porter: &Self, obstacle: Obstacle| vec![porter.reason(obstacle, registered)];
        let (called, closure) = self
            .called(id, This::Nobody)
            .map_err(|obstacle| refused(self, obstacle))?;
        let roles = roles_of(role);
        let position = self.slot(called, &closure, role, &roles);
        self.lower_queued();
        let slot = &self.functions[position];
        if let Some(Err(reasons)) = &slot.lowered {
            return Err(reasons.clone());
        }
        let names = slot.captures.clone();
        let mut captures = Vec::new();
        for name in names {
            let scope = self.machine.scopes.find(closure.scope, &name);
            let binding = scope.and_then(|scope| self.machine.scopes.binding(scope, &name));
            let value = binding.map_or(Value::Unknown, |binding| binding.value.clone());
            let value = super::data::literal(self.machine, &value);
            captures.push(value.map_err(|obstacle| refused(self, obstacle))?);
        }
        Ok(Handled {
            function: position,
            captures,
            is_async: is_async(&closure),
        })
    }

    /// The function itself and what `this` is in it, when `id` is called on `this`.
    fn called(&mut self, id: ObjectId, this: This) -> Result<(Called, Closure<'a>), Obstacle> {
        let (mut function, mut this) = (id, this);
        while let Kind::Bound {
            target: Value::Object(target),
            this: bound,
            arguments,
        } = self.machine.heap.get(function).kind.clone()
        {
            if !arguments.is_empty() {
                return Err("a function with bound arguments".into());
            }
            this = self.this_of(&bound);
            function = target;
        }
        let closure = self.closure(function)?;
        let this = self.this_in(&closure, this);
        Ok((Called { function, this }, closure))
    }

    /// A place for the constructor of a class; it is lowered later.
    pub(super) fn constructor(
        &mut self,
        id: ObjectId,
        this: This,
        roles: &[Role],
    ) -> Result<Callable, Obstacle> {
        let closure = self.closure(id)?;
        let called = Called { function: id, this };
        let position = self.slot(called, &closure, FunctionRole::Plain, roles);
        Ok(Callable {
            function: FunctionId(position),
            is_async: false,
        })
    }

    pub(super) fn closure(&self, id: ObjectId) -> Result<Closure<'a>, Obstacle> {
        let Kind::Function(closure) = &self.machine.heap.get(id).kind else {
            return Err("something other than a function".into());
        };
        if self.machine.modules[closure.module.0 as usize]
            .package
            .is_some()
        {
            let package = self.machine.modules[closure.module.0 as usize]
                .package
                .clone();
            return Err(super::packages::obstacle(&package.unwrap_or_default(), ""));
        }
        Ok((**closure).clone())
    }

    fn slot(
        &mut self,
        called: Called,
        closure: &Closure<'a>,
        role: FunctionRole,
        roles: &[Role],
    ) -> usize {
        let Called { function, this } = called;
        let counts_arguments =
            matches!(closure.code, Code::Class(class) if constructor_of(class).is_none());
        let mut roles = roles.to_vec();
        while !counts_arguments && roles.last() == Some(&Role::Value) {
            // Whether an argument is given changes nothing in what the parameters are.
            roles.pop();
        }
        let key = FunctionKey {
            code: closure.code.identity(),
            scope: self.distinguishing_scope(closure),
            role: role as u8,
            roles: roles.clone(),
            this,
        };
        if let Some((position, _, _)) = self.functions.get_full(&key) {
            return position;
        }
        let slot = Slot {
            object: function,
            role,
            roles,
            this,
            waits: super::waiting::waits(closure.code),
            lowered: None,
            captures: Vec::new(),
        };
        let position = self.functions.insert_full(key, slot).0;
        self.queue.push(position);
        position
    }

    /// The scope that tells closures of one piece of code apart: that of their factory, if it holds more than values that can be
    /// handed over.
    fn distinguishing_scope(&self, closure: &Closure<'a>) -> ScopeId {
        let mut scope = Some(closure.scope);
        while let Some(id) = scope {
            let current = self.machine.scopes.get(id);
            let is_module = matches!(current.kind, ScopeKind::Module | ScopeKind::Global);
            let holds_objects = current.names.iter().any(|(name, binding)| {
                **name != *"arguments" && binding.value.as_object().is_some()
            });
            if is_module || holds_objects {
                return id;
            }
            scope = current.parent;
        }
        closure.scope
    }

    /// Lowers what is waiting, and what that calls in turn.
    fn lower_queued(&mut self) {
        while let Some(position) = self.queue.pop() {
            let lowered = self.lower_slot(position);
            self.functions[position].lowered = Some(lowered);
        }
    }

    fn lower_slot(&mut self, position: usize) -> Result<Function, Vec<Reason>> {
        let Slot {
            object,
            role,
            this,
            ref roles,
            ..
        } = self.functions[position];
        let roles = roles.clone();
        let closure = self.closure(object);
        let site = self.machine.heap.get(object).site;
        let closure = closure.map_err(|obstacle| vec![self.reason(obstacle, site)])?;
        if let Code::Class(_) = closure.code {
            return self.lower_class(object, this, &roles);
        }
        let name = self.name_of(object, this);
        let (Some(file), Some(source)) =
            (self.file(closure.module), self.source_of(&closure, &name))
        else {
            let obstacle = Obstacle::from("a function whose source is not known");
            return Err(vec![self.reason(obstacle, site)]);
        };
        let (module, scope) = (closure.module, closure.scope);
        let may_capture = role != FunctionRole::Plain;
        let unbound = self.unbound_this(module, closure.code.span());
        let taken = this;
        let this = match this {
            This::Nobody => unbound.clone(),
            This::Known(object) => Named::Namespace(object),
            This::Instance(_) | This::Unknown => Named::Refused("this, which is not known".into()),
        };
        let mut names = FunctionNames {
            porter: self,
            scope,
            may_capture,
            this,
            unbound,
            position: Some(position),
            home: closure.home,
        };
        match lower(file, &source, role, (taken, &roles), &mut names) {
            Ok(lowered) => {
                self.functions[position].captures = lowered.captures;
                Ok(lowered.function)
            }
            Err(refusals) => Err(self.reasons(module, refusals)),
        }
    }

    /// The name of a function; that of an instance's method begins with its class.
    fn name_of(&self, function: ObjectId, this: This) -> String {
        let name = self.machine.function_name(function).unwrap_or_default();
        let This::Instance(class) = this else {
            return name.to_string();
        };
        let class = match self.entities[class.0 as usize] {
            Entity::Object(class) => self.machine.function_name(class),
            _ => None,
        };
        let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
        format!(
            "{}{}{rest}",
            class.unwrap_or_default(),
            first.to_uppercase()
        )
    }

    fn source_of(&self, closure: &Closure<'a>, name: &str) -> Option<FunctionSource<'a>> {
        let name = self.machine.allocator.alloc_str(name);
        match closure.code {
            Code::Function(function) => Some(FunctionSource {
                name,
                span: function.span,
                parameters: &function.params,
                body: Body::Statements(&function.body.as_ref()?.statements),
                is_generator: function.generator,
            }),
            Code::Arrow(arrow) => Some(FunctionSource {
                name,
                span: arrow.span,
                parameters: &arrow.params,
                body: match &arrow.body {
                    oxc_ast::ast::ArrowFunctionBody::FunctionBody(body) => {
                        Body::Statements(&body.statements)
                    }
                    body => Body::Expression(body.as_expression()?),
                },
                is_generator: false,
            }),
            Code::Class(_) => None,
        }
    }

    pub(super) fn reasons(&self, module: ModuleId, refusals: Vec<Refusal>) -> Vec<Reason> {
        let reasons = refusals.into_iter().map(|refusal| {
            self.reason(
                refusal.obstacle,
                Site {
                    module,
                    offset: refusal.offset,
                },
            )
        });
        reasons.collect()
    }

    pub(super) fn reason(&self, obstacle: Obstacle, site: Site) -> Reason {
        let Obstacle {
            code,
            subject,
            message,
        } = obstacle;
        Reason {
            code,
            subject,
            message,
            place: self.machine.place(site),
        }
    }

    /// Why a function cannot be ported because of what it calls.
    pub(super) fn reasons_of(&self, position: usize) -> Vec<Reason> {
        let mut reasons = indexmap::IndexSet::new();
        for reached in self.reached(position) {
            if let Some(Err(found)) = &self.functions[reached].lowered {
                reasons.extend(found.iter().cloned());
            }
            reasons.extend(self.waiting_together(reached));
        }
        reasons.into_iter().collect()
    }

    /// The functions that a function calls, itself included.
    pub(super) fn reached(&self, position: usize) -> Vec<usize> {
        let mut reached = indexmap::IndexSet::from([position]);
        let mut next = 0;
        while let Some(position) = reached.get_index(next).copied() {
            next += 1;
            if let Some(Ok(function)) = &self.functions[position].lowered {
                reached.extend(self.calls(function));
            }
        }
        reached.into_iter().collect()
    }
}

/// What Express hands to a function.
fn roles_of(role: FunctionRole) -> Vec<Role> {
    match role {
        FunctionRole::Handler | FunctionRole::Plain => {
            vec![Role::Request, Role::Response, Role::Next]
        }
        FunctionRole::ErrorHandler => {
            vec![Role::Value, Role::Request, Role::Response, Role::Next]
        }
        FunctionRole::ParamHook => {
            vec![
                Role::Request,
                Role::Response,
                Role::Next,
                Role::Value,
                Role::Value,
            ]
        }
    }
}

fn is_async(closure: &Closure<'_>) -> bool {
    match closure.code {
        Code::Function(function) => function.r#async,
        Code::Arrow(arrow) => arrow.r#async,
        Code::Class(_) => false,
    }
}

/// A reason without a package: a route that something before it holds back.
pub(super) fn held_back_by(reason: &Reason, what: &str) -> Reason {
    Reason {
        code: reason.code,
        subject: reason.subject.clone(),
        message: format!("{what} {}", reason.message),
        place: reason.place.clone(),
    }
}

/// A reason at a place of its own.
pub(super) fn unresolved(message: &str, place: Place) -> Reason {
    Reason {
        code: ReasonCode::Unresolved,
        subject: message.to_owned(),
        message: message.to_owned(),
        place,
    }
}
