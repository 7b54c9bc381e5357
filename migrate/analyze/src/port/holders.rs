//! Whether functions may assign a property of one object that modules hand to each other, such as a configuration.

use oxc_ast::ast;
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;

use super::Porter;
use crate::machine::value::{ModuleId, ObjectId, Site, Value};
use crate::resolve::{ImportKind, Resolution};

impl Porter<'_, '_> {
    /// Whether a function may assign this property of this object.
    ///
    /// A property of that name may belong to another object. It does where every module does nothing with this one but read
    /// its properties: it has then no other name by which it could be changed.
    pub(super) fn is_property_of_assigned(&mut self, id: ObjectId, property: &str) -> bool {
        self.is_property_assigned(property)
            && self
                .own_modules()
                .into_iter()
                .any(|module| self.may_assign_in(module, id, property))
    }

    fn may_assign_in(&mut self, module: ModuleId, id: ObjectId, property: &str) -> bool {
        let Some(program) = self.machine.source(module).map(|source| source.program) else {
            return true;
        };
        let Some(names) = self.names_of(module, id) else {
            return true;
        };
        let mut search = Search {
            names: &names,
            property,
            is_it: &|specifier| self.is_required_by(module, specifier, id),
            depth: 0,
            found: false,
        };
        search.visit_program(program);
        search.found
    }

    /// The names by which a module knows the object; nothing where it has it within a namespace.
    fn names_of(&mut self, module: ModuleId, id: ObjectId) -> Option<Vec<String>> {
        let site = Site { module, offset: 0 };
        let is_own = self.gives_to_require(module, id);
        let record = &self.machine.modules[module.0 as usize];
        let bindings = &self.machine.scopes.get(record.scope).names;
        let bindings = bindings
            .iter()
            .map(|(name, binding)| ((*name).to_owned(), binding.clone()));
        let mut names = Vec::new();
        for (name, binding) in bindings.collect::<Vec<_>>() {
            let value = match &binding.import {
                Some((from, export)) if **export == *"*" && self.exports(*from, id) => return None,
                Some((from, export)) => self.machine.export_of(*from, export, site),
                None => binding.value,
            };
            if value == Value::Object(id) {
                names.push(name);
            }
        }
        if is_own {
            names.push("exports".to_owned());
        }
        Some(names)
    }

    /// Whether a module exports the object under some name.
    fn exports(&mut self, module: ModuleId, id: ObjectId) -> bool {
        let site = Site { module, offset: 0 };
        let exports = &self.machine.modules[module.0 as usize].exports;
        let names: Vec<_> = exports.keys().cloned().collect();
        let mut values = names
            .iter()
            .map(|name| self.machine.export_of(module, name, site));
        values.any(|value| value == Value::Object(id))
    }

    /// Whether `require` gives a module the object.
    fn is_required_by(&self, module: ModuleId, specifier: &str, id: ObjectId) -> bool {
        let from = &self.machine.modules[module.0 as usize].path;
        match self
            .machine
            .resolver
            .resolve(from, specifier, ImportKind::Require)
        {
            Resolution::Builtin(_) => false,
            Resolution::Missing => specifier.starts_with('.'),
            Resolution::File(path) => {
                let known = self.machine.modules_by_path.get(&path);
                known.is_some_and(|known| self.gives_to_require(*known, id))
            }
        }
    }

    /// Whether the object is what `require` gives of a module.
    fn gives_to_require(&self, module: ModuleId, id: ObjectId) -> bool {
        let record = &self.machine.modules[module.0 as usize];
        let exports = self
            .machine
            .heap
            .get(record.object)
            .properties
            .get("exports");
        exports.is_some_and(|exports| exports.value == Value::Object(id))
    }
}

/// Looks for assignments to a property of the object, and for uses of it as a value.
struct Search<'s> {
    names: &'s [String],
    property: &'s str,
    is_it: &'s dyn Fn(&str) -> bool,
    depth: u32,
    found: bool,
}

impl Search<'_> {
    /// Whether an expression is the object itself.
    fn is_object(&self, expression: &ast::Expression<'_>) -> bool {
        match expression.without_parentheses() {
            ast::Expression::Identifier(name) => self.is_name(&name.name),
            ast::Expression::CallExpression(call) => self.is_require(call),
            _ => false,
        }
    }

    fn is_name(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    fn is_require(&self, call: &ast::CallExpression<'_>) -> bool {
        let is_called = call
            .callee
            .get_identifier_reference()
            .is_some_and(|it| it.name == "require");
        is_called
            && match call.arguments.first() {
                Some(ast::Argument::StringLiteral(specifier)) => (self.is_it)(&specifier.value),
                _ => true,
            }
    }

    /// Whether a variable of the module is declared with the object, or variables with properties of it.
    fn is_plain_declaration(&self, declarator: &ast::VariableDeclarator<'_>) -> bool {
        if !declarator
            .init
            .as_ref()
            .is_some_and(|init| self.is_object(init))
        {
            return false;
        }
        match &declarator.id {
            ast::BindingPattern::BindingIdentifier(_) => self.depth == 0,
            ast::BindingPattern::ObjectPattern(pattern) => pattern.rest.is_none(),
            _ => false,
        }
    }
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_function(&mut self, function: &ast::Function<'a>, flags: ScopeFlags) {
        self.depth += 1;
        walk::walk_function(self, function, flags);
        self.depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ast::ArrowFunctionExpression<'a>) {
        self.depth += 1;
        walk::walk_arrow_function_expression(self, arrow);
        self.depth -= 1;
    }

    fn visit_variable_declarator(&mut self, declarator: &ast::VariableDeclarator<'a>) {
        if self.is_plain_declaration(declarator) {
            self.visit_binding_pattern(&declarator.id);
        } else {
            walk::walk_variable_declarator(self, declarator);
        }
    }

    fn visit_static_member_expression(&mut self, member: &ast::StaticMemberExpression<'a>) {
        if !self.is_object(&member.object) {
            walk::walk_static_member_expression(self, member);
        }
    }

    fn visit_simple_assignment_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) {
        match target {
            ast::SimpleAssignmentTarget::StaticMemberExpression(member)
                if self.is_object(&member.object) =>
            {
                self.found |= self.depth > 0 && member.property.name == self.property;
            }
            _ => walk::walk_simple_assignment_target(self, target),
        }
    }

    fn visit_assignment_expression(&mut self, assignment: &ast::AssignmentExpression<'a>) {
        let exports = match &assignment.left {
            ast::AssignmentTarget::StaticMemberExpression(member) => {
                member.property.name == "exports"
                    && member
                        .object
                        .get_identifier_reference()
                        .is_some_and(|it| it.name == "module")
            }
            _ => false,
        };
        if !(exports && self.depth == 0 && self.is_object(&assignment.right)) {
            walk::walk_assignment_expression(self, assignment);
        }
    }

    fn visit_unary_expression(&mut self, unary: &ast::UnaryExpression<'a>) {
        if unary.operator == ast::UnaryOperator::Delete
            && let ast::Expression::StaticMemberExpression(member) = &unary.argument
            && self.is_object(&member.object)
        {
            self.found |= member.property.name == self.property;
        }
        walk::walk_unary_expression(self, unary);
    }

    fn visit_export_default_declaration(&mut self, export: &ast::ExportDefaultDeclaration<'a>) {
        let object = export.declaration.as_expression();
        if !object.is_some_and(|object| self.is_object(object)) {
            walk::walk_export_default_declaration(self, export);
        }
    }

    fn visit_call_expression(&mut self, call: &ast::CallExpression<'a>) {
        self.found |= self.is_require(call);
        walk::walk_call_expression(self, call);
    }

    fn visit_import_expression(&mut self, import: &ast::ImportExpression<'a>) {
        let is_package = match &import.source {
            ast::Expression::StringLiteral(specifier) => !specifier.value.starts_with(['.', '/']),
            _ => false,
        };
        self.found |= !is_package;
        walk::walk_import_expression(self, import);
    }

    fn visit_identifier_reference(&mut self, identifier: &ast::IdentifierReference<'a>) {
        // Within a function, `module` leads to what it exports.
        let leads_there = self.depth > 0 && identifier.name == "module" && self.is_name("exports");
        self.found |= leads_there || self.is_name(&identifier.name);
    }
}
