//! What one module does with what may be an object of another: reads of its properties, assignments to them, and all else.

use std::collections::{HashMap, HashSet};

use oxc_ast::ast;
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;

/// An expression that may be the object itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::port) enum Holder {
    Name(String),
    /// `require` of this specifier.
    Required(String),
    /// `require` of what is not known.
    RequiredUnknown,
}

/// All such uses in a module but those that only read a property, or give the object a name.
#[derive(Debug, Default)]
pub(in crate::port) struct Uses {
    /// By property: what functions assign it of, and what it is deleted of.
    pub(super) assigned: HashMap<String, HashSet<Holder>>,
    /// What is handed on, kept, or used in a way that is not looked into.
    pub(super) held: HashSet<Holder>,
    /// Whether any object may be reached, whatever its name.
    pub(super) loads_anything: bool,
}

impl Uses {
    pub(super) fn of(program: &ast::Program<'_>) -> Self {
        let mut search = Search::default();
        search.visit_program(program);
        search.uses
    }

    /// Of a module whose source is not there.
    pub(super) fn of_unknown() -> Self {
        Self {
            loads_anything: true,
            ..Self::default()
        }
    }
}

#[derive(Default)]
struct Search {
    /// How many functions the place is in.
    depth: u32,
    uses: Uses,
}

impl Search {
    fn assign(&mut self, holder: Holder, property: &str) {
        let of = self.uses.assigned.entry(property.to_owned()).or_default();
        of.insert(holder);
    }

    /// Whether a variable of the module is declared with an object, or variables with properties of one.
    fn is_plain_declaration(&self, declarator: &ast::VariableDeclarator<'_>) -> bool {
        if declarator.init.as_ref().and_then(holder).is_none() {
            return false;
        }
        match &declarator.id {
            ast::BindingPattern::BindingIdentifier(_) => self.depth == 0,
            ast::BindingPattern::ObjectPattern(pattern) => pattern.rest.is_none(),
            _ => false,
        }
    }
}

fn holder(expression: &ast::Expression<'_>) -> Option<Holder> {
    match expression.without_parentheses() {
        ast::Expression::Identifier(name) => Some(Holder::Name(name.name.to_string())),
        ast::Expression::CallExpression(call) => required(call),
        _ => None,
    }
}

/// What a call gives that is one of `require`, of a literal or of nothing that could name the object.
fn required(call: &ast::CallExpression<'_>) -> Option<Holder> {
    let callee = call.callee.get_identifier_reference()?;
    if callee.name != "require" {
        return None;
    }
    Some(match call.arguments.first() {
        Some(ast::Argument::StringLiteral(specifier)) => {
            Holder::Required(specifier.value.to_string())
        }
        _ => Holder::RequiredUnknown,
    })
}

impl<'a> Visit<'a> for Search {
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
        if holder(&member.object).is_none() {
            walk::walk_static_member_expression(self, member);
        }
    }

    fn visit_simple_assignment_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) {
        let member = match target {
            ast::SimpleAssignmentTarget::StaticMemberExpression(member) => Some(member),
            _ => None,
        };
        match member.and_then(|member| Some((holder(&member.object)?, member))) {
            Some((of, member)) if self.depth > 0 => self.assign(of, &member.property.name),
            Some(_) => {}
            None => walk::walk_simple_assignment_target(self, target),
        }
    }

    fn visit_assignment_expression(&mut self, assignment: &ast::AssignmentExpression<'a>) {
        let exports = match &assignment.left {
            ast::AssignmentTarget::StaticMemberExpression(member) => {
                let object = member.object.get_identifier_reference();
                member.property.name == "exports" && object.is_some_and(|it| it.name == "module")
            }
            _ => false,
        };
        if !(exports && self.depth == 0 && holder(&assignment.right).is_some()) {
            walk::walk_assignment_expression(self, assignment);
        }
    }

    fn visit_unary_expression(&mut self, unary: &ast::UnaryExpression<'a>) {
        if unary.operator == ast::UnaryOperator::Delete
            && let ast::Expression::StaticMemberExpression(member) = &unary.argument
            && let Some(of) = holder(&member.object)
        {
            self.assign(of, &member.property.name);
        }
        walk::walk_unary_expression(self, unary);
    }

    fn visit_export_default_declaration(&mut self, export: &ast::ExportDefaultDeclaration<'a>) {
        let object = export.declaration.as_expression();
        if object.and_then(holder).is_none() {
            walk::walk_export_default_declaration(self, export);
        }
    }

    fn visit_call_expression(&mut self, call: &ast::CallExpression<'a>) {
        self.uses.held.extend(required(call));
        walk::walk_call_expression(self, call);
    }

    fn visit_import_expression(&mut self, import: &ast::ImportExpression<'a>) {
        let is_package = match &import.source {
            ast::Expression::StringLiteral(specifier) => !specifier.value.starts_with(['.', '/']),
            _ => false,
        };
        self.uses.loads_anything |= !is_package;
        walk::walk_import_expression(self, import);
    }

    fn visit_identifier_reference(&mut self, identifier: &ast::IdentifierReference<'a>) {
        // Within a function, `module` leads to what it exports.
        if self.depth > 0 && identifier.name == "module" {
            self.uses.held.insert(Holder::Name("exports".to_owned()));
        }
        let name = Holder::Name(identifier.name.to_string());
        self.uses.held.insert(name);
    }
}
