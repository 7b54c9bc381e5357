//! Loops and the jumps out of them.

use isobar_migrate_model::code::visit::{Visit, walk_expression};
use isobar_migrate_model::code::{
    Builtin, Callee, Expression, Key, LocalId, Method, Statement, StatementKind, Target,
    UnaryOperator,
};

use super::Emitter;
use crate::inference::{LabelSearch, ends};
use crate::kind::Kind;
use crate::naming::snake;

impl Emitter<'_> {
    /// A loop, or a jump in one.
    pub(super) fn loop_or_jump(&mut self, kind: &StatementKind) -> String {
        match kind {
            StatementKind::While {
                test,
                update,
                body,
                label,
            } => self.while_loop((label.as_deref(), body), test, update.as_ref()),
            StatementKind::DoWhile { body, test, label } => {
                self.do_while((label.as_deref(), body), test)
            }
            StatementKind::ForOf {
                local,
                values,
                text,
                body,
                label,
            } => self.for_of(*local, values, text, (label.as_deref(), body)),
            StatementKind::ForIn {
                local,
                object,
                body,
                label,
            } => self.for_in(*local, object, (label.as_deref(), body)),
            StatementKind::Break { label } => format!("break{};\n", jump(label.as_deref())),
            StatementKind::Continue { label } => {
                let mut updates = self.updates.iter().rev();
                let update = match label {
                    Some(_) => updates.find(|(own, _)| own == label),
                    None => updates.next(),
                };
                let update = update.map(|(_, update)| update.clone()).unwrap_or_default();
                format!("{update}continue{};\n", jump(label.as_deref()))
            }
            _ => String::new(),
        }
    }

    fn while_loop(
        &mut self,
        (label, body): (Option<&str>, &[Statement]),
        test: &Expression,
        update: Option<&Expression>,
    ) -> String {
        let test = match test {
            Expression::Bool { value: true } => None,
            test => Some(self.condition(test)),
        };
        let head = test.map_or("loop".to_owned(), |test| format!("while {test}"));
        let update = update.map_or_else(String::new, |update| self.effect(update) + "\n");
        let lines = self.loop_body((label, body), update.clone());
        let update = if ends(body) { "" } else { &update };
        format!("{}{head} {{\n{lines}{update}}}\n", loop_label(label, body))
    }

    fn do_while(
        &mut self,
        (label, body): (Option<&str>, &[Statement]),
        test: &Expression,
    ) -> String {
        let leave = if *test == (Expression::Bool { value: true }) {
            String::new()
        } else {
            let over = Expression::Unary {
                operator: UnaryOperator::Not,
                operand: Box::new(test.clone()),
            };
            format!(
                "if {} {{\nbreak{};\n}}\n",
                self.condition(&over),
                jump(label)
            )
        };
        let is_labelled = uses_label(label, body);
        let leave = if is_labelled {
            leave
        } else {
            leave.replacen(&jump(label), "", 1)
        };
        let lines = self.loop_body((label, body), leave.clone());
        let leave = if ends(body) { "" } else { &leave };
        format!("{}loop {{\n{lines}{leave}}}\n", loop_label(label, body))
    }

    /// The statements of a loop, with what `continue` does before it goes on.
    fn loop_body(&mut self, (label, body): (Option<&str>, &[Statement]), update: String) -> String {
        self.updates.push((label.map(str::to_owned), update));
        let lines = self.statements(body);
        self.updates.pop();
        lines
    }

    fn for_of(
        &mut self,
        local: LocalId,
        values: &Expression,
        text: &str,
        (label, body): (Option<&str>, &[Statement]),
    ) -> String {
        let variable = self.variable(local).clone();
        let values = if let Some(iterator) = self.iterator(values) {
            iterator
        } else if changes_values(body) {
            self.iterated_live(values, text)
        } else {
            self.iterated(values, text)
        };
        let mutable = if self.is_assigned(local) { "mut " } else { "" };
        let name = if self.reads.is_read(local) {
            format!("{mutable}{}", variable.name)
        } else {
            format!("_{}", variable.name)
        };
        let lines = self.loop_body((label, body), String::new());
        format!(
            "{}for {name} in {values} {{\n{lines}}}\n",
            loop_label(label, body)
        )
    }

    /// What a loop over `array.entries()` and its like goes through.
    fn iterator(&mut self, values: &Expression) -> Option<String> {
        let Expression::Call {
            callee:
                Callee::Method {
                    receiver,
                    method,
                    text,
                },
            ..
        } = values
        else {
            return None;
        };
        let visited = match method {
            Method::Entries => "live_entries",
            Method::Keys => "live_keys",
            Method::Values => "live",
            _ => return None,
        };
        let array = if self.kind(receiver) == Kind::Array {
            self.expression(receiver).receiver()
        } else {
            self.checked(receiver, "iterable_array", text)
        };
        Some(format!("{array}.{visited}()"))
    }

    fn for_in(
        &mut self,
        local: LocalId,
        object: &Expression,
        (label, body): (Option<&str>, &[Statement]),
    ) -> String {
        let variable = self.variable(local).clone();
        let object = self.value_receiver(object);
        let mutable = if self.is_assigned(local) { "mut " } else { "" };
        let names = if removes_properties(body) {
            "live_property_names"
        } else {
            "property_names"
        };
        let lines = self.loop_body((label, body), String::new());
        format!(
            "{}for {mutable}{} in {object}.{names}() {{\n{lines}}}\n",
            loop_label(label, body),
            variable.name
        )
    }
}

/// The label of a jump, with the space before it.
fn jump(label: Option<&str>) -> String {
    label.map_or_else(String::new, |label| format!(" '{}", label_name(label)))
}

/// The label of a loop, where a jump in it uses it.
fn loop_label(label: Option<&str>, body: &[Statement]) -> String {
    match label {
        Some(name) if uses_label(label, body) => format!("'{}: ", label_name(name)),
        _ => String::new(),
    }
}

/// A label as Rust names it; `r#` is not for labels.
fn label_name(label: &str) -> String {
    format!("{}_loop", snake(label).trim_start_matches("r#"))
}

fn uses_label(label: Option<&str>, body: &[Statement]) -> bool {
    let mut search = LabelSearch {
        label,
        found: false,
    };
    for statement in body {
        search.statement(statement);
    }
    search.found
}

/// Whether a loop may change the values that it goes through.
fn changes_values(body: &[Statement]) -> bool {
    let search = ChangeSearch::of(body);
    search.removes || search.sets
}

/// Whether a loop may remove properties of an object.
fn removes_properties(body: &[Statement]) -> bool {
    ChangeSearch::of(body).removes
}

#[derive(Default)]
struct ChangeSearch {
    removes: bool,
    sets: bool,
}

impl ChangeSearch {
    fn of(body: &[Statement]) -> Self {
        let mut search = Self::default();
        for statement in body {
            search.statement(statement);
        }
        search
    }
}

impl Visit for ChangeSearch {
    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Assign {
                target: Target::Property { key, .. },
                ..
            }
            | Expression::Update {
                target: Target::Property { key, .. },
                ..
            } => {
                // An array that becomes shorter loses elements.
                let is_other = matches!(key, Key::Name { name } if name != "length");
                self.sets = true;
                self.removes |= !is_other;
            }
            Expression::Delete { .. }
            | Expression::Function { .. }
            | Expression::Call {
                callee:
                    Callee::Local { .. }
                    | Callee::Function { .. }
                    | Callee::Builtin {
                        builtin: Builtin::ObjectAssign,
                    },
                ..
            } => self.removes = true,
            Expression::Call {
                callee: Callee::Method { method, .. },
                ..
            } => {
                self.removes |= matches!(
                    method,
                    Method::Fill
                        | Method::Push
                        | Method::Pop
                        | Method::Shift
                        | Method::Unshift
                        | Method::Splice
                        | Method::Sort
                        | Method::Reverse
                );
            }
            _ => {}
        }
        walk_expression(self, expression);
    }
}
