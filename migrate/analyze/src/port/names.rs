//! Resolves the names of one function through the scopes and the heap that registration has left.

use isobar_migrate_model::code::{Builtin, ConstantId, FunctionId, StateId};

use super::{Entity, Porter, Root, RootKey, data, globals, packages};
use crate::lower::{Callable, ClassInfo, Handle, Named, Names, Obstacle, Role, This};
use crate::machine::function::Code;
use crate::machine::heap::Kind;
use crate::machine::scope::ScopeKind;
use crate::machine::value::{ModuleId, Name, ObjectId, ScopeId, Site, Value};

/// The names that a function can see.
pub(super) struct FunctionNames<'p, 'm, 'a> {
    pub(super) porter: &'p mut Porter<'m, 'a>,
    pub(super) scope: ScopeId,
    /// Whether variables of its factory may differ from one such function to the next.
    pub(super) may_capture: bool,
    pub(super) this: Named,
    /// What `this` is in functions in it that are called without an object.
    pub(super) unbound: Named,
    /// The function's place in the porter's table; none for code outside of functions.
    pub(super) position: Option<usize>,
    /// The object whose method the function is.
    pub(super) home: Option<ObjectId>,
}

impl Names for FunctionNames<'_, '_, '_> {
    fn name(&mut self, name: &str) -> Named {
        if name == "this" {
            return self.this.clone();
        }
        let machine = &self.porter.machine;
        let Some(scope) = machine.scopes.find(self.scope, name) else {
            return self.global(name);
        };
        if scope == machine.global {
            return self.global(name);
        }
        self.porter.variable(scope, name, self.may_capture)
    }

    fn member(&mut self, namespace: Handle, property: &str) -> Named {
        match self.porter.entities[namespace.0 as usize].clone() {
            Entity::Global(object) => {
                globals::member(&object, property, |name| self.porter.global(name))
            }
            Entity::Module(module) => self.porter.export(module, property),
            Entity::Object(id) => self.porter.property(id, property),
        }
    }

    fn superior(&mut self, property: &str) -> Named {
        let above = self.home.map(|home| self.porter.machine.heap.get(home));
        let Some(above) = above.and_then(|home| home.prototype) else {
            return Named::Refused("super, which is not known".into());
        };
        match self.porter.property(above, property) {
            Named::Getter(_) => Named::Refused("a getter of the class above".into()),
            named => named,
        }
    }

    fn unbound_this(&self) -> Named {
        self.unbound.clone()
    }

    fn callable(
        &mut self,
        handle: Handle,
        this: This,
        roles: &[Role],
    ) -> Result<Callable, Obstacle> {
        match self.porter.entities[handle.0 as usize].clone() {
            Entity::Object(id) => self.porter.callable(id, this, roles),
            Entity::Module(_) | Entity::Global(_) => Err("a call of a module".into()),
        }
    }

    fn must_not_wait(&mut self, function: FunctionId) {
        let position = self.position.unwrap_or(function.0);
        self.porter.together.push((position, function.0));
    }

    fn class(&mut self, handle: Handle) -> Option<Result<ClassInfo, Obstacle>> {
        self.porter.class_behind(handle)
    }

    fn constructor(
        &mut self,
        class: Handle,
        this: This,
        roles: &[Role],
    ) -> Result<Callable, Obstacle> {
        match self.porter.entities[class.0 as usize] {
            Entity::Object(id) => self.porter.constructor(id, this, roles),
            _ => Err("a class that is not known".into()),
        }
    }

    fn method_of(&mut self, class: Handle, name: &str) -> Option<Named> {
        self.porter.method_of(class, name)
    }

    fn members(&mut self, namespace: Handle) -> Vec<(String, Handle)> {
        let Entity::Object(id) = self.porter.entities[namespace.0 as usize] else {
            return Vec::new();
        };
        let properties = self.porter.machine.heap.get(id).properties.clone();
        let functions = properties.into_iter().filter_map(|(name, property)| {
            let function = property.value.as_object()?;
            matches!(
                self.porter.machine.heap.get(function).kind,
                Kind::Function(_)
            )
            .then(|| {
                (
                    name.to_string(),
                    self.porter.handle(Entity::Object(function)),
                )
            })
        });
        functions.collect()
    }
}

impl FunctionNames<'_, '_, '_> {
    fn global(&mut self, name: &str) -> Named {
        let is_module_name = matches!(name, "module" | "exports" | "__dirname" | "__filename");
        if is_module_name {
            return Named::Refused(format!("{name} while a request is handled").into());
        }
        globals::name(name, |name| self.porter.global(name))
    }
}

impl Porter<'_, '_> {
    pub(super) fn handle(&mut self, entity: Entity) -> Handle {
        let known = self.entities.iter().position(|known| *known == entity);
        let position = known.unwrap_or_else(|| {
            self.entities.push(entity);
            self.entities.len() - 1
        });
        Handle(u32::try_from(position).unwrap_or(u32::MAX))
    }

    fn global(&mut self, name: &str) -> Named {
        Named::Namespace(self.handle(Entity::Global(name.to_owned())))
    }

    /// What a variable outside of the function stands for.
    fn variable(&mut self, scope: ScopeId, name: &str, may_capture: bool) -> Named {
        let Some(binding) = self.machine.scopes.binding(scope, name).cloned() else {
            return Named::Refused(format!("the name {name}").into());
        };
        if let Some((module, export)) = &binding.import {
            return self.export(*module, export);
        }
        if binding.steered
            && binding
                .value
                .as_object()
                .is_none_or(|id| !self.is_router(id))
        {
            return Named::Refused(super::data::depends_on_environment(name));
        }
        let module = binding.site.module;
        let is_assigned = self.is_reassigned(module, name);
        let in_factory = self.machine.scopes.get(scope).kind != ScopeKind::Module;
        if let Some(id) = binding.value.as_object() {
            if is_assigned && self.is_data(id) {
                let key = RootKey::Variable(scope, name.into());
                return self.root(&key, name, binding.site, binding.value);
            }
            let named = self.object(id, name, binding.site);
            let is_assumed = binding.past.assumed && !self.is_required(module, name);
            if is_assumed && matches!(named, Named::State(_)) {
                return Named::Refused(super::data::depends_on_environment(name));
            }
            return named;
        }
        if in_factory && !is_assigned {
            return match data::literal(self.machine, &binding.value) {
                Ok(_) if binding.past.assumed => {
                    Named::Refused(super::data::depends_on_environment(name))
                }
                Ok(_) if may_capture => Named::Captured,
                Ok(value) => Named::Literal(value),
                Err(obstacle) => Named::Refused(obstacle),
            };
        }
        let key = RootKey::Variable(scope, name.into());
        self.root(&key, name, binding.site, binding.value)
    }

    /// What a module exports under a name.
    fn export(&mut self, module: ModuleId, name: &str) -> Named {
        let record = &self.machine.modules[module.0 as usize];
        let scope = record.scope;
        if record.is_es_module
            && let Some(local) = self.machine.local_name_of_export(module, name)
            && self.machine.scopes.binding(scope, &local).is_some()
        {
            return self.variable(scope, &local, false);
        }
        let site = Site { module, offset: 0 };
        let value = self.machine.export_of(module, name, site);
        match value.as_object() {
            Some(id) => self.object(id, name, site),
            None if self.exports_rest_on_assumption(module) => {
                Named::Refused(data::depends_on_environment(name))
            }
            None => match data::literal(self.machine, &value) {
                Ok(value) => Named::Literal(value),
                Err(obstacle) => Named::Refused(obstacle),
            },
        }
    }

    /// Whether what a module exports was put together on an assumption.
    fn exports_rest_on_assumption(&self, module: ModuleId) -> bool {
        let record = &self.machine.modules[module.0 as usize];
        let holder = self.machine.heap.get(record.object);
        let exports = holder.properties.get("exports");
        let exports = exports.and_then(|exports| exports.value.as_object());
        holder.past.assumed || exports.is_some_and(|id| self.machine.heap.get(id).past.assumed)
    }

    /// What an object stands for.
    pub(super) fn object(&mut self, id: ObjectId, name: &str, site: Site) -> Named {
        match self.machine.heap.get(id).kind.clone() {
            Kind::Function(closure) if matches!(closure.code, Code::Class(_)) => {
                Named::Namespace(self.handle(Entity::Object(id)))
            }
            Kind::Function(_) | Kind::Bound { .. } => {
                Named::Function(self.handle(Entity::Object(id)))
            }
            Kind::Module(module) => Named::Namespace(self.handle(Entity::Module(module))),
            Kind::Foreign(foreign) => packages::named(&foreign),
            Kind::Namespace(_) => self.namespace(id, name),
            Kind::Builtin(_, builtin) => global_function(&builtin, name),
            Kind::Plain if self.is_namespace(id) => {
                Named::Namespace(self.handle(Entity::Object(id)))
            }
            Kind::Plain | Kind::Array(_) => {
                self.root(&RootKey::Object(id), name, site, Value::Object(id))
            }
            Kind::RegExp { .. } => self.root(&RootKey::Object(id), name, site, Value::Object(id)),
            Kind::Router(_) | Kind::Route(..) => {
                Named::Refused(format!("the application or router {name} as a value").into())
            }
            Kind::Collection { .. } => Named::Refused(Obstacle::new(
                isobar_migrate_model::ReasonCode::State,
                "Map or Set",
                format!("keeps a Map or a Set in {name}"),
            )),
            _ => Named::Refused(format!("the value of {name}").into()),
        }
    }

    fn namespace(&mut self, id: ObjectId, name: &str) -> Named {
        let known = ["JSON", "Math", "console", "process"];
        let label = self
            .machine
            .heap
            .get(id)
            .label
            .as_ref()
            .map(|(name, _)| name.to_string());
        for candidate in [Some(name.to_owned()), label].into_iter().flatten() {
            if known.contains(&candidate.as_str()) {
                return self.global(&candidate);
            }
        }
        Named::Refused(packages::obstacle(name, ""))
    }

    /// Whether an object is what a module exports, or has functions among its properties: its members are then looked up one
    /// by one.
    fn is_namespace(&self, id: ObjectId) -> bool {
        let is_exports = self.machine.modules.iter().any(|module| {
            let exports = self
                .machine
                .heap
                .get(module.object)
                .properties
                .get("exports");
            exports.is_some_and(|exports| exports.value == Value::Object(id))
        });
        let object = self.machine.heap.get(id);
        let has_functions = object.properties.values().any(|property| {
            property
                .value
                .as_object()
                .is_some_and(|id| !self.is_data(id))
        });
        has_functions || self.is_instance(id) || (is_exports && !object.open)
    }

    /// Whether an object is data: neither a function nor anything of a package.
    pub(super) fn is_data(&self, id: ObjectId) -> bool {
        match self.machine.heap.get(id).kind {
            Kind::Plain => !self.has_functions(id) && !self.is_instance(id),
            Kind::Array(_) | Kind::RegExp { .. } => true,
            _ => false,
        }
    }

    /// Whether an object is an instance of a class, or inherits from another object.
    pub(super) fn is_instance(&self, id: ObjectId) -> bool {
        let object = self.machine.heap.get(id);
        matches!(object.kind, Kind::Plain) && object.prototype.is_some()
    }

    fn is_router(&self, id: ObjectId) -> bool {
        let kind = &self.machine.heap.get(id).kind;
        matches!(kind, Kind::Router(_) | Kind::Route(..))
    }

    fn has_functions(&self, id: ObjectId) -> bool {
        let properties = self.machine.heap.get(id).properties.values();
        properties.into_iter().any(|property| {
            property.value.as_object().is_some_and(|id| {
                matches!(
                    self.machine.heap.get(id).kind,
                    Kind::Function(_) | Kind::Bound { .. } | Kind::Foreign(_) | Kind::Builtin(..)
                )
            })
        })
    }

    /// A piece of data that outlives requests.
    pub(super) fn root(&mut self, key: &RootKey, name: &str, site: Site, value: Value) -> Named {
        if let Some((position, _, root)) = self.roots.get_full(key) {
            let is_constant = self.constants.iter().any(|constant| constant.key == *key);
            return match &root.literal {
                Ok(_) if !is_constant => Named::State(StateId(position)),
                _ => self.constant(key),
            };
        }
        let literal = match self.late_change(site.module, name) {
            Some(obstacle) => Err(obstacle),
            None if self.rests_on_assumption(key) => Err(data::depends_on_environment(name)),
            None => data::literal(self.machine, &value),
        };
        let comments = self.comments_of_variable(site, name);
        let root = Root {
            name: Name::from(name),
            site,
            comments,
            value,
            literal,
        };
        let position = self.roots.insert_full(key.clone(), root).0;
        if let Some(obstacle) = self.late_change(site.module, name) {
            return Named::Refused(obstacle);
        }
        match self.initializer(position) {
            Some(named) => named,
            None if self.roots[position].literal.is_ok() => Named::State(StateId(position)),
            None => self.constant(key),
        }
    }

    /// Whether what the analysis found may not be what the application starts from.
    fn rests_on_assumption(&self, key: &RootKey) -> bool {
        match key {
            RootKey::Variable(scope, name) => {
                let binding = self.machine.scopes.binding(*scope, name);
                binding.is_some_and(|binding| binding.past.assumed)
            }
            RootKey::Property(id, _) => {
                !self.is_instance(*id) && self.machine.heap.get(*id).past.assumed
            }
            RootKey::Object(_) => false,
        }
    }

    /// The constant that a root turned out to be, or why it is none.
    fn constant(&mut self, key: &RootKey) -> Named {
        if let Some(position) = self
            .constants
            .iter()
            .position(|constant| constant.key == *key)
        {
            return Named::Constant(ConstantId(position));
        }
        match self.roots.get(key).map(|root| root.literal.clone()) {
            Some(Err(obstacle)) => Named::Refused(obstacle),
            _ => Named::Refused("a value that is not known".into()),
        }
    }
}

/// What a function of the global object stands for.
fn global_function(builtin: &str, name: &str) -> Named {
    match Builtin::from_name(builtin).or_else(|| Builtin::from_name(name)) {
        Some(builtin) => Named::Builtin(builtin),
        None => Named::Refused(format!("the function {name}").into()),
    }
}
