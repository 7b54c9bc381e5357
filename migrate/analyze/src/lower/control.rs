//! `switch`, `try` and the remaining statements.

use isobar_migrate_model::code::{Case, Catch, Expression, Statement, StatementKind};
use oxc_ast::ast;
use oxc_span::GetSpan;

use super::Refusal;
use super::function::Lowering;
use super::pattern::{loop_variable, simple_name};
use super::statement::Lowered;

impl<'a> Lowering<'a, '_> {
    pub(super) fn control(
        &mut self,
        statement: &'a ast::Statement<'a>,
        tail: bool,
    ) -> Lowered<StatementKind> {
        match statement {
            ast::Statement::ForOfStatement(it) => self.in_loop(|lowering| lowering.for_of(it)),
            ast::Statement::ForInStatement(it) => self.in_loop(|lowering| lowering.for_in(it)),
            ast::Statement::ForStatement(it) => self.in_loop(|lowering| lowering.for_loop(it)),
            ast::Statement::WhileStatement(it) => self.in_loop(|lowering| lowering.while_loop(it)),
            ast::Statement::SwitchStatement(it) => self.switch(it, tail),
            ast::Statement::TryStatement(it) => self.try_statement(it, tail),
            ast::Statement::ClassDeclaration(it) => {
                Err(Refusal::new(&**it, "a class in a function"))
            }
            ast::Statement::DoWhileStatement(it) => self.in_loop(|lowering| lowering.do_while(it)),
            ast::Statement::LabeledStatement(it) => self.labelled(it),
            ast::Statement::WithStatement(it) => Err(Refusal::new(&**it, "with")),
            other => Err(Refusal::new(other, "this kind of statement")),
        }
    }

    fn labelled(&mut self, it: &'a ast::LabeledStatement<'a>) -> Lowered<StatementKind> {
        let is_loop = matches!(
            it.body,
            ast::Statement::ForOfStatement(_)
                | ast::Statement::ForInStatement(_)
                | ast::Statement::ForStatement(_)
                | ast::Statement::WhileStatement(_)
                | ast::Statement::DoWhileStatement(_)
        );
        if !is_loop {
            return Err(Refusal::new(it, "a label of something other than a loop"));
        }
        self.labels.push(it.label.name.to_string());
        let kind = self.control(&it.body, false);
        let name = self.labels.pop();
        let mut kind = kind?;
        if let Some(label) = label_of(&mut kind) {
            *label = name;
        }
        Ok(kind)
    }

    fn in_loop<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.loops_in_try;
        self.loops_in_try = outer.map(|loops| loops + 1);
        let lowered = lower(self);
        self.loops_in_try = outer;
        lowered
    }

    fn switch(&mut self, it: &'a ast::SwitchStatement<'a>, tail: bool) -> Lowered<StatementKind> {
        let value = self.expression(&it.discriminant)?;
        self.scopes.open();
        let mut cases: Vec<Case> = Vec::new();
        let mut pending = Case {
            values: Vec::new(),
            default: false,
            body: Vec::new(),
        };
        for (position, case) in it.cases.iter().enumerate() {
            match &case.test {
                Some(test) => pending.values.push(self.expression(test)?),
                None => pending.default = true,
            }
            let last = position + 1 == it.cases.len();
            if case.consequent.is_empty() && !last {
                continue;
            }
            let statements = unbraced(&case.consequent);
            let (statements, ends) = without_break(statements);
            if !ends && !last {
                return Err(Refusal::new(case, "a case that falls through to the next"));
            }
            if contains_break(statements) {
                return Err(Refusal::new(case, "a break inside of a case"));
            }
            pending.body = self.block(statements, tail);
            cases.push(std::mem::replace(
                &mut pending,
                Case {
                    values: Vec::new(),
                    default: false,
                    body: Vec::new(),
                },
            ));
        }
        self.scopes.close();
        let default = cases.iter().position(|case| case.default);
        if default.is_some_and(|position| position + 1 != cases.len()) {
            return Err(Refusal::new(it, "a default that is not the last case"));
        }
        Ok(StatementKind::Switch { value, cases })
    }

    fn try_statement(
        &mut self,
        it: &'a ast::TryStatement<'a>,
        tail: bool,
    ) -> Lowered<StatementKind> {
        let finally = it.finalizer.as_ref().map_or(&[][..], |block| &block.body);
        if let Some(jump) = finally.iter().find(|statement| jumps(statement)) {
            return Err(Refusal::new(
                jump,
                "a finally that leaves the function or loop",
            ));
        }
        let tail = tail && finally.is_empty();
        let outer = self.loops_in_try.replace(0);
        let body = self.block(&it.block.body, tail);
        self.loops_in_try = outer;
        let catch = match &it.handler {
            Some(handler) => Some(self.catch(handler, tail)?),
            None => None,
        };
        let finally = self.block(finally, false);
        Ok(StatementKind::Try {
            body,
            catch,
            finally,
        })
    }

    fn catch(&mut self, it: &'a ast::CatchClause<'a>, tail: bool) -> Lowered<Catch> {
        self.scopes.open();
        let mut body = Vec::new();
        let mut local = None;
        if let Some(parameter) = &it.param {
            let name = simple_name(&parameter.pattern);
            let variable = loop_variable(self, name);
            local = Some(variable);
            if name.is_none() {
                let value = Expression::Local { local: variable };
                let text = match parameter.pattern {
                    ast::BindingPattern::ArrayPattern(_) => String::new(),
                    _ => ".catch".to_owned(),
                };
                self.destructure(&parameter.pattern, value, Some(text), &mut body)?;
            }
        }
        body.extend(self.statements(&it.body.body, tail));
        self.scopes.close();
        Ok(Catch { local, body })
    }

    /// A body with a scope of its own, for what is no block in the source.
    pub(super) fn scoped<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.open();
        let lowered = lower(self);
        self.scopes.close();
        lowered
    }
}

/// The statements of a case that is written as one block.
fn unbraced<'a>(statements: &'a [ast::Statement<'a>]) -> &'a [ast::Statement<'a>] {
    match statements {
        [ast::Statement::BlockStatement(block)] => &block.body,
        _ => statements,
    }
}

/// The statements without the `break` at their end, and whether control cannot reach the next case.
fn without_break<'a>(statements: &'a [ast::Statement<'a>]) -> (&'a [ast::Statement<'a>], bool) {
    match statements.split_last() {
        Some((ast::Statement::BreakStatement(it), rest)) if it.label.is_none() => (rest, true),
        Some((
            ast::Statement::ReturnStatement(_)
            | ast::Statement::ThrowStatement(_)
            | ast::Statement::ContinueStatement(_),
            _,
        )) => (statements, true),
        _ => (statements, false),
    }
}

/// Whether a `break` that belongs to the `switch` is left.
fn contains_break(statements: &[ast::Statement<'_>]) -> bool {
    statements.iter().any(|statement| match statement {
        ast::Statement::BreakStatement(_) => true,
        ast::Statement::BlockStatement(it) => contains_break(&it.body),
        ast::Statement::IfStatement(it) => {
            contains_break(std::slice::from_ref(&it.consequent))
                || it
                    .alternate
                    .as_ref()
                    .is_some_and(|it| contains_break(std::slice::from_ref(it)))
        }
        ast::Statement::TryStatement(it) => {
            contains_break(&it.block.body)
                || it
                    .handler
                    .as_ref()
                    .is_some_and(|it| contains_break(&it.body.body))
        }
        _ => false,
    })
}

/// Whether a statement of a `finally` can leave it other than at its end.
fn jumps(statement: &ast::Statement<'_>) -> bool {
    !matches!(
        statement,
        ast::Statement::ExpressionStatement(_) | ast::Statement::VariableDeclaration(_)
    ) || statement.span().is_empty()
}

/// A statement that translation adds, at the line of another.
pub(super) fn at_line(line: u32, kind: StatementKind) -> Statement {
    Statement {
        comments: Vec::new(),
        line,
        kind,
    }
}

/// Where a loop keeps its label. One with variables of its own stands last in a block.
fn label_of(kind: &mut StatementKind) -> Option<&mut Option<String>> {
    match kind {
        StatementKind::While { label, .. }
        | StatementKind::DoWhile { label, .. }
        | StatementKind::ForOf { label, .. }
        | StatementKind::ForIn { label, .. } => Some(label),
        StatementKind::Block { body } => label_of(&mut body.last_mut()?.kind),
        _ => None,
    }
}
