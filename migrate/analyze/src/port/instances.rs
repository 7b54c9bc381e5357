//! Members of objects that are no values themselves: exports, objects with functions, classes and their instances.
//!
//! Such an object never leaves the functions that are ported, so each of its fields is a variable of its own.

use isobar_migrate_model::code::Expression;
use oxc_ast::ast;
use oxc_ast_visit::{Visit, walk};

use super::data::depends_on_environment;
use super::{Entity, Porter, RootKey};
use crate::lower::{Named, Obstacle};
use crate::machine::expression::private_key;
use crate::machine::function::{Closure, Code};
use crate::machine::heap::{Kind, Property};
use crate::machine::value::{ModuleId, ObjectId, ScopeId, Site, Value};

/// Where the first value of a field comes from.
pub(super) enum FieldSource<'a> {
    /// A literal: it is the same whenever the application starts.
    Literal,
    /// An expression without variables of the constructor, and the names that it sees.
    Expression(ModuleId, ScopeId, &'a ast::Expression<'a>),
    Unknown,
}

impl<'a> Porter<'_, 'a> {
    /// What a property of an object with functions, or of a module's exports, stands for.
    pub(super) fn property(&mut self, id: ObjectId, property: &str) -> Named {
        let Some((holder, found)) = self.machine.heap.find(id, property) else {
            return self.missing(id, property);
        };
        let found = found.clone();
        if let Some(getter) = found.getter {
            return Named::Getter(self.handle(Entity::Object(getter)));
        }
        let is_assigned = self.is_property_assigned(property);
        let site = self.site_of_members(holder);
        match found.value.as_object() {
            Some(inner) if !self.is_data(inner) => {
                if is_assigned {
                    return refused(format!("the property {property}, which is assigned"));
                }
                self.object(inner, property, site)
            }
            _ if holder != id => refused(format!("the inherited property {property}")),
            _ => match self.key_of_field(id, property, &found) {
                Ok(key) => self.field(id, &key, property, found.value),
                Err(obstacle) => Named::Refused(obstacle),
            },
        }
    }

    /// A property that is a variable of its own.
    fn field(&mut self, id: ObjectId, key: &RootKey, property: &str, value: Value) -> Named {
        let site = self.site_of_members(id);
        if let Some(obstacle) = self.late_change_of_property(property) {
            return Named::Refused(obstacle);
        }
        let is_new = !self.roots.contains_key(key);
        let named = self.root(key, property, site, value);
        let is_literal =
            matches!(self.machine.heap.get(id).kind, Kind::Plain) && !self.is_instance(id);
        if let Some(root) = self.roots.get_mut(key).filter(|_| is_new && !is_literal) {
            // They belong to the class.
            root.comments.clear();
        }
        named
    }

    /// Where the members of an object are written: its class, for an instance.
    fn site_of_members(&self, id: ObjectId) -> Site {
        let object = self.machine.heap.get(id);
        let prototype = object.prototype.filter(|_| self.is_instance(id));
        let class = prototype
            .and_then(|prototype| {
                self.machine
                    .heap
                    .get(prototype)
                    .properties
                    .get("constructor")
            })
            .and_then(|constructor| constructor.value.as_object());
        class.map_or(object.site, |class| self.machine.heap.get(class).site)
    }

    /// What identifies a field as a variable. An object that stays in its field is the same under its other names.
    fn key_of_field(
        &mut self,
        id: ObjectId,
        property: &str,
        found: &Property,
    ) -> Result<RootKey, Obstacle> {
        let field = RootKey::Property(id, property.into());
        if self.is_instance(id) && self.machine.heap.get(id).past.assumed {
            match self.field_source(id, property) {
                FieldSource::Literal => {}
                FieldSource::Expression(..) => return Ok(field),
                FieldSource::Unknown => return Err(depends_on_environment(property)),
            }
        }
        Ok(match found.value {
            Value::Object(inner)
                if self.is_instance(id) && !self.is_property_assigned(property) =>
            {
                RootKey::Object(inner)
            }
            _ => field,
        })
    }

    /// A property that the object does not have, or not yet.
    fn missing(&mut self, id: ObjectId, property: &str) -> Named {
        let object = self.machine.heap.get(id);
        let open = object.open;
        let is_function = matches!(object.kind, Kind::Function(_));
        if is_function && property == "name" {
            let value = self.machine.function_name(id).unwrap_or_default();
            let value = value.to_string();
            return Named::Literal(Expression::Text { value });
        }
        let is_inherited = is_function || INHERITED.contains(&property);
        if open || is_inherited {
            return refused(format!("the property {property}, which is not known"));
        }
        if self.is_property_assigned(property) {
            let key = RootKey::Property(id, property.into());
            return self.field(id, &key, property, Value::Undefined);
        }
        Named::Literal(Expression::Undefined)
    }

    /// Whether a function assigns a property of this name, whatever the object.
    pub(super) fn is_property_assigned(&mut self, property: &str) -> bool {
        if self.assigned_properties.is_none() {
            let modules = self.own_modules();
            let sources = modules
                .iter()
                .filter_map(|module| self.machine.source(*module));
            let names = sources.flat_map(|source| super::reassigned::properties(source.program));
            self.assigned_properties = Some(names.collect());
        }
        let names = self.assigned_properties.as_ref();
        names.is_some_and(|names| names.contains(property))
    }

    /// The modules of the application itself.
    pub(super) fn own_modules(&self) -> Vec<ModuleId> {
        let modules = self.machine.modules.iter().enumerate();
        let own = modules.filter(|(_, module)| module.package.is_none());
        own.map(|(id, _)| ModuleId(u32::try_from(id).unwrap_or(u32::MAX)))
            .collect()
    }

    /// Where the class of an instance says that a field starts from.
    pub(super) fn field_source(&self, id: ObjectId, field: &str) -> FieldSource<'a> {
        let prototype = self.machine.heap.get(id).prototype;
        let constructor =
            prototype.and_then(|id| self.machine.heap.get(id).properties.get("constructor"));
        let mut class = constructor.map(|constructor| constructor.value.clone());
        while let Some(Value::Object(id)) = class {
            let Kind::Function(closure) = self.machine.heap.get(id).kind.clone() else {
                break;
            };
            if let Some(source) = field_in(&closure, field) {
                return source;
            }
            class.clone_from(&closure.parent);
        }
        FieldSource::Unknown
    }
}

/// Members that every object inherits.
const INHERITED: [&str; 8] = [
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
    "__proto__",
];

fn refused(what: String) -> Named {
    Named::Refused(what.into())
}

/// Where a class says that a field starts from; none where it does not mention the field.
fn field_in<'a>(closure: &Closure<'a>, field: &str) -> Option<FieldSource<'a>> {
    let Code::Class(class) = closure.code else {
        return Some(FieldSource::Unknown);
    };
    let constructor = class.body.body.iter().find_map(|element| match element {
        ast::ClassElement::MethodDefinition(method)
            if method.kind == ast::MethodDefinitionKind::Constructor =>
        {
            Some(&*method.value)
        }
        _ => None,
    });
    let assigned = constructor.map_or(Assigned::Never, |it| assigned_in(it, field));
    match (assigned, constructor) {
        (Assigned::Never, _) | (_, None) => {}
        (Assigned::Once(value), _) if super::constants::is_literal(value) => {
            return Some(FieldSource::Literal);
        }
        (Assigned::Once(value), Some(constructor)) if !uses_variables(constructor, value) => {
            let source = FieldSource::Expression(closure.module, closure.scope, value);
            return Some(source);
        }
        _ => return Some(FieldSource::Unknown),
    }
    class.body.body.iter().find_map(|element| match element {
        ast::ClassElement::PropertyDefinition(definition) if !definition.r#static => {
            let key = match &definition.key {
                ast::PropertyKey::PrivateIdentifier(name) => private_key(name.name.as_str()),
                key => key.static_name()?.into_owned(),
            };
            let is_same = key == field && !definition.computed;
            is_same.then(|| match &definition.value {
                Some(value) if !super::constants::is_literal(value) => {
                    FieldSource::Expression(closure.module, closure.scope, value)
                }
                _ => FieldSource::Literal,
            })
        }
        _ => None,
    })
}

/// What a constructor assigns to a field.
enum Assigned<'a> {
    Never,
    Once(&'a ast::Expression<'a>),
    /// It depends on more than one place, or on a parameter.
    Unclear,
}

fn assigned_in<'a>(constructor: &'a ast::Function<'a>, field: &str) -> Assigned<'a> {
    let Some(body) = &constructor.body else {
        return Assigned::Never;
    };
    let mut search = FieldSearch { field, count: 0 };
    search.visit_function_body(body);
    if search.count == 0 {
        let mut parameters = constructor.params.items.iter();
        let is_property = parameters.any(|parameter| {
            let name = parameter.pattern.get_identifier_name();
            name.is_some_and(|name| name == field)
                && (parameter.accessibility.is_some() || parameter.readonly)
        });
        return if is_property {
            Assigned::Unclear
        } else {
            Assigned::Never
        };
    }
    let direct = body.statements.iter().find_map(|statement| {
        let ast::Statement::ExpressionStatement(statement) = statement else {
            return None;
        };
        let ast::Expression::AssignmentExpression(assignment) = &statement.expression else {
            return None;
        };
        let target = assignment.left.as_simple_assignment_target()?;
        (field_of_this(target).as_deref() == Some(field)).then_some(&assignment.right)
    });
    match direct.filter(|_| search.count == 1) {
        Some(value) => Assigned::Once(value),
        None => Assigned::Unclear,
    }
}

/// The name of the field in `this.field`.
pub(super) fn field_of_this(target: &ast::SimpleAssignmentTarget<'_>) -> Option<String> {
    match target {
        ast::SimpleAssignmentTarget::StaticMemberExpression(member)
            if matches!(member.object, ast::Expression::ThisExpression(_)) =>
        {
            Some(member.property.name.to_string())
        }
        ast::SimpleAssignmentTarget::PrivateFieldExpression(member)
            if matches!(member.object, ast::Expression::ThisExpression(_)) =>
        {
            Some(private_key(member.field.name.as_str()))
        }
        _ => None,
    }
}

struct FieldSearch<'n> {
    field: &'n str,
    count: usize,
}

impl<'a> Visit<'a> for FieldSearch<'_> {
    fn visit_simple_assignment_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) {
        self.count += usize::from(field_of_this(target).as_deref() == Some(self.field));
        walk::walk_simple_assignment_target(self, target);
    }
}

/// Whether an expression looks at parameters or variables of the constructor, or at the instance.
fn uses_variables<'a>(constructor: &'a ast::Function<'a>, value: &'a ast::Expression<'a>) -> bool {
    let mut declared = Declared(vec!["arguments".to_owned()]);
    declared.visit_formal_parameters(&constructor.params);
    if let Some(body) = &constructor.body {
        declared.visit_function_body(body);
    }
    let mut search = NameSearch {
        names: &declared.0,
        found: false,
    };
    search.visit_expression(value);
    search.found
}

struct Declared(Vec<String>);

impl<'a> Visit<'a> for Declared {
    fn visit_binding_identifier(&mut self, identifier: &ast::BindingIdentifier<'a>) {
        self.0.push(identifier.name.to_string());
    }
}

struct NameSearch<'n> {
    names: &'n [String],
    found: bool,
}

impl<'a> Visit<'a> for NameSearch<'_> {
    fn visit_identifier_reference(&mut self, identifier: &ast::IdentifierReference<'a>) {
        self.found |= self.names.iter().any(|name| **name == *identifier.name);
    }

    fn visit_this_expression(&mut self, _: &ast::ThisExpression) {
        self.found = true;
    }
}
