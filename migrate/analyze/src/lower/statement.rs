//! Statements, and which of them are in tail position.
//!
//! Code after `next()` runs after everything downstream has run. That is not imitated: `next` is ported only where
//! nothing follows it.

use std::collections::HashMap;

use isobar_migrate_model::code::{
    Expression, FunctionRole, LocalId, Statement, StatementKind, Target,
};
use oxc_ast::ast;
use oxc_span::GetSpan;

use super::control::at_line;
use super::function::Lowering;
use super::pattern::{Source, iterable_text, simple_name, static_key};
use super::scope::Bound;
use super::{Handle, Refusal, comments};

pub(super) type Lowered<T> = Result<T, Refusal>;

impl<'a> Lowering<'a, '_> {
    /// The body of a function: what `var` and function declarations hoist, then the statements.
    pub(super) fn function_body(
        &mut self,
        statements: &'a [ast::Statement<'a>],
        tail: bool,
    ) -> Vec<Statement> {
        let mut lowered = Vec::new();
        for (name, places) in variables(statements) {
            if self.scopes.own(&name).is_some() {
                continue; // A parameter of that name: the declaration only assigns.
            }
            if places.nested || places.count > 1 {
                let local = self.declare(&name);
                let kind = StatementKind::Let { local, value: None };
                let line = self.file.line(places.offset);
                lowered.push(Statement {
                    comments: Vec::new(),
                    line,
                    kind,
                });
            } else {
                self.scopes.bind(&name, Bound::Later);
            }
        }
        lowered.extend(self.statements(statements, tail));
        lowered
    }

    /// Statements that stand in one block, which is open already.
    pub(super) fn statements(
        &mut self,
        statements: &'a [ast::Statement<'a>],
        tail: bool,
    ) -> Vec<Statement> {
        let is_function =
            |it: &&ast::Statement<'a>| matches!(it, ast::Statement::FunctionDeclaration(_));
        let mut lowered = Vec::new();
        for declaration in statements.iter().filter(is_function) {
            self.recover(declaration, false, &mut lowered);
        }
        for (position, statement) in statements.iter().enumerate() {
            if is_function(&statement) {
                continue;
            }
            let last = match statements.get(position + 1) {
                None => true,
                Some(ast::Statement::ReturnStatement(next)) => next.argument.is_none(),
                Some(_) => false,
            };
            self.recover(statement, tail && last, &mut lowered);
        }
        lowered
    }

    /// A block with a scope of its own.
    pub(super) fn block(
        &mut self,
        statements: &'a [ast::Statement<'a>],
        tail: bool,
    ) -> Vec<Statement> {
        self.scopes.open();
        let lowered = self.statements(statements, tail);
        self.scopes.close();
        lowered
    }

    /// The body of an `if` or a loop, which may lack braces.
    pub(super) fn branch(
        &mut self,
        statement: &'a ast::Statement<'a>,
        tail: bool,
    ) -> Vec<Statement> {
        match statement {
            ast::Statement::BlockStatement(block) => self.block(&block.body, tail),
            _ => self.block(std::slice::from_ref(statement), tail),
        }
    }

    /// One statement; a refusal is noted, so that those in later statements are found too.
    fn recover(&mut self, statement: &'a ast::Statement<'a>, tail: bool, out: &mut Vec<Statement>) {
        let start = out.len();
        if let Err(refusal) = self.statement(statement, tail, out) {
            self.refusals.push(refusal);
        } else if let Some(first) = out.get_mut(start) {
            first.comments = comments::before(&self.file, statement.span().start);
        }
    }

    fn statement(
        &mut self,
        statement: &'a ast::Statement<'a>,
        tail: bool,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let kind = match statement {
            ast::Statement::VariableDeclaration(declaration) => {
                return self.variable_declaration(declaration, out);
            }
            ast::Statement::FunctionDeclaration(function) => self.nested_function(function)?,
            ast::Statement::ExpressionStatement(it) => {
                return self.expression_statement(&it.expression, tail, out);
            }
            ast::Statement::IfStatement(it) => {
                let test = self.expression(&it.test)?;
                let then = self.branch(&it.consequent, tail);
                let otherwise = it.alternate.as_ref().map(|it| self.branch(it, tail));
                StatementKind::If {
                    test,
                    then,
                    otherwise: otherwise.unwrap_or_default(),
                }
            }
            ast::Statement::ReturnStatement(it) => {
                return self.return_statement(it.argument.as_ref(), &**it, out);
            }
            ast::Statement::ThrowStatement(it) => StatementKind::Throw {
                value: self.expression(&it.argument)?,
            },
            ast::Statement::BlockStatement(block) => StatementKind::Block {
                body: self.block(&block.body, tail),
            },
            ast::Statement::EmptyStatement(_) => return Ok(()),
            ast::Statement::BreakStatement(it) => StatementKind::Break {
                label: self.jump(it.label.as_ref(), &**it)?,
            },
            ast::Statement::ContinueStatement(it) => StatementKind::Continue {
                label: self.jump(it.label.as_ref(), &**it)?,
            },
            _ => self.control(statement, tail)?,
        };
        out.push(Statement {
            comments: Vec::new(),
            line: self.line(statement),
            kind,
        });
        Ok(())
    }

    /// The label of a jump. A jump to a loop outside of the `try` that it stands in is refused.
    fn jump(
        &self,
        label: Option<&ast::LabelIdentifier<'a>>,
        node: &impl GetSpan,
    ) -> Lowered<Option<String>> {
        let label = label.map(|label| label.name.to_string());
        let is_known = label
            .as_ref()
            .is_none_or(|label| self.labels.contains(label));
        match self.loops_in_try {
            Some(0) => Err(Refusal::new(node, "a break or continue out of a try")),
            Some(_) if label.is_some() => {
                Err(Refusal::new(node, "a jump to a label inside of a try"))
            }
            _ if !is_known => Err(Refusal::new(node, "a jump to a label that is no loop's")),
            _ => Ok(label),
        }
    }

    fn variable_declaration(
        &mut self,
        declaration: &'a ast::VariableDeclaration<'a>,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        for declarator in &declaration.declarations {
            let Some(init) = &declarator.init else {
                self.declare_without_value(declaration.kind, &declarator.id, out)?;
                continue;
            };
            if let Some(bound) = self.hoisted(declaration.kind, &declarator.id) {
                let value = self.expression(init)?;
                self.assign_statement(bound, value, declarator, out);
                continue;
            }
            if let (Some(name), Some(class)) = (
                simple_name(&declarator.id),
                self.new_of_class(declaration.kind, init),
            ) {
                let value = Some(self.instance_value(init)?);
                let local = self.declare(name);
                self.instances.insert(local, class);
                self.push(declarator, StatementKind::Let { local, value }, out);
                continue;
            }
            let source = if self.fields_taken(&declarator.id, init) {
                Source::Value {
                    value: self.instance_value(init)?,
                    text: Some(super::text::of(init)),
                }
            } else {
                self.source(init)?
            };
            let source = match (source, &declarator.id) {
                (Source::Value { value, .. }, ast::BindingPattern::ArrayPattern(_)) => {
                    let text = Some(iterable_text(init));
                    Source::Value { value, text }
                }
                (source, _) => source,
            };
            self.bind(&declarator.id, source, out)?;
        }
        Ok(())
    }

    /// The class of the instance that a variable is declared with which never changes.
    fn new_of_class(
        &mut self,
        kind: ast::VariableDeclarationKind,
        init: &ast::Expression<'_>,
    ) -> Option<Handle> {
        let is_new = matches!(
            init.without_parentheses(),
            ast::Expression::NewExpression(_)
        );
        (is_new && kind.is_const()).then(|| self.static_class(init))?
    }

    /// Whether a pattern takes nothing but fields out of an instance of a known class.
    fn fields_taken(
        &mut self,
        pattern: &ast::BindingPattern<'_>,
        init: &ast::Expression<'_>,
    ) -> bool {
        let ast::BindingPattern::ObjectPattern(object) = pattern else {
            return false;
        };
        let Some(class) = self.static_class(init).filter(|_| object.rest.is_none()) else {
            return false;
        };
        object.properties.iter().all(|property| {
            let name = static_key(&property.key, property.computed);
            name.is_some_and(|name| self.names.method_of(class, &name).is_none())
        })
    }

    fn declare_without_value(
        &mut self,
        kind: ast::VariableDeclarationKind,
        pattern: &'a ast::BindingPattern<'a>,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        if self.hoisted(kind, pattern).is_some() {
            return Ok(());
        }
        let ast::BindingPattern::BindingIdentifier(identifier) = pattern else {
            return Err(Refusal::new(pattern, "a pattern without a value"));
        };
        let local = self.declare(identifier.name.as_str());
        self.push(pattern, StatementKind::Let { local, value: None }, out);
        Ok(())
    }

    /// The variable that a `var` assigns because it was declared at the top of the function already.
    fn hoisted(
        &mut self,
        kind: ast::VariableDeclarationKind,
        pattern: &ast::BindingPattern<'a>,
    ) -> Option<LocalId> {
        let ast::BindingPattern::BindingIdentifier(identifier) = pattern else {
            return None;
        };
        match self.scopes.own(identifier.name.as_str()) {
            Some(Bound::Local(local)) if kind == ast::VariableDeclarationKind::Var => Some(*local),
            _ => None,
        }
    }

    fn assign_statement(
        &mut self,
        local: LocalId,
        value: Expression,
        node: &impl GetSpan,
        out: &mut Vec<Statement>,
    ) {
        self.scopes.assigned(local);
        let expression = Expression::Assign {
            target: Target::Local { local },
            operator: isobar_migrate_model::code::AssignOperator::Set,
            value: Box::new(value),
        };
        self.push(node, StatementKind::Expression { expression }, out);
    }

    fn nested_function(&mut self, function: &'a ast::Function<'a>) -> Lowered<StatementKind> {
        let Some(id) = &function.id else {
            return Err(Refusal::new(
                function,
                "a function declaration without a name",
            ));
        };
        let closure = self.kept_closure(function)?;
        let local = self.scopes.variable(id.name.as_str());
        self.scopes.bind(id.name.as_str(), Bound::Closure(local));
        Ok(StatementKind::Let {
            local,
            value: Some(closure),
        })
    }

    fn expression_statement(
        &mut self,
        expression: &'a ast::Expression<'a>,
        tail: bool,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let expression = expression.without_parentheses();
        if tail && !self.scopes.in_closure() && self.tail_call(expression, out)? {
            return Ok(());
        }
        if self.unpacked(expression, out)? {
            return Ok(());
        }
        let expression_lowered = self.expression(expression)?;
        self.push(
            expression,
            StatementKind::Expression {
                expression: expression_lowered,
            },
            out,
        );
        Ok(())
    }

    /// What only makes sense with nothing after it: `next()`, `res.format()`, and both behind a condition.
    fn tail_call(
        &mut self,
        expression: &'a ast::Expression<'a>,
        out: &mut Vec<Statement>,
    ) -> Lowered<bool> {
        let kind = match expression {
            ast::Expression::CallExpression(call) => {
                if let Some(inner) = self.deferred(call) {
                    return self.tail_call(inner, out);
                }
                if self.is_next(call) {
                    StatementKind::Return {
                        value: Some(self.next_call(call)?),
                    }
                } else if self.is_format(call) {
                    self.format(call)?
                } else {
                    return Ok(false);
                }
            }
            ast::Expression::ConditionalExpression(it) => {
                let (mut then, mut otherwise) = (Vec::new(), Vec::new());
                let test = self.expression(&it.test)?;
                self.expression_statement(&it.consequent, true, &mut then)?;
                self.expression_statement(&it.alternate, true, &mut otherwise)?;
                StatementKind::If {
                    test,
                    then,
                    otherwise,
                }
            }
            ast::Expression::LogicalExpression(it) if it.operator == ast::LogicalOperator::And => {
                let test = self.expression(&it.left)?;
                let mut then = Vec::new();
                self.expression_statement(&it.right, true, &mut then)?;
                StatementKind::If {
                    test,
                    then,
                    otherwise: Vec::new(),
                }
            }
            _ => return Ok(false),
        };
        self.push(expression, kind, out);
        Ok(true)
    }

    fn return_statement(
        &mut self,
        argument: Option<&'a ast::Expression<'a>>,
        node: &impl GetSpan,
        out: &mut Vec<Statement>,
    ) -> Lowered<()> {
        let argument = argument.map(ast::Expression::without_parentheses);
        let is_handler = self.role != FunctionRole::Plain;
        if let Some(argument) = argument
            && is_handler
            && !self.scopes.in_closure()
            && self.tail_call(argument, out)?
        {
            returning(out);
            return Ok(());
        }
        let value = argument
            .map(|argument| self.returned(argument))
            .transpose()?;
        self.push(node, StatementKind::Return { value }, out);
        Ok(())
    }

    /// The body of an arrow function that is one expression.
    pub(super) fn arrow_body(
        &mut self,
        expression: &'a ast::Expression<'a>,
    ) -> Lowered<Vec<Statement>> {
        let mut body = Vec::new();
        self.return_statement(Some(expression), expression, &mut body)?;
        Ok(body)
    }

    /// What a function returns. A promise may be returned as it is: whoever calls the function awaits it.
    pub(super) fn returned(&mut self, expression: &'a ast::Expression<'a>) -> Lowered<Expression> {
        let expression = expression.without_parentheses();
        match expression {
            ast::Expression::CallExpression(call) if !self.scopes.in_closure() => {
                if self.is_next(call) {
                    return self.next_call(call);
                }
                self.awaited_call(call)
            }
            _ => self.expression(expression),
        }
    }

    /// Where a value comes from that is bound to a name or taken apart.
    fn source(&mut self, init: &'a ast::Expression<'a>) -> Lowered<Source> {
        let init = init.without_parentheses();
        if let Some(source) = self.whole(init) {
            return Ok(source);
        }
        if let ast::Expression::ArrowFunctionExpression(_)
        | ast::Expression::FunctionExpression(_) = init
        {
            return Ok(Source::Closure(
                self.kept_callback(init)?,
                init.span().start,
            ));
        }
        let value = self.expression(init)?;
        if super::response::is_step(&value) {
            return Err(Refusal::new(init, "what a call on the response gives"));
        }
        Ok(Source::Value {
            value,
            text: Some(super::text::of(init)),
        })
    }

    pub(super) fn push(&self, node: &impl GetSpan, kind: StatementKind, out: &mut Vec<Statement>) {
        out.push(Statement {
            comments: Vec::new(),
            line: self.line(node),
            kind,
        });
    }
}

/// How often and where a function declares a `var`.
struct Places {
    count: usize,
    nested: bool,
    offset: u32,
}

/// The variables that `var` declares in a function, in order.
fn variables(statements: &[ast::Statement<'_>]) -> Vec<(String, Places)> {
    let mut found = Variables::default();
    found.statements(statements, false);
    let order = std::mem::take(&mut found.order);
    order
        .into_iter()
        .filter_map(|name| found.places.remove_entry(&name))
        .collect()
}

#[derive(Default)]
struct Variables {
    order: Vec<String>,
    places: HashMap<String, Places>,
}

impl Variables {
    fn statements(&mut self, statements: &[ast::Statement<'_>], nested: bool) {
        for statement in statements {
            self.statement(statement, nested);
        }
    }

    fn statement(&mut self, statement: &ast::Statement<'_>, nested: bool) {
        match statement {
            ast::Statement::VariableDeclaration(it) => self.declaration(it, nested),
            ast::Statement::BlockStatement(it) => self.statements(&it.body, true),
            ast::Statement::IfStatement(it) => {
                self.statement(&it.consequent, true);
                if let Some(alternate) = &it.alternate {
                    self.statement(alternate, true);
                }
            }
            ast::Statement::ForStatement(it) => {
                if let Some(ast::ForStatementInit::VariableDeclaration(init)) = &it.init {
                    self.declaration(init, false);
                }
                self.statement(&it.body, true);
            }
            ast::Statement::ForInStatement(it) => self.statement(&it.body, true),
            ast::Statement::ForOfStatement(it) => self.statement(&it.body, true),
            ast::Statement::WhileStatement(it) => self.statement(&it.body, true),
            ast::Statement::DoWhileStatement(it) => self.statement(&it.body, true),
            ast::Statement::SwitchStatement(it) => {
                for case in &it.cases {
                    self.statements(&case.consequent, true);
                }
            }
            ast::Statement::TryStatement(it) => {
                self.statements(&it.block.body, true);
                if let Some(handler) = &it.handler {
                    self.statements(&handler.body.body, true);
                }
                if let Some(finalizer) = &it.finalizer {
                    self.statements(&finalizer.body, true);
                }
            }
            _ => {}
        }
    }

    fn declaration(&mut self, declaration: &ast::VariableDeclaration<'_>, nested: bool) {
        if declaration.kind != ast::VariableDeclarationKind::Var {
            return;
        }
        for declarator in &declaration.declarations {
            for identifier in declarator.id.get_binding_identifiers() {
                self.declared(identifier.name.to_string(), declarator.span.start, nested);
            }
        }
    }

    fn declared(&mut self, name: String, offset: u32, nested: bool) {
        if !self.places.contains_key(&name) {
            self.order.push(name.clone());
        }
        let places = self.places.entry(name).or_insert(Places {
            count: 0,
            nested: false,
            offset,
        });
        places.count += 1;
        places.nested |= nested;
    }
}

/// Ends the function after the last statement: what it gives is what the function gives.
fn returning(statements: &mut [Statement]) {
    let Some(last) = statements.last_mut() else {
        return;
    };
    match &mut last.kind {
        StatementKind::If {
            then, otherwise, ..
        } => {
            for branch in [then, otherwise] {
                if branch.is_empty() {
                    branch.push(at_line(last.line, StatementKind::Return { value: None }));
                }
                returning(branch);
            }
        }
        StatementKind::Expression { expression } => {
            let value = Some(std::mem::replace(expression, Expression::Undefined));
            last.kind = StatementKind::Return { value };
        }
        _ => {}
    }
}
