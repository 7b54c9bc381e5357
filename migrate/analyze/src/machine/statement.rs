//! Executes statements.

use isobar_migrate_model::FindingCode;
use oxc_ast::ast::{
    BlockStatement, CatchClause, Declaration, ExportDefaultDeclarationKind, IfStatement, Statement,
    SwitchStatement, TryStatement,
};
use oxc_span::GetSpan;

use crate::machine::scope::ScopeKind;
use crate::machine::value::{ScopeId, Truth, Value};
use crate::machine::{Completion, Frame, Machine};

impl<'a> Machine<'a> {
    /// Runs statements in order until one ends the block.
    pub(crate) fn execute_all(
        &mut self,
        statements: &'a [Statement<'a>],
        frame: &mut Frame,
    ) -> Completion<'a> {
        self.hoist(statements, frame);
        for statement in statements {
            let may_have_left = self.may_have_left();
            let completion =
                self.under_condition(may_have_left, |machine| machine.execute(statement, frame));
            if completion.is_abrupt() {
                return completion;
            }
        }
        Completion::Normal
    }

    /// Declares the functions of a block before it runs.
    pub(crate) fn hoist(&mut self, statements: &'a [Statement<'a>], frame: &mut Frame) {
        for statement in statements {
            let function = match statement {
                Statement::FunctionDeclaration(function) => function,
                Statement::ExportDeclaration(export) => match &export.declaration {
                    Declaration::FunctionDeclaration(function) => function,
                    _ => continue,
                },
                Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => function,
                    _ => continue,
                },
                _ => continue,
            };
            if function.body.is_some()
                && let Some(id) = &function.id
            {
                let value = self.function_expression(function, frame);
                let site = frame.site(id);
                self.declare(frame.scope, id.name.as_str(), value, site);
            }
        }
    }

    pub(crate) fn execute(
        &mut self,
        statement: &'a Statement<'a>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        if self.enter().is_none() {
            return Completion::Normal;
        }
        let completion = self.as_statement(|machine| machine.execute_simple(statement, frame));
        self.leave();
        match self.thrown.take() {
            Some(value) if !completion.is_abrupt() => Completion::Throw(value),
            _ => completion,
        }
    }

    fn execute_simple(
        &mut self,
        statement: &'a Statement<'a>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        match statement {
            Statement::ExpressionStatement(expression) => {
                self.eval(&expression.expression, frame);
                Completion::Normal
            }
            Statement::VariableDeclaration(declaration) => {
                self.declare_variables(declaration, frame);
                Completion::Normal
            }
            Statement::ReturnStatement(returned) => {
                let value = returned
                    .argument
                    .as_ref()
                    .map(|argument| self.eval(argument, frame));
                Completion::Return(value.unwrap_or(Value::Undefined))
            }
            Statement::ThrowStatement(thrown) => {
                let value = self.eval(&thrown.argument, frame);
                Completion::Throw(value)
            }
            Statement::BlockStatement(block) => self.block(block, frame),
            Statement::IfStatement(branch) => self.branch(branch, frame),
            Statement::BreakStatement(end) => {
                Completion::Break(end.label.as_ref().map(|label| label.name.as_str()))
            }
            Statement::ContinueStatement(end) => {
                Completion::Continue(end.label.as_ref().map(|label| label.name.as_str()))
            }
            Statement::ClassDeclaration(class) => {
                self.class_declaration(class, frame);
                Completion::Normal
            }
            Statement::LabeledStatement(_)
            | Statement::SwitchStatement(_)
            | Statement::ForStatement(_)
            | Statement::ForInStatement(_)
            | Statement::ForOfStatement(_)
            | Statement::WhileStatement(_)
            | Statement::DoWhileStatement(_) => {
                self.as_loop(|machine| machine.execute_compound(statement, frame))
            }
            _ => self.execute_compound(statement, frame),
        }
    }

    fn execute_compound(
        &mut self,
        statement: &'a Statement<'a>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        match statement {
            Statement::ForStatement(looped) => self.for_loop(looped, None, frame),
            Statement::ForInStatement(looped) => self.for_in(looped, None, frame),
            Statement::ForOfStatement(looped) => self.for_of(looped, None, frame),
            Statement::WhileStatement(looped) => self.while_loop(looped, None, frame),
            Statement::DoWhileStatement(looped) => self.do_while(looped, None, frame),
            Statement::LabeledStatement(labeled) => {
                let label = labeled.label.name.as_str();
                let completion = match &labeled.body {
                    Statement::ForStatement(looped) => self.for_loop(looped, Some(label), frame),
                    Statement::ForInStatement(looped) => self.for_in(looped, Some(label), frame),
                    Statement::ForOfStatement(looped) => self.for_of(looped, Some(label), frame),
                    Statement::WhileStatement(looped) => {
                        self.while_loop(looped, Some(label), frame)
                    }
                    Statement::DoWhileStatement(looped) => {
                        self.do_while(looped, Some(label), frame)
                    }
                    other => self.execute(other, frame),
                };
                match completion {
                    Completion::Break(Some(target)) if target == label => Completion::Normal,
                    other => other,
                }
            }
            Statement::SwitchStatement(switch) => self.switch(switch, frame),
            Statement::TryStatement(tried) => self.try_block(tried, frame),
            Statement::TSEnumDeclaration(declaration) => {
                self.enumeration(declaration, frame);
                Completion::Normal
            }
            Statement::TSNamespaceDeclaration(namespace) => {
                self.namespace(namespace, frame);
                Completion::Normal
            }
            Statement::WithStatement(with) => self.uncertainly(|machine| {
                machine.eval(&with.object, frame);
                machine.execute(&with.body, frame)
            }),
            _ => self.module_statement(statement, frame),
        }
    }

    pub(crate) fn block(
        &mut self,
        block: &'a BlockStatement<'a>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        self.in_block(frame, |machine, frame| {
            machine.execute_all(&block.body, frame)
        })
    }

    /// Runs `body` in a block scope of its own.
    pub(crate) fn in_block<T>(
        &mut self,
        frame: &mut Frame,
        body: impl FnOnce(&mut Self, &mut Frame) -> T,
    ) -> T {
        let outer = frame.scope;
        frame.scope = self.scopes.open(ScopeKind::Block, Some(outer));
        let outcome = body(self, frame);
        frame.scope = outer;
        outcome
    }

    fn branch(&mut self, branch: &'a IfStatement<'a>, frame: &mut Frame) -> Completion<'a> {
        let (before, absent) = (self.assumptions_made(), self.absent_reads);
        let truth = self.condition(&branch.test, frame);
        let assumed = self.assumptions_made() != before;
        let lacks = self.absent_reads != absent;
        let alternate = branch.alternate.as_ref();
        if (assumed || truth == Truth::Maybe) && self.trace.is_none() {
            self.steer(&branch.consequent, frame);
            if let Some(alternate) = alternate {
                self.steer(alternate, frame);
            }
        }
        self.under_condition(assumed, |machine| {
            machine.branch_taken(branch, truth, (assumed, lacks), frame)
        })
    }

    fn branch_taken(
        &mut self,
        branch: &'a IfStatement<'a>,
        truth: Truth,
        (assumed, lacks): (bool, bool),
        frame: &mut Frame,
    ) -> Completion<'a> {
        let alternate = branch.alternate.as_ref();
        match truth {
            Truth::Yes => {
                self.note_skipped(assumed, alternate, branch, frame);
                let completion = self.execute(&branch.consequent, frame);
                if lacks && is_complaint(&branch.consequent) {
                    Completion::Normal
                } else {
                    completion
                }
            }
            Truth::No | Truth::UnlessSet => {
                self.note_skipped(assumed, Some(&branch.consequent), branch, frame);
                match alternate {
                    Some(alternate) => self.execute(alternate, frame),
                    None => Completion::Normal,
                }
            }
            Truth::Maybe => self.either(&branch.consequent, alternate, frame),
        }
    }

    /// Runs both branches of an unknown condition. Code goes on after them unless both end it.
    pub(crate) fn either(
        &mut self,
        consequent: &'a Statement<'a>,
        alternate: Option<&'a Statement<'a>>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        let before = self.response_status();
        let first = self.uncertainly(|machine| machine.execute(consequent, frame));
        if first.is_abrupt() {
            self.restore_status(before);
            self.note_end(&first);
        }
        let Some(alternate) = alternate else {
            note_return(first, frame);
            return Completion::Normal;
        };
        let before = self.response_status();
        let second = self.uncertainly(|machine| machine.execute(alternate, frame));
        match (first, second) {
            (Completion::Return(first), Completion::Return(second)) => {
                Completion::Return(self.choose(first, second))
            }
            (first @ Completion::Return(_), Completion::Throw(_)) => first,
            (Completion::Throw(_), second) => second,
            (first, second) => {
                if second.is_abrupt() {
                    self.restore_status(before);
                    self.note_end(&second);
                }
                note_return(first, frame);
                note_return(second, frame);
                Completion::Normal
            }
        }
    }

    /// Tells that code which mounts or registers is left out under the assumed environment.
    fn note_skipped(
        &mut self,
        assumed: bool,
        skipped: Option<&'a Statement<'a>>,
        branch: &'a IfStatement<'a>,
        frame: &Frame,
    ) {
        let (Some(skipped), true, None) = (skipped, assumed, self.trace.as_ref()) else {
            return;
        };
        let Some(source) = self.source(frame.module) else {
            return;
        };
        let code = span_text(source.text, skipped.span());
        let registers = [
            ".use(", ".get(", ".post(", ".put(", ".delete(", ".patch(", ".all(", ".route(",
        ];
        if self.is_own(frame.module) && registers.iter().any(|call| code.contains(call)) {
            let test = span_text(source.text, branch.test.span());
            let message = format!("routes or middleware here depend on `{test}`");
            self.find(FindingCode::ConditionalCode, frame.site(skipped), message);
        }
    }

    fn switch(&mut self, switch: &'a SwitchStatement<'a>, frame: &mut Frame) -> Completion<'a> {
        let subject = self.eval(&switch.discriminant, frame);
        let mut start = None;
        let mut known = !subject.is_unknown();
        for (index, case) in switch.cases.iter().enumerate() {
            let Some(test) = &case.test else { continue };
            let test = self.eval(test, frame);
            match self.strictly_equal(&subject, &test) {
                Some(true) if start.is_none() && known => start = Some(index),
                None => known = false,
                _ => {}
            }
        }
        let default = switch.cases.iter().position(|case| case.test.is_none());
        match (known, start.or(default)) {
            (true, None) => Completion::Normal,
            (true, Some(start)) => self.in_block(frame, |machine, frame| {
                machine.cases_from(switch, start, frame)
            }),
            (false, _) => self.in_block(frame, |machine, frame| machine.all_cases(switch, frame)),
        }
    }

    fn cases_from(
        &mut self,
        switch: &'a SwitchStatement<'a>,
        start: usize,
        frame: &mut Frame,
    ) -> Completion<'a> {
        for case in &switch.cases[start..] {
            match self.execute_all(&case.consequent, frame) {
                Completion::Normal => {}
                Completion::Break(None) => return Completion::Normal,
                other => return other,
            }
        }
        Completion::Normal
    }

    fn all_cases(&mut self, switch: &'a SwitchStatement<'a>, frame: &mut Frame) -> Completion<'a> {
        for case in &switch.cases {
            let before = self.response_status();
            let completion =
                self.uncertainly(|machine| machine.execute_all(&case.consequent, frame));
            if completion.is_abrupt() {
                self.restore_status(before);
                self.note_end(&completion);
            }
            note_return(completion, frame);
        }
        Completion::Normal
    }

    fn try_block(&mut self, tried: &'a TryStatement<'a>, frame: &mut Frame) -> Completion<'a> {
        // Whether something in the block throws is not known.
        let may_throw = tried.handler.is_some() && self.trace.is_none();
        self.tries.push(self.uncertain);
        let mut completion =
            self.under_condition(may_throw, |machine| machine.block(&tried.block, frame));
        self.tries.pop();
        if may_throw {
            self.steer_try(tried, frame);
            self.assume();
        }
        if let Some(handler) = &tried.handler {
            completion = self.under_condition(may_throw, |machine| {
                machine.catch(handler, completion, frame)
            });
        }
        match &tried.finalizer {
            Some(finalizer) => match self.block(finalizer, frame) {
                Completion::Normal => completion,
                abrupt => abrupt,
            },
            None => completion,
        }
    }

    /// Runs a handler where the block threw. While a request is served anything may throw, so
    /// that the handler counts as well.
    fn catch(
        &mut self,
        handler: &'a CatchClause<'a>,
        tried: Completion<'a>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        if let Completion::Throw(value) = tried {
            return self.handle(handler, value, frame);
        }
        if self.trace.is_some() {
            let before = self.response_status();
            let outcome =
                self.uncertainly(|machine| machine.handle(handler, Value::Unknown, frame));
            self.restore_status(before);
            note_return(outcome, frame);
        }
        tried
    }

    fn handle(
        &mut self,
        handler: &'a CatchClause<'a>,
        thrown: Value,
        frame: &mut Frame,
    ) -> Completion<'a> {
        self.in_block(frame, |machine, frame| {
            if let Some(parameter) = &handler.param {
                machine.bind(&parameter.pattern, thrown, frame.scope, frame);
            }
            machine.execute_all(&handler.body.body, frame)
        })
    }

    pub(crate) fn open_block(&mut self, frame: &Frame) -> ScopeId {
        self.scopes.open(ScopeKind::Block, Some(frame.scope))
    }
}

/// Keeps a value that may have been returned.
pub(crate) fn note_return(completion: Completion<'_>, frame: &mut Frame) {
    if let Completion::Return(value) = completion {
        frame.returns.push(value);
    }
}

pub(crate) fn span_text(text: &str, span: oxc_span::Span) -> &str {
    text.get(span.start as usize..span.end as usize)
        .unwrap_or("")
}

/// Whether a branch reports an absent setting and gives up, so that a scan goes on after it: it
/// does more than leave the function.
fn is_complaint(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => {
            block.body.len() > 1 || matches!(block.body.first(), Some(Statement::ThrowStatement(_)))
        }
        _ => false,
    }
}
