//! What assignments, updates and `delete` write.

use isobar_migrate_model::code::{
    AssignOperator, Expression, Key, RequestMember, ResponseMember, Target,
};
use oxc_ast::ast;
use oxc_span::GetSpan;

use super::function::Lowering;
use super::pattern::request_member;
use super::scope::Bound;
use super::statement::Lowered;
use super::{Named, Refusal};
use crate::machine::expression::private_key;

impl<'a> Lowering<'a, '_> {
    pub(super) fn assignment(
        &mut self,
        it: &'a ast::AssignmentExpression<'a>,
    ) -> Lowered<Expression> {
        let Some(operator) = AssignOperator::from_name(it.operator.as_str()) else {
            return Err(Refusal::new(
                it,
                format!("the operator {}", it.operator.as_str()),
            ));
        };
        let Some(target) = it.left.as_simple_assignment_target() else {
            return Err(Refusal::new(
                it,
                "a pattern on the left of an assignment whose value is used",
            ));
        };
        let target = self.target(target)?;
        let value = Box::new(self.expression(&it.right)?);
        Ok(Expression::Assign {
            target,
            operator,
            value,
        })
    }

    pub(super) fn update(&mut self, it: &'a ast::UpdateExpression<'a>) -> Lowered<Expression> {
        let target = self.target(&it.argument)?;
        if !is_settled(&target) {
            // Its old value and its new one would be looked up apart.
            return Err(Refusal::new(it, "++ or -- of what a call gives"));
        }
        let by = if it.operator == ast::UpdateOperator::Increment {
            1
        } else {
            -1
        };
        Ok(Expression::Update {
            target,
            by,
            prefix: it.prefix,
        })
    }

    pub(super) fn target(
        &mut self,
        target: &'a ast::SimpleAssignmentTarget<'a>,
    ) -> Lowered<Target> {
        match target {
            ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) => {
                self.variable_target(identifier.name.as_str(), target)
            }
            ast::SimpleAssignmentTarget::StaticMemberExpression(member) => {
                let name = member.property.name.to_string();
                self.property_target(&member.object, Key::Name { name }, target)
            }
            ast::SimpleAssignmentTarget::ComputedMemberExpression(member) => {
                let key = Key::Computed {
                    value: Box::new(self.expression(&member.expression)?),
                };
                self.property_target(&member.object, key, target)
            }
            ast::SimpleAssignmentTarget::PrivateFieldExpression(member)
                if matches!(self.path(&member.object), Some(Named::Namespace(_))) =>
            {
                let name = private_key(member.field.name.as_str());
                self.property_target(&member.object, Key::Name { name }, target)
            }
            _ => Err(Refusal::new(target, "this on the left of an assignment")),
        }
    }

    pub(super) fn variable_target(&mut self, name: &str, node: &impl GetSpan) -> Lowered<Target> {
        match self.scopes.resolve(name) {
            Some(Bound::Local(local)) => {
                self.scopes.assigned(local);
                Ok(Target::Local { local })
            }
            Some(_) => Err(Refusal::new(node, format!("an assignment to {name}"))),
            None => match self.names.name(name) {
                Named::State(state) => Ok(Target::State { state }),
                Named::Refused(message) => Err(Refusal::new(node, message)),
                _ => Err(Refusal::new(node, format!("an assignment to {name}"))),
            },
        }
    }

    fn property_target(
        &mut self,
        object: &'a ast::Expression<'a>,
        key: Key,
        node: &impl GetSpan,
    ) -> Lowered<Target> {
        if let ast::Expression::Identifier(identifier) = object.without_parentheses() {
            match (self.scopes.resolve(identifier.name.as_str()), &key) {
                (Some(Bound::Request), Key::Name { name }) => {
                    return request_target(name, node);
                }
                (Some(Bound::Response), Key::Name { name }) => {
                    return response_target(name, node);
                }
                (Some(Bound::Request | Bound::Response), Key::Computed { .. }) => {
                    return Err(Refusal::new(
                        node,
                        "a computed property of the request or response",
                    ));
                }
                _ => {}
            }
        }
        if let Some(named) = self.path(object)
            && let (Named::Namespace(handle), Key::Name { name }) = (&named, &key)
        {
            return match self.names.member(*handle, name) {
                Named::State(state) => Ok(Target::State { state }),
                Named::Refused(message) => Err(Refusal::new(node, message)),
                _ => Err(Refusal::new(
                    node,
                    format!("an assignment to a module's {name}"),
                )),
            };
        }
        if let (Some(class), Key::Name { name }) = (self.static_class(object), &key)
            && self.names.method_of(class, name).is_some()
        {
            return Err(Refusal::new(node, "an assignment to a method"));
        }
        let object = Box::new(self.object_of_member(object)?);
        Ok(Target::Property { object, key })
    }

    pub(super) fn delete(&mut self, argument: &'a ast::Expression<'a>) -> Lowered<Expression> {
        let (object, key) = match argument.without_parentheses() {
            ast::Expression::StaticMemberExpression(member) if !member.optional => (
                &member.object,
                Key::Name {
                    name: member.property.name.to_string(),
                },
            ),
            ast::Expression::ComputedMemberExpression(member) if !member.optional => {
                let value = Box::new(self.expression(&member.expression)?);
                (&member.object, Key::Computed { value })
            }
            other => {
                return Err(Refusal::new(
                    other,
                    "delete of something other than a property",
                ));
            }
        };
        if self
            .path(object)
            .is_some_and(|named| super::pattern::named_value(&named).is_none())
        {
            return Err(Refusal::new(argument, "delete on a module"));
        }
        Ok(Expression::Delete {
            object: Box::new(self.expression(object)?),
            key,
        })
    }
}

fn request_target(name: &str, node: &impl GetSpan) -> Lowered<Target> {
    match request_member(name) {
        RequestMember::Property(name) if !super::member::is_foreign_request_member(&name) => {
            Ok(Target::Request { name })
        }
        RequestMember::Body => Ok(Target::Request {
            name: name.to_owned(),
        }),
        _ => Err(Refusal::new(node, format!("an assignment to req.{name}"))),
    }
}

fn response_target(name: &str, node: &impl GetSpan) -> Lowered<Target> {
    match ResponseMember::from_name(name) {
        Some(ResponseMember::HeadersSent) | None => {
            Err(Refusal::new(node, format!("an assignment to res.{name}")))
        }
        Some(member) => Ok(Target::Response { member }),
    }
}

/// Whether looking a place up twice does no more than looking it up once.
fn is_settled(target: &Target) -> bool {
    match target {
        Target::Property { object, key } => {
            let key = match key {
                Key::Computed { value } => is_plain(value),
                Key::Name { .. } => true,
            };
            key && is_plain(object)
        }
        _ => true,
    }
}

fn is_plain(value: &Expression) -> bool {
    match value {
        Expression::Member { object, .. } => is_plain(object),
        Expression::Index { object, index } => is_plain(object) && is_plain(index),
        Expression::Text { .. }
        | Expression::Number { .. }
        | Expression::Local { .. }
        | Expression::State { .. }
        | Expression::Constant { .. }
        | Expression::Request { .. }
        | Expression::Response { .. } => true,
        _ => false,
    }
}
