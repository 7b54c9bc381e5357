//! Which variables the functions of a module assign.

use indexmap::IndexSet;
use oxc_ast::ast;
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;

/// The names that functions of the program assign, whichever scope declares them: a name that is assigned anywhere counts,
/// so that nothing that changes is taken for a constant.
pub(super) fn names(program: &ast::Program<'_>) -> IndexSet<String> {
    let mut search = Search {
        depth: 0,
        names: IndexSet::new(),
    };
    search.visit_program(program);
    search.names
}

struct Search {
    depth: u32,
    names: IndexSet<String>,
}

impl<'a> Visit<'a> for Search {
    fn visit_function(&mut self, function: &ast::Function<'a>, flags: ScopeFlags) {
        self.depth += 1;
        walk::walk_function(self, function, flags);
        self.depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ast::ArrowFunctionExpression<'a>) {
        self.depth += 1;
        walk::walk_arrow_function_expression(self, arrow);
        self.depth -= 1;
    }

    fn visit_simple_assignment_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) {
        if let ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) = target
            && self.depth > 0
        {
            self.names.insert(identifier.name.to_string());
        }
        walk::walk_simple_assignment_target(self, target);
    }
}
