//! Where noise comes to light in one function: the properties and texts that it is put into.

use std::collections::BTreeSet;

use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_function};
use isobar_migrate_model::code::{
    Expression, Function, FunctionId, Key, Property, ResponseMethod, ResponseStep, Target,
};

use super::origin::Origins;
use crate::compare::NoiseMark;

/// The marks for what `function` puts into answers, or into values that may get there.
pub(super) fn marks(origins: &Origins, id: FunctionId, function: &Function) -> BTreeSet<NoiseMark> {
    let mut sight = Sight {
        origins,
        function: id,
        marks: BTreeSet::new(),
    };
    walk_function(&mut sight, function);
    sight.marks
}

struct Sight<'a> {
    origins: &'a Origins,
    function: FunctionId,
    marks: BTreeSet<NoiseMark>,
}

impl Sight<'_> {
    fn mark(&mut self, field: &str, value: &Expression) {
        let kind = self.origins.kind(self.function, value);
        self.marks.extend(kind.map(|kind| NoiseMark {
            field: field.to_owned(),
            kind,
        }));
    }

    fn property(&mut self, property: &Property) {
        if let Property::Named {
            key: Key::Name { name },
            value,
        } = property
        {
            self.mark(name, value);
        }
    }

    /// What is sent whole has no field of its own.
    fn sent(&mut self, step: &ResponseStep) {
        let is_body = matches!(
            step.method,
            ResponseMethod::Send | ResponseMethod::End | ResponseMethod::Json
        );
        if let Some(body) = step.arguments.first().filter(|_| is_body) {
            self.mark("", body);
        }
    }
}

impl Visit for Sight<'_> {
    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Object { properties } => {
                for property in properties {
                    self.property(property);
                }
            }
            Expression::Assign {
                target:
                    Target::Property {
                        key: Key::Name { name },
                        ..
                    },
                value,
                ..
            } => self.mark(name, value),
            Expression::Respond { steps } => {
                for step in steps {
                    self.sent(step);
                }
            }
            _ => {}
        }
        walk_expression(self, expression);
    }
}
