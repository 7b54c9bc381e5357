//! Calls.

use isobar_migrate_model::code::{
    Argument, Builtin, Callee, Expression, Method, Part, RequestMethod,
};
use oxc_ast::ast;
use oxc_span::GetSpan;

use super::function::Lowering;
use super::scope::Bound;
use super::statement::Lowered;
use super::{Callable, ClassInfo, Handle, Named, Refusal, Role, This, arguments, text};

impl<'a> Lowering<'a, '_> {
    pub(super) fn call(&mut self, call: &'a ast::CallExpression<'a>) -> Lowered<Expression> {
        let (expression, is_async) = self.call_of_either_kind(call)?;
        if is_async {
            return Err(Refusal::new(call, "an async function that is not awaited"));
        }
        Ok(expression)
    }

    /// `await expression`. Nothing in the subset waits for the outside, so a promise of the application's own functions
    /// is settled as soon as the function has run.
    pub(super) fn awaited(&mut self, argument: &'a ast::Expression<'a>) -> Lowered<Expression> {
        match argument.without_parentheses() {
            ast::Expression::CallExpression(call) if self.is_promise_all(call) => self.all(call),
            ast::Expression::CallExpression(call) => self.awaited_call(call),
            other => self.expression(other),
        }
    }

    fn is_promise_all(&mut self, call: &ast::CallExpression<'_>) -> bool {
        let ast::Expression::StaticMemberExpression(member) = &call.callee else {
            return false;
        };
        let is_promise =
            matches!(&member.object, ast::Expression::Identifier(name) if name.name == "Promise");
        let is_global = matches!(self.path(&member.object), Some(Named::Refused(_)));
        is_promise && is_global && member.property.name == "all"
    }

    /// `await Promise.all([…])`.
    fn all(&mut self, call: &'a ast::CallExpression<'a>) -> Lowered<Expression> {
        let [ast::Argument::ArrayExpression(array)] = &call.arguments[..] else {
            return Err(Refusal::new(
                call,
                "Promise.all of something other than an array literal",
            ));
        };
        let mut parts = Vec::new();
        for element in &array.elements {
            let Some(element) = element.as_expression() else {
                return Err(Refusal::new(element, "a spread in Promise.all"));
            };
            let (value, settles) = match element.without_parentheses() {
                ast::Expression::CallExpression(call) => self.call_of_either_kind(call)?,
                value => (self.expression(value)?, false),
            };
            if let (
                true,
                Expression::Call {
                    callee: Callee::Function { function },
                    ..
                },
            ) = (settles, &value)
            {
                self.names.must_not_wait(*function);
            }
            parts.push(Part { value, settles });
        }
        Ok(Expression::All { parts })
    }

    pub(super) fn awaited_call(
        &mut self,
        call: &'a ast::CallExpression<'a>,
    ) -> Lowered<Expression> {
        Ok(self.call_of_either_kind(call)?.0)
    }

    fn call_of_either_kind(
        &mut self,
        call: &'a ast::CallExpression<'a>,
    ) -> Lowered<(Expression, bool)> {
        if call.optional {
            return Err(Refusal::new(call, "an optional call"));
        }
        if self.is_next(call) {
            return Err(Refusal::new(call, "next() with code after it"));
        }
        if let Some(named) = self.path(&call.callee) {
            if is_array_constructor(&call.callee) && matches!(named, Named::Namespace(_)) {
                return Ok((self.call_builtin(call, Builtin::NewArray)?, false));
            }
            return self.call_named(call, &named);
        }
        let expression = match call.callee.without_parentheses() {
            ast::Expression::Identifier(identifier) => {
                self.call_local(call, identifier.name.as_str())?
            }
            ast::Expression::StaticMemberExpression(member) => self.call_member(call, member)?,
            other => return Err(Refusal::new(other, "a call of a computed function")),
        };
        Ok((expression, false))
    }

    fn call_named(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        named: &Named,
    ) -> Lowered<(Expression, bool)> {
        match named {
            Named::Function(handle) => self.call_function(call, *handle),
            Named::Builtin(builtin) => Ok((self.call_builtin(call, *builtin)?, false)),
            Named::Refused(message) => Err(Refusal::new(&call.callee, message.clone())),
            _ => match call.callee.without_parentheses() {
                ast::Expression::StaticMemberExpression(member) => {
                    Ok((self.call_member(call, member)?, false))
                }
                other => Err(Refusal::new(
                    other,
                    "a call of something that is no function",
                )),
            },
        }
    }

    fn call_function(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        handle: Handle,
    ) -> Lowered<(Expression, bool)> {
        let roles = call.arguments.iter().map(|argument| self.role_of(argument));
        let roles: Vec<Role> = roles.collect();
        if roles.contains(&Role::Next) {
            return Err(Refusal::new(call, "next handed to a function"));
        }
        let (this, object) = self.receiver(&call.callee)?;
        let callable = self.names.callable(handle, this, &roles);
        let Callable { function, is_async } =
            callable.map_err(|message| Refusal::new(&call.callee, message))?;
        let object = object.map(|value| Argument::Value { value });
        let mut lowered: Vec<_> = object.into_iter().collect();
        lowered.extend(self.arguments_of(&call.arguments, &roles)?);
        let callee = Callee::Function { function };
        Ok((
            Expression::Call {
                callee,
                arguments: lowered,
            },
            is_async,
        ))
    }

    /// Arguments as their roles say.
    pub(super) fn arguments_of(
        &mut self,
        arguments: &'a [ast::Argument<'a>],
        roles: &[Role],
    ) -> Lowered<Vec<Argument>> {
        let arguments = arguments.iter().zip(roles);
        let lowered = arguments.map(|(argument, role)| match role {
            Role::Request => Ok(Argument::Request),
            Role::Response => Ok(Argument::Response),
            Role::Value | Role::Next => self.argument(argument),
        });
        lowered.collect()
    }

    pub(super) fn role_of(&mut self, argument: &ast::Argument<'a>) -> Role {
        let Some(ast::Expression::Identifier(identifier)) = argument.as_expression() else {
            return Role::Value;
        };
        match self.scopes.resolve(identifier.name.as_str()) {
            Some(Bound::Request) => Role::Request,
            Some(Bound::Response) => Role::Response,
            Some(Bound::Next) => Role::Next,
            _ => Role::Value,
        }
    }

    pub(super) fn argument(&mut self, argument: &'a ast::Argument<'a>) -> Lowered<Argument> {
        match argument {
            ast::Argument::SpreadElement(spread) => Ok(Argument::Spread {
                value: self.expression(&spread.argument)?,
                text: text::of(&spread.argument),
            }),
            argument => match argument.as_expression() {
                Some(value) => {
                    let lowered = self.expression(value)?;
                    if super::response::is_step(&lowered) {
                        return Err(Refusal::new(value, "what a call on the response gives"));
                    }
                    Ok(Argument::Value { value: lowered })
                }
                None => Err(Refusal::new(argument, "this argument")),
            },
        }
    }

    fn call_local(&mut self, call: &'a ast::CallExpression<'a>, name: &str) -> Lowered<Expression> {
        match self.scopes.resolve(name) {
            Some(Bound::Closure(local)) => {
                let arguments = call
                    .arguments
                    .iter()
                    .map(|argument| self.argument(argument));
                let arguments = arguments.collect::<Lowered<Vec<_>>>()?;
                if arguments
                    .iter()
                    .any(|it| matches!(it, Argument::Spread { .. }))
                {
                    return Err(Refusal::new(call, "a spread argument"));
                }
                Ok(Expression::Call {
                    callee: Callee::Local { local },
                    arguments,
                })
            }
            Some(Bound::Local(_)) => Err(Refusal::new(call, "a call of a function in a variable")),
            Some(Bound::Later) => Err(Refusal::new(call, format!("{name} before its declaration"))),
            _ => Err(Refusal::new(call, format!("a call of {name}"))),
        }
    }

    fn call_member(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        member: &'a ast::StaticMemberExpression<'a>,
    ) -> Lowered<Expression> {
        let name = member.property.name.as_str();
        if let Some(steps) = self.response_chain(call)? {
            return Ok(Expression::Respond { steps });
        }
        if let ast::Expression::Identifier(identifier) = member.object.without_parentheses()
            && self.scopes.resolve(identifier.name.as_str()) == Some(Bound::Request)
        {
            return self.request_call(call, name);
        }
        let receiver = self.expression(&member.object)?;
        self.method_call(call, receiver, name)
    }

    fn request_call(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        name: &str,
    ) -> Lowered<Expression> {
        let Some(method) = RequestMethod::from_name(name) else {
            return Err(Refusal::new(call, format!("req.{name}()")));
        };
        let mut lowered = Vec::new();
        for argument in &call.arguments {
            match self.argument(argument)? {
                it @ Argument::Value {
                    value: Expression::Text { .. },
                } => lowered.push(it),
                _ => {
                    return Err(Refusal::new(
                        call,
                        format!("req.{name}() with computed names"),
                    ));
                }
            }
        }
        let single = matches!(method, RequestMethod::Get | RequestMethod::Header);
        if lowered.is_empty() || (single && lowered.len() != 1) {
            return Err(Refusal::new(
                call,
                format!("req.{name}() with this number of arguments"),
            ));
        }
        let callee = Callee::Request { method };
        Ok(Expression::Call {
            callee,
            arguments: lowered,
        })
    }

    /// A call of a method of some value.
    pub(super) fn method_call(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        receiver: Expression,
        name: &str,
    ) -> Lowered<Expression> {
        if receiver == Expression::Undefined {
            // Looking the method up throws before anything else happens.
            return Ok(Expression::Member {
                object: Box::new(receiver),
                property: name.to_owned(),
            });
        }
        if always_throws(&receiver) {
            return Ok(receiver);
        }
        let Some(method) = Method::from_name(name) else {
            return Err(Refusal::new(&call.callee, format!("the method {name}")));
        };
        if matches!(method, Method::Entries | Method::Keys | Method::Values) {
            return Err(Refusal::new(&call.callee, "an iterator as a value"));
        }
        let text = text::of(&call.callee);
        let arguments = if arguments::takes_callback(method) {
            self.callback_arguments(call, method)?
        } else {
            call.arguments
                .iter()
                .map(|it| self.argument(it))
                .collect::<Lowered<Vec<_>>>()?
        };
        arguments::check_method(method, &arguments)
            .map_err(|message| Refusal::new(call, message))?;
        let receiver = Box::new(receiver);
        Ok(Expression::Call {
            callee: Callee::Method {
                receiver,
                method,
                text,
            },
            arguments,
        })
    }

    fn callback_arguments(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        method: Method,
    ) -> Lowered<Vec<Argument>> {
        let mut lowered = Vec::new();
        for (position, argument) in call.arguments.iter().enumerate() {
            if position == 0
                && let Some(callback) = argument.as_expression()
                && let Some(callback) = self.callback(callback, method)?
            {
                lowered.push(Argument::Value { value: callback });
                continue;
            }
            lowered.push(self.argument(argument)?);
        }
        Ok(lowered)
    }

    /// A function in the place of a callback; none for a value.
    fn callback(
        &mut self,
        callback: &'a ast::Expression<'a>,
        method: Method,
    ) -> Lowered<Option<Expression>> {
        match callback.without_parentheses() {
            ast::Expression::ArrowFunctionExpression(_)
            | ast::Expression::FunctionExpression(_) => {
                let closure = self.closure(callback)?;
                arguments::check_callback(method, &closure)
                    .map_err(|message| Refusal::new(callback, message))?;
                Ok(Some(closure))
            }
            ast::Expression::Identifier(_) | ast::Expression::StaticMemberExpression(_) => {
                self.named_callback(callback)
            }
            _ => Ok(None),
        }
    }

    fn named_callback(&mut self, callback: &'a ast::Expression<'a>) -> Lowered<Option<Expression>> {
        if let ast::Expression::Identifier(identifier) = callback
            && let Some(Bound::Closure(local)) = self.scopes.resolve(identifier.name.as_str())
        {
            return Ok(Some(Expression::Local { local }));
        }
        match self.path(callback) {
            Some(Named::Function(handle)) => {
                let callable = self.names.callable(handle, This::Nobody, &[]);
                let Callable { function, is_async } =
                    callable.map_err(|message| Refusal::new(callback, message))?;
                if is_async {
                    return Err(Refusal::new(callback, "an async callback"));
                }
                Ok(Some(Expression::Function { function }))
            }
            Some(Named::Builtin(
                builtin @ (Builtin::Boolean | Builtin::Number | Builtin::String),
            )) => Ok(Some(self.conversion(builtin))),
            Some(Named::Builtin(_)) => Err(Refusal::new(callback, "this function as a callback")),
            _ => Ok(None),
        }
    }

    /// `Boolean`, `Number` or `String` as a callback.
    fn conversion(&mut self, builtin: Builtin) -> Expression {
        use isobar_migrate_model::code::{Parameter, StatementKind};
        let local = self.scopes.variable("value");
        let value = Expression::Local { local };
        let value = Expression::Call {
            callee: Callee::Builtin { builtin },
            arguments: vec![Argument::Value { value }],
        };
        let body = vec![super::control::at_line(
            0,
            StatementKind::Return { value: Some(value) },
        )];
        Expression::Closure {
            parameters: vec![Parameter {
                local,
                default: None,
                rest: false,
            }],
            body,
        }
    }

    fn call_builtin(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        builtin: Builtin,
    ) -> Lowered<Expression> {
        let mut arguments = &call.arguments[..];
        if let (Builtin::CaptureStackTrace, [_, below]) = (builtin, arguments) {
            // Which function the stack begins with is not ported, but what tells it must do nothing.
            if !is_name_of_function(below) {
                return Err(Refusal::new(call, "Error.captureStackTrace with a call"));
            }
            arguments = &arguments[..1];
        }
        self.builtin(builtin, arguments, call)
    }

    /// An instance of a class of the source, and what is known of the class.
    pub(super) fn new_instance(
        &mut self,
        it: &'a ast::NewExpression<'a>,
    ) -> Lowered<(Expression, ClassInfo)> {
        let Some(Named::Namespace(class)) = self.path(&it.callee) else {
            return Err(Refusal::new(it, "new with something else than a class"));
        };
        let Some(info) = self.names.class(class) else {
            return Err(Refusal::new(it, "new with something else than a class"));
        };
        let info = info.map_err(|obstacle| Refusal::new(it, obstacle))?;
        let roles: Vec<Role> = it.arguments.iter().map(|it| self.role_of(it)).collect();
        let callable = self.names.constructor(class, This::Nobody, &roles);
        let callable = callable.map_err(|obstacle| Refusal::new(it, obstacle))?;
        let arguments = self.arguments_of(&it.arguments, &roles)?;
        let callee = Callee::Function {
            function: callable.function,
        };
        Ok((Expression::Call { callee, arguments }, info))
    }

    pub(super) fn new_expression(&mut self, it: &'a ast::NewExpression<'a>) -> Lowered<Expression> {
        if let Some(Named::Namespace(handle)) = self.path(&it.callee)
            && self.names.class(handle).is_some()
        {
            let (value, info) = self.new_instance(it)?;
            if !info.is_value {
                return Err(Refusal::new(
                    it,
                    "an instance with methods of the language's own names as a value",
                ));
            }
            return Ok(value);
        }
        let class = match it.callee.without_parentheses() {
            ast::Expression::Identifier(class) => class.name.as_str(),
            other => return Err(Refusal::new(other, "new with a computed class")),
        };
        let named = self.path(&it.callee);
        let builtin = match named {
            Some(Named::Builtin(_) | Named::Namespace(_)) => {
                Builtin::from_name(&format!("new {class}"))
            }
            _ => None,
        };
        match (builtin, named) {
            (Some(builtin), _) => self.builtin(builtin, &it.arguments, it),
            (None, Some(Named::Refused(message))) => Err(Refusal::new(it, message)),
            _ => Err(Refusal::new(it, format!("new {class}"))),
        }
    }

    fn builtin(
        &mut self,
        builtin: Builtin,
        source: &'a [ast::Argument<'a>],
        node: &impl GetSpan,
    ) -> Lowered<Expression> {
        let arguments = source
            .iter()
            .map(|it| self.argument(it))
            .collect::<Lowered<Vec<_>>>()?;
        arguments::check_builtin(builtin, &arguments)
            .map_err(|message| Refusal::new(node, message))?;
        Ok(Expression::Call {
            callee: Callee::Builtin { builtin },
            arguments,
        })
    }
}

/// Whether a value is a property of `undefined`, as what `this.service` gives where `this` is nobody.
fn always_throws(value: &Expression) -> bool {
    match value {
        Expression::Member { object, .. } => {
            **object == Expression::Undefined || always_throws(object)
        }
        _ => false,
    }
}

/// Whether an argument is a name or `this.constructor`.
fn is_name_of_function(argument: &ast::Argument<'_>) -> bool {
    match argument {
        ast::Argument::Identifier(_) => true,
        ast::Argument::StaticMemberExpression(member) => {
            matches!(member.object, ast::Expression::ThisExpression(_))
                && member.property.name == "constructor"
        }
        _ => false,
    }
}

/// `Array`, where nothing of the application has that name.
fn is_array_constructor(callee: &ast::Expression<'_>) -> bool {
    matches!(callee, ast::Expression::Identifier(name) if name.name == "Array")
}
