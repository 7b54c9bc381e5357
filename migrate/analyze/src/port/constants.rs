//! The expressions that variables start from, for values that depend on the environment.

use std::collections::HashMap;

use indexmap::IndexSet;
use isobar_migrate_model::ReasonCode;
use isobar_migrate_model::code::visit::{Visit, walk_expression};
use isobar_migrate_model::code::{ConstantId, Expression};
use oxc_ast::ast;
use oxc_span::GetSpan;

use super::instances::FieldSource;
use super::names::FunctionNames;
use super::{ConstantSource, Porter, RootKey, data};
use crate::lower::{Named, Obstacle, SourceFile, comments_before, lower_constant};
use crate::machine::value::{ModuleId, ObjectId, ScopeId, Site, Value};

impl<'a> Porter<'_, 'a> {
    /// The file that a module was read from.
    pub(super) fn file(&self, module: ModuleId) -> Option<SourceFile<'a>> {
        let source = self.machine.source(module)?;
        let record = &self.machine.modules[module.0 as usize];
        Some(SourceFile {
            path: self.machine.allocator.alloc_str(&record.display),
            text: source.text,
            comments: &source.program.comments,
            line_starts: self
                .machine
                .allocator
                .alloc_slice_copy(record.lines.starts()),
        })
    }

    /// The comments before the declaration of a variable.
    pub(super) fn comments_of_variable(&self, site: Site, _name: &str) -> Vec<String> {
        let Some(source) = self.machine.source(site.module) else {
            return Vec::new();
        };
        let around = source.program.body.iter().find(|statement| {
            let span = statement.span();
            span.start <= site.offset && site.offset < span.end
        });
        match (around, self.file(site.module)) {
            (Some(statement), Some(file)) => comments_before(&file, statement.span().start),
            _ => Vec::new(),
        }
    }

    /// What a root is when its value is an expression rather than a literal: a constant, or refused. None for a literal.
    pub(super) fn initializer(&mut self, position: usize) -> Option<Named> {
        let (key, root) = self.roots.get_index(position)?;
        let (key, root) = (key.clone(), root.clone());
        let (module, scope, value) = self.expression_of(&key, root.site, &root.name)?;
        if is_literal(value) || self.is_altered(&key) {
            return None;
        }
        let file = self.file(module)?;
        let this = || Named::Refused("this outside of a function".into());
        let mut names = FunctionNames {
            porter: self,
            scope,
            may_capture: false,
            this: this(),
            unbound: this(),
            position: None,
            home: None,
        };
        match lower_constant(file, value, &mut names) {
            Err(refusal) => {
                if root.literal.is_err() {
                    self.roots[position].literal = Err(refusal.obstacle.clone());
                    return Some(Named::Refused(refusal.obstacle));
                }
                None
            }
            Ok(expression) if root.literal.is_ok() && !depends_on_start(&expression) => None,
            Ok(_) if self.is_changed(&key) => {
                let obstacle = Obstacle::new(
                    ReasonCode::State,
                    root.name.to_string(),
                    format!(
                        "starts the variable {} from a value that depends on the environment",
                        root.name
                    ),
                );
                self.roots[position].literal = Err(obstacle.clone());
                Some(Named::Refused(obstacle))
            }
            Ok(value) => {
                let super::Root {
                    name,
                    site,
                    comments,
                    ..
                } = root;
                self.constants.push(ConstantSource {
                    key,
                    name,
                    site,
                    comments,
                    value,
                });
                Some(Named::Constant(ConstantId(self.constants.len() - 1)))
            }
        }
    }

    /// Whether code that runs at the start has changed what the expression of a root gave.
    fn is_altered(&self, key: &RootKey) -> bool {
        let machine = &*self.machine;
        match key {
            RootKey::Variable(scope, name) => {
                let binding = machine.scopes.binding(*scope, name);
                binding.is_some_and(|it| it.past.altered || data::is_altered(machine, &it.value))
            }
            RootKey::Property(id, name) => {
                let property = machine.heap.get(*id).properties.get(name);
                property.is_some_and(|it| it.altered || data::is_altered(machine, &it.value))
            }
            RootKey::Object(id) => data::is_altered(machine, &Value::Object(*id)),
        }
    }

    /// Whether a variable holds what another module exports, which is looked at there.
    pub(super) fn is_required(&self, module: ModuleId, name: &str) -> bool {
        let source = self.machine.source(module);
        let Some(mut value) = source.and_then(|source| declared(source.program, name)) else {
            return true;
        };
        while let Some(member) = value.as_member_expression() {
            value = member.object();
        }
        matches!(value, ast::Expression::CallExpression(call)
            if call.callee.get_identifier_reference().is_some_and(|it| it.name == "require"))
    }

    /// Whether functions assign the variable itself.
    fn is_changed(&mut self, key: &RootKey) -> bool {
        match key {
            RootKey::Variable(scope, name) => {
                let site = self
                    .machine
                    .scopes
                    .binding(*scope, name)
                    .map(|binding| binding.site);
                site.is_some_and(|site| self.is_reassigned(site.module, name))
            }
            RootKey::Property(id, name) if self.is_instance(*id) => self.is_property_assigned(name),
            RootKey::Property(id, name) => self.is_property_of_assigned(*id, name),
            RootKey::Object(_) => false,
        }
    }

    pub(super) fn is_reassigned(&mut self, module: ModuleId, name: &str) -> bool {
        if !self.reassigned.contains_key(&module) {
            let names = self
                .machine
                .source(module)
                .map(|source| super::reassigned::names(source.program));
            self.reassigned.insert(module, names.unwrap_or_default());
        }
        self.reassigned[&module].contains(name)
    }

    /// Why a variable cannot be a document: something else than a request changes it.
    pub(super) fn late_change(&mut self, module: ModuleId, name: &str) -> Option<Obstacle> {
        let names = self.late_names().get(&module)?;
        names.contains(name).then(|| changes_late(name))
    }

    /// The same for a property, which any module may change.
    pub(super) fn late_change_of_property(&mut self, name: &str) -> Option<Obstacle> {
        let written = name.trim_start_matches('#');
        let mut modules = self.late_names().values();
        let changes = modules.any(|names| names.contains(written));
        changes.then(|| changes_late(name))
    }

    fn late_names(&mut self) -> &HashMap<ModuleId, IndexSet<String>> {
        let modules = self.own_modules().into_iter();
        let sources = modules.filter_map(|module| Some((module, self.machine.source(module)?)));
        let programs = sources.map(|(module, source)| (module, source.program));
        self.late
            .get_or_insert_with(|| super::late::names(programs))
    }

    /// The expression that a root is made from, the module it stands in, and the names that it sees.
    fn expression_of(
        &self,
        key: &RootKey,
        site: Site,
        name: &str,
    ) -> Option<(ModuleId, ScopeId, &'a ast::Expression<'a>)> {
        let (module, value) = match key {
            RootKey::Variable(..) => {
                let program = self.machine.source(site.module)?.program;
                (site.module, declared(program, name)?)
            }
            RootKey::Object(id) => self.made_at(*id)?,
            RootKey::Property(id, property) if self.is_instance(*id) => {
                return match self.field_source(*id, property) {
                    FieldSource::Expression(module, scope, value)
                        if self.machine.heap.get(*id).past.assumed =>
                    {
                        Some((module, scope, value))
                    }
                    _ => None,
                };
            }
            RootKey::Property(id, property) => {
                let (module, made) = self.made_at(*id).or_else(|| {
                    let site = self.machine.heap.get(*id).site;
                    let program = self.machine.source(site.module)?.program;
                    Some((site.module, exported(program, property)?))
                })?;
                match made {
                    ast::Expression::ObjectExpression(object) => {
                        (module, property_of(object, property)?)
                    }
                    made => (module, made),
                }
            }
        };
        let scope = self.machine.modules[module.0 as usize].scope;
        Some((module, scope, value))
    }

    /// The literal that made an object.
    fn made_at(&self, id: ObjectId) -> Option<(ModuleId, &'a ast::Expression<'a>)> {
        let site = self.machine.heap.get(id).site;
        let program = self.machine.source(site.module)?.program;
        Some((site.module, literal_at(program, site.offset)?))
    }
}

fn changes_late(name: &str) -> Obstacle {
    let message = format!("uses the variable {name}, which changes outside of requests");
    Obstacle::new(ReasonCode::State, name, message)
}

/// The value that a variable of a module is declared with.
fn declared<'a>(program: &'a ast::Program<'a>, name: &str) -> Option<&'a ast::Expression<'a>> {
    program.body.iter().find_map(|statement| {
        let declaration = match statement {
            ast::Statement::VariableDeclaration(declaration) => declaration,
            ast::Statement::ExportDeclaration(export) => match &export.declaration {
                ast::Declaration::VariableDeclaration(declaration) => declaration,
                _ => return None,
            },
            _ => return None,
        };
        let declarator = declaration.declarations.iter().find(|declarator| {
            declarator
                .id
                .get_binding_identifier()
                .is_some_and(|id| id.name == name)
        });
        declarator?.init.as_ref()
    })
}

/// The value that `exports.name` or `module.exports.name` is set to.
fn exported<'a>(program: &'a ast::Program<'a>, name: &str) -> Option<&'a ast::Expression<'a>> {
    program.body.iter().find_map(|statement| {
        let ast::Statement::ExpressionStatement(statement) = statement else {
            return None;
        };
        let ast::Expression::AssignmentExpression(assignment) = &statement.expression else {
            return None;
        };
        let ast::AssignmentTarget::StaticMemberExpression(member) = &assignment.left else {
            return None;
        };
        (member.property.name == name).then_some(&assignment.right)
    })
}

fn property_of<'a>(
    object: &'a ast::ObjectExpression<'a>,
    name: &str,
) -> Option<&'a ast::Expression<'a>> {
    object
        .properties
        .iter()
        .find_map(|property| match property {
            ast::ObjectPropertyKind::ObjectProperty(property)
                if !property.computed
                    && property.key.static_name().is_some_and(|key| key == name) =>
            {
                Some(&property.value)
            }
            _ => None,
        })
}

/// The literal at an offset, among what the statements of a module assign and declare.
fn literal_at<'a>(program: &'a ast::Program<'a>, offset: u32) -> Option<&'a ast::Expression<'a>> {
    program.body.iter().find_map(|statement| match statement {
        ast::Statement::VariableDeclaration(declaration) => in_declaration(declaration, offset),
        ast::Statement::ExportDeclaration(export) => match &export.declaration {
            ast::Declaration::VariableDeclaration(declaration) => {
                in_declaration(declaration, offset)
            }
            _ => None,
        },
        ast::Statement::ExportDefaultDeclaration(export) => {
            within(export.declaration.as_expression()?, offset)
        }
        ast::Statement::ExpressionStatement(statement) => within(&statement.expression, offset),
        _ => None,
    })
}

fn in_declaration<'a>(
    declaration: &'a ast::VariableDeclaration<'a>,
    offset: u32,
) -> Option<&'a ast::Expression<'a>> {
    declaration
        .declarations
        .iter()
        .find_map(|declarator| within(declarator.init.as_ref()?, offset))
}

fn within<'a>(expression: &'a ast::Expression<'a>, offset: u32) -> Option<&'a ast::Expression<'a>> {
    let span = expression.span();
    if offset < span.start || offset >= span.end {
        return None;
    }
    match expression.without_parentheses() {
        ast::Expression::ObjectExpression(object) => {
            let inner = object
                .properties
                .iter()
                .find_map(|property| match property {
                    ast::ObjectPropertyKind::ObjectProperty(property) => {
                        within(&property.value, offset)
                    }
                    ast::ObjectPropertyKind::SpreadProperty(_) => None,
                });
            inner.or((span.start == offset).then_some(expression))
        }
        ast::Expression::ArrayExpression(array) => {
            let elements = array
                .elements
                .iter()
                .filter_map(|element| element.as_expression());
            let inner = elements
                .into_iter()
                .find_map(|element| within(element, offset));
            inner.or((span.start == offset).then_some(expression))
        }
        ast::Expression::AssignmentExpression(assignment) => within(&assignment.right, offset),
        ast::Expression::CallExpression(call) => {
            let arguments = call
                .arguments
                .iter()
                .filter_map(|argument| argument.as_expression());
            arguments
                .into_iter()
                .find_map(|argument| within(argument, offset))
        }
        _ => None,
    }
}

/// Whether an expression is a literal all through, so that the heap's value says the same.
pub(super) fn is_literal(expression: &ast::Expression<'_>) -> bool {
    match expression.without_parentheses() {
        ast::Expression::StringLiteral(_)
        | ast::Expression::NumericLiteral(_)
        | ast::Expression::BooleanLiteral(_)
        | ast::Expression::NullLiteral(_) => true,
        ast::Expression::ArrayExpression(array) => {
            array.elements.iter().all(|element| element.as_expression().is_some_and(is_literal))
        }
        ast::Expression::ObjectExpression(object) => object.properties.iter().all(|property| {
            matches!(property, ast::ObjectPropertyKind::ObjectProperty(it) if is_literal(&it.value))
        }),
        _ => false,
    }
}

/// Whether a value is only known when the application starts.
fn depends_on_start(expression: &Expression) -> bool {
    let mut search = StartSearch(false);
    search.expression(expression);
    search.0
}

struct StartSearch(bool);

impl Visit for StartSearch {
    fn expression(&mut self, expression: &Expression) {
        self.0 |= matches!(
            expression,
            Expression::Setting { .. } | Expression::Constant { .. } | Expression::Call { .. }
        );
        walk_expression(self, expression);
    }
}
