//! Calls on the response.

use isobar_migrate_model::code::{Expression, ResponseMethod, ResponseStep};

use super::Emitter;
use super::code::{Code, Form};
use crate::kind::Kind;
use crate::literal;

impl Emitter<'_> {
    /// A chain of calls as the last thing a handler does: an expression of type `Handled`.
    pub(super) fn respond_last(&mut self, steps: &[ResponseStep]) -> Option<String> {
        let last = steps.last()?;
        last.method.is_final().then(|| self.chain(steps))
    }

    /// A chain of calls as a statement.
    pub(super) fn respond_effect(&mut self, steps: &[ResponseStep]) -> String {
        let chain = self.chain(steps);
        if steps.last().is_some_and(|step| step.method.is_final()) {
            self.fails = true;
            return format!("{chain}?;");
        }
        format!("{chain};")
    }

    /// A chain of calls whose value is used.
    pub(super) fn respond_value(&mut self, steps: &[ResponseStep]) -> Code {
        let is_read = steps.last().is_some_and(|step| {
            matches!(step.method, ResponseMethod::Get | ResponseMethod::GetHeader)
        });
        if is_read {
            return Code::owned(self.chain(steps), Kind::Value);
        }
        let effect = self.respond_effect(steps);
        Code::open(format!("{{ {effect} }}"), Kind::Undefined)
    }

    fn chain(&mut self, steps: &[ResponseStep]) -> String {
        let mut chain = "res".to_owned();
        for step in steps {
            let (call, fallible) = self.step(step);
            chain = format!("{chain}.{call}");
            if fallible {
                self.fails = true;
                chain.push('?');
            }
        }
        chain
    }

    /// One call, and whether it gives a `Result` that is not the handler's.
    fn step(&mut self, step: &ResponseStep) -> (String, bool) {
        let arguments = &step.arguments;
        match step.method {
            ResponseMethod::Status => match status(arguments) {
                Some(code) => (format!("status({code})"), false),
                None => (format!("set_status({})", self.at(arguments, 0)), true),
            },
            ResponseMethod::Set | ResponseMethod::Header if arguments.len() == 1 => {
                (format!("set_all({})", self.value_at(arguments, 0)), true)
            }
            ResponseMethod::Set | ResponseMethod::Header => self.named("set", arguments),
            ResponseMethod::SetHeader => self.named("set_header", arguments),
            ResponseMethod::Append => self.named("append", arguments),
            ResponseMethod::Type | ResponseMethod::ContentType => {
                (format!("content_type({})", self.name_at(arguments)), true)
            }
            ResponseMethod::Vary => (format!("vary({})", self.name_at(arguments)), true),
            ResponseMethod::RemoveHeader => {
                (format!("remove_header({})", self.name_at(arguments)), true)
            }
            ResponseMethod::Get | ResponseMethod::GetHeader => {
                (format!("get({})", self.name_at(arguments)), false)
            }
            ResponseMethod::Location => (format!("location({})", self.at(arguments, 0)), true),
            ResponseMethod::Links => (format!("links({})", self.value_at(arguments, 0)), true),
            ResponseMethod::Redirect if arguments.len() == 2 => {
                let (status, url) = (self.at(arguments, 0), self.at(arguments, 1));
                (format!("redirect_with({status}, {url})"), false)
            }
            ResponseMethod::Redirect => (format!("redirect({})", self.at(arguments, 0)), false),
            ResponseMethod::Json => (format!("json({})", self.at(arguments, 0)), false),
            ResponseMethod::Jsonp => (format!("jsonp({})", self.at(arguments, 0)), false),
            ResponseMethod::SendStatus => {
                (format!("send_status({})", self.at(arguments, 0)), false)
            }
            ResponseMethod::Cookie => self.cookie(arguments),
            ResponseMethod::ClearCookie => {
                let options = self.options_at(arguments, 1);
                (
                    format!("clear_cookie({}, {options})", self.name_at(arguments)),
                    true,
                )
            }
            ResponseMethod::Attachment if arguments.is_empty() => {
                ("attachment(None)".to_owned(), true)
            }
            ResponseMethod::Attachment => (
                format!("attachment(Some({}))", self.name_at(arguments)),
                true,
            ),
            ResponseMethod::Write => (format!("write({})", self.bytes(arguments)), true),
            ResponseMethod::End => (format!("end({})", self.bytes(arguments)), false),
            _ => (format!("send({})", self.at(arguments, 0)), false),
        }
    }

    fn named(&mut self, method: &str, arguments: &[Expression]) -> (String, bool) {
        let name = self.name_at(arguments);
        (format!("{method}({name}, {})", self.at(arguments, 1)), true)
    }

    fn cookie(&mut self, arguments: &[Expression]) -> (String, bool) {
        let name = self.name_at(arguments);
        let value = self.at(arguments, 1);
        let options = self.options_at(arguments, 2);
        (format!("cookie({name}, {value}, {options})"), true)
    }

    fn options_at(&mut self, arguments: &[Expression], position: usize) -> String {
        if let Some(options) = arguments.get(position) {
            return self.value_reference(options);
        }
        self.import("JsValue");
        "&JsValue::Undefined".to_owned()
    }

    fn at(&mut self, arguments: &[Expression], position: usize) -> String {
        match arguments.get(position) {
            Some(argument) => self.argument(argument),
            None => "()".to_owned(),
        }
    }

    fn value_at(&mut self, arguments: &[Expression], position: usize) -> String {
        match arguments.get(position) {
            Some(argument) => self.value_reference(argument),
            None => "&JsValue::Undefined".to_owned(),
        }
    }

    /// The first argument as a `&str`.
    fn name_at(&mut self, arguments: &[Expression]) -> String {
        let Some(name) = arguments.first() else {
            return "\"\"".to_owned();
        };
        let code = self.text(name);
        match code.form {
            Form::Literal => code.text,
            _ => format!("&{}.to_text()", code.receiver()),
        }
    }

    /// What `res.end` writes: text, which the translator has made sure of.
    fn bytes(&mut self, arguments: &[Expression]) -> String {
        let Some(body) = arguments.first() else {
            return "\"\"".to_owned();
        };
        let code = self.text(body);
        match code.form {
            Form::Literal => code.text,
            _ => format!("{}.to_text().into_owned()", code.receiver()),
        }
    }
}

/// A status that is written in the source and always valid.
fn status(arguments: &[Expression]) -> Option<String> {
    match arguments.first() {
        Some(Expression::Number { value }) if (100.0..1000.0).contains(value) => {
            literal::integer(*value)
        }
        _ => None,
    }
}
