//! Calls of the program's own functions, of closures and of the request.

use isobar_migrate_model::code::{
    Argument, Callee, Expression, FunctionId, Parameter, RequestMethod,
};

use super::Emitter;
use super::code::Code;
use crate::kind::Kind;

impl Emitter<'_> {
    pub(super) fn call(&mut self, callee: &Callee, arguments: &[Argument]) -> Code {
        match callee {
            Callee::Function { function } => self.call_function(*function, arguments),
            Callee::Local { local } => {
                let name = self.variable(*local).name.clone();
                let count = self.closure_arity(*local).unwrap_or(arguments.len());
                let arguments = self.closure_arguments(arguments, count);
                self.try_call(format!("{name}({})", arguments.join(", ")), Kind::Value)
            }
            Callee::Builtin { builtin } => self.builtin(*builtin, arguments),
            Callee::Method {
                receiver,
                method,
                text,
            } => self.method(receiver, *method, text, arguments),
            Callee::Request { method } => self.call_request(*method, arguments),
        }
    }

    pub(crate) fn function_path(&mut self, function: FunctionId) -> String {
        let placed = self.context.layout.functions[function.0].clone();
        self.path(&placed.module, &placed.name)
    }

    fn call_function(&mut self, function: FunctionId, arguments: &[Argument]) -> Code {
        let callee = &self.context.program.functions[function.0];
        let parameters = callee.parameters.clone();
        let mut values = arguments
            .iter()
            .filter(|it| !matches!(it, Argument::Request | Argument::Response));
        let mut written = Vec::new();
        for parameter in &parameters {
            if parameter.rest {
                let rest: Vec<_> = values.by_ref().cloned().collect();
                written.push(format!("&{}", self.array_of(&rest)));
                continue;
            }
            written.push(self.passed(function, parameter, values.next()));
        }
        let surplus: Vec<_> = values.cloned().collect();
        let written = self.with_needs(function, written);
        let path = self.function_path(function);
        let call = format!("{path}({})", written.join(", "));
        let kind = self.context.kinds.returned(function.0);
        let code = if self.context.fallible[function.0] {
            self.try_call(call, kind)
        } else {
            Code::owned(call, kind)
        };
        self.after_surplus(code, &surplus)
    }

    /// Arguments that the function does not take are still evaluated.
    fn after_surplus(&mut self, code: Code, surplus: &[Argument]) -> Code {
        let mut effects = Vec::new();
        for argument in surplus {
            if let Argument::Value { value } = argument
                && !is_plain(value)
            {
                effects.push(self.effect(value));
            }
        }
        if effects.is_empty() {
            return code;
        }
        Code::open(
            format!("{{ {} {} }}", effects.join(" "), code.text),
            code.kind,
        )
    }

    /// An argument as the parameter takes it.
    fn passed(
        &mut self,
        function: FunctionId,
        parameter: &Parameter,
        argument: Option<&Argument>,
    ) -> String {
        let kind = self.context.kinds.local(function.0, parameter.local);
        let Some(Argument::Value { value }) = argument else {
            return self.absent(parameter, kind);
        };
        if kind == Kind::Value {
            return self.value_reference(value);
        }
        if self.kind(value) == Kind::Undefined {
            let effect = self.expression(value);
            return effect.then(&self.absent(parameter, kind));
        }
        self.reference_as(kind, value)
    }

    /// What stands for an argument that is missing.
    fn absent(&mut self, parameter: &Parameter, kind: Kind) -> String {
        if let (Some(default), Kind::Bool | Kind::Number | Kind::Text | Kind::Array) =
            (&parameter.default, kind)
        {
            return self.reference_as(kind, default);
        }
        self.import("JsValue");
        "&JsValue::Undefined".to_owned()
    }

    fn reference_as(&mut self, kind: Kind, value: &Expression) -> String {
        if kind == Kind::Text {
            return self.text_reference(value);
        }
        self.expression(value).into_reference()
    }

    /// Arguments with the request, the response and the state before them, where the function needs them.
    pub(crate) fn with_needs(&self, function: FunctionId, arguments: Vec<String>) -> Vec<String> {
        let needs = &self.context.needs[function.0];
        let given = [
            (needs.request, "req"),
            (needs.response, "res"),
            (needs.state(), "state"),
        ];
        let mut all: Vec<_> = given
            .into_iter()
            .filter(|(needed, _)| *needed)
            .map(|(_, name)| self.handed_on(name))
            .collect();
        all.extend(arguments);
        all
    }

    pub(super) fn array_of(&mut self, arguments: &[Argument]) -> String {
        self.import("array");
        let elements: Vec<_> = arguments
            .iter()
            .map(|argument| match argument {
                Argument::Value { value } => self.argument(value),
                Argument::Spread { value, text } => format!("..{}", self.iterated(value, text)),
                Argument::Request | Argument::Response => "()".to_owned(),
            })
            .collect();
        format!("array![{}]", elements.join(", "))
    }

    fn closure_arguments(&mut self, arguments: &[Argument], count: usize) -> Vec<String> {
        let mut written: Vec<_> = arguments
            .iter()
            .take(count)
            .map(|argument| match argument {
                Argument::Value { value } => self.value(value),
                _ => "JsValue::Undefined".to_owned(),
            })
            .collect();
        written.resize(count, "JsValue::Undefined".to_owned());
        if written.iter().any(|it| it.contains("JsValue::Undefined")) {
            self.import("JsValue");
        }
        written
    }

    /// How many parameters the closure in a variable has.
    fn closure_arity(&self, local: isobar_migrate_model::code::LocalId) -> Option<usize> {
        let function = &self.context.program.functions[self.function?];
        crate::uses::closure_parameters(&function.body, local)
    }

    fn call_request(&mut self, method: RequestMethod, arguments: &[Argument]) -> Code {
        let names: Vec<_> = arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Value { value } => Some(self.expression(value).text),
                _ => None,
            })
            .collect();
        let call = match method {
            RequestMethod::Get | RequestMethod::Header => format!("req.get({})", names.join(", ")),
            RequestMethod::Is => format!("req.is(&[{}])", names.join(", ")),
            RequestMethod::Accepts => format!("req.accepts(&[{}])", names.join(", ")),
        };
        Code::owned(call, Kind::Value)
    }
}

/// Whether evaluating an expression does nothing.
pub(super) fn is_plain(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::Undefined
            | Expression::Null
            | Expression::Bool { .. }
            | Expression::Number { .. }
            | Expression::Text { .. }
            | Expression::Local { .. }
            | Expression::Constant { .. }
    )
}
