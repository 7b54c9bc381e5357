//! Classes whose instances requests make.

use isobar_migrate_model::Reason;
use isobar_migrate_model::code::{Class, ClassId, Function, Method};
use oxc_ast::ast;

use super::names::FunctionNames;
use super::{Entity, Porter};
use crate::lower::{
    ClassInfo, ClassSource, Handle, Making, Named, Obstacle, Parent, Role, This, comments_before,
    lower_constructor,
};
use crate::machine::function::{Closure, Code};
use crate::machine::heap::Kind;
use crate::machine::value::{ObjectId, Value};

/// A class, by its place in the porter's table.
#[derive(Clone, Debug)]
pub(super) struct KnownClass {
    pub(super) class: Class,
    /// Whether an instance may be used as any other object.
    is_value: bool,
    parent: Parent,
}

/// The built-in classes that may be extended.
const ERRORS: [&str; 4] = ["Error", "TypeError", "RangeError", "SyntaxError"];

/// Methods that the language calls by itself.
const CALLED_BY_THE_LANGUAGE: [&str; 3] = ["then", "toLocaleString", "inspect"];

impl<'a> Porter<'_, 'a> {
    /// What is known of a class; none for something else.
    pub(super) fn class_behind(&mut self, handle: Handle) -> Option<Result<ClassInfo, Obstacle>> {
        let Entity::Object(id) = self.entities[handle.0 as usize] else {
            return None;
        };
        let closure = self.class_closure(id)?;
        Some(self.class(id, &closure).map(|position| ClassInfo {
            class: ClassId(position),
            is_value: self.classes[position].is_value,
        }))
    }

    fn class_closure(&self, id: ObjectId) -> Option<Closure<'a>> {
        match &self.machine.heap.get(id).kind {
            Kind::Function(closure) if matches!(closure.code, Code::Class(_)) => {
                Some((**closure).clone())
            }
            _ => None,
        }
    }

    /// The place of a class in the table. A class stands after its parent.
    fn class(&mut self, id: ObjectId, closure: &Closure<'a>) -> Result<usize, Obstacle> {
        if let Some((position, _, _)) = self.classes.get_full(&id) {
            return Ok(position);
        }
        self.closure(id)?;
        let (parent, above, error) = self.parent_of(closure)?;
        if has_computed_names(closure) {
            return Err("a class with computed names".into());
        }
        let (methods, own_is_value) = self.methods_of(id)?;
        let name = self.machine.function_name(id).unwrap_or_default();
        let site = self.machine.heap.get(id).site;
        let file = self.file(site.module);
        let comments = file.map(|file| comments_before(&file, site.offset));
        let known = KnownClass {
            class: Class {
                name: name.to_string(),
                place: self.machine.place(site),
                comments: comments.unwrap_or_default(),
                parent: above.map(ClassId),
                error,
                methods,
            },
            is_value: own_is_value && above.is_none_or(|above| self.classes[above].is_value),
            parent,
        };
        Ok(self.classes.insert_full(id, known).0)
    }

    fn parent_of(
        &mut self,
        closure: &Closure<'a>,
    ) -> Result<(Parent, Option<usize>, Option<String>), Obstacle> {
        let refused = || Obstacle::from("a class that extends something else than a class");
        let Some(parent) = &closure.parent else {
            return Ok((Parent::Nothing, None, None));
        };
        let Value::Object(id) = parent else {
            return Err(refused());
        };
        if let Some(above) = self.class_closure(*id) {
            let position = self.class(*id, &above)?;
            let handle = self.handle(Entity::Object(*id));
            return Ok((Parent::Class(handle), Some(position), None));
        }
        match &self.machine.heap.get(*id).kind {
            Kind::Builtin(_, name) if ERRORS.contains(&&**name) => {
                Ok((Parent::Error, None, Some(name.to_string())))
            }
            _ => Err(refused()),
        }
    }

    /// The names of a class's methods, and whether none of them is called other than by its name on a known instance.
    fn methods_of(&self, id: ObjectId) -> Result<(Vec<String>, bool), Obstacle> {
        let prototype = self.prototype_of(id);
        let Some(prototype) = prototype.map(|prototype| self.machine.heap.get(prototype)) else {
            return Err("a class that is not known".into());
        };
        let (mut methods, mut is_value) = (Vec::new(), true);
        for (name, property) in &prototype.properties {
            if property.setter.is_some() {
                return Err("an instance of a class with a setter".into());
            }
            if &**name == "constructor" {
                continue;
            }
            is_value &= property.getter.is_none()
                && Method::from_name(name).is_none()
                && !CALLED_BY_THE_LANGUAGE.contains(&&**name);
            if !name.starts_with('#') {
                methods.push(name.to_string());
            }
        }
        Ok((methods, is_value))
    }

    fn prototype_of(&self, class: ObjectId) -> Option<ObjectId> {
        let property = self.machine.heap.get(class).properties.get("prototype")?;
        property.value.as_object()
    }

    /// A method of the instances of a class.
    pub(super) fn method_of(&mut self, class: Handle, name: &str) -> Option<Named> {
        let Entity::Object(id) = self.entities[class.0 as usize] else {
            return None;
        };
        if name == "constructor" {
            return Some(Named::Namespace(class));
        }
        let (_, found) = self.machine.heap.find(self.prototype_of(id)?, name)?;
        let found = found.clone();
        if let Some(getter) = found.getter {
            return Some(Named::Getter(self.handle(Entity::Object(getter))));
        }
        let function = found.value.as_object()?;
        Some(Named::Function(self.handle(Entity::Object(function))))
    }

    /// Lowers the constructor of a class.
    pub(super) fn lower_class(
        &mut self,
        id: ObjectId,
        this: This,
        roles: &[Role],
    ) -> Result<Function, Vec<Reason>> {
        let site = self.machine.heap.get(id).site;
        let (Some(closure), Some(file)) = (self.class_closure(id), self.file(site.module)) else {
            return Err(vec![self.reason("a class that is not known".into(), site)]);
        };
        let Code::Class(source) = closure.code else {
            return Err(vec![self.reason("a class that is not known".into(), site)]);
        };
        let position = self.class(id, &closure);
        let position = position.map_err(|obstacle| vec![self.reason(obstacle, site)])?;
        let (making, exact) = match this {
            This::Instance(exact) => (Making::Part, exact),
            _ => (Making::New, self.handle(Entity::Object(id))),
        };
        let name = self.classes[position].class.name.clone();
        let source = ClassSource {
            name: self.machine.allocator.alloc_str(&name),
            source,
            class: ClassId(position),
            parent: self.classes[position].parent,
            exact,
            making,
        };
        let mut names = FunctionNames {
            porter: self,
            scope: closure.scope,
            may_capture: false,
            this: Named::Refused("this before it is made".into()),
            unbound: Named::Literal(isobar_migrate_model::code::Expression::Undefined),
            position: None,
            home: None,
        };
        names.home = names.porter.prototype_of(id);
        match lower_constructor(file, &source, roles, &mut names) {
            Ok(lowered) => Ok(lowered.function),
            Err(refusals) => Err(self.reasons(closure.module, refusals)),
        }
    }
}

fn has_computed_names(closure: &Closure<'_>) -> bool {
    let Code::Class(class) = closure.code else {
        return false;
    };
    let is_computed = |key: &ast::PropertyKey<'_>, computed: bool| {
        computed && !matches!(key, ast::PropertyKey::StringLiteral(_))
    };
    class.body.body.iter().any(|element| match element {
        ast::ClassElement::MethodDefinition(method) => is_computed(&method.key, method.computed),
        ast::ClassElement::PropertyDefinition(field) => is_computed(&field.key, field.computed),
        ast::ClassElement::StaticBlock(_) => false,
        _ => true,
    }) || !class.decorators.is_empty()
}
