//! Which functions are called for what they give: such a function gives `undefined` where it returns nothing.

use std::collections::BTreeSet;

use isobar_migrate_model::code::visit::{self, Visit};
use isobar_migrate_model::code::{
    Callee, Expression, FunctionRole, Program, Statement, StatementKind,
};

/// The functions of `program` whose results are used, by their position.
pub(crate) fn results(program: &Program) -> BTreeSet<usize> {
    let mut used = Used::default();
    for function in &program.functions {
        visit::walk_function(&mut used, function);
    }
    used.functions
        .retain(|id| program.functions[*id].role == FunctionRole::Plain);
    used.functions
}

#[derive(Default)]
struct Used {
    functions: BTreeSet<usize>,
}

impl Visit for Used {
    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Expression {
                expression: effect @ Expression::Call { .. },
            } => visit::walk_expression(self, effect),
            _ => visit::walk_statement(self, statement),
        }
    }

    fn expression(&mut self, expression: &Expression) {
        if let Expression::Call {
            callee: Callee::Function { function },
            ..
        } = expression
        {
            self.functions.insert(function.0);
        }
        visit::walk_expression(self, expression);
    }
}
