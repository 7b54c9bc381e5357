//! Calls on the response, `next()` and `res.format()`.

use isobar_migrate_model::code::{
    Argument, BinaryOperator, Builtin, Callee, Expression, FormatCase, ResponseMethod,
    ResponseStep, Statement, StatementKind,
};
use oxc_ast::ast;

use super::function::{Body, Lowering};
use super::pattern::static_key;
use super::scope::Bound;
use super::statement::Lowered;
use super::{Named, Refusal, Role, This};

impl<'a> Lowering<'a, '_> {
    pub(super) fn is_next(&mut self, call: &ast::CallExpression<'_>) -> bool {
        let ast::Expression::Identifier(identifier) = call.callee.without_parentheses() else {
            return false;
        };
        self.scopes.resolve(identifier.name.as_str()) == Some(Bound::Next)
    }

    pub(super) fn next_call(&mut self, call: &'a ast::CallExpression<'a>) -> Lowered<Expression> {
        if self.scopes.in_closure() {
            return Err(Refusal::new(call, "next() in a callback"));
        }
        let argument = match call.arguments.as_slice() {
            [] => None,
            [argument] => match self.argument(argument)? {
                Argument::Value { value } => Some(Box::new(value)),
                _ => return Err(Refusal::new(call, "next() with this argument")),
            },
            _ => return Err(Refusal::new(call, "next() with more than one argument")),
        };
        Ok(Expression::Next { argument })
    }

    /// What `process.nextTick` or `setImmediate` runs, where it is a single `next(…)` that cannot throw.
    pub(super) fn deferred(
        &mut self,
        call: &'a ast::CallExpression<'a>,
    ) -> Option<&'a ast::Expression<'a>> {
        let is_deferring = match call.callee.without_parentheses() {
            ast::Expression::Identifier(name) => name.name == "setImmediate",
            ast::Expression::StaticMemberExpression(member) => {
                member.property.name == "nextTick"
                    && matches!(&member.object, ast::Expression::Identifier(it) if it.name == "process")
            }
            _ => false,
        };
        let [callback] = call.arguments.as_slice() else {
            return None;
        };
        let (source, _) = Self::function_source(callback.as_expression()?)?;
        let inner = match source.body {
            Body::Expression(expression) => expression,
            Body::Statements([ast::Statement::ExpressionStatement(statement)]) => {
                &statement.expression
            }
            Body::Statements(_) => return None,
        };
        let ast::Expression::CallExpression(next) = inner.without_parentheses() else {
            return None;
        };
        let quiet = next
            .arguments
            .iter()
            .all(|argument| match argument.as_expression() {
                Some(ast::Expression::Identifier(_)) => true,
                Some(ast::Expression::NewExpression(new)) => new.arguments.iter().all(|argument| {
                    matches!(
                        argument.as_expression(),
                        Some(ast::Expression::StringLiteral(_))
                    )
                }),
                _ => false,
            });
        let no_parameters = source.parameters.items.is_empty();
        (is_deferring && no_parameters && quiet && self.is_next(next)).then_some(inner)
    }

    /// The steps of `res.status(404).json(…)`; none where the chain does not begin at the response.
    pub(super) fn response_chain(
        &mut self,
        call: &'a ast::CallExpression<'a>,
    ) -> Lowered<Option<Vec<ResponseStep>>> {
        if !self.begins_at_response(call) {
            return Ok(None);
        }
        let mut calls = vec![call];
        let mut current = call;
        while let ast::Expression::StaticMemberExpression(member) =
            current.callee.without_parentheses()
            && let ast::Expression::CallExpression(inner) = member.object.without_parentheses()
        {
            calls.push(inner);
            current = inner;
        }
        let mut steps: Vec<ResponseStep> = Vec::new();
        for call in calls.into_iter().rev() {
            if steps
                .last()
                .is_some_and(|step| !returns_response(step.method))
            {
                return Err(Refusal::new(
                    call,
                    "a call on what a response method returns",
                ));
            }
            steps.push(self.response_step(call)?);
        }
        Ok(Some(steps))
    }

    fn begins_at_response(&mut self, call: &ast::CallExpression<'_>) -> bool {
        let ast::Expression::StaticMemberExpression(member) = call.callee.without_parentheses()
        else {
            return false;
        };
        match member.object.without_parentheses() {
            ast::Expression::Identifier(identifier) => {
                self.scopes.resolve(identifier.name.as_str()) == Some(Bound::Response)
            }
            ast::Expression::CallExpression(inner) => self.begins_at_response(inner),
            _ => false,
        }
    }

    fn response_step(&mut self, call: &'a ast::CallExpression<'a>) -> Lowered<ResponseStep> {
        let ast::Expression::StaticMemberExpression(member) = call.callee.without_parentheses()
        else {
            return Err(Refusal::new(call, "this call on the response"));
        };
        let name = member.property.name.as_str();
        let Some(method) = ResponseMethod::from_name(name) else {
            return Err(Refusal::new(&member.property, format!("res.{name}()")));
        };
        let mut lowered = Vec::new();
        for argument in &call.arguments {
            match self.argument(argument)? {
                Argument::Value { value } => lowered.push(value),
                _ => {
                    return Err(Refusal::new(
                        argument,
                        format!("this argument of res.{name}()"),
                    ));
                }
            }
        }
        check_arguments(method, &lowered).map_err(|message| Refusal::new(call, message))?;
        Ok(ResponseStep {
            method,
            arguments: lowered,
        })
    }

    pub(super) fn is_format(&mut self, call: &ast::CallExpression<'_>) -> bool {
        let ast::Expression::StaticMemberExpression(member) = call.callee.without_parentheses()
        else {
            return false;
        };
        let ast::Expression::Identifier(identifier) = member.object.without_parentheses() else {
            return false;
        };
        member.property.name == "format"
            && self.scopes.resolve(identifier.name.as_str()) == Some(Bound::Response)
    }

    /// `res.format({…})` with functions in place, or with a module whose functions answer.
    pub(super) fn format(&mut self, call: &'a ast::CallExpression<'a>) -> Lowered<StatementKind> {
        let argument = match call.arguments.as_slice() {
            [argument] => argument
                .as_expression()
                .map(ast::Expression::without_parentheses),
            _ => None,
        };
        let mut answers = match argument {
            Some(ast::Expression::ObjectExpression(object)) => self.format_literal(object)?,
            Some(path) => self.format_module(call, path)?,
            None => return Err(Refusal::new(call, "res.format() with this argument")),
        };
        let default = answers.iter().position(|case| case.media_type == "default");
        let default = default.map(|position| answers.remove(position).body);
        Ok(StatementKind::Format {
            cases: answers,
            default,
        })
    }

    fn format_literal(
        &mut self,
        object: &'a ast::ObjectExpression<'a>,
    ) -> Lowered<Vec<FormatCase>> {
        let mut cases = Vec::new();
        for property in &object.properties {
            let ast::ObjectPropertyKind::ObjectProperty(property) = property else {
                return Err(Refusal::new(property, "a spread in res.format()"));
            };
            let source = Self::function_source(&property.value);
            let (Some(media_type), Some((source, _))) =
                (static_key(&property.key, property.computed), source)
            else {
                return Err(Refusal::new(&**property, "this entry of res.format()"));
            };
            let body = self.scoped(|lowering| {
                let roles = [Role::Request, Role::Response, Role::Next];
                let (_, mut body) = lowering.parameters(source.parameters, &roles);
                body.extend(match source.body {
                    Body::Statements(statements) => lowering.function_body(statements, true),
                    Body::Expression(expression) => lowering.answer(expression),
                });
                body
            });
            cases.push(FormatCase { media_type, body });
        }
        Ok(cases)
    }

    fn answer(&mut self, expression: &'a ast::Expression<'a>) -> Vec<Statement> {
        match self.returned(expression) {
            Ok(value) => {
                let line = self.line(expression);
                let kind = StatementKind::Return { value: Some(value) };
                vec![super::control::at_line(line, kind)]
            }
            Err(refusal) => {
                self.refusals.push(refusal);
                Vec::new()
            }
        }
    }

    fn format_module(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        path: &'a ast::Expression<'a>,
    ) -> Lowered<Vec<FormatCase>> {
        let Some(Named::Namespace(handle)) = self.path(path) else {
            return Err(Refusal::new(path, "res.format() with a computed argument"));
        };
        let mut cases = Vec::new();
        for (media_type, function) in self.names.members(handle) {
            let roles = [Role::Request, Role::Response];
            let callable = self.names.callable(function, This::Known(handle), &roles);
            let callable = callable.map_err(|message| Refusal::new(call, message))?;
            let callee = isobar_migrate_model::code::Callee::Function {
                function: callable.function,
            };
            let arguments = vec![Argument::Request, Argument::Response];
            let expression = Expression::Call { callee, arguments };
            let kind = StatementKind::Expression { expression };
            let body = vec![super::control::at_line(self.line(call), kind)];
            cases.push(FormatCase { media_type, body });
        }
        Ok(cases)
    }
}

/// Whether another call on the response may follow. What ends the response returns it too, but a call after that is
/// left to the legacy side.
fn returns_response(method: ResponseMethod) -> bool {
    !method.is_final()
        && !matches!(
            method,
            ResponseMethod::Get
                | ResponseMethod::GetHeader
                | ResponseMethod::RemoveHeader
                | ResponseMethod::Write
        )
}

/// Refuses uses that are not modelled exactly.
fn check_arguments(method: ResponseMethod, arguments: &[Expression]) -> Result<(), String> {
    if method == ResponseMethod::WriteHead {
        return Err("res.writeHead()".to_owned());
    }
    let (least, most) = match method {
        ResponseMethod::Status
        | ResponseMethod::SendStatus
        | ResponseMethod::Json
        | ResponseMethod::Jsonp
        | ResponseMethod::Type
        | ResponseMethod::ContentType
        | ResponseMethod::Location
        | ResponseMethod::Vary
        | ResponseMethod::Links
        | ResponseMethod::Get
        | ResponseMethod::GetHeader
        | ResponseMethod::RemoveHeader
        | ResponseMethod::Write => (1, 1),
        ResponseMethod::Send | ResponseMethod::End | ResponseMethod::Attachment => (0, 1),
        ResponseMethod::Redirect
        | ResponseMethod::Set
        | ResponseMethod::Header
        | ResponseMethod::WriteHead
        | ResponseMethod::ClearCookie => (1, 2),
        ResponseMethod::SetHeader | ResponseMethod::Append => (2, 2),
        ResponseMethod::Cookie => (2, 3),
    };
    let takes_text = matches!(method, ResponseMethod::Attachment | ResponseMethod::Write);
    if takes_text && !arguments.iter().all(is_text) {
        return Err(format!(
            "res.{}() with a value of unknown type",
            method.name()
        ));
    }
    if arguments.len() < least || arguments.len() > most {
        return Err(format!(
            "res.{}() with {} arguments",
            method.name(),
            arguments.len()
        ));
    }
    Ok(())
}

/// Whether a value is text for sure.
fn is_text(value: &Expression) -> bool {
    match value {
        Expression::Text { .. } | Expression::Template { .. } => true,
        Expression::Binary {
            operator: BinaryOperator::Add,
            left,
            right,
        } => is_text(left) || is_text(right),
        Expression::Call {
            callee: Callee::Builtin { builtin },
            ..
        } => *builtin == Builtin::String,
        _ => false,
    }
}

/// Whether a value is what a call on the response gives, which is ported only where nobody uses it.
pub(super) fn is_step(value: &Expression) -> bool {
    match value {
        Expression::Respond { steps } => steps.last().is_none_or(|step| {
            !matches!(step.method, ResponseMethod::Get | ResponseMethod::GetHeader)
        }),
        _ => false,
    }
}
