//! Which variables and properties the functions of a module assign.

use indexmap::IndexSet;
use oxc_ast::ast;
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;

use super::instances::field_of_this;
use crate::machine::expression::private_key;

/// The names that functions of the program assign, whichever scope declares them: a name that is assigned anywhere counts,
/// so that nothing that changes is taken for a constant.
pub(super) fn names(program: &ast::Program<'_>) -> IndexSet<String> {
    let mut search = Search {
        depth: 0,
        names: IndexSet::new(),
    };
    search.visit_program(program);
    search.names
}

/// The names of the properties that functions of the program assign, other than fields that a constructor gives its instance.
pub(super) fn properties(program: &ast::Program<'_>) -> IndexSet<String> {
    let mut search = PropertySearch {
        search: Search {
            depth: 0,
            names: IndexSet::new(),
        },
        in_constructor: false,
        fresh: Vec::new(),
    };
    search.visit_program(program);
    search.search.names
}

struct Search {
    depth: u32,
    names: IndexSet<String>,
}

struct PropertySearch {
    search: Search,
    in_constructor: bool,
    /// By function around the code: its variables that are declared with an object of their own.
    fresh: Vec<Vec<String>>,
}

impl PropertySearch {
    fn within(&mut self, walk: impl FnOnce(&mut Self)) {
        self.search.depth += 1;
        self.fresh.push(Vec::new());
        walk(self);
        self.fresh.pop();
        self.search.depth -= 1;
    }

    /// Whether the property belongs to an object that the same function has made, or to the request or response.
    fn is_of_fresh_object(&self, target: &ast::SimpleAssignmentTarget<'_>) -> bool {
        let object = match target {
            ast::SimpleAssignmentTarget::StaticMemberExpression(member) => &member.object,
            _ => return false,
        };
        let ast::Expression::Identifier(object) = object else {
            return false;
        };
        if ["req", "res", "request", "response"].contains(&object.name.as_str()) {
            return true;
        }
        let names = self.fresh.last();
        names.is_some_and(|names| names.iter().any(|name| **name == *object.name))
    }
}

/// Whether an expression makes an object that nothing else refers to.
fn is_fresh(value: &ast::Expression<'_>) -> bool {
    matches!(
        value.without_parentheses(),
        ast::Expression::ObjectExpression(_)
            | ast::Expression::ArrayExpression(_)
            | ast::Expression::ArrowFunctionExpression(_)
            | ast::Expression::FunctionExpression(_)
            | ast::Expression::NewExpression(_)
    )
}

impl<'a> Visit<'a> for PropertySearch {
    fn visit_function(&mut self, function: &ast::Function<'a>, flags: ScopeFlags) {
        let is_constructor = flags.is_constructor();
        let outer = std::mem::replace(&mut self.in_constructor, is_constructor);
        self.within(|search| walk::walk_function(search, function, flags));
        self.in_constructor = outer;
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ast::ArrowFunctionExpression<'a>) {
        let outer = std::mem::replace(&mut self.in_constructor, false);
        self.within(|search| walk::walk_arrow_function_expression(search, arrow));
        self.in_constructor = outer;
    }

    fn visit_variable_declarator(&mut self, declarator: &ast::VariableDeclarator<'a>) {
        if declarator.init.as_ref().is_some_and(is_fresh)
            && let Some(names) = self.fresh.last_mut()
        {
            names.extend(
                declarator
                    .id
                    .get_identifier_name()
                    .map(|name| name.to_string()),
            );
        }
        walk::walk_variable_declarator(self, declarator);
    }

    fn visit_simple_assignment_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) {
        let is_own = self.in_constructor && field_of_this(target).is_some();
        if self.search.depth > 0 && !is_own && !self.is_of_fresh_object(target) {
            self.search.names.extend(property_of(target));
        }
        walk::walk_simple_assignment_target(self, target);
    }

    fn visit_unary_expression(&mut self, unary: &ast::UnaryExpression<'a>) {
        if unary.operator == ast::UnaryOperator::Delete
            && let ast::Expression::StaticMemberExpression(member) = &unary.argument
        {
            self.search.names.insert(member.property.name.to_string());
        }
        walk::walk_unary_expression(self, unary);
    }
}

/// The name of the property that is assigned, when the source tells it.
fn property_of(target: &ast::SimpleAssignmentTarget<'_>) -> Option<String> {
    match target {
        ast::SimpleAssignmentTarget::StaticMemberExpression(member) => {
            Some(member.property.name.to_string())
        }
        ast::SimpleAssignmentTarget::PrivateFieldExpression(member) => {
            Some(private_key(member.field.name.as_str()))
        }
        ast::SimpleAssignmentTarget::ComputedMemberExpression(member) => match &member.expression {
            ast::Expression::StringLiteral(name) => Some(name.value.to_string()),
            _ => None,
        },
        _ => None,
    }
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

    fn visit_simple_assignment_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) {
        if let ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) = target
            && self.depth > 0
        {
            self.names.insert(identifier.name.to_string());
        }
        walk::walk_simple_assignment_target(self, target);
    }
}
