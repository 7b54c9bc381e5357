//! Recognizes functions that only pass a handler's rejection to `next`.
//!
//! ```js
//! const wrap = (handler) => (req, res, next) => Promise.resolve(handler(req, res, next)).catch(next);
//! app.get('/', wrap(async (req, res) => res.json(await list())));
//! ```

use oxc_ast::ast;

use super::Porter;
use crate::machine::function::{Closure, Code};
use crate::machine::heap::Kind;
use crate::machine::value::{ObjectId, Value};

impl Porter<'_, '_> {
    /// The handler that a wrapper calls, when the value is a handler that such a wrapper made.
    pub(super) fn unwrapped(&self, value: &Value) -> Option<Value> {
        match self.machine.heap.kind(value)? {
            Kind::Foreign(foreign) if &*foreign.package == "express-async-handler" => {
                foreign.inputs.first().cloned()
            }
            Kind::Function(closure) => {
                let callee = wrapped_callee(closure)?;
                let scope = self.machine.scopes.find(closure.scope, &callee)?;
                let inner = self.machine.scopes.binding(scope, &callee)?.value.clone();
                self.is_function(&inner).then_some(inner)
            }
            _ => None,
        }
    }

    fn is_function(&self, value: &Value) -> bool {
        let function: Option<ObjectId> = value.as_object();
        function.is_some_and(|id| {
            matches!(
                self.machine.heap.get(id).kind,
                Kind::Function(_) | Kind::Bound { .. }
            )
        })
    }
}

/// The name of the function that `(req, res, next) => …` calls, when catching is all it adds.
fn wrapped_callee(closure: &Closure<'_>) -> Option<String> {
    let (parameters, value) = match closure.code {
        Code::Arrow(arrow) => match &arrow.body {
            ast::ArrowFunctionBody::FunctionBody(body) => (&arrow.params, only(&body.statements)?),
            body => (&arrow.params, body.as_expression()?),
        },
        Code::Function(function) => (&function.params, only(&function.body.as_ref()?.statements)?),
        Code::Class(_) => return None,
    };
    let names: Vec<_> = parameters
        .items
        .iter()
        .filter_map(|item| item.pattern.get_binding_identifier())
        .map(|id| id.name.as_str())
        .collect();
    let [request, response, next] = names.as_slice() else {
        return None;
    };
    let (promise, method, caught) = method_call(value)?;
    if method != "catch" || !is_name(caught, next) {
        return None;
    }
    let call = match method_call(promise) {
        Some((object, "resolve", inner)) if is_name(object, "Promise") => inner,
        _ => promise,
    };
    let ast::Expression::CallExpression(call) = call.without_parentheses() else {
        return None;
    };
    let ast::Expression::Identifier(callee) = call.callee.without_parentheses() else {
        return None;
    };
    let expected = [request, response, next];
    let handed: Vec<_> = call
        .arguments
        .iter()
        .filter_map(|it| it.as_expression())
        .collect();
    let same = handed
        .iter()
        .zip(expected)
        .all(|(argument, name)| is_name(argument, name));
    (same && handed.len() >= 2).then(|| callee.name.to_string())
}

/// The expression of a body that has a single statement.
fn only<'a>(statements: &'a [ast::Statement<'a>]) -> Option<&'a ast::Expression<'a>> {
    match statements {
        [ast::Statement::ReturnStatement(statement)] => statement.argument.as_ref(),
        [ast::Statement::ExpressionStatement(statement)] => Some(&statement.expression),
        _ => None,
    }
}

/// `object.method(argument)`.
fn method_call<'a>(
    expression: &'a ast::Expression<'a>,
) -> Option<(&'a ast::Expression<'a>, &'a str, &'a ast::Expression<'a>)> {
    let ast::Expression::CallExpression(call) = expression.without_parentheses() else {
        return None;
    };
    let ast::Expression::StaticMemberExpression(member) = call.callee.without_parentheses() else {
        return None;
    };
    let [argument] = call.arguments.as_slice() else {
        return None;
    };
    Some((
        &member.object,
        member.property.name.as_str(),
        argument.as_expression()?,
    ))
}

fn is_name(expression: &ast::Expression<'_>, name: &str) -> bool {
    matches!(expression.without_parentheses(), ast::Expression::Identifier(it) if it.name == name)
}
