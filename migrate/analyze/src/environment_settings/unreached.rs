//! Environment variables in code that the scan did not run, such as methods of a model that only
//! a package calls.

use oxc_ast::ast::{
    BinaryExpression, BindingPattern, ComputedMemberExpression, Expression, LogicalExpression,
    Program, StaticMemberExpression, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;

/// A variable, the offset at which it is read, and the literal it falls back to.
pub(super) struct Read {
    pub(super) name: String,
    pub(super) offset: u32,
    pub(super) default: Option<String>,
}

/// The variables that `program` names, in the order of the text.
pub(super) fn reads(program: &Program<'_>) -> Vec<Read> {
    let mut search = Search { found: Vec::new() };
    search.visit_program(program);
    search.found
}

struct Search {
    found: Vec<Read>,
}

impl Search {
    /// Keeps a name, unless it is computed.
    fn note(&mut self, name: &str, place: &impl GetSpan, default: Option<String>) {
        if name.is_empty() {
            return;
        }
        self.found.push(Read {
            name: name.to_owned(),
            offset: place.span().start,
            default,
        });
    }
}

impl<'a> Visit<'a> for Search {
    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        if is_environment(&member.object) {
            self.note(member.property.name.as_str(), member, None);
        }
        walk::walk_static_member_expression(self, member);
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        if let (true, Expression::StringLiteral(name)) =
            (is_environment(&member.object), &member.expression)
        {
            self.note(name.value.as_str(), member, None);
        }
        walk::walk_computed_member_expression(self, member);
    }

    fn visit_logical_expression(&mut self, logical: &LogicalExpression<'a>) {
        if let Expression::StaticMemberExpression(member) = &logical.left
            && is_environment(&member.object)
        {
            let default = literal(&logical.right);
            self.note(member.property.name.as_str(), &**member, default);
        }
        walk::walk_logical_expression(self, logical);
    }

    fn visit_binary_expression(&mut self, sum: &BinaryExpression<'a>) {
        // A sum may have more terms than a stack has room for.
        self.visit_expression(&sum.right);
        let mut left = &sum.left;
        while let Expression::BinaryExpression(inner) = left {
            self.visit_expression(&inner.right);
            left = &inner.left;
        }
        self.visit_expression(left);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if let (Some(value), BindingPattern::ObjectPattern(pattern)) =
            (&declarator.init, &declarator.id)
            && is_environment(value)
        {
            for property in &pattern.properties {
                let default = match &property.value {
                    BindingPattern::AssignmentPattern(assigned) => literal(&assigned.right),
                    _ => None,
                };
                let name = property.key.static_name().unwrap_or_default();
                self.note(&name, property, default);
            }
        }
        walk::walk_variable_declarator(self, declarator);
    }
}

/// Whether an expression is `process.env`.
fn is_environment(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::StaticMemberExpression(member) => {
            member.property.name == "env"
                && matches!(&member.object, Expression::Identifier(name) if name.name == "process")
        }
        _ => false,
    }
}

fn literal(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        Expression::NumericLiteral(number) => Some(number.value.to_string()),
        Expression::BooleanLiteral(boolean) => Some(boolean.value.to_string()),
        _ => None,
    }
}
