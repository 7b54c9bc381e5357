//! Marks what code under a condition on the environment assigns: elsewhere it may have another value.

use oxc_ast::ast::{Expression, MemberExpression, SimpleAssignmentTarget, Statement};
use oxc_ast_visit::{Visit, walk};

use crate::machine::value::Value;
use crate::machine::{Frame, Machine};

impl<'a> Machine<'a> {
    /// Marks the variables that a statement assigns, and the objects of which it assigns a property, whether it runs or not.
    pub(crate) fn steer(&mut self, statement: &Statement<'a>, frame: &Frame) {
        let mut search = Targets::default();
        search.visit_statement(statement);
        for (name, is_property) in search.names {
            let Some(scope) = self.scopes.find(frame.scope, &name) else {
                continue;
            };
            let Some(binding) = self.scopes.binding_mut(scope, &name) else {
                continue;
            };
            match (is_property, binding.value.clone()) {
                (true, Value::Object(id)) => self.heap.get_mut(id).assumed = true,
                _ => binding.steered = true,
            }
        }
    }
}

/// The variables in targets of assignments, and whether only a property of their object is assigned.
#[derive(Default)]
struct Targets {
    names: Vec<(String, bool)>,
}

impl<'a> Visit<'a> for Targets {
    fn visit_simple_assignment_target(&mut self, target: &SimpleAssignmentTarget<'a>) {
        if let SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) = target {
            self.names.push((identifier.name.to_string(), false));
        } else {
            let mut object = target.as_member_expression().map(MemberExpression::object);
            while let Some(member) = object.and_then(Expression::as_member_expression) {
                object = Some(member.object());
            }
            if let Some(Expression::Identifier(identifier)) = object {
                self.names.push((identifier.name.to_string(), true));
            }
        }
        walk::walk_simple_assignment_target(self, target);
    }
}
