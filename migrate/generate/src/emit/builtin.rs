//! Functions of the language, of Node and of well-known packages.

use isobar_migrate_model::code::{Argument, Builtin, Expression};

use super::Emitter;
use super::code::{Code, Form};
use crate::kind::Kind;
use crate::literal;

impl Emitter<'_> {
    pub(super) fn builtin(&mut self, builtin: Builtin, arguments: &[Argument]) -> Code {
        let kind = crate::signature::builtin(builtin);
        match builtin {
            Builtin::Number => match first(arguments) {
                Some(value) => self.number(value),
                None => Code::literal("0.0", Kind::Number),
            },
            Builtin::String => match first(arguments) {
                Some(value) => self.text(value),
                None => Code::literal("\"\"", Kind::Text),
            },
            Builtin::Boolean => match first(arguments) {
                Some(value) => {
                    let condition = self.condition(value);
                    Code::infix(condition, Kind::Bool)
                }
                None => Code::literal("false", Kind::Bool),
            },
            Builtin::IsNaN => self.number_test(arguments, "is_nan"),
            Builtin::IsFinite => self.number_test(arguments, "is_finite"),
            Builtin::ParseInt => {
                let function = self.import("parse_int");
                let text = self.text_or_undefined(arguments);
                let radix = self.number_argument(arguments, 1, "0.0");
                Code::owned(format!("{function}({text}, {radix})"), kind)
            }
            Builtin::ParseFloat => self.of_text("parse_float", arguments, kind, false),
            Builtin::EncodeUriComponent => {
                self.of_text("encode_uri_component", arguments, kind, true)
            }
            Builtin::DecodeUriComponent => {
                self.of_text("decode_uri_component", arguments, kind, true)
            }
            Builtin::EscapeHtml => self.of_text("escape_html", arguments, kind, false),
            Builtin::JsonParse => self.of_text("json_parse", arguments, kind, true),
            Builtin::JsonStringify => self.stringify(arguments),
            _ => self.other_builtin(builtin, arguments, kind),
        }
    }

    fn other_builtin(&mut self, builtin: Builtin, arguments: &[Argument], kind: Kind) -> Code {
        match builtin {
            Builtin::MathAbs
            | Builtin::MathCeil
            | Builtin::MathFloor
            | Builtin::MathSqrt
            | Builtin::MathTrunc => {
                let method = builtin.name().trim_start_matches("Math.").to_owned();
                let number = self.first_number(arguments);
                Code::owned(format!("{}.{method}()", number.receiver()), kind)
            }
            Builtin::MathPow => {
                let (base, exponent) = (
                    self.number_argument(arguments, 0, "f64::NAN"),
                    self.number_argument(arguments, 1, "f64::NAN"),
                );
                let power = self.import("math_pow");
                Code::owned(format!("{power}({base}, {exponent})"), kind)
            }
            Builtin::NewArray if arguments.len() == 1 => {
                let function = self.import("new_array");
                let length = self.value_arguments(arguments);
                self.try_call(format!("{function}(&{length})"), Kind::Array)
            }
            Builtin::MathRound | Builtin::MathSign => {
                let function = if builtin == Builtin::MathRound {
                    "math_round"
                } else {
                    "math_sign"
                };
                let function = self.import(function);
                let number = self.first_number(arguments);
                Code::owned(format!("{function}({})", number.text), kind)
            }
            Builtin::MathMax | Builtin::MathMin => self.extreme(builtin, arguments),
            Builtin::MathRandom => self.of_nothing("math_random", kind),
            Builtin::DateNow => self.of_nothing("date_now", kind),
            Builtin::ProcessUptime => self.of_nothing("process_uptime", kind),
            Builtin::RandomUuid => self.of_nothing("random_uuid", kind),
            Builtin::DateParse => self.of_text("date_parse", arguments, kind, false),
            Builtin::ArrayIsArray => {
                let value = first(arguments).map(|value| self.value_receiver(value));
                Code::owned(format!("{}.is_array()", value.unwrap_or_default()), kind)
            }
            Builtin::ArrayOf | Builtin::NewArray => {
                Code::owned(self.array_of(arguments), Kind::Array)
            }
            Builtin::NewError
            | Builtin::NewTypeError
            | Builtin::NewRangeError
            | Builtin::NewSyntaxError => self.new_error(builtin, arguments),
            Builtin::SuperError => self.on_error("set_error_message", arguments),
            Builtin::CaptureStackTrace => self.on_error("capture_stack_trace", arguments),
            Builtin::ConsoleLog
            | Builtin::ConsoleInfo
            | Builtin::ConsoleDebug
            | Builtin::ConsoleWarn
            | Builtin::ConsoleError => self.console(builtin, arguments),
            _ => self.of_values(builtin, arguments, kind),
        }
    }

    /// A step on the error that is the first argument.
    fn on_error(&mut self, step: &str, arguments: &[Argument]) -> Code {
        let mut values = arguments.iter().filter_map(|argument| match argument {
            Argument::Value { value } => Some(value),
            _ => None,
        });
        let error = values.next().map(|error| self.value_receiver(error));
        let rest: Vec<_> = values.map(|value| self.value_reference(value)).collect();
        let call = format!("{}.{step}({})", error.unwrap_or_default(), rest.join(", "));
        self.try_call(call, Kind::Undefined)
    }

    fn of_nothing(&mut self, function: &str, kind: Kind) -> Code {
        let function = self.import(function);
        Code::owned(format!("{function}()"), kind)
    }

    fn of_text(
        &mut self,
        function: &str,
        arguments: &[Argument],
        kind: Kind,
        fallible: bool,
    ) -> Code {
        let function = self.import(function);
        let text = self.text_or_undefined(arguments);
        let call = format!("{function}({text})");
        if fallible {
            self.try_call(call, kind)
        } else {
            Code::owned(call, kind)
        }
    }

    fn text_or_undefined(&mut self, arguments: &[Argument]) -> String {
        if let Some(value) = first(arguments) {
            return self.text_reference(value);
        }
        self.import("JsString");
        "&JsString::literal(\"undefined\")".to_owned()
    }

    fn first_number(&mut self, arguments: &[Argument]) -> Code {
        match first(arguments) {
            Some(value) => self.number(value),
            None => Code::owned("f64::NAN", Kind::Number),
        }
    }

    fn number_test(&mut self, arguments: &[Argument], test: &str) -> Code {
        let number = self.first_number(arguments);
        Code::owned(format!("{}.{test}()", number.receiver()), Kind::Bool)
    }

    fn extreme(&mut self, builtin: Builtin, arguments: &[Argument]) -> Code {
        let function = if builtin == Builtin::MathMax {
            "math_max"
        } else {
            "math_min"
        };
        let function = self.import(function);
        let spread = arguments
            .iter()
            .any(|it| matches!(it, Argument::Spread { .. }));
        if spread {
            let values = self.array_of(arguments);
            self.import("numbers");
            let numbers = self
                .try_call(format!("numbers(&{values})"), Kind::Value)
                .text;
            return Code::owned(format!("{function}({numbers})"), Kind::Number);
        }
        let numbers: Vec<_> = arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Value { value } => Some(self.number(value).text),
                _ => None,
            })
            .collect();
        Code::owned(
            format!("{function}([{}])", numbers.join(", ")),
            Kind::Number,
        )
    }

    fn new_error(&mut self, builtin: Builtin, arguments: &[Argument]) -> Code {
        let class = builtin.name().trim_start_matches("new ");
        self.import("ErrorClass");
        self.import("JsObject");
        let message = match first(arguments) {
            None | Some(Expression::Undefined) => "\"\".into()".to_owned(),
            Some(value) if self.kind(value) == Kind::Value => {
                self.import("JsValue");
                let message = self.value_reference(value);
                let error = format!("JsObject::error_about(ErrorClass::{class}, {message})");
                let error = self.try_call(error, Kind::Value).text;
                return Code::owned(format!("JsValue::from({error})"), Kind::Value);
            }
            Some(value) => {
                let text = self.text(value);
                match text.form {
                    Form::Literal => format!("{}.into()", text.text),
                    _ => text.into_owned(),
                }
            }
        };
        self.import("JsValue");
        let error = format!("JsObject::error(ErrorClass::{class}, {message})");
        Code::owned(format!("JsValue::from({error})"), Kind::Value)
    }

    fn console(&mut self, builtin: Builtin, arguments: &[Argument]) -> Code {
        let function = match builtin {
            Builtin::ConsoleError => "console_error",
            Builtin::ConsoleWarn => "console_warn",
            Builtin::ConsoleDebug => "console_debug",
            _ => "console_log",
        };
        let function = self.import(function);
        let values = self.value_arguments(arguments);
        Code::owned(format!("{function}(&[{values}])"), Kind::Undefined)
    }

    fn stringify(&mut self, arguments: &[Argument]) -> Code {
        let value = match first(arguments) {
            Some(value) => self.value_reference(value),
            None => "&JsValue::Undefined".to_owned(),
        };
        let indent = match arguments.get(2) {
            Some(Argument::Value {
                value: Expression::Number { value },
            }) => {
                let width = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
                let width = width.iter().take_while(|it| **it <= *value).count();
                " ".repeat(width)
            }
            Some(Argument::Value {
                value: Expression::Text { value },
            }) => value.chars().take(10).collect(),
            _ => String::new(),
        };
        if indent.is_empty() {
            let function = self.import("json_stringify");
            return self.try_call(format!("{function}({value})"), Kind::Value);
        }
        let function = self.import("json_stringify_pretty");
        let indent = literal::text(&indent);
        self.try_call(format!("{function}({value}, {indent})"), Kind::Value)
    }

    /// Functions that take and give values of any type.
    fn of_values(&mut self, builtin: Builtin, arguments: &[Argument], kind: Kind) -> Code {
        let (function, fallible) = match builtin {
            Builtin::NumberIsInteger => ("number_is_integer", false),
            Builtin::NumberIsSafeInteger => ("number_is_safe_integer", false),
            Builtin::NumberIsNaN => ("number_is_nan", false),
            Builtin::NumberIsFinite => ("number_is_finite", false),
            Builtin::ObjectKeys => ("object_keys", true),
            Builtin::ObjectValues => ("object_values", true),
            Builtin::ObjectEntries => ("object_entries", true),
            Builtin::ObjectFromEntries => ("object_from_entries", true),
            Builtin::ObjectAssign => ("object_assign", true),
            Builtin::ObjectHasOwn => ("object_has_own", true),
            Builtin::ArrayFrom => ("array_from", true),
            Builtin::NewDate => ("new_date", true),
            Builtin::NewRegExp => ("new_regexp", true),
            _ => ("create_error", true),
        };
        let function = self.import(function);
        let values = self.value_arguments(arguments);
        let call = format!("{function}(&[{values}])");
        if fallible {
            self.try_call(call, kind)
        } else {
            Code::owned(call, kind)
        }
    }
}

/// The first argument, when it is a value.
fn first(arguments: &[Argument]) -> Option<&Expression> {
    match arguments.first() {
        Some(Argument::Value { value }) => Some(value),
        _ => None,
    }
}
