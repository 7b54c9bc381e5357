//! Which variables of a module change outside of requests: from timers, event listeners and promises that end later.

use indexmap::{IndexMap, IndexSet};
use oxc_ast::ast;
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;

/// Functions that call another one some time later.
const DEFERRING: [&str; 6] = [
    "setInterval",
    "setTimeout",
    "setImmediate",
    "queueMicrotask",
    "nextTick",
    "schedule",
];

/// Methods whose callback runs when something has happened.
const LISTENING: [&str; 8] = [
    "on",
    "once",
    "addListener",
    "then",
    "catch",
    "finally",
    "watch",
    "subscribe",
];

/// Methods that change what they are called on.
const CHANGING: [&str; 9] = [
    "push",
    "pop",
    "shift",
    "unshift",
    "splice",
    "sort",
    "reverse",
    "fill",
    "copyWithin",
];

/// The names that code outside of requests changes, itself or through the functions of the module that it calls.
pub(super) fn names(program: &ast::Program<'_>) -> IndexSet<String> {
    let mut search = Search::default();
    search.visit_program(program);
    let mut pending: Vec<String> = search.late.calls.iter().cloned().collect();
    let mut names = search.late.changes;
    let mut seen = IndexSet::new();
    while let Some(function) = pending.pop() {
        if let Some(body) = search.functions.get(&function)
            && seen.insert(function)
        {
            names.extend(body.changes.iter().cloned());
            pending.extend(body.calls.iter().cloned());
        }
    }
    names
}

/// What some code changes and calls, by name.
#[derive(Debug, Default)]
struct Effects {
    changes: IndexSet<String>,
    calls: IndexSet<String>,
}

#[derive(Default)]
struct Search {
    /// What runs later.
    late: Effects,
    /// By name: the functions of the module.
    functions: IndexMap<String, Effects>,
    /// How many functions that run later are around the code.
    depth: u32,
    /// The named functions around the code, innermost last.
    around: Vec<String>,
}

impl Search {
    fn note(&mut self, add: impl Fn(&mut Effects)) {
        if self.depth > 0 {
            add(&mut self.late);
        }
        for name in &self.around {
            add(self.functions.entry(name.clone()).or_default());
        }
    }

    fn changes(&mut self, name: &str) {
        self.note(|effects| {
            effects.changes.insert(name.to_owned());
        });
    }

    fn within(&mut self, name: Option<&str>, walk: impl FnOnce(&mut Self)) {
        self.around.extend(name.map(str::to_owned));
        walk(self);
        if name.is_some() {
            self.around.pop();
        }
    }

    fn deferred(&mut self, call: &ast::CallExpression<'_>) {
        for argument in &call.arguments {
            match argument
                .as_expression()
                .map(ast::Expression::without_parentheses)
            {
                Some(ast::Expression::Identifier(function)) => {
                    self.late.calls.insert(function.name.to_string());
                }
                Some(argument) => {
                    self.depth += 1;
                    self.visit_expression(argument);
                    self.depth -= 1;
                }
                None => {}
            }
        }
    }
}

impl<'a> Visit<'a> for Search {
    fn visit_function(&mut self, function: &ast::Function<'a>, flags: ScopeFlags) {
        let name = function.id.as_ref().map(|id| id.name.as_str());
        self.within(name, |search| walk::walk_function(search, function, flags));
    }

    fn visit_variable_declarator(&mut self, declarator: &ast::VariableDeclarator<'a>) {
        let is_function = matches!(
            declarator
                .init
                .as_ref()
                .map(ast::Expression::without_parentheses),
            Some(
                ast::Expression::ArrowFunctionExpression(_)
                    | ast::Expression::FunctionExpression(_)
            )
        );
        let name = declarator.id.get_identifier_name().filter(|_| is_function);
        let name = name.as_ref().map(ast::Ident::as_str);
        self.within(name, |search| {
            walk::walk_variable_declarator(search, declarator);
        });
    }

    fn visit_simple_assignment_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) {
        if let Some(name) = root_of_target(target) {
            self.changes(name);
        }
        walk::walk_simple_assignment_target(self, target);
    }

    fn visit_unary_expression(&mut self, unary: &ast::UnaryExpression<'a>) {
        if unary.operator == ast::UnaryOperator::Delete
            && let Some(name) = root(&unary.argument)
        {
            self.changes(name);
        }
        walk::walk_unary_expression(self, unary);
    }

    fn visit_call_expression(&mut self, call: &ast::CallExpression<'a>) {
        let callee = call.callee.without_parentheses();
        match callee {
            ast::Expression::Identifier(function) => {
                let name = function.name.to_string();
                self.note(|effects| {
                    effects.calls.insert(name.clone());
                });
                if DEFERRING.contains(&function.name.as_str()) {
                    self.deferred(call);
                }
            }
            ast::Expression::StaticMemberExpression(member) => {
                let method = member.property.name.as_str();
                if CHANGING.contains(&method)
                    && let Some(name) = root(&member.object)
                {
                    self.changes(name);
                }
                if LISTENING.contains(&method) || DEFERRING.contains(&method) {
                    self.deferred(call);
                }
            }
            _ => {}
        }
        if let (Some(first), true) = (call.arguments.first(), is_object_assign(callee))
            && let Some(name) = first.as_expression().and_then(root)
        {
            self.changes(name);
        }
        walk::walk_call_expression(self, call);
    }
}

fn is_object_assign(callee: &ast::Expression<'_>) -> bool {
    matches!(callee, ast::Expression::StaticMemberExpression(member)
        if member.property.name == "assign" && root(&member.object) == Some("Object"))
}

/// The variable at the start of `a.b[c]`.
fn root<'e>(expression: &'e ast::Expression<'_>) -> Option<&'e str> {
    match expression.without_parentheses() {
        ast::Expression::Identifier(identifier) => Some(identifier.name.as_str()),
        ast::Expression::StaticMemberExpression(member) => root(&member.object),
        ast::Expression::ComputedMemberExpression(member) => root(&member.object),
        _ => None,
    }
}

fn root_of_target<'e>(target: &'e ast::SimpleAssignmentTarget<'_>) -> Option<&'e str> {
    match target {
        ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) => {
            Some(identifier.name.as_str())
        }
        ast::SimpleAssignmentTarget::StaticMemberExpression(member) => root(&member.object),
        ast::SimpleAssignmentTarget::ComputedMemberExpression(member) => root(&member.object),
        _ => None,
    }
}
