//! The parts of TypeScript that have values: enums, namespaces, and the types of constructor
//! parameters, by which containers inject instances.

use oxc_ast::ast::{
    Class, ClassElement, Declaration, MethodDefinitionKind, PropertyDefinition, Statement,
    TSEnumDeclaration, TSEnumMemberName, TSNamespaceDeclaration, TSNamespaceDeclarationBody,
    TSType, TSTypeAnnotation, TSTypeName,
};

use crate::machine::call::Call;
use crate::machine::function::Code;
use crate::machine::heap::{Kind, Property};
use crate::machine::value::{Name, ObjectId, ScopeId, Site, Value};
use crate::machine::{Frame, Machine};

/// The property of a class under which its one injected instance is kept.
const INSTANCE: &str = "#instance";

impl<'a> Machine<'a> {
    pub(crate) fn enumeration(
        &mut self,
        declaration: &'a TSEnumDeclaration<'a>,
        frame: &mut Frame,
    ) {
        let site = frame.site(declaration);
        let id = self.plain_object(site);
        let outer = frame.scope;
        frame.scope = self.open_block(frame);
        let mut next = Some(0.0);
        for member in &declaration.body.members {
            let name: Name = match &member.id {
                TSEnumMemberName::Identifier(identifier) => identifier.name.as_str().into(),
                TSEnumMemberName::String(text) | TSEnumMemberName::ComputedString(text) => {
                    text.value.as_str().into()
                }
                TSEnumMemberName::ComputedTemplateString(_) => continue,
            };
            let value = match &member.initializer {
                Some(initializer) => self.eval(initializer, frame),
                None => next.map_or(Value::Unknown, Value::Number),
            };
            next = match &value {
                Value::Number(number) => Some(number + 1.0),
                _ => None,
            };
            if let Value::Number(number) = &value {
                let reverse = Property::plain(Value::Text(Name::clone(&name)));
                self.heap
                    .get_mut(id)
                    .properties
                    .insert(number.to_string().into(), reverse);
            }
            self.heap
                .get_mut(id)
                .properties
                .insert(name, Property::plain(value));
        }
        frame.scope = outer;
        self.declare(
            frame.scope,
            declaration.id.name.as_str(),
            Value::Object(id),
            site,
        );
    }

    pub(crate) fn namespace(
        &mut self,
        namespace: &'a TSNamespaceDeclaration<'a>,
        frame: &mut Frame,
    ) {
        let Some(block) = namespace_block(namespace) else {
            return;
        };
        let site = frame.site(namespace);
        let id = self.plain_object(site);
        let outer = frame.scope;
        frame.scope = self.open_block(frame);
        self.hoist(block, frame);
        for statement in block {
            let declaration = match statement {
                Statement::ExportDeclaration(export) => Some(&export.declaration),
                _ => None,
            };
            self.execute(statement, frame);
            for name in declaration.map(exported_names).unwrap_or_default() {
                let value = self.lookup(name, frame, site);
                self.heap
                    .get_mut(id)
                    .properties
                    .insert(name.into(), Property::plain(value));
            }
        }
        frame.scope = outer;
        self.declare(
            frame.scope,
            namespace.id.name.as_str(),
            Value::Object(id),
            site,
        );
    }

    /// The value of a field that a container fills in: an instance of the class it is typed with.
    pub(crate) fn injected_field(
        &mut self,
        property: &'a PropertyDefinition<'a>,
        frame: &mut Frame,
    ) -> Option<Value> {
        if property.decorators.is_empty() {
            return None;
        }
        let class = self.class_of_type(property.type_annotation.as_deref()?, frame.scope)?;
        let site = frame.site(property);
        Some(self.injected(class, site))
    }

    /// The one instance of a class that a container would make, with its dependencies.
    pub(crate) fn injected(&mut self, class: ObjectId, site: Site) -> Value {
        if let Some(property) = self.heap.get(class).properties.get(INSTANCE) {
            return property.value.clone();
        }
        let unknown = Property::hidden(Value::Unknown);
        self.heap
            .get_mut(class)
            .properties
            .insert(INSTANCE.into(), unknown);
        let arguments = self
            .parameter_classes(class)
            .into_iter()
            .map(|class| class.map_or(Value::Unknown, |class| self.injected(class, site)))
            .collect();
        let call = Call {
            this: Value::Undefined,
            arguments,
            site,
            construct: true,
        };
        let instance = self.call(&Value::Object(class), call);
        let known = Property::hidden(instance.clone());
        self.heap
            .get_mut(class)
            .properties
            .insert(INSTANCE.into(), known);
        instance
    }

    /// The classes that the constructor parameters of `class` are typed with.
    pub(crate) fn parameter_classes(&self, class: ObjectId) -> Vec<Option<ObjectId>> {
        let Kind::Function(closure) = &self.heap.get(class).kind else {
            return Vec::new();
        };
        let Code::Class(code) = closure.code else {
            return Vec::new();
        };
        let Some(parameters) = constructor_parameters(code) else {
            let parent = closure.parent.as_ref().and_then(Value::as_object);
            return parent
                .map(|parent| self.parameter_classes(parent))
                .unwrap_or_default();
        };
        let class_of = |annotation: &Option<oxc_allocator::Box<'a, TSTypeAnnotation<'a>>>| {
            self.class_of_type(annotation.as_deref()?, closure.scope)
        };
        parameters
            .items
            .iter()
            .map(|parameter| class_of(&parameter.type_annotation))
            .collect()
    }

    /// The class that a type names, as seen from `scope`.
    fn class_of_type(&self, annotation: &TSTypeAnnotation<'a>, scope: ScopeId) -> Option<ObjectId> {
        let TSType::TSTypeReference(reference) = &annotation.type_annotation else {
            return None;
        };
        let TSTypeName::IdentifierReference(identifier) = &reference.type_name else {
            return None;
        };
        let name = identifier.name.as_str();
        let mut binding = self.scopes.binding(self.scopes.find(scope, name)?, name)?;
        for _ in 0..16 {
            let Some((module, export)) = &binding.import else {
                break;
            };
            let record = &self.modules[module.0 as usize];
            let local = match record.exports.get(export)? {
                crate::machine::module::Export::Local(local) => Name::clone(local),
                crate::machine::module::Export::Value(value) => return value.as_object(),
                crate::machine::module::Export::From(..) => return None,
            };
            binding = self.scopes.binding(record.scope, &local)?;
        }
        let class = binding.value.as_object()?;
        let is_class = matches!(&self.heap.get(class).kind, Kind::Function(closure) if matches!(closure.code, Code::Class(_)));
        is_class.then_some(class)
    }
}

fn constructor_parameters<'a>(
    class: &'a Class<'a>,
) -> Option<&'a oxc_ast::ast::FormalParameters<'a>> {
    class.body.body.iter().find_map(|element| match element {
        ClassElement::MethodDefinition(method)
            if method.kind == MethodDefinitionKind::Constructor =>
        {
            Some(&*method.value.params)
        }
        _ => None,
    })
}

fn exported_names<'a>(declaration: &'a Declaration<'a>) -> Vec<&'a str> {
    match declaration {
        Declaration::VariableDeclaration(variables) => variables
            .declarations
            .iter()
            .flat_map(|declarator| declarator.id.get_binding_identifiers())
            .map(|identifier| identifier.name.as_str())
            .collect(),
        _ => declaration
            .id()
            .map(|id| id.name.as_str())
            .into_iter()
            .collect(),
    }
}

fn namespace_block<'a>(namespace: &'a TSNamespaceDeclaration<'a>) -> Option<&'a [Statement<'a>]> {
    match &namespace.body {
        TSNamespaceDeclarationBody::TSModuleBlock(block) => Some(&block.body),
        TSNamespaceDeclarationBody::TSNamespaceDeclaration(_) => None,
    }
}
