//! Statements, and the values at the ends of blocks.

use isobar_migrate_model::code::{Case, Expression, LocalId, Statement, StatementKind};

use super::closure::wrapped;
use super::{ClosureResult, Emitter, Exit};
use crate::inference::ends;
use crate::kind::Kind;
use crate::literal;

impl Emitter<'_> {
    /// Statements whose end is the end of the function or closure: the last one gives its value.
    pub(crate) fn tail_block(&mut self, statements: &[Statement]) -> String {
        let reachable = reachable(statements);
        let Some((last, first)) = reachable.split_last() else {
            return self.fall_through();
        };
        let mut lines: String = first
            .iter()
            .map(|statement| self.statement(statement))
            .collect();
        lines.push_str(&literal::comment(&last.comments));
        lines.push_str(&self.tail(last));
        lines
    }

    /// Statements in the middle of a function.
    pub(crate) fn statements(&mut self, statements: &[Statement]) -> String {
        reachable(statements)
            .iter()
            .map(|statement| self.statement(statement))
            .collect()
    }

    fn tail(&mut self, statement: &Statement) -> String {
        match &statement.kind {
            StatementKind::Return { value } => self.result(value.as_ref()),
            StatementKind::Throw { value } => self.thrown(value),
            StatementKind::Expression {
                expression: Expression::Respond { steps },
            } if self.exit() == Exit::Handler => self.respond_last(steps).unwrap_or_else(|| {
                let effect = self.respond_effect(steps);
                format!("{effect}\n{}", self.fall_through())
            }),
            StatementKind::If {
                test,
                then,
                otherwise,
            } if !otherwise.is_empty() || !ends(then) => {
                let test = self.condition(test);
                let then = self.tail_block(then);
                let is_chain = is_if_alone(otherwise);
                let otherwise = self.tail_block(otherwise);
                if is_chain && otherwise.starts_with("if ") && !otherwise.contains("\n}\n") {
                    return format!("if {test} {{\n{then}\n}} else {otherwise}");
                }
                format!("if {test} {{\n{then}\n}} else {{\n{otherwise}\n}}")
            }
            StatementKind::Switch { value, cases } => self.switch(value, cases, true),
            StatementKind::Format { cases, default } => self.format(cases, default.as_deref()),
            StatementKind::Try {
                body,
                catch,
                finally,
            } => self.tail_try(body, catch.as_ref(), finally),
            StatementKind::Block { body } => {
                let body = self.tail_block(body);
                format!("{{\n{body}\n}}")
            }
            _ => {
                let lines = self.statement_without_comments(statement);
                if ends(std::slice::from_ref(statement)) {
                    return lines;
                }
                format!("{lines}{}", self.fall_through())
            }
        }
    }

    fn statement(&mut self, statement: &Statement) -> String {
        let comments = literal::comment(&statement.comments);
        comments + &self.statement_without_comments(statement)
    }

    fn statement_without_comments(&mut self, statement: &Statement) -> String {
        match &statement.kind {
            StatementKind::Let { local, value } => self.declare(*local, value.as_ref()),
            StatementKind::Expression { expression } => {
                let effect = self.effect(expression);
                if effect.is_empty() {
                    effect
                } else {
                    effect + "\n"
                }
            }
            StatementKind::If {
                test,
                then,
                otherwise,
            } => {
                let test = self.condition(test);
                let then = self.statements(then);
                if otherwise.is_empty() {
                    return format!("if {test} {{\n{then}}}\n");
                }
                let otherwise_lines = self.statements(otherwise);
                if is_if_alone(otherwise) {
                    return format!("if {test} {{\n{then}}} else {otherwise_lines}");
                }
                format!("if {test} {{\n{then}}} else {{\n{otherwise_lines}}}\n")
            }
            StatementKind::Switch { value, cases } => self.switch(value, cases, false) + "\n",
            StatementKind::Return { value } => format!("return {};\n", self.result(value.as_ref())),
            StatementKind::Throw { value } => format!("return {};\n", self.thrown(value)),
            StatementKind::Try {
                body,
                catch,
                finally,
            } => self.middle_try(body, catch.as_ref(), finally),
            StatementKind::Format { cases, default } => {
                format!("return {};\n", self.format(cases, default.as_deref()))
            }
            StatementKind::Block { body } => format!("{{\n{}}}\n", self.statements(body)),
            kind => self.loop_or_jump(kind),
        }
    }

    fn declare(&mut self, local: LocalId, value: Option<&Expression>) -> String {
        if let Some(Expression::Closure { parameters, body }) = value {
            let unread = if self.reads.is_read(local) { "" } else { "_" };
            let name = format!("{unread}{}", self.variable(local).name);
            let closure = self.named_closure(parameters, body);
            return format!("let {name} = {closure};\n");
        }
        let variable = self.variable(local).clone();
        if variable.kind == Kind::Undefined {
            // Nothing reads it: where it stands in the source, `undefined` is written.
            let effect = value.map_or_else(String::new, |value| self.effect(value));
            return if effect.is_empty() {
                effect
            } else {
                effect + "\n"
            };
        }
        let value = self.owned_as(variable.kind, value.unwrap_or(&Expression::Undefined));
        let mutable = if self.is_assigned(local) { "mut " } else { "" };
        if !self.reads.is_read(local) {
            return format!("let {mutable}_{} = {value};\n", variable.name);
        }
        format!("let {mutable}{} = {value};\n", variable.name)
    }

    fn switch(&mut self, value: &Expression, cases: &[Case], tail: bool) -> String {
        let kind = self.kind(value);
        let literals = cases
            .iter()
            .flat_map(|case| &case.values)
            .all(|it| matches!(it, Expression::Text { .. }));
        if kind == Kind::Text && literals {
            return self.switch_on_text(value, cases, tail);
        }
        self.switch_as_chain(value, cases, tail)
    }

    fn switch_on_text(&mut self, value: &Expression, cases: &[Case], tail: bool) -> String {
        let value = self.expression(value);
        let subject = match value.form {
            super::code::Form::Literal => value.text,
            _ => format!("{}.to_text().as_ref()", value.receiver()),
        };
        let mut arms = Vec::new();
        for case in cases {
            let values = case.values.iter().map(|value| self.expression(value).text);
            let patterns = values.collect::<Vec<_>>().join(" | ");
            let body = self.case_body(&case.body, tail);
            let pattern = if case.default { "_" } else { &patterns };
            arms.push(format!("{pattern} => {{\n{body}}}\n"));
        }
        if !cases.iter().any(|case| case.default) {
            let body = self.case_body(&[], tail);
            arms.push(format!("_ => {{\n{body}}}\n"));
        }
        format!("match {subject} {{\n{}}}", arms.concat())
    }

    fn case_body(&mut self, body: &[Statement], tail: bool) -> String {
        if tail {
            self.tail_block(body) + "\n"
        } else {
            self.statements(body)
        }
    }

    /// A `switch` on values of any type: the cases are compared in order.
    fn switch_as_chain(&mut self, value: &Expression, cases: &[Case], tail: bool) -> String {
        let kind = match self.kind(value) {
            Kind::Undefined => Kind::Value,
            kind => kind,
        };
        let name = self.fresh("subject");
        let subject = self.owned_as(kind, value);
        let mut lines = format!("let {name} = {subject};\n");
        let mut chain = Vec::new();
        for case in cases {
            let values = case.values.iter();
            let tests: Vec<_> = values
                .map(|value| self.case_test(&name, kind, value))
                .collect();
            let body = self.case_body(&case.body, tail);
            chain.push(if case.default {
                format!("{{\n{body}}}")
            } else {
                format!("if {} {{\n{body}}}", tests.join(" || "))
            });
        }
        if tail && !cases.iter().any(|case| case.default) {
            chain.push(format!("{{\n{}\n}}", self.fall_through()));
        }
        lines.push_str(&chain.join(" else "));
        format!("{{\n{lines}\n}}")
    }

    /// Whether the subject of a `switch`, which has this kind, is the value of a case.
    fn case_test(&mut self, subject: &str, kind: Kind, value: &Expression) -> String {
        if kind == Kind::Value && self.kind(value) == Kind::Undefined {
            let value = self.expression(value).then("JsValue::Undefined");
            if value == "JsValue::Undefined" {
                return format!("{subject}.is_undefined()");
            }
            self.import("JsValue");
            return format!("{subject} == {value}");
        }
        if kind == Kind::Value || self.kind(value) == kind {
            return format!("{subject} == {}", self.expression(value).compared());
        }
        self.import("JsValue");
        let borrow = if kind.is_copied() { "" } else { "&" };
        let value = self.value(value);
        format!("JsValue::from({borrow}{subject}) == {value}")
    }

    fn format(
        &mut self,
        cases: &[isobar_migrate_model::code::FormatCase],
        default: Option<&[Statement]>,
    ) -> String {
        let types: Vec<_> = cases
            .iter()
            .map(|case| literal::text(&case.media_type))
            .collect();
        let types = types.join(", ");
        self.fails = true;
        let mut arms = String::new();
        for case in cases {
            let body = self.tail_block(&case.body);
            let media_type = literal::text(&case.media_type);
            arms.extend([format!("Some({media_type}) => {{\n{body}\n}}\n")]);
        }
        let default = match default {
            Some(default) => self.tail_block(default),
            None => format!("res.not_acceptable(&[{types}])"),
        };
        arms.extend([format!("_ => {{\n{default}\n}}\n")]);
        format!("match res.format(&[{types}])? {{\n{arms}}}")
    }

    /// What `return value` gives.
    pub(super) fn result(&mut self, value: Option<&Expression>) -> String {
        match self.exit() {
            Exit::Handler => self.handler_result(value),
            Exit::Function { kind, fallible } => {
                let value = match value {
                    Some(value) => self.returned_as(kind, value),
                    None if kind == Kind::Undefined => "()".to_owned(),
                    None => {
                        self.import("JsValue");
                        "JsValue::Undefined".to_owned()
                    }
                };
                if fallible { wrapped(&value) } else { value }
            }
            Exit::Closure(result) => match value {
                Some(value) => self.result_of(value, result),
                None => self.nothing(result),
            },
            Exit::Attempt => self.attempt_result(value),
        }
    }

    /// What a function returns: a variable of its own goes with it.
    fn returned_as(&mut self, kind: Kind, value: &Expression) -> String {
        if let Expression::Local { local } = value {
            let variable = self.variable(*local);
            let is_held = kind != Kind::Undefined && !variable.is_reference;
            if variable.kind == kind && is_held {
                return variable.name.clone();
            }
        }
        self.owned_as(kind, value)
    }

    fn handler_result(&mut self, value: Option<&Expression>) -> String {
        match value {
            None => self.done(),
            Some(Expression::Next { argument }) => self.next(argument.as_deref()),
            Some(Expression::Respond { steps }) => self.respond_last(steps).unwrap_or_else(|| {
                let effect = self.respond_effect(steps);
                format!("{{ {effect} {} }}", self.done())
            }),
            Some(value) => {
                let effect = self.effect(value);
                let done = self.done();
                if effect.is_empty() {
                    done
                } else {
                    format!("{{ {effect} {done} }}")
                }
            }
        }
    }

    fn done(&mut self) -> String {
        self.import("Flow");
        "Ok(Flow::Done)".to_owned()
    }

    fn next(&mut self, argument: Option<&Expression>) -> String {
        self.import("Flow");
        match argument {
            None => "Ok(Flow::Next)".to_owned(),
            Some(Expression::Text { value }) if value == "route" => {
                "Ok(Flow::NextRoute)".to_owned()
            }
            Some(Expression::Text { value }) if value == "router" => {
                "Ok(Flow::NextRouter)".to_owned()
            }
            Some(argument) => format!("Flow::next_with({})", self.argument(argument)),
        }
    }

    fn thrown(&mut self, value: &Expression) -> String {
        self.fails = true;
        self.import("Thrown");
        format!("Err(Thrown::new({}))", self.argument(value))
    }

    /// What stands at the end of a function or closure whose last statement goes on.
    pub(super) fn fall_through(&mut self) -> String {
        match self.exit() {
            Exit::Handler => self.done(),
            Exit::Function {
                kind: Kind::Undefined,
                fallible: true,
            } => "Ok(())".to_owned(),
            Exit::Function {
                kind: Kind::Undefined,
                fallible: false,
            } => String::new(),
            Exit::Function { fallible, .. } => {
                self.import("JsValue");
                if fallible {
                    "Ok(JsValue::Undefined)"
                } else {
                    "JsValue::Undefined"
                }
                .to_owned()
            }
            Exit::Closure(result) => self.nothing(result),
            Exit::Attempt => "Ok(ControlFlow::Continue(()))".to_owned(),
        }
    }

    fn nothing(&mut self, result: ClosureResult) -> String {
        match result {
            ClosureResult::Truth => "Ok(false)".to_owned(),
            ClosureResult::Number => "Ok(f64::NAN)".to_owned(),
            ClosureResult::Nothing | ClosureResult::Kind(Kind::Undefined) => "Ok(())".to_owned(),
            ClosureResult::Kind(_) => {
                self.import("JsValue");
                "Ok(JsValue::Undefined)".to_owned()
            }
        }
    }
}

/// Whether an `else` continues as `else if`.
fn is_if_alone(otherwise: &[Statement]) -> bool {
    matches!(
        otherwise,
        [Statement { kind: StatementKind::If { .. }, comments, .. }] if comments.is_empty()
    )
}

/// The statements up to the first after which nothing runs.
fn reachable(statements: &[Statement]) -> &[Statement] {
    let last = statements
        .iter()
        .position(|it| ends(std::slice::from_ref(it)));
    last.map_or(statements, |last| &statements[..=last])
}
