//! Executes loops: over known things exactly, over unknown ones once.

use oxc_ast::ast::{
    DoWhileStatement, ForInStatement, ForOfStatement, ForStatement, ForStatementInit,
    ForStatementLeft, Statement, WhileStatement,
};

use crate::machine::statement::note_return;
use crate::machine::value::{Truth, Value};
use crate::machine::{Completion, Frame, Machine};

/// Rounds that a loop with a known condition may take.
const MAX_ROUNDS: u32 = 20_000;

/// What a round of a loop asks for.
enum Next<'a> {
    Round,
    Leave,
    End(Completion<'a>),
}

impl<'a> Machine<'a> {
    pub(crate) fn for_loop(
        &mut self,
        looped: &'a ForStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        self.in_block(frame, |machine, frame| {
            match &looped.init {
                Some(ForStatementInit::VariableDeclaration(declaration)) => {
                    machine.declare_variables(declaration, frame);
                }
                Some(init) => {
                    init.as_expression().map(|init| machine.eval(init, frame));
                }
                None => {}
            }
            machine.rounds(looped, label, frame)
        })
    }

    fn rounds(
        &mut self,
        looped: &'a ForStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        for _ in 0..MAX_ROUNDS {
            let test = looped.test.as_ref();
            let truth = test.map_or(Truth::Yes, |test| self.condition(test, frame));
            match self.round(truth, &looped.body, label, frame) {
                Next::Round if self.fuel > 0 => {}
                Next::Round | Next::Leave => break,
                Next::End(completion) => return completion,
            }
            if let Some(update) = &looped.update {
                self.eval(update, frame);
            }
        }
        Completion::Normal
    }

    pub(crate) fn while_loop(
        &mut self,
        looped: &'a WhileStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        for _ in 0..MAX_ROUNDS {
            let truth = self.condition(&looped.test, frame);
            match self.round(truth, &looped.body, label, frame) {
                Next::Round if self.fuel > 0 => {}
                Next::Round | Next::Leave => break,
                Next::End(completion) => return completion,
            }
        }
        Completion::Normal
    }

    pub(crate) fn do_while(
        &mut self,
        looped: &'a DoWhileStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        for _ in 0..MAX_ROUNDS {
            match self.round(Truth::Yes, &looped.body, label, frame) {
                Next::Round if self.fuel > 0 => {}
                Next::Round | Next::Leave => break,
                Next::End(completion) => return completion,
            }
            if self.condition(&looped.test, frame) != Truth::Yes {
                break;
            }
        }
        Completion::Normal
    }

    pub(crate) fn for_of(
        &mut self,
        looped: &'a ForOfStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        let subject = self.eval(&looped.right, frame);
        let closed = self.is_closed(&subject);
        let elements = self.elements_of(&subject);
        self.over(
            (&looped.left, &looped.body),
            (elements.unwrap_or_default(), closed),
            label,
            frame,
        )
    }

    pub(crate) fn for_in(
        &mut self,
        looped: &'a ForInStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        let subject = self.eval(&looped.right, frame);
        let closed = self.is_closed(&subject);
        let site = frame.site(looped);
        let mut keys = Vec::new();
        let mut current = subject.as_object();
        for _ in 0..16 {
            let Some(id) = current else { break };
            keys.extend(
                self.entries_of(id, site)
                    .into_iter()
                    .map(|(key, _)| Value::Text(key)),
            );
            current = self.heap.get(id).prototype;
        }
        self.over((&looped.left, &looped.body), (keys, closed), label, frame)
    }

    /// Runs `body` for each element, and once more with something unknown when there may be more.
    fn over(
        &mut self,
        (left, body): (&'a ForStatementLeft<'a>, &'a Statement<'a>),
        (mut elements, closed): (Vec<Value>, bool),
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        let known = elements.len();
        if !closed {
            elements.push(Value::Unknown);
        }
        for (index, element) in elements.into_iter().enumerate() {
            if self.fuel == 0 {
                break;
            }
            let truth = if index < known {
                Truth::Yes
            } else {
                Truth::Maybe
            };
            let next = self.in_block(frame, |machine, frame| {
                machine.bind_loop(left, element, frame);
                machine.round(truth, body, label, frame)
            });
            match next {
                Next::Round => {}
                Next::Leave => break,
                Next::End(completion) => return completion,
            }
        }
        Completion::Normal
    }

    fn bind_loop(&mut self, left: &'a ForStatementLeft<'a>, value: Value, frame: &mut Frame) {
        match left {
            ForStatementLeft::VariableDeclaration(declaration) => {
                let is_var = declaration.kind.is_var();
                let scope = if is_var {
                    self.scopes.function_scope(frame.scope)
                } else {
                    frame.scope
                };
                if let Some(declarator) = declaration.declarations.first() {
                    self.bind(&declarator.id, value, scope, frame);
                }
            }
            _ => {
                if let Some(target) = left.as_assignment_target() {
                    self.write(target, value, frame);
                }
            }
        }
    }

    /// One round under a condition: what it asks for next.
    fn round(
        &mut self,
        truth: Truth,
        body: &'a Statement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Next<'a> {
        match truth {
            Truth::No | Truth::UnlessSet => Next::Leave,
            Truth::Maybe => {
                let completion = self.uncertainly(|machine| machine.execute(body, frame));
                note_return(completion, frame);
                Next::Leave
            }
            Truth::Yes => match self.execute(body, frame) {
                Completion::Normal | Completion::Continue(None) => Next::Round,
                Completion::Break(None) => Next::Leave,
                Completion::Continue(target) if target == label => Next::Round,
                Completion::Break(target) if target == label => Next::Leave,
                abrupt => Next::End(abrupt),
            },
        }
    }
}
