//! Expressions.

use isobar_migrate_model::code::{
    ClassId, Element, Expression, Key, LocalId, Part, Property, RequestMember, ResponseMember,
    TemplatePart,
};

use super::Emitter;
use super::closure::wrapped;
use super::code::{Code, Form, Level};
use crate::kind::Kind;
use crate::layout::last_name;
use crate::literal;

impl Emitter<'_> {
    /// An expression in the form that comes most naturally.
    pub(crate) fn expression(&mut self, expression: &Expression) -> Code {
        match expression {
            Expression::Undefined => Code::literal("()", Kind::Undefined),
            Expression::Null => self.null(),
            Expression::Bool { value } => Code::literal(value.to_string(), Kind::Bool),
            Expression::Number { value } => number_literal(*value),
            Expression::Text { value } => Code::literal(literal::text(value), Kind::Text),
            Expression::Template { parts } => self.template(parts),
            Expression::Regex { source, flags } => self.regex(source, flags),
            Expression::Array { elements } => self.array(elements),
            Expression::Object { properties } => self.object(properties),
            Expression::Local { local } => self.read_local(*local),
            Expression::Constant { constant } => self.read_constant(constant.0),
            Expression::State { state } => {
                let kind = self.context.kinds.state(state.0);
                Code::owned(format!("{}()", self.state_method("", *state)), kind)
            }
            Expression::Setting { name } => Code::owned(
                format!("state.setting({})", literal::text(name)),
                Kind::Value,
            ),
            Expression::Request { member } => request_member(member),
            Expression::Response { member } => response_member(*member),
            Expression::Member { object, property } => self.member(object, property),
            Expression::Index { object, index } => self.index(object, index),
            _ => self.compound(expression),
        }
    }

    fn compound(&mut self, expression: &Expression) -> Code {
        match expression {
            Expression::Destructured {
                object,
                property,
                text,
            } => self.picked(object, property, text.as_deref()),
            Expression::Rest { object, without } => {
                let object = self.value_receiver(object);
                let names: Vec<_> = without.iter().map(|name| literal::text(name)).collect();
                Code::owned(
                    format!("{object}.without(&[{}])", names.join(", ")),
                    Kind::Value,
                )
            }
            Expression::Default { value, default } => self.default(value, default),
            Expression::InstanceOf { .. }
            | Expression::Instance { .. }
            | Expression::IsInstance { .. } => self.of_class(expression),
            Expression::All { parts } => self.all(parts),
            Expression::Optional {
                object,
                local,
                chain,
            } => self.optional(object, *local, chain),
            Expression::Call { callee, arguments } => self.call(callee, arguments),
            Expression::Respond { steps } => self.respond_value(steps),
            Expression::Unary { operator, operand } => self.unary(*operator, operand),
            Expression::Binary {
                operator,
                left,
                right,
            } => self.binary(*operator, left, right),
            Expression::Logical {
                operator,
                left,
                right,
            } => self.logical(*operator, left, right),
            Expression::Conditional {
                test,
                then,
                otherwise,
            } => self.conditional(test, then, otherwise),
            Expression::Assign {
                target,
                operator,
                value,
            } => self.assign_value(target, *operator, value),
            Expression::Update { target, by, prefix } => self.update_value(target, *by, *prefix),
            Expression::Delete { object, key } => {
                let statement = self.delete(object, key);
                Code::open(format!("{{ {statement}; true }}"), Kind::Bool)
            }
            Expression::Sequence { expressions } => self.sequence(expressions),
            // Callbacks are written by the methods that take them, and `next` by the statement it is.
            _ => Code::literal("()", Kind::Undefined),
        }
    }

    /// `await Promise.all([…])`.
    fn all(&mut self, parts: &[Part]) -> Code {
        let settle = self.import("settle_all");
        let results: Vec<_> = parts
            .iter()
            .map(|part| {
                let fails = self.fails;
                let value = wrapped(&self.value(&part.value));
                if part.settles && value.contains('?') {
                    self.fails = fails;
                    let attempt = self.import("attempt");
                    return format!("{attempt}(|| {value})");
                }
                value
            })
            .collect();
        self.try_call(format!("{settle}([{}])", results.join(", ")), Kind::Array)
    }

    /// A new instance of a class, or a test for one.
    fn of_class(&mut self, expression: &Expression) -> Code {
        match expression {
            Expression::InstanceOf { value, class } => {
                let value = self.value_receiver(value);
                let class = literal::text(class);
                Code::owned(format!("{value}.is_instance_of({class})"), Kind::Bool)
            }
            Expression::IsInstance { value, class } => {
                let value = self.value_receiver(value);
                let class = self.class_path(*class);
                Code::owned(format!("{value}.is_instance(&{class})"), Kind::Bool)
            }
            Expression::Instance { class } => {
                let class = self.class_path(*class);
                Code::owned(format!("{class}.instance()"), Kind::Value)
            }
            _ => Code::literal("()", Kind::Undefined),
        }
    }

    /// The kind of an expression.
    pub(crate) fn kind(&self, expression: &Expression) -> Kind {
        match self.function {
            Some(function) => self
                .context
                .kinds
                .in_function(function, expression)
                .settled(),
            None => self.context.kinds.outside(expression).settled(),
        }
    }

    /// A call that can fail.
    pub(crate) fn try_call(&mut self, text: impl AsRef<str>, kind: Kind) -> Code {
        self.fails = true;
        Code::tried(text, kind)
    }

    /// An expression as the receiver of a method of `JsValue`.
    pub(crate) fn value_receiver(&mut self, expression: &Expression) -> String {
        let code = self.expression(expression);
        match code.kind {
            Kind::Value | Kind::Unseen => code.receiver(),
            _ => {
                self.import("JsValue");
                code.into_value()
            }
        }
    }

    /// An expression as something that becomes a `JsValue`.
    pub(crate) fn argument(&mut self, expression: &Expression) -> String {
        self.expression(expression).into_argument()
    }

    /// An expression as a `JsValue`.
    pub(crate) fn value(&mut self, expression: &Expression) -> String {
        let code = self.expression(expression);
        if code.kind != Kind::Value || code.form == Form::Literal {
            self.import("JsValue");
        }
        code.into_value()
    }

    /// An expression as a `&JsValue`.
    pub(crate) fn value_reference(&mut self, expression: &Expression) -> String {
        let code = self.expression(expression);
        if code.kind != Kind::Value {
            self.import("JsValue");
        }
        code.into_value_reference()
    }

    /// An expression as the Rust type of `kind`, which holds for it.
    pub(crate) fn owned_as(&mut self, kind: Kind, expression: &Expression) -> String {
        if kind == Kind::Value {
            return self.value(expression);
        }
        let code = self.expression(expression);
        if code.kind == Kind::Text && code.form == Form::Literal {
            self.import("JsString");
        }
        code.into_owned()
    }

    /// An expression as an `f64`.
    pub(crate) fn number(&mut self, expression: &Expression) -> Code {
        let code = self.expression(expression);
        match code.kind {
            Kind::Number => code,
            Kind::Bool => Code::owned(format!("f64::from(u8::from({}))", code.text), Kind::Number),
            Kind::Text if code.form == Form::Literal => {
                self.import("JsString");
                Code::owned(format!("{}.to_number()", code.into_owned()), Kind::Number)
            }
            Kind::Text => Code::owned(format!("{}.to_number()", code.receiver()), Kind::Number),
            Kind::Undefined => Code::owned(code.then("f64::NAN"), Kind::Number),
            Kind::Array => {
                self.import("JsValue");
                let value = code.into_value();
                self.try_call(format!("{value}.to_number()"), Kind::Number)
            }
            Kind::Value | Kind::Unseen => {
                let value = code.receiver();
                self.try_call(format!("{value}.to_number()"), Kind::Number)
            }
        }
    }

    /// An expression as text, as `String(…)` makes it.
    pub(crate) fn text(&mut self, expression: &Expression) -> Code {
        let code = self.expression(expression);
        match code.kind {
            Kind::Text => code,
            Kind::Number => {
                let function = self.import("number_to_string");
                Code::owned(format!("{function}({})", code.text), Kind::Text)
            }
            Kind::Bool | Kind::Undefined | Kind::Array => {
                self.import("JsValue");
                let value = code.into_value();
                self.try_call(format!("{value}.to_js_string()"), Kind::Text)
            }
            Kind::Value | Kind::Unseen => {
                let value = code.receiver();
                self.try_call(format!("{value}.to_js_string()"), Kind::Text)
            }
        }
    }

    /// An expression as a `&JsString`.
    pub(crate) fn text_reference(&mut self, expression: &Expression) -> String {
        let code = self.text(expression);
        if code.form == Form::Literal {
            self.import("JsString");
        }
        code.into_reference()
    }

    /// What a pattern takes out of a value; `text` is how the source writes that value.
    fn picked(&mut self, object: &Expression, property: &str, text: Option<&str>) -> Code {
        let object = self.value_receiver(object);
        let property = literal::text(property);
        let call = match text {
            Some(text) => format!("{object}.pick({property}, {})", literal::text(text)),
            None => format!("{object}.get({property})"),
        };
        self.try_call(call, Kind::Value)
    }

    fn null(&mut self) -> Code {
        self.import("JsValue");
        Code::owned("JsValue::Null", Kind::Value)
    }

    /// Text from parts: `text!["Note ", id]`.
    pub(crate) fn template(&mut self, parts: &[TemplatePart]) -> Code {
        let parts: Vec<_> = parts
            .iter()
            .map(|part| match part {
                TemplatePart::Text { value } => literal::text(value),
                TemplatePart::Value { value } => self.text_part(value),
            })
            .collect();
        self.import("text");
        Code::owned(format!("text![{}]", parts.join(", ")), Kind::Text)
    }

    /// A value as a part of text.
    pub(crate) fn text_part(&mut self, value: &Expression) -> String {
        match self.kind(value) {
            Kind::Number | Kind::Bool | Kind::Text => self.expression(value).into_argument(),
            _ => self.text(value).into_argument(),
        }
    }

    fn regex(&mut self, source: &str, flags: &str) -> Code {
        let function = self.import("regex");
        let (source, flags) = (literal::text(source), literal::text(flags));
        Code::owned(format!("{function}({source}, {flags})"), Kind::Value)
    }

    fn array(&mut self, elements: &[Element]) -> Code {
        self.import("array");
        let elements: Vec<_> = elements
            .iter()
            .map(|element| match element {
                Element::Value { value } => self.argument(value),
                Element::Spread { value, text } => format!("..{}", self.iterated(value, text)),
            })
            .collect();
        Code::owned(format!("array![{}]", elements.join(", ")), Kind::Array)
    }

    /// The values of something that is iterated, as a `Vec`.
    pub(crate) fn iterated(&mut self, values: &Expression, text: &str) -> String {
        let code = self.expression(values);
        match code.kind {
            Kind::Array => format!("{}.to_vec()", code.receiver()),
            Kind::Text if code.form != Form::Literal => {
                format!("{}.code_points()", code.receiver())
            }
            Kind::Value => {
                let (values, text) = (code.receiver(), literal::text(text));
                self.try_call(format!("{values}.iterate({text})"), Kind::Value)
                    .text
            }
            _ => {
                self.import("JsValue");
                let (values, text) = (code.into_value(), literal::text(text));
                self.try_call(format!("{values}.iterate({text})"), Kind::Value)
                    .text
            }
        }
    }

    /// What a `for … of` goes through that may change it.
    pub(crate) fn iterated_live(&mut self, values: &Expression, text: &str) -> String {
        let code = self.expression(values);
        match code.kind {
            Kind::Array => format!("{}.live()", code.receiver()),
            Kind::Value => {
                let (values, text) = (code.receiver(), literal::text(text));
                let call = format!("{values}.iterate_live({text})");
                self.try_call(call, Kind::Value).text
            }
            _ => self.iterated(values, text),
        }
    }

    fn object(&mut self, properties: &[Property]) -> Code {
        self.import("object");
        let entries: Vec<_> = properties
            .iter()
            .map(|property| match property {
                Property::Named {
                    key: Key::Name { name },
                    value,
                } => {
                    format!("({}, {})", literal::text(name), self.argument(value))
                }
                Property::Named {
                    key: Key::Computed { value: key },
                    value,
                } => {
                    let key = self.text(key);
                    let key = key.into_owned();
                    format!("({key}, {})", self.argument(value))
                }
                Property::Spread { value } => format!("..{}", self.argument(value)),
            })
            .collect();
        Code::owned(format!("object![{}]", entries.join(", ")), Kind::Value)
    }

    fn read_local(&mut self, local: LocalId) -> Code {
        let variable = self.variable(local).clone();
        if variable.kind == Kind::Undefined {
            return Code::literal("()", Kind::Undefined);
        }
        if variable.is_reference && !variable.kind.is_copied() {
            return Code::reference(variable.name, variable.kind);
        }
        if self.reads.is_read_once(local) && !self.is_assigned(local) {
            return Code::owned(variable.name, variable.kind);
        }
        Code::place(variable.name, variable.kind)
    }

    pub(crate) fn is_assigned(&self, local: LocalId) -> bool {
        self.function.is_some_and(|function| {
            self.context.program.functions[function].locals[local.0].assigned
        })
    }

    fn read_constant(&mut self, constant: usize) -> Code {
        let kind = self.context.kinds.constant(constant);
        let placed = &self.context.layout.constants[constant];
        if placed.at_start {
            return Code::place(format!("state.constants().{}", placed.name), kind);
        }
        let name = self.path(&placed.module, &placed.name);
        match kind {
            Kind::Text => Code::literal(name, kind),
            Kind::Number | Kind::Bool => Code::owned(name, kind),
            _ => Code::lazy(name, kind),
        }
    }

    fn member(&mut self, object: &Expression, property: &str) -> Code {
        let code = self.expression(object);
        let has_length = matches!(code.kind, Kind::Text | Kind::Array);
        if property == "length" && has_length && code.form != Form::Literal {
            return Code::owned(format!("{}.length()", code.receiver()), Kind::Number);
        }
        let property = literal::text(property);
        let receiver = match code.kind {
            Kind::Value | Kind::Unseen => code.receiver(),
            _ => {
                self.import("JsValue");
                code.into_value()
            }
        };
        self.try_call(format!("{receiver}.get({property})"), Kind::Value)
    }

    fn index(&mut self, object: &Expression, index: &Expression) -> Code {
        let code = self.expression(object);
        if code.kind == Kind::Array && self.kind(index) == Kind::Number {
            let index = self.expression(index).text;
            return Code::owned(format!("{}.item({index})", code.receiver()), Kind::Value);
        }
        let receiver = match code.kind {
            Kind::Value | Kind::Unseen => code.receiver(),
            _ => {
                self.import("JsValue");
                code.into_value()
            }
        };
        let index = self.argument(index);
        self.try_call(format!("{receiver}.item({index})"), Kind::Value)
    }

    fn default(&mut self, value: &Expression, default: &Expression) -> Code {
        let code = self.expression(value);
        if !matches!(code.kind, Kind::Value | Kind::Undefined) {
            return code;
        }
        if code.kind == Kind::Undefined {
            let kind = self.kind(default);
            let default = self.owned_as(kind, default);
            return Code::open(code.then(&default), kind);
        }
        let value = code.into_owned();
        let fails = std::mem::take(&mut self.fails);
        let default = self.value(default);
        if std::mem::replace(&mut self.fails, fails) {
            self.fails = true;
            let arms = format!("value if value.is_undefined() => {default}, value => value");
            return Code::open(format!("match {value} {{ {arms} }}"), Kind::Value);
        }
        let value = if value.ends_with('}') {
            format!("({value})")
        } else {
            value
        };
        Code::owned(format!("{value}.or_default(|| {default})"), Kind::Value)
    }

    fn optional(&mut self, object: &Expression, local: LocalId, chain: &Expression) -> Code {
        let object = self.value(object);
        let name = self.variable(local).name.clone();
        let chain = self.value(chain);
        self.import("JsValue");
        let arms =
            format!("{name} if {name}.is_nullish() => JsValue::Undefined, {name} => {chain}");
        Code::open(format!("match {object} {{ {arms} }}"), Kind::Value)
    }

    fn conditional(
        &mut self,
        test: &Expression,
        then: &Expression,
        otherwise: &Expression,
    ) -> Code {
        let kind = self.kind(then).or(self.kind(otherwise)).settled();
        let test = self.condition(test);
        let then = self.owned_as(kind, then);
        let otherwise = self.owned_as(kind, otherwise);
        Code::open(
            format!("if {test} {{ {then} }} else {{ {otherwise} }}"),
            kind,
        )
    }

    fn sequence(&mut self, expressions: &[Expression]) -> Code {
        let Some((last, first)) = expressions.split_last() else {
            return Code::literal("()", Kind::Undefined);
        };
        let effects: Vec<_> = first.iter().map(|it| self.effect(it)).collect();
        let kind = self.kind(last);
        let last = self.owned_as(kind, last);
        Code::open(format!("{{ {} {last} }}", effects.join(" ")), kind)
    }

    /// The path of an item of the program.
    pub(crate) fn class_path(&mut self, class: ClassId) -> String {
        let placed = self.context.layout.classes[class.0].clone();
        self.path(&placed.module, &placed.name)
    }

    pub(crate) fn path(&mut self, module: &str, name: &str) -> String {
        if module == self.module {
            return name.to_owned();
        }
        if self.context.layout.is_ambiguous(module) {
            return format!("crate::{module}::{name}");
        }
        self.imports.insert(format!("crate::{module}"));
        format!("{}::{name}", last_name(module))
    }
}

fn number_literal(value: f64) -> Code {
    let level = if value.is_sign_negative() {
        Level::Prefix
    } else {
        Level::Atom
    };
    Code {
        level,
        ..Code::literal(literal::number(value), Kind::Number)
    }
}

fn request_member(member: &RequestMember) -> Code {
    let (call, kind) = match member {
        RequestMember::Params => ("params()", Kind::Value),
        RequestMember::Query => ("query()", Kind::Value),
        RequestMember::Body => ("body()", Kind::Value),
        RequestMember::Headers => ("headers()", Kind::Value),
        RequestMember::Cookies => ("cookies()", Kind::Value),
        RequestMember::SignedCookies => ("signed_cookies()", Kind::Value),
        RequestMember::Method => ("method()", Kind::Text),
        RequestMember::Path => ("path()", Kind::Text),
        RequestMember::Url => ("url()", Kind::Text),
        RequestMember::OriginalUrl => ("original_url()", Kind::Text),
        RequestMember::BaseUrl => ("base_url()", Kind::Text),
        RequestMember::Hostname => ("hostname()", Kind::Value),
        RequestMember::Protocol => ("protocol()", Kind::Text),
        RequestMember::Secure => ("secure()", Kind::Bool),
        RequestMember::Ip => ("ip()", Kind::Value),
        RequestMember::Xhr => ("xhr()", Kind::Bool),
        RequestMember::Property(name) => {
            let call = format!("req.property({})", literal::text(name));
            return Code::owned(call, Kind::Value);
        }
    };
    Code::owned(format!("req.{call}"), kind)
}

fn response_member(member: ResponseMember) -> Code {
    match member {
        ResponseMember::HeadersSent => Code::owned("res.headers_sent()", Kind::Bool),
        ResponseMember::StatusCode => Code::owned("res.status_code()", Kind::Value),
        ResponseMember::StatusMessage => Code::owned("res.status_message()", Kind::Value),
        ResponseMember::Locals => Code::owned("res.locals()", Kind::Value),
    }
}
