//! Functions that run together under `Promise.all`.
//!
//! One that waits lets the others run in between. Those that do not wait run one after the other, as they are called.

use isobar_migrate_model::Reason;
use oxc_ast::ast;
use oxc_ast_visit::Visit;
use oxc_syntax::scope::ScopeFlags;

use super::Porter;
use crate::machine::function::Code;

impl Porter<'_, '_> {
    /// Why a function that calls others together cannot be ported.
    pub(super) fn waiting_together(&self, caller: usize) -> Vec<Reason> {
        let together = self.together.iter().filter(|(by, _)| *by == caller);
        let waiting = together.filter_map(|(_, function)| {
            let mut reached = self.reached(*function).into_iter();
            reached.find(|reached| self.functions[*reached].waits)
        });
        let reasons = waiting.map(|function| {
            let site = self.machine.heap.get(self.functions[function].object).site;
            self.reason("await in a function under Promise.all".into(), site)
        });
        reasons.collect()
    }
}

/// Whether a function waits for something itself.
pub(super) fn waits(code: Code<'_>) -> bool {
    let mut search = AwaitSearch(false);
    match code {
        Code::Function(function) => {
            let body = function.body.as_ref();
            if let Some(body) = body {
                search.visit_function_body(body);
            }
        }
        Code::Arrow(arrow) => search.visit_arrow_function_body(&arrow.body),
        Code::Class(_) => {}
    }
    search.0
}

struct AwaitSearch(bool);

impl<'a> Visit<'a> for AwaitSearch {
    fn visit_await_expression(&mut self, _: &ast::AwaitExpression<'a>) {
        self.0 = true;
    }

    fn visit_for_of_statement(&mut self, it: &ast::ForOfStatement<'a>) {
        self.0 |= it.r#await;
        oxc_ast_visit::walk::walk_for_of_statement(self, it);
    }

    fn visit_function(&mut self, _: &ast::Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ast::ArrowFunctionExpression<'a>) {}
}
