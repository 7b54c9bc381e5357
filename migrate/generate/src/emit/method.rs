//! Methods of text, arrays and other values.

use isobar_migrate_model::code::{Argument, Builtin, Callee, Expression, Method};

use super::code::{Code, Form};
use super::{ClosureResult, Emitter};
use crate::kind::Kind;
use crate::literal;
use crate::naming::snake;
use crate::signature::{self, Owner};

impl Emitter<'_> {
    pub(super) fn method(
        &mut self,
        receiver: &Expression,
        method: Method,
        text: &str,
        arguments: &[Argument],
    ) -> Code {
        let kind = self.kind(receiver);
        if let Some(code) = self.now(receiver, method) {
            return code;
        }
        match (signature::owner(method), kind) {
            (Owner::Text | Owner::Several, Kind::Text) if has_text_form(method) => {
                let receiver = self.text_receiver(receiver);
                self.text_method(&receiver, method, arguments)
            }
            (Owner::Array | Owner::Several, Kind::Array) if has_array_form(method) => {
                let receiver = self.expression(receiver).receiver();
                self.array_method(&receiver, method, arguments)
            }
            (Owner::Text, _) => {
                let receiver = self.checked(receiver, "string_for", text);
                self.text_method(&receiver, method, arguments)
            }
            (Owner::Array, _) => {
                let is_iterator = matches!(method, Method::Entries | Method::Keys | Method::Values);
                let check = if is_iterator {
                    "iterable_array"
                } else {
                    "array_for"
                };
                let receiver = self.checked(receiver, check, text);
                self.array_method(&receiver, method, arguments)
            }
            _ => self.dynamic_method(receiver, method, text, arguments),
        }
    }

    /// `new Date().toISOString()` and `new Date().getTime()`, which need no date.
    fn now(&mut self, receiver: &Expression, method: Method) -> Option<Code> {
        let Expression::Call {
            callee: Callee::Builtin {
                builtin: Builtin::NewDate,
            },
            arguments,
        } = receiver
        else {
            return None;
        };
        let (function, kind) = match method {
            Method::ToIsoString if arguments.is_empty() => ("iso_now", Kind::Text),
            Method::GetTime if arguments.is_empty() => ("date_now", Kind::Number),
            _ => return None,
        };
        let function = self.import(function);
        Some(Code::owned(format!("{function}()"), kind))
    }

    /// A receiver that must turn out to be of the type that has the method.
    pub(super) fn checked(&mut self, receiver: &Expression, check: &str, text: &str) -> String {
        let receiver = self.value_receiver(receiver);
        self.try_call(
            format!("{receiver}.{check}({})", literal::text(text)),
            Kind::Value,
        )
        .text
    }

    fn text_receiver(&mut self, receiver: &Expression) -> String {
        let code = self.expression(receiver);
        if code.form == Form::Literal {
            self.import("JsString");
            return code.into_owned();
        }
        code.receiver()
    }

    fn text_method(&mut self, receiver: &str, method: Method, arguments: &[Argument]) -> Code {
        let kind = signature::method(method, Kind::Text);
        let name = snake(method.name());
        match method {
            Method::StartsWith | Method::EndsWith | Method::Includes | Method::LastIndexOf => {
                let needle = self.text_argument(arguments, 0);
                Code::owned(format!("{receiver}.{name}({needle})"), kind)
            }
            Method::IndexOf => {
                let needle = self.text_argument(arguments, 0);
                Code::owned(format!("{receiver}.index_of({needle}, 0.0)"), kind)
            }
            Method::Slice | Method::Substring | Method::Substr => {
                let start = self.number_argument(arguments, 0, "0.0");
                let end = self.number_argument(arguments, 1, "f64::INFINITY");
                Code::owned(format!("{receiver}.{name}({start}, {end})"), kind)
            }
            Method::CharCodeAt | Method::CharAt | Method::At => {
                let position = self.number_argument(arguments, 0, "0.0");
                Code::owned(format!("{receiver}.{name}({position})"), kind)
            }
            Method::Repeat => {
                let count = self.number_argument(arguments, 0, "0.0");
                self.try_call(format!("{receiver}.repeat({count})"), kind)
            }
            Method::PadStart | Method::PadEnd => {
                let length = self.number_argument(arguments, 0, "0.0");
                let fill = self.text_argument_or(arguments, 1, " ");
                self.try_call(format!("{receiver}.{name}({length}, {fill})"), kind)
            }
            Method::Concat => {
                let mut joined = receiver.to_owned();
                for position in 0..arguments.len() {
                    let other = self.text_argument(arguments, position);
                    joined = format!("{joined}.concat({other})");
                }
                match arguments {
                    [] => Code::owned(format!("{receiver}.clone()"), kind),
                    _ => Code::owned(joined, kind),
                }
            }
            Method::Split
            | Method::Replace
            | Method::ReplaceAll
            | Method::Match
            | Method::Search => {
                let arguments = self.value_arguments(arguments);
                let name = name.trim_end_matches('_');
                self.try_call(format!("{receiver}.{name}_by({arguments})"), kind)
            }
            Method::ToString | Method::ValueOf => {
                Code::owned(format!("{receiver}.clone()"), Kind::Text)
            }
            _ => Code::owned(format!("{receiver}.{name}()"), kind),
        }
    }

    fn array_method(&mut self, receiver: &str, method: Method, arguments: &[Argument]) -> Code {
        let kind = signature::method(method, Kind::Array);
        let name = snake(method.name());
        let (count, result) = match method {
            Method::Every
            | Method::Filter
            | Method::Find
            | Method::FindIndex
            | Method::FindLast
            | Method::FindLastIndex
            | Method::Some => (2, ClosureResult::Truth),
            Method::ForEach => (2, ClosureResult::Nothing),
            Method::Map | Method::FlatMap => (2, ClosureResult::Kind(Kind::Value)),
            Method::Sort => return self.sort(receiver, arguments),
            Method::Reduce => return self.reduce(receiver, arguments),
            _ => return self.plain_array_method(receiver, method, arguments),
        };
        let Some(Argument::Value { value: callback }) = arguments.first() else {
            return Code::owned(receiver, Kind::Array);
        };
        let callback = self.callback(callback, count, result);
        self.try_call(format!("{receiver}.{name}({callback})"), kind)
    }

    fn sort(&mut self, receiver: &str, arguments: &[Argument]) -> Code {
        let Some(Argument::Value { value: callback }) = arguments.first() else {
            return self.try_call(format!("{receiver}.sort()"), Kind::Array);
        };
        let callback = self.callback(callback, 2, ClosureResult::Number);
        self.try_call(format!("{receiver}.sort_by({callback})"), Kind::Array)
    }

    fn reduce(&mut self, receiver: &str, arguments: &[Argument]) -> Code {
        let whole = Expression::Call {
            callee: Callee::Method {
                receiver: Box::new(Expression::Array {
                    elements: Vec::new(),
                }),
                method: Method::Reduce,
                text: String::new(),
            },
            arguments: arguments.to_vec(),
        };
        let kind = self.kind(&whole);
        let Some(Argument::Value { value: callback }) = arguments.first() else {
            return Code::owned(receiver, Kind::Value);
        };
        let Some(Argument::Value { value: initial }) = arguments.get(1) else {
            let callback = self.callback(callback, 3, ClosureResult::Kind(Kind::Value));
            return self.try_call(
                format!("{receiver}.reduce_from_first({callback})"),
                Kind::Value,
            );
        };
        let initial = self.owned_as(kind, initial);
        let callback = self.callback(callback, 3, ClosureResult::Kind(kind));
        self.try_call(format!("{receiver}.reduce({initial}, {callback})"), kind)
    }

    fn plain_array_method(
        &mut self,
        receiver: &str,
        method: Method,
        arguments: &[Argument],
    ) -> Code {
        let kind = signature::method(method, Kind::Array);
        let name = snake(method.name());
        match method {
            Method::Push if arguments.len() == 1 && !has_spread(arguments) => {
                let value = self.argument_at(arguments, 0);
                Code::owned(format!("{receiver}.push({value})"), kind)
            }
            Method::Push => {
                let values = self.value_list(arguments);
                Code::owned(format!("{receiver}.push_all({values})"), kind)
            }
            Method::Unshift => {
                let values = self.value_list(arguments);
                Code::owned(format!("{receiver}.unshift({values})"), kind)
            }
            Method::Concat => {
                let values = self.value_list(arguments);
                Code::owned(format!("{receiver}.concat(&{values})"), kind)
            }
            Method::Splice => {
                let start = self.number_argument(arguments, 0, "0.0");
                let count = self.number_argument(arguments, 1, "f64::INFINITY");
                let values = self.value_list(arguments.get(2..).unwrap_or_default());
                Code::owned(
                    format!("{receiver}.splice({start}, {count}, {values})"),
                    kind,
                )
            }
            Method::Slice => {
                let start = self.number_argument(arguments, 0, "0.0");
                let end = self.number_argument(arguments, 1, "f64::INFINITY");
                Code::owned(format!("{receiver}.slice({start}, {end})"), kind)
            }
            Method::Join => {
                let separator = self.text_argument_or(arguments, 0, ",");
                self.try_call(format!("{receiver}.join({separator})"), kind)
            }
            Method::Includes | Method::IndexOf | Method::LastIndexOf | Method::Fill => {
                let value = match arguments.first() {
                    Some(Argument::Value { value }) => self.value_reference(value),
                    _ => "&JsValue::Undefined".to_owned(),
                };
                Code::owned(format!("{receiver}.{name}({value})"), kind)
            }
            Method::At => {
                let position = self.number_argument(arguments, 0, "0.0");
                Code::owned(format!("{receiver}.at({position})"), kind)
            }
            _ => Code::owned(format!("{receiver}.{name}()"), kind),
        }
    }

    /// Arguments as a slice; a variable that is alone is not cloned for it.
    fn slice_of(&mut self, arguments: &[Argument]) -> String {
        if let [
            Argument::Value {
                value: Expression::Local { local },
            },
        ] = arguments
        {
            let variable = self.variable(*local);
            let borrowed = if variable.is_reference { "" } else { "&" };
            if variable.kind == Kind::Value {
                return format!("std::slice::from_ref({borrowed}{})", variable.name);
            }
        }
        format!("&[{}]", self.value_arguments(arguments))
    }

    /// A method of which only the running program knows whose it is.
    fn dynamic_method(
        &mut self,
        receiver: &Expression,
        method: Method,
        text: &str,
        arguments: &[Argument],
    ) -> Code {
        let receiver = self.value_receiver(receiver);
        let arguments = self.slice_of(arguments);
        let (name, text) = (literal::text(method.name()), literal::text(text));
        let call = format!("{receiver}.invoke({name}, {text}, {arguments})");
        let value = self.try_call(call, Kind::Value);
        match signature::method(method, Kind::Value) {
            Kind::Bool => Code::owned(format!("{}.truthy()", value.text), Kind::Bool),
            Kind::Number => self.try_call(format!("{}.to_number()", value.text), Kind::Number),
            Kind::Text => self.try_call(format!("{}.to_js_string()", value.text), Kind::Text),
            _ => value,
        }
    }

    fn argument_at(&mut self, arguments: &[Argument], position: usize) -> String {
        match arguments.get(position) {
            Some(Argument::Value { value }) => self.argument(value),
            _ => "()".to_owned(),
        }
    }

    fn text_argument(&mut self, arguments: &[Argument], position: usize) -> String {
        self.text_argument_or(arguments, position, "undefined")
    }

    fn text_argument_or(
        &mut self,
        arguments: &[Argument],
        position: usize,
        default: &str,
    ) -> String {
        if let Some(Argument::Value { value }) = arguments.get(position) {
            return self.text_reference(value);
        }
        self.import("JsString");
        format!("&JsString::literal({})", literal::text(default))
    }

    pub(super) fn number_argument(
        &mut self,
        arguments: &[Argument],
        position: usize,
        absent: &str,
    ) -> String {
        match arguments.get(position) {
            // `undefined` stands for an argument that is missing.
            Some(Argument::Value { value }) if self.kind(value) == Kind::Value => {
                let receiver = self.value_receiver(value);
                self.try_call(format!("{receiver}.to_number_or({absent})"), Kind::Number)
                    .text
            }
            Some(Argument::Value { value }) if self.kind(value) != Kind::Undefined => {
                self.number(value).text
            }
            Some(Argument::Value { value }) => self.expression(value).then(absent),
            _ => absent.to_owned(),
        }
    }

    /// Arguments as owned values, separated by commas.
    pub(super) fn value_arguments(&mut self, arguments: &[Argument]) -> String {
        let values: Vec<_> = arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Value { value } => Some(self.value(value)),
                _ => None,
            })
            .collect();
        values.join(", ")
    }

    /// Arguments as an array or vector of values, spreads included.
    fn value_list(&mut self, arguments: &[Argument]) -> String {
        if has_spread(arguments) {
            self.import("array_values");
            let elements = self.array_of(arguments);
            return elements.replacen("array!", "array_values!", 1);
        }
        format!("[{}]", self.value_arguments(arguments))
    }
}

fn has_spread(arguments: &[Argument]) -> bool {
    arguments
        .iter()
        .any(|argument| matches!(argument, Argument::Spread { .. }))
}

/// Whether `JsString` has the method.
fn has_text_form(method: Method) -> bool {
    signature::owner(method) == Owner::Text
        || has_both_forms(method)
        || matches!(method, Method::ToString | Method::ValueOf)
}

/// Whether `JsArray` has the method.
fn has_array_form(method: Method) -> bool {
    signature::owner(method) == Owner::Array || has_both_forms(method)
}

/// Whether text and arrays both have a method of that name.
fn has_both_forms(method: Method) -> bool {
    matches!(
        method,
        Method::At
            | Method::Concat
            | Method::Includes
            | Method::IndexOf
            | Method::LastIndexOf
            | Method::Slice
    )
}
