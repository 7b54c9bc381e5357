//! Which variables of a module change outside of requests: from timers, event listeners and promises that end later.

use std::collections::HashMap;

use indexmap::{IndexMap, IndexSet};
use oxc_ast::ast;
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;

use crate::machine::value::ModuleId;

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

/// By module: the names of variables and properties that code outside of requests changes, itself or through the functions
/// that it calls. Functions are known by their names alone, wherever they are.
pub(super) fn names<'p, 'a: 'p>(
    programs: impl Iterator<Item = (ModuleId, &'p ast::Program<'a>)>,
) -> HashMap<ModuleId, IndexSet<String>> {
    let searches = programs.map(|(module, program)| {
        let mut search = Search::default();
        search.visit_program(program);
        (module, search)
    });
    let searches: Vec<(ModuleId, Search)> = searches.collect();
    let late = searches.iter().flat_map(|(_, search)| &search.late.calls);
    let mut pending: Vec<&String> = late.collect();
    let mut changes: HashMap<ModuleId, IndexSet<String>> = HashMap::new();
    for (module, search) in &searches {
        let names = search.late.changes.iter().cloned();
        changes.entry(*module).or_default().extend(names);
    }
    let mut seen = IndexSet::new();
    while let Some(function) = pending.pop() {
        if !seen.insert(function) {
            continue;
        }
        for (module, search) in &searches {
            if let Some(body) = search.functions.get(function) {
                let names = body.changes.iter().cloned();
                changes.entry(*module).or_default().extend(names);
                pending.extend(&body.calls);
            }
        }
    }
    changes
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

    fn changes_path(&mut self, expression: &ast::Expression<'_>) {
        for name in path(expression) {
            self.changes(name);
        }
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
                Some(ast::Expression::StaticMemberExpression(member)) => {
                    self.late.calls.insert(member.property.name.to_string());
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

    fn visit_method_definition(&mut self, method: &ast::MethodDefinition<'a>) {
        let name = method.key.static_name();
        self.within(name.as_deref(), |search| {
            walk::walk_method_definition(search, method);
        });
    }

    fn visit_property_definition(&mut self, property: &ast::PropertyDefinition<'a>) {
        let name = property.key.static_name();
        self.within(name.as_deref(), |search| {
            walk::walk_property_definition(search, property);
        });
    }

    fn visit_object_property(&mut self, property: &ast::ObjectProperty<'a>) {
        let name = property.key.static_name();
        self.within(name.as_deref(), |search| {
            walk::walk_object_property(search, property);
        });
    }

    fn visit_simple_assignment_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) {
        for name in names_of_target(target) {
            self.changes(name);
        }
        walk::walk_simple_assignment_target(self, target);
    }

    fn visit_unary_expression(&mut self, unary: &ast::UnaryExpression<'a>) {
        if unary.operator == ast::UnaryOperator::Delete {
            self.changes_path(&unary.argument);
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
                if CHANGING.contains(&method) {
                    self.changes_path(&member.object);
                }
                self.note(|effects| {
                    effects.calls.insert(method.to_owned());
                });
                if LISTENING.contains(&method) || DEFERRING.contains(&method) {
                    self.deferred(call);
                }
            }
            _ => {}
        }
        if let (Some(first), true) = (call.arguments.first(), is_object_assign(callee))
            && let Some(changed) = first.as_expression()
        {
            self.changes_path(changed);
        }
        walk::walk_call_expression(self, call);
    }
}

fn is_object_assign(callee: &ast::Expression<'_>) -> bool {
    matches!(callee, ast::Expression::StaticMemberExpression(member)
        if member.property.name == "assign" && path(&member.object) == ["Object"])
}

/// The names in `a.b[c]`, of which each may be the one of a variable: that of a module or the field of an instance.
fn path<'e>(expression: &'e ast::Expression<'_>) -> Vec<&'e str> {
    match expression.without_parentheses() {
        ast::Expression::Identifier(identifier) => vec![identifier.name.as_str()],
        ast::Expression::StaticMemberExpression(member) => {
            let mut names = path(&member.object);
            names.push(member.property.name.as_str());
            names
        }
        ast::Expression::ComputedMemberExpression(member) => path(&member.object),
        ast::Expression::PrivateFieldExpression(member) => {
            let mut names = path(&member.object);
            names.push(private_name(member));
            names
        }
        _ => Vec::new(),
    }
}

/// `#name` as it stands in the source, which is also how such a field is known.
fn private_name<'e>(member: &'e ast::PrivateFieldExpression<'_>) -> &'e str {
    member.field.name.as_str()
}

fn names_of_target<'e>(target: &'e ast::SimpleAssignmentTarget<'_>) -> Vec<&'e str> {
    match target {
        ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) => {
            vec![identifier.name.as_str()]
        }
        ast::SimpleAssignmentTarget::StaticMemberExpression(member) => {
            let mut names = path(&member.object);
            names.push(member.property.name.as_str());
            names
        }
        ast::SimpleAssignmentTarget::ComputedMemberExpression(member) => path(&member.object),
        ast::SimpleAssignmentTarget::PrivateFieldExpression(member) => {
            let mut names = path(&member.object);
            names.push(private_name(member));
            names
        }
        _ => Vec::new(),
    }
}
