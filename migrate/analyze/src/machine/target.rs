//! What is assigned: found once, before the value, then read and written.

use oxc_ast::ast::{Expression, SimpleAssignmentTarget};

use crate::machine::expression::private_key;
use crate::machine::value::{Site, Value};
use crate::machine::{Frame, Machine};

/// Where an assignment goes.
pub(crate) enum Target<'a> {
    Variable(&'a str, Site),
    Property {
        object: Value,
        key: Value,
        /// The position of a read, and of a write.
        read: Site,
        write: Site,
    },
    /// Something with a type of TypeScript, which is only read.
    Typed(&'a Expression<'a>),
}

impl<'a> Machine<'a> {
    /// Evaluates the object and the key of a target.
    pub(crate) fn target(
        &mut self,
        target: &'a SimpleAssignmentTarget<'a>,
        frame: &mut Frame,
    ) -> Target<'a> {
        match target {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) => {
                Target::Variable(identifier.name.as_str(), frame.site(&**identifier))
            }
            SimpleAssignmentTarget::StaticMemberExpression(member) => {
                let site = frame.site(&member.property);
                Target::Property {
                    object: self.eval(&member.object, frame),
                    key: Value::text(member.property.name.as_str()),
                    read: site,
                    write: site,
                }
            }
            SimpleAssignmentTarget::ComputedMemberExpression(member) => Target::Property {
                object: self.eval(&member.object, frame),
                key: self.eval(&member.expression, frame),
                read: frame.site(&member.expression),
                write: frame.site(&**member),
            },
            SimpleAssignmentTarget::PrivateFieldExpression(member) => Target::Property {
                object: self.eval(&member.object, frame),
                key: Value::from(private_key(member.field.name.as_str())),
                read: frame.site(&member.field),
                write: frame.site(&**member),
            },
            SimpleAssignmentTarget::TSAsExpression(inner) => Target::Typed(&inner.expression),
            SimpleAssignmentTarget::TSSatisfiesExpression(inner) => {
                Target::Typed(&inner.expression)
            }
            SimpleAssignmentTarget::TSNonNullExpression(inner) => Target::Typed(&inner.expression),
            SimpleAssignmentTarget::TSTypeAssertion(inner) => Target::Typed(&inner.expression),
        }
    }

    /// What a target holds now.
    pub(crate) fn read_target(&mut self, target: &Target<'a>, frame: &mut Frame) -> Value {
        match target {
            Target::Variable(name, site) => self.lookup(name, frame, *site),
            Target::Property {
                object, key, read, ..
            } => self.get_computed(object, key, *read),
            Target::Typed(expression) => self.eval(expression, frame),
        }
    }

    /// Puts a value into a target.
    pub(crate) fn write_target(&mut self, target: &Target<'a>, value: Value, frame: &Frame) {
        match target {
            Target::Variable(name, site) => self.assign(name, value, frame, *site),
            Target::Property {
                object, key, write, ..
            } => self.set_computed(object, key, value, *write),
            Target::Typed(_) => self.assume(),
        }
    }
}
