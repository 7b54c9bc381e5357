//! Executes loops: over known things exactly, over unknown ones once.

use oxc_ast::ast::{
    DoWhileStatement, ForInStatement, ForOfStatement, ForStatement, ForStatementInit,
    ForStatementLeft, Statement, WhileStatement,
};

use crate::machine::heap::Kind;
use crate::machine::statement::note_return;
use crate::machine::value::{Truth, Value};
use crate::machine::{Completion, Frame, Machine};

/// Rounds that a loop with a known condition may take.
const MAX_ROUNDS: u32 = 20_000;

/// Nodes that a loop may evaluate without a registration. What is only computed does not need as many, and a loop that
/// waits for an exception of a built-in function would never end.
const LOOP_SHARE: u64 = 150_000;

/// What there was when a loop began.
#[derive(Clone, Copy)]
struct Began {
    assumptions: u64,
    fuel: u64,
    registrations: u64,
}

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
        let began = self.begin_loop();
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
            machine.rounds(looped, began, label, frame)
        })
    }

    fn rounds(
        &mut self,
        looped: &'a ForStatement<'a>,
        began: Began,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        for _ in 0..MAX_ROUNDS {
            let test = looped.test.as_ref();
            let truth = test.map_or(Truth::Yes, |test| self.condition(test, frame));
            match self.assuming_round(began, (truth, &looped.body), label, frame) {
                Next::Round if self.may_go_on(began) => {}
                Next::Round => break,
                Next::Leave => return Completion::Normal,
                Next::End(completion) => return completion,
            }
            // What a round made remembers its own variables.
            frame.scope = self.scopes.copied(frame.scope);
            if let Some(update) = &looped.update {
                self.eval(update, frame);
            }
        }
        self.assume();
        Completion::Normal
    }

    pub(crate) fn while_loop(
        &mut self,
        looped: &'a WhileStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        let began = self.begin_loop();
        for _ in 0..MAX_ROUNDS {
            let truth = self.condition(&looped.test, frame);
            match self.assuming_round(began, (truth, &looped.body), label, frame) {
                Next::Round if self.may_go_on(began) => {}
                Next::Round => break,
                Next::Leave => return Completion::Normal,
                Next::End(completion) => return completion,
            }
        }
        self.assume();
        Completion::Normal
    }

    pub(crate) fn do_while(
        &mut self,
        looped: &'a DoWhileStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        let began = self.begin_loop();
        for _ in 0..MAX_ROUNDS {
            match self.assuming_round(began, (Truth::Yes, &looped.body), label, frame) {
                Next::Round if self.may_go_on(began) => {}
                Next::Round => break,
                Next::Leave => return Completion::Normal,
                Next::End(completion) => return completion,
            }
            match self.condition(&looped.test, frame) {
                Truth::Yes => {}
                Truth::Maybe => break,
                Truth::No | Truth::UnlessSet => return Completion::Normal,
            }
        }
        self.assume();
        Completion::Normal
    }

    pub(crate) fn for_of(
        &mut self,
        looped: &'a ForOfStatement<'a>,
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Completion<'a> {
        let before = self.assumptions_made();
        let subject = self.eval(&looped.right, frame);
        let closed = self.is_closed(&subject);
        let elements = self.elements_of(&subject);
        let known = self.size_of(&subject);
        let assumed = !closed || self.assumptions_made() != before;
        let completion = self.under_condition(assumed, |machine| {
            machine.over(
                (&looped.left, &looped.body),
                (elements.unwrap_or_default(), closed),
                label,
                frame,
            )
        });
        if self.size_of(&subject) != known {
            // What was added or removed counts in the same loop.
            self.assume();
        }
        completion
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
        let known = self.size_of(&subject);
        let completion = self.over((&looped.left, &looped.body), (keys, closed), label, frame);
        if self.size_of(&subject) != known {
            self.assume();
        }
        completion
    }

    /// How many elements, entries and properties an object has.
    pub(crate) fn size_of(&self, value: &Value) -> Option<usize> {
        let object = self.heap.get(value.as_object()?);
        let elements = match &object.kind {
            Kind::Array(elements) => elements.len(),
            Kind::Collection { entries, .. } => entries.len(),
            _ => 0,
        };
        Some(elements + object.properties.len())
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

    /// One round of a loop, which rests on the assumptions made since it began.
    fn assuming_round(
        &mut self,
        began: Began,
        (truth, body): (Truth, &'a Statement<'a>),
        label: Option<&'a str>,
        frame: &mut Frame,
    ) -> Next<'a> {
        let assumed = self.assumptions_made() != began.assumptions;
        self.under_condition(assumed, |machine| machine.round(truth, body, label, frame))
    }

    fn begin_loop(&self) -> Began {
        Began {
            assumptions: self.assumptions_made(),
            fuel: self.fuel,
            registrations: self.spending.registrations,
        }
    }

    fn may_go_on(&self, began: Began) -> bool {
        let used = began.fuel.saturating_sub(self.fuel);
        let is_productive = self.spending.registrations != began.registrations;
        self.fuel > 0 && (used < LOOP_SHARE || is_productive)
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
