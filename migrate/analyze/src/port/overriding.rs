//! Finds assignments that may put a property in the place of a method.
//!
//! Methods are called by the names that the class gives them, so an instance must not come to have a property of such a name.

use std::collections::BTreeSet;

use isobar_migrate_model::code::{
    Argument, BinaryOperator, Expression, Key, Property, Router, TemplatePart,
};
use isobar_migrate_model::{Place, Reason, ReasonCode};

use super::Porter;

impl Porter<'_, '_> {
    /// The names of the methods of each class, with those that it inherits.
    pub(super) fn methods(&self) -> Vec<BTreeSet<String>> {
        let mut all: Vec<BTreeSet<String>> = Vec::new();
        for known in self.classes.values() {
            let class = &known.class;
            let mut methods: BTreeSet<_> = class.methods.iter().cloned().collect();
            // A class stands after its parent.
            methods.extend(class.parent.iter().flat_map(|parent| all[parent.0].clone()));
            all.push(methods);
        }
        all
    }

    /// Keeps routes behind that may put a property in the place of a method.
    pub(super) fn hold_back_overriding(&mut self, router: &mut Router) {
        let kept = self.kept(router);
        let functions = self.functions_at(&kept);
        for (function, line) in self.changes(router).overriding {
            let reason = Reason {
                code: ReasonCode::Unsupported,
                subject: "method".to_owned(),
                message: "sets a property that may have the name of a method of an instance"
                    .to_owned(),
                place: Place::new(&functions[function].place.file, line),
            };
            self.hold_back_calls(router, &reason, kept[function]);
        }
    }
}

/// Whether a property of this name may stand in the place of a method.
pub(super) fn may_override(key: &Key, methods: &BTreeSet<String>) -> bool {
    let value = match key {
        Key::Name { name } => return methods.contains(name),
        Key::Computed { value } => value,
    };
    match &**value {
        Expression::Text { value } => methods.contains(value),
        Expression::Number { .. } => false,
        Expression::Binary { operator, .. } if *operator != BinaryOperator::Add => false,
        Expression::Template { parts } => match parts.first() {
            Some(TemplatePart::Text { value }) => {
                methods.iter().any(|method| method.starts_with(value))
            }
            _ => !methods.is_empty(),
        },
        _ => !methods.is_empty(),
    }
}

/// Whether `Object.assign` of these sources may do so.
pub(super) fn may_assign(sources: &[Argument], methods: &BTreeSet<String>) -> bool {
    sources.iter().any(|source| match source {
        Argument::Value {
            value: Expression::Object { properties },
        } => properties.iter().any(|property| match property {
            Property::Named { key, .. } => may_override(key, methods),
            Property::Spread { .. } => !methods.is_empty(),
        }),
        _ => !methods.is_empty(),
    })
}
