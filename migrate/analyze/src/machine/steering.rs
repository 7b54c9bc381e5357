//! Marks what code under a condition on an assumption changes, whether it runs or not: elsewhere it may have another value.

use oxc_ast::ast::{
    CallExpression, Expression, MemberExpression, SimpleAssignmentTarget, Statement, TryStatement,
    UnaryExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::operator::UnaryOperator;
use oxc_syntax::scope::ScopeFlags;

use crate::machine::function::Code;
use crate::machine::heap::Kind;
use crate::machine::value::{ScopeId, Value};
use crate::machine::{Frame, Machine};

/// How many functions are followed that some code calls.
const MOST_CALLED: usize = 64;

impl<'a> Machine<'a> {
    /// Marks the variables that a statement assigns, and the objects that it changes.
    pub(crate) fn steer(&mut self, statement: &Statement<'a>, frame: &Frame) {
        // What a package keeps for itself is never ported.
        if self.is_own(frame.module) {
            let mut search = Targets::default();
            search.visit_statement(statement);
            self.steer_targets(search, frame.scope, &mut Vec::new());
        }
    }

    /// The same for a block that may throw somewhere, and for what follows when it does.
    pub(crate) fn steer_try(&mut self, tried: &TryStatement<'a>, frame: &Frame) {
        if self.is_own(frame.module) {
            let mut search = Targets::default();
            search.visit_try_statement(tried);
            self.steer_targets(search, frame.scope, &mut Vec::new());
        }
    }

    fn steer_targets(&mut self, search: Targets, scope: ScopeId, seen: &mut Vec<usize>) {
        for (name, change) in search.names {
            let Some(scope) = self.scopes.find(scope, &name) else {
                continue;
            };
            let Some(binding) = self.scopes.binding_mut(scope, &name) else {
                continue;
            };
            match (change, binding.value.clone()) {
                (Change::Variable, _) => binding.steered = true,
                (Change::Object, Value::Object(id)) => self.heap.get_mut(id).past.assumed = true,
                (Change::Object, _) => {}
                (Change::Call, value) => self.steer_call(&value, seen),
            }
        }
    }

    /// Marks what a function changes that may be called.
    fn steer_call(&mut self, callee: &Value, seen: &mut Vec<usize>) {
        let Some(Kind::Function(closure)) = self.heap.kind(callee) else {
            return;
        };
        let identity = closure.code.identity();
        if seen.contains(&identity) || seen.len() >= MOST_CALLED || !self.is_own(closure.module) {
            return;
        }
        seen.push(identity);
        let scope = closure.scope;
        let mut search = Targets::default();
        match closure.code {
            Code::Function(function) => search.visit_function(function, ScopeFlags::Function),
            Code::Arrow(arrow) => search.visit_arrow_function_expression(arrow),
            Code::Class(_) => return,
        }
        self.steer_targets(search, scope, seen);
    }
}

/// What happens to a variable.
#[derive(Clone, Copy)]
enum Change {
    Variable,
    /// The object that it holds, or a part of it, is changed.
    Object,
    /// It is called.
    Call,
}

/// The variables that code changes, in the order of the source.
#[derive(Default)]
struct Targets {
    names: Vec<(String, Change)>,
}

impl Targets {
    /// Notes that the object at the root of a chain of members is changed.
    fn object_of(&mut self, object: &Expression<'_>) {
        let mut object = object;
        while let Some(member) = object.as_member_expression() {
            object = member.object();
        }
        if let Expression::Identifier(identifier) = object {
            self.names
                .push((identifier.name.to_string(), Change::Object));
        }
    }
}

impl Targets {
    /// A method that changes its receiver, or the first of its arguments.
    fn method_call(&mut self, member: &MemberExpression<'_>, call: &CallExpression<'_>) {
        let first = call.arguments.first().and_then(|it| it.as_expression());
        match (member.static_property_name(), first) {
            (Some("assign" | "defineProperty" | "defineProperties"), Some(target)) => {
                self.object_of(target);
            }
            (Some(method), _) if !changes_receiver(method) => {}
            _ => self.object_of(member.object()),
        }
    }
}

impl<'a> Visit<'a> for Targets {
    fn visit_simple_assignment_target(&mut self, target: &SimpleAssignmentTarget<'a>) {
        if let SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) = target {
            self.names
                .push((identifier.name.to_string(), Change::Variable));
        } else if let Some(object) = target.as_member_expression().map(MemberExpression::object) {
            self.object_of(object);
        }
        walk::walk_simple_assignment_target(self, target);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let member = call.callee.as_member_expression();
        match (&call.callee, member) {
            (Expression::Identifier(name), _) => {
                self.names.push((name.name.to_string(), Change::Call));
            }
            (_, Some(member)) => self.method_call(member, call),
            _ => {}
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        if unary.operator == UnaryOperator::Delete
            && let Some(member) = unary.argument.as_member_expression()
        {
            self.object_of(member.object());
        }
        walk::walk_unary_expression(self, unary);
    }
}

/// Whether a built-in method of this name changes what it is called on.
fn changes_receiver(method: &str) -> bool {
    matches!(
        method,
        "push"
            | "pop"
            | "shift"
            | "unshift"
            | "splice"
            | "sort"
            | "reverse"
            | "fill"
            | "copyWithin"
            | "set"
            | "add"
            | "delete"
            | "clear"
    )
}
