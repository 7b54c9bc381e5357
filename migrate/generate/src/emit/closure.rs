//! Callbacks.

use isobar_migrate_model::code::{Expression, FunctionId, Parameter, Statement, StatementKind};

use super::{Emitter, Exit};
use crate::kind::Kind;

/// What a callback gives to the method that calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClosureResult {
    /// Whether its value is truthy.
    Truth,
    /// Its value as a number.
    Number,
    /// Nothing.
    Nothing,
    /// Its value, of a kind.
    Kind(Kind),
}

impl Emitter<'_> {
    /// A callback that takes `count` arguments.
    pub(crate) fn callback(
        &mut self,
        callback: &Expression,
        count: usize,
        result: ClosureResult,
    ) -> String {
        match callback {
            Expression::Closure { parameters, body } => {
                self.closure(parameters, body, count, result)
            }
            Expression::Function { function } => self.function_callback(*function, count, result),
            Expression::Local { local } => {
                let name = self.variable(*local).name.clone();
                let (names, values) = self.handed(count);
                let call = format!("{name}({})", values.join(", "));
                format!(
                    "|{}| {}",
                    names.join(", "),
                    self.converted(&call, Kind::Value, true, result)
                )
            }
            _ => "|_| Ok(())".to_owned(),
        }
    }

    /// A closure that is bound to a name: it takes and gives values.
    pub(crate) fn named_closure(&mut self, parameters: &[Parameter], body: &[Statement]) -> String {
        let result = ClosureResult::Kind(Kind::Value);
        let names = self.parameter_names(parameters, parameters.len());
        let typed: Vec<_> = names
            .iter()
            .map(|name| format!("{name}: JsValue"))
            .collect();
        self.import("JsValue");
        self.import("Thrown");
        let body = self.closure_body(parameters, body, result);
        let body = if body.starts_with('{') && body.ends_with('}') {
            body
        } else {
            format!("{{ {body} }}")
        };
        format!("|{}| -> Result<JsValue, Thrown> {body}", typed.join(", "))
    }

    fn closure(
        &mut self,
        parameters: &[Parameter],
        body: &[Statement],
        count: usize,
        result: ClosureResult,
    ) -> String {
        let names = self.parameter_names(parameters, count);
        let body = self.closure_body(parameters, body, result);
        format!("|{}| {body}", names.join(", "))
    }

    fn parameter_names(&self, parameters: &[Parameter], count: usize) -> Vec<String> {
        let mut names: Vec<String> = parameters
            .iter()
            .map(|parameter| {
                let name = &self.variable(parameter.local).name;
                let is_read = self.reads.is_read(parameter.local);
                let assigned = self.is_assigned(parameter.local);
                match (is_read, assigned) {
                    (false, false) => "_".to_owned(),
                    (_, true) => format!("mut {name}"),
                    _ => name.clone(),
                }
            })
            .collect();
        names.resize(count.max(names.len()), "_".to_owned());
        names
    }

    fn closure_body(
        &mut self,
        parameters: &[Parameter],
        body: &[Statement],
        result: ClosureResult,
    ) -> String {
        // A callback always gives a result, so what fails in it does not make the function around it fail.
        let fails = self.fails;
        let has_default = parameters
            .iter()
            .any(|parameter| parameter.default.is_some());
        let written = match body {
            [
                Statement {
                    kind: StatementKind::Return { value: Some(value) },
                    comments,
                    ..
                },
            ] if comments.is_empty() && !has_default => self.result_of(value, result),
            _ => {
                let defaults = self.defaults(parameters);
                let body = self.within(Exit::Closure(result), |it| it.tail_block(body));
                format!("{{\n{defaults}{body}}}")
            }
        };
        self.fails = fails;
        written
    }

    /// `let` statements that put defaults in the place of `undefined`.
    pub(crate) fn defaults(&mut self, parameters: &[Parameter]) -> String {
        let mut lines = String::new();
        for parameter in parameters {
            let Some(default) = &parameter.default else {
                continue;
            };
            let variable = self.variable(parameter.local).clone();
            if matches!(
                variable.kind,
                Kind::Bool | Kind::Number | Kind::Text | Kind::Array
            ) {
                // Whoever calls hands the default over.
                continue;
            }
            let default = self.value(default);
            let mutable = if self.is_assigned(parameter.local) {
                "mut "
            } else {
                ""
            };
            let name = &variable.name;
            let value = if variable.is_reference {
                format!("{name}.clone()")
            } else {
                name.clone()
            };
            lines.extend([format!(
                "let {mutable}{name} = {value}.or_default(|| {default});\n"
            )]);
            self.locals[parameter.local.0].is_reference = false;
        }
        lines
    }

    fn function_callback(
        &mut self,
        function: FunctionId,
        count: usize,
        result: ClosureResult,
    ) -> String {
        let takes = self.context.program.functions[function.0].parameters.len();
        let (names, values) = self.handed(count);
        let mut arguments: Vec<_> = values
            .iter()
            .take(takes)
            .map(|value| format!("&{value}"))
            .collect();
        self.import("JsValue");
        while arguments.len() < takes {
            arguments.push("&JsValue::Undefined".to_owned());
        }
        let names: Vec<_> = names
            .into_iter()
            .enumerate()
            .map(|(position, name)| {
                if position < takes {
                    name
                } else {
                    "_".to_owned()
                }
            })
            .collect();
        let arguments = self.with_needs(function, arguments);
        let path = self.function_path(function);
        let call = format!("{path}({})", arguments.join(", "));
        let fallible = self.context.fallible[function.0];
        let kind = self.context.kinds.returned(function.0);
        format!(
            "|{}| {}",
            names.join(", "),
            self.converted(&call, kind, fallible, result)
        )
    }

    /// A call as the result of a callback.
    fn converted(
        &mut self,
        call: &str,
        kind: Kind,
        fallible: bool,
        result: ClosureResult,
    ) -> String {
        let tried = if fallible { "?" } else { "" };
        match result {
            ClosureResult::Truth if kind == Kind::Bool && fallible => call.to_owned(),
            ClosureResult::Truth if kind == Kind::Bool => format!("Ok({call})"),
            ClosureResult::Truth => {
                if kind != Kind::Value {
                    self.import("Truthy");
                }
                format!("Ok({call}{tried}.truthy())")
            }
            ClosureResult::Number if kind == Kind::Number => format!("Ok({call}{tried})"),
            ClosureResult::Number => format!("{call}{tried}.to_number()"),
            ClosureResult::Nothing => format!("{{ {call}{tried}; Ok(()) }}"),
            ClosureResult::Kind(_) if fallible => call.to_owned(),
            ClosureResult::Kind(_) => format!("Ok({call})"),
        }
    }

    /// The value of a callback as the `Result` that it gives.
    pub(crate) fn result_of(&mut self, value: &Expression, result: ClosureResult) -> String {
        let code = match result {
            ClosureResult::Truth => {
                let condition = self.condition(value);
                return wrapped(&condition);
            }
            ClosureResult::Number => self.number(value),
            ClosureResult::Nothing => {
                let effect = self.effect(value);
                return format!("{{ {effect} Ok(()) }}");
            }
            ClosureResult::Kind(kind) => {
                let text = self.owned_as(kind, value);
                return wrapped(&text);
            }
        };
        wrapped(&code.text)
    }

    /// Names for the arguments of a callback, and the values that they hold.
    fn handed(&self, count: usize) -> (Vec<String>, Vec<String>) {
        let names = ["value", "index", "third"].map(|name| self.fresh(name));
        let values = names
            .iter()
            .enumerate()
            .take(count)
            .map(|(position, name)| {
                if position == 0 {
                    name.clone()
                } else {
                    format!("JsValue::from({name})")
                }
            });
        let values = values.collect();
        (names.into_iter().take(count).collect(), values)
    }
}

/// `Ok(…)`, without a `?` that would only be put back.
pub(crate) fn wrapped(text: &str) -> String {
    match text.strip_suffix('?') {
        Some(result) if is_one_call(result) => result.to_owned(),
        _ => format!("Ok({text})"),
    }
}

/// Whether the `?` that followed this text applied to all of it.
fn is_one_call(text: &str) -> bool {
    let mut depth = 0_i32;
    let mut in_text = false;
    let mut escaped = false;
    for character in text.chars() {
        if in_text {
            in_text = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '"' => in_text = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ' ' if depth == 0 => return false,
            _ => {}
        }
    }
    !text.starts_with(['!', '-', '*', '&'])
}
