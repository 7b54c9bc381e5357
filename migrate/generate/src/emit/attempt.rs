//! `try`.

use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_statement};
use isobar_migrate_model::code::{Catch, Expression, Statement, StatementKind};

use super::{Emitter, Exit};
use crate::kind::Kind;

impl Emitter<'_> {
    /// A `try` with nothing after it: both of its parts give what the function gives.
    pub(super) fn tail_try(
        &mut self,
        body: &[Statement],
        catch: Option<&Catch>,
        finally: &[Statement],
    ) -> String {
        let infallible = matches!(
            self.exit(),
            Exit::Function {
                fallible: false,
                ..
            }
        );
        if !finally.is_empty() || infallible {
            let lines = self.middle_try(body, catch, finally);
            return format!("{lines}{}", self.fall_through());
        }
        let fails = self.fails;
        let tried = self.tail_block(body);
        self.fails = fails;
        self.import("attempt");
        let Some(catch) = catch else {
            self.fails = true;
            return format!("attempt(|| {{\n{tried}\n}})");
        };
        let (parameter, taken) = self.taken(catch);
        let caught = self.tail_block(&catch.body);
        format!("attempt(|| {{\n{tried}\n}})\n.or_else(|{parameter}| {{\n{taken}{caught}\n}})")
    }

    /// A `try` with something after it.
    pub(super) fn middle_try(
        &mut self,
        body: &[Statement],
        catch: Option<&Catch>,
        finally: &[Statement],
    ) -> String {
        self.import("attempt");
        if !finally.is_empty() {
            return self.try_finally(body, catch, finally);
        }
        let Some(catch) = catch else {
            return self.statements(body);
        };
        if returns(body) {
            return self.try_with_return(body, catch);
        }
        let fails = self.fails;
        let lines = self.statements(body);
        let ends_here = crate::inference::ends(body);
        self.fails = fails;
        let last = if ends_here { "" } else { "Ok(())\n" };
        let (parameter, taken) = self.taken(catch);
        let caught = self.statements(&catch.body);
        if taken.is_empty() {
            return format!("if attempt(|| {{\n{lines}{last}}}).is_err() {{\n{caught}}}\n");
        }
        format!("if let Err({parameter}) = attempt(|| {{\n{lines}{last}}}) {{\n{taken}{caught}}}\n")
    }

    fn try_with_return(&mut self, body: &[Statement], catch: &Catch) -> String {
        self.imports.insert("std::ops::ControlFlow".to_owned());
        let fails = self.fails;
        let lines = self.within(Exit::Attempt, |it| it.tail_block(body));
        self.fails = fails;
        let (parameter, taken) = self.taken(catch);
        let caught = self.statements(&catch.body);
        let returned = self.broken();
        format!(
            "match attempt(|| {{\n{lines}\n}}) {{\n\
             Ok(ControlFlow::Break(value)) => return {returned},\n\
             Ok(ControlFlow::Continue(())) => {{}}\n\
             Err({parameter}) => {{\n{taken}{caught}}}\n}}\n"
        )
    }

    /// `try … finally`: what was tried gives a result, the last part runs, and the result goes on.
    fn try_finally(
        &mut self,
        body: &[Statement],
        catch: Option<&Catch>,
        finally: &[Statement],
    ) -> String {
        self.imports.insert("std::ops::ControlFlow".to_owned());
        let lines = self.within(Exit::Attempt, |it| match catch {
            Some(_) => {
                let inner = it.middle_try(body, catch, &[]);
                let end = it.fall_through();
                format!("{inner}{end}")
            }
            None => it.tail_block(body),
        });
        self.fails = true;
        let finally = self.statements(finally);
        let returned = self.broken();
        format!(
            "let tried = attempt(|| {{\n{lines}\n}});\n{finally}\
             if let ControlFlow::Break(value) = tried? {{\nreturn {returned};\n}}\n"
        )
    }

    /// The parameter of what takes a thrown value, and the variable of the source.
    fn taken(&mut self, catch: &Catch) -> (String, String) {
        match catch.local.filter(|local| self.reads.is_read(*local)) {
            Some(local) => {
                let name = self.variable(local).name.clone();
                let mutable = if self.is_assigned(local) { "mut " } else { "" };
                (
                    "thrown".to_owned(),
                    format!("let {mutable}{name} = thrown.into_value();\n"),
                )
            }
            None => ("_".to_owned(), String::new()),
        }
    }

    /// What `return` gives inside of a `try` that stands in the middle of a function.
    pub(super) fn attempt_result(&mut self, value: Option<&Expression>) -> String {
        let outer = self
            .exits
            .iter()
            .rev()
            .find(|exit| **exit != Exit::Attempt)
            .copied();
        let value = match (outer, value) {
            (Some(Exit::Function { kind, .. }), Some(value)) => self.owned_as(kind, value),
            (
                Some(Exit::Function {
                    kind: Kind::Undefined,
                    ..
                }),
                None,
            ) => "()".to_owned(),
            (Some(Exit::Function { .. }), None) => {
                self.import("JsValue");
                "JsValue::Undefined".to_owned()
            }
            (outer, value) => {
                // A handler and a callback give results; the value in them goes through the block.
                self.exits.push(outer.unwrap_or(Exit::Handler));
                let result = self.result(value);
                self.exits.pop();
                self.fails = true;
                format!("{result}?")
            }
        };
        format!("Ok(ControlFlow::Break({value}))")
    }

    /// The value that left a `try`, as the function gives it.
    fn broken(&self) -> &'static str {
        match self.exit() {
            Exit::Attempt => "Ok(ControlFlow::Break(value))",
            Exit::Function {
                fallible: false, ..
            } => "value",
            _ => "Ok(value)",
        }
    }
}

/// Whether a `return` of the function stands in these statements.
fn returns(statements: &[Statement]) -> bool {
    let mut search = ReturnSearch(false);
    for statement in statements {
        search.statement(statement);
    }
    search.0
}

struct ReturnSearch(bool);

impl Visit for ReturnSearch {
    fn statement(&mut self, statement: &Statement) {
        self.0 |= matches!(
            statement.kind,
            StatementKind::Return { .. } | StatementKind::Format { .. }
        );
        walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &Expression) {
        if !matches!(expression, Expression::Closure { .. }) {
            walk_expression(self, expression);
        }
    }
}
