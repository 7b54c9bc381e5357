//! New objects that are kept in two places, where they would become copies.
//!
//! An object is known to be new where it is declared with a literal, is the body of the request, or is passed as one of these
//! to a function. Of what is kept twice in one variable, only statements of the same block are seen.

use isobar_migrate_model::code::{
    Argument, Callee, Expression, Function, Method, RequestMember, Statement, StatementKind,
};

use super::{Flow, Parts, is_variable};

/// Stands among the locals of a function for the body of the request.
const BODY: usize = usize::MAX;

impl Flow<'_> {
    /// A new object, or the body of the request, is put into what `owners` hold: two of them would hold copies of it.
    pub(super) fn keep(&mut self, value: &Expression, owners: &Parts) {
        let kept = match value {
            Expression::Local { local } => self.fresh.get_mut(&(self.current, local.0)),
            Expression::Request {
                member: RequestMember::Body,
            } => Some(self.fresh.entry((self.current, BODY)).or_default()),
            _ => None,
        };
        let Some(kept) = kept else {
            return;
        };
        kept.extend(owners.iter().filter(|owner| is_variable(**owner)));
        if kept.len() > 1 {
            self.changes.shared.extend(kept.iter());
        }
    }

    pub(super) fn keep_given(&mut self, arguments: &[Argument], owners: &Parts) {
        for argument in arguments {
            if let Argument::Value { value } = argument {
                self.keep(value, owners);
            }
        }
    }

    /// New objects reach the parameters of a function.
    pub(super) fn pass_new(&mut self, function: usize, arguments: &[Argument]) {
        let parameters = self.functions[function].parameters.iter();
        let values = arguments
            .iter()
            .filter(|it| !matches!(it, Argument::Request | Argument::Response));
        for (parameter, argument) in parameters.zip(values) {
            let Argument::Value { value } = argument else {
                return;
            };
            if self.is_new(value) && !parameter.rest {
                self.fresh.entry((function, parameter.local.0)).or_default();
            }
        }
    }

    /// Whether a value is certain to be an object that no variable of a module holds yet.
    fn is_new(&self, value: &Expression) -> bool {
        match value {
            Expression::Local { local } => {
                let is_assigned = self.functions[self.current].locals[local.0].assigned;
                !is_assigned && self.fresh.contains_key(&(self.current, local.0))
            }
            Expression::Object { .. }
            | Expression::Array { .. }
            | Expression::Request {
                member: RequestMember::Body,
            } => true,
            _ => false,
        }
    }

    /// Finds new objects that are put into one variable twice.
    pub(super) fn keep_twice(&mut self, function: &Function) {
        let mut kept: Vec<(&Expression, Parts)> = Vec::new();
        for (value, list) in function.body.iter().flat_map(pushed) {
            let is_literal = matches!(value, Expression::Object { .. } | Expression::Array { .. });
            if is_literal || !self.is_new(value) {
                continue;
            }
            let mut owners = self.parts(list);
            owners.retain(|owner| is_variable(*owner));
            for (_, others) in kept.iter().filter(|(other, _)| *other == value) {
                self.changes.shared.extend(others & &owners);
            }
            kept.push((value, owners));
        }
    }
}

/// What a statement puts into a list, and the list.
fn pushed(statement: &Statement) -> Vec<(&Expression, &Expression)> {
    match &statement.kind {
        StatementKind::Expression {
            expression:
                Expression::Call {
                    callee:
                        Callee::Method {
                            receiver,
                            method: Method::Push | Method::Unshift,
                            ..
                        },
                    arguments,
                },
        } => {
            let values = arguments.iter().filter_map(|argument| match argument {
                Argument::Value { value } => Some((value, &**receiver)),
                _ => None,
            });
            values.collect()
        }
        _ => Vec::new(),
    }
}
