//! Names, paths of names and members.

use isobar_migrate_model::code::{
    Argument, Builtin, Callee, Expression, LocalId, RequestMember, ResponseMember,
};
use oxc_ast::ast;
use oxc_span::GetSpan;

use super::function::Lowering;
use super::pattern::{Source, named_value, request_member};
use super::scope::Bound;
use super::statement::Lowered;
use super::{Callable, Handle, Named, Obstacle, Refusal, This};
use crate::machine::expression::private_key;

/// Members of Node's request that are not ported.
const FOREIGN_REQUEST: [&str; 22] = [
    "app",
    "res",
    "next",
    "route",
    "socket",
    "connection",
    "client",
    "session",
    "files",
    "file",
    "flash",
    "login",
    "logout",
    "logIn",
    "logOut",
    "isAuthenticated",
    "ips",
    "subdomains",
    "fresh",
    "stale",
    "rawHeaders",
    "httpVersion",
];

/// Whether `req.name` is something of Node, Express or a package that is not ported.
pub(super) fn is_foreign_request_member(name: &str) -> bool {
    FOREIGN_REQUEST.contains(&name)
}

impl<'a> Lowering<'a, '_> {
    /// The value of a name or of a member.
    pub(super) fn reference(&mut self, expression: &'a ast::Expression<'a>) -> Lowered<Expression> {
        if let Some(named) = self.path(expression) {
            if let Named::Getter(getter) = named {
                return self.get_with(getter, expression);
            }
            return match named_value(&named) {
                Some(value) => Ok(value),
                None => Err(Refusal::new(expression, not_a_value(&named))),
            };
        }
        match expression {
            ast::Expression::ThisExpression(_) => self.variable("this", expression),
            ast::Expression::Identifier(identifier) => {
                self.variable(identifier.name.as_str(), expression)
            }
            ast::Expression::StaticMemberExpression(member) => {
                if let Some(part) = self.part(&member.object, member.property.name.as_str())? {
                    refuse_request_member(&part, expression)?;
                    return Ok(part);
                }
                let object = Box::new(self.object_of_member(&member.object)?);
                Ok(Expression::Member {
                    object,
                    property: member.property.name.to_string(),
                })
            }
            ast::Expression::ComputedMemberExpression(member) => {
                let object = Box::new(self.expression(&member.object)?);
                let index = Box::new(self.expression(&member.expression)?);
                Ok(match *index {
                    Expression::Text { value } => Expression::Member {
                        object,
                        property: value,
                    },
                    _ => Expression::Index { object, index },
                })
            }
            _ => Err(Refusal::new(expression, "this reference")),
        }
    }

    /// What a getter gives.
    fn get_with(&mut self, getter: Handle, member: &'a ast::Expression<'a>) -> Lowered<Expression> {
        let (this, object) = self.receiver(member)?;
        let callable = self.names.callable(getter, this, &[]);
        let Callable { function, .. } =
            callable.map_err(|message| Refusal::new(member, message))?;
        let arguments = object.map(|value| Argument::Value { value });
        Ok(Expression::Call {
            callee: Callee::Function { function },
            arguments: arguments.into_iter().collect(),
        })
    }

    fn variable(&mut self, name: &str, node: &impl GetSpan) -> Lowered<Expression> {
        match self.scopes.resolve(name) {
            Some(Bound::Local(local)) => {
                self.check_escape(local, node)?;
                Ok(Expression::Local { local })
            }
            Some(Bound::Closure(_)) => Err(Refusal::new(node, "a function as a value")),
            Some(Bound::Request) => Err(Refusal::new(node, "the request as a value")),
            Some(Bound::Response) => Err(Refusal::new(node, "the response as a value")),
            Some(Bound::Next) => Err(Refusal::new(node, "next as a value")),
            Some(Bound::Later) => Err(Refusal::new(node, format!("{name} before its declaration"))),
            Some(Bound::Alias(named)) => Err(Refusal::new(node, not_a_value(&named))),
            None => Err(Refusal::new(node, format!("the name {name}"))),
        }
    }

    /// What a name or a path of names stands for outside of the function; none where the function declares it.
    pub(super) fn path(&mut self, expression: &ast::Expression<'_>) -> Option<Named> {
        match expression.without_parentheses() {
            ast::Expression::Identifier(identifier) => self.path_of_name(identifier.name.as_str()),
            ast::Expression::ThisExpression(_) => self.path_of_name("this"),
            ast::Expression::StaticMemberExpression(member) => {
                let name = member.property.name.as_str();
                if let ast::Expression::Super(_) = member.object {
                    return Some(self.names.superior(name));
                }
                self.path_of_member(&member.object, name)
            }
            ast::Expression::PrivateFieldExpression(member) => {
                self.path_of_member(&member.object, &private_key(member.field.name.as_str()))
            }
            ast::Expression::ComputedMemberExpression(member) => {
                let ast::Expression::StringLiteral(key) = member.expression.without_parentheses()
                else {
                    return None;
                };
                let object = self.path(&member.object)?;
                let is_namespace = matches!(object, Named::Namespace(_) | Named::Environment);
                is_namespace.then(|| self.named_member(&object, key.value.as_str()))
            }
            _ => None,
        }
    }

    fn path_of_name(&mut self, name: &str) -> Option<Named> {
        match self.scopes.resolve(name) {
            Some(Bound::Alias(named)) => Some(named),
            Some(_) => None,
            None => match self.names.name(name) {
                Named::Captured => {
                    self.capture(name);
                    None
                }
                named => Some(named),
            },
        }
    }

    fn path_of_member(&mut self, object: &ast::Expression<'_>, name: &str) -> Option<Named> {
        if let Some(class) = self.static_class(object) {
            return self.names.method_of(class, name);
        }
        let object = self.path(object)?;
        match object {
            Named::Namespace(_) | Named::Environment | Named::Refused(_) => {
                Some(self.named_member(&object, name))
            }
            Named::Builtin(builtin) => {
                let path = format!("{}.{name}", builtin.name().trim_start_matches("new "));
                Some(match Builtin::from_name(&path) {
                    Some(builtin) => Named::Builtin(builtin),
                    None => Named::Refused(path.into()),
                })
            }
            Named::Function(_) => Some(Named::Refused(
                format!("the property {name} of a function").into(),
            )),
            _ => None,
        }
    }

    /// The object that a callee is a member of, as the function sees it: for an instance, with its value.
    pub(super) fn receiver(
        &mut self,
        callee: &'a ast::Expression<'a>,
    ) -> Lowered<(This, Option<Expression>)> {
        let object = match callee.without_parentheses() {
            ast::Expression::StaticMemberExpression(member) => &member.object,
            ast::Expression::ComputedMemberExpression(member) => &member.object,
            ast::Expression::PrivateFieldExpression(member) => &member.object,
            _ => return Ok((This::Nobody, None)),
        };
        let named = match object {
            ast::Expression::Super(_) => {
                if let Some(Bound::Local(local)) = self.scopes.resolve("this")
                    && let Some(class) = self.instances.get(&local)
                {
                    let value = Expression::Local { local };
                    return Ok((This::Instance(*class), Some(value)));
                }
                self.path_of_name("this")
            }
            object => {
                if let Some(class) = self.static_class(object) {
                    let value = self.instance_value(object)?;
                    return Ok((This::Instance(class), Some(value)));
                }
                self.path(object)
            }
        };
        Ok(match named {
            Some(Named::Namespace(object)) => (This::Known(object), None),
            _ => (This::Nobody, None),
        })
    }

    /// The class of which an expression gives an instance, where that is certain.
    pub(super) fn static_class(&mut self, expression: &ast::Expression<'_>) -> Option<Handle> {
        let name = match expression.without_parentheses() {
            ast::Expression::Identifier(identifier) => identifier.name.as_str(),
            ast::Expression::ThisExpression(_) => "this",
            ast::Expression::NewExpression(new) => {
                let Some(Named::Namespace(class)) = self.path(&new.callee) else {
                    return None;
                };
                return self.names.class(class).is_some().then_some(class);
            }
            _ => return None,
        };
        match self.scopes.resolve(name) {
            Some(Bound::Local(local)) => self.instances.get(&local).copied(),
            _ => None,
        }
    }

    /// An instance whose class is known, where only a member of it is used.
    pub(super) fn instance_value(
        &mut self,
        expression: &'a ast::Expression<'a>,
    ) -> Lowered<Expression> {
        let name = match expression.without_parentheses() {
            ast::Expression::Identifier(identifier) => identifier.name.as_str(),
            ast::Expression::ThisExpression(_) => "this",
            ast::Expression::NewExpression(new) => return self.new_instance(new).map(|it| it.0),
            _ => return self.expression(expression),
        };
        match self.scopes.resolve(name) {
            Some(Bound::Local(local)) => Ok(Expression::Local { local }),
            _ => self.expression(expression),
        }
    }

    /// What a member is taken of.
    pub(super) fn object_of_member(
        &mut self,
        object: &'a ast::Expression<'a>,
    ) -> Lowered<Expression> {
        match self.static_class(object) {
            Some(_) => self.instance_value(object),
            None => self.expression(object),
        }
    }

    /// Refuses an instance as a value whose methods may then be called in other ways than by their names on it.
    fn check_escape(&mut self, local: LocalId, node: &impl GetSpan) -> Lowered<()> {
        let Some(class) = self.instances.get(&local).copied() else {
            return Ok(());
        };
        match self.names.class(class) {
            Some(Ok(info)) if info.is_value => Ok(()),
            Some(Err(obstacle)) => Err(Refusal::new(node, obstacle)),
            _ => Err(Refusal::new(
                node,
                "an instance with methods of the language's own names as a value",
            )),
        }
    }

    /// The request, the response or something outside as a whole, for a pattern or an alias.
    pub(super) fn whole(&mut self, expression: &ast::Expression<'_>) -> Option<Source> {
        if let ast::Expression::Identifier(identifier) = expression {
            let bound = self.scopes.resolve(identifier.name.as_str());
            if let Some(bound @ (Bound::Request | Bound::Response | Bound::Next)) = bound {
                return Some(Source::Whole(bound));
            }
        }
        let named = self.path(expression)?;
        if let Named::Getter(_) = named {
            return None;
        }
        named_value(&named)
            .is_none()
            .then_some(Source::Named(named))
    }

    /// A member of the request or the response.
    fn part(&mut self, object: &ast::Expression<'_>, name: &str) -> Lowered<Option<Expression>> {
        let ast::Expression::Identifier(identifier) = object.without_parentheses() else {
            return Ok(None);
        };
        Ok(match self.scopes.resolve(identifier.name.as_str()) {
            Some(Bound::Request) => Some(Expression::Request {
                member: request_member(name),
            }),
            Some(Bound::Response) => match ResponseMember::from_name(name) {
                Some(member) => Some(Expression::Response { member }),
                None => return Err(Refusal::new(object, format!("res.{name} as a value"))),
            },
            _ => None,
        })
    }

    /// An optional chain: every `?.` tests what stands before it.
    pub(super) fn chain(&mut self, it: &'a ast::ChainExpression<'a>) -> Lowered<Expression> {
        let mut tests = Vec::new();
        let mut value = self.link_element(&it.expression, &mut tests)?;
        while let Some((object, local)) = tests.pop() {
            value = Expression::Optional {
                object: Box::new(object),
                local,
                chain: Box::new(value),
            };
        }
        Ok(value)
    }

    fn link_element(
        &mut self,
        element: &'a ast::ChainElement<'a>,
        tests: &mut Vec<(Expression, isobar_migrate_model::code::LocalId)>,
    ) -> Lowered<Expression> {
        match element {
            ast::ChainElement::StaticMemberExpression(it) => self.static_link(it, tests),
            ast::ChainElement::ComputedMemberExpression(it) => self.computed_link(it, tests),
            ast::ChainElement::CallExpression(it) => self.call_link(it, tests),
            other => Err(Refusal::new(other, "this optional chain")),
        }
    }

    fn link(
        &mut self,
        expression: &'a ast::Expression<'a>,
        tests: &mut Vec<(Expression, isobar_migrate_model::code::LocalId)>,
    ) -> Lowered<Expression> {
        match expression {
            ast::Expression::StaticMemberExpression(it) if has_optional(expression) => {
                self.static_link(it, tests)
            }
            ast::Expression::ComputedMemberExpression(it) if has_optional(expression) => {
                self.computed_link(it, tests)
            }
            ast::Expression::CallExpression(it) if has_optional(expression) => {
                self.call_link(it, tests)
            }
            _ => self.expression(expression),
        }
    }

    fn static_link(
        &mut self,
        it: &'a ast::StaticMemberExpression<'a>,
        tests: &mut Vec<(Expression, isobar_migrate_model::code::LocalId)>,
    ) -> Lowered<Expression> {
        if let Some(part) = self.part(&it.object, it.property.name.as_str())? {
            return Ok(part);
        }
        let object = self.link(&it.object, tests)?;
        let object = Box::new(self.tested(object, it.optional, tests));
        Ok(Expression::Member {
            object,
            property: it.property.name.to_string(),
        })
    }

    fn computed_link(
        &mut self,
        it: &'a ast::ComputedMemberExpression<'a>,
        tests: &mut Vec<(Expression, isobar_migrate_model::code::LocalId)>,
    ) -> Lowered<Expression> {
        let object = self.link(&it.object, tests)?;
        let object = Box::new(self.tested(object, it.optional, tests));
        let index = Box::new(self.expression(&it.expression)?);
        Ok(Expression::Index { object, index })
    }

    fn call_link(
        &mut self,
        it: &'a ast::CallExpression<'a>,
        tests: &mut Vec<(Expression, isobar_migrate_model::code::LocalId)>,
    ) -> Lowered<Expression> {
        if it.optional {
            return Err(Refusal::new(it, "an optional call"));
        }
        let ast::Expression::StaticMemberExpression(member) = it.callee.without_parentheses()
        else {
            return Err(Refusal::new(it, "this call in an optional chain"));
        };
        if !has_optional(&it.callee) {
            return self.call(it);
        }
        let receiver = self.link(&member.object, tests)?;
        let receiver = self.tested(receiver, member.optional, tests);
        self.method_call(it, receiver, member.property.name.as_str())
    }

    fn tested(
        &mut self,
        object: Expression,
        optional: bool,
        tests: &mut Vec<(Expression, isobar_migrate_model::code::LocalId)>,
    ) -> Expression {
        if !optional {
            return object;
        }
        let local = self.scopes.variable("value");
        tests.push((object, local));
        Expression::Local { local }
    }
}

/// Whether a `?.` stands in this part of a chain.
fn has_optional(expression: &ast::Expression<'_>) -> bool {
    match expression {
        ast::Expression::StaticMemberExpression(it) => it.optional || has_optional(&it.object),
        ast::Expression::ComputedMemberExpression(it) => it.optional || has_optional(&it.object),
        ast::Expression::CallExpression(it) => it.optional || has_optional(&it.callee),
        _ => false,
    }
}

pub(super) fn not_a_value(named: &Named) -> Obstacle {
    match named {
        Named::Refused(obstacle) => obstacle.clone(),
        Named::Function(_) | Named::Builtin(_) => "a function as a value".into(),
        Named::Environment => "process.env as a whole".into(),
        _ => "an object with functions as a value".into(),
    }
}

/// Refuses members that some package defines.
pub(super) fn refuse_request_member(value: &Expression, node: &impl GetSpan) -> Lowered<()> {
    if let Expression::Request {
        member: RequestMember::Property(name),
    } = value
        && is_foreign_request_member(name)
    {
        return Err(Refusal::new(node, format!("req.{name}")));
    }
    Ok(())
}
