//! Assignments, updates and `delete`.

use isobar_migrate_model::code::{
    AssignOperator, BinaryOperator, Expression, Key, LocalId, LogicalOperator, RequestMember,
    StateId, Target, UnaryOperator,
};

use super::Emitter;
use super::call::is_plain;
use super::code::Code;
use crate::kind::Kind;
use crate::literal;

impl Emitter<'_> {
    /// An expression whose value nobody uses, as a statement.
    pub(crate) fn effect(&mut self, expression: &Expression) -> String {
        match expression {
            Expression::Assign {
                target,
                operator,
                value,
            } => self.assign(target, *operator, value),
            Expression::Update { target, by, .. } => self.update(target, *by),
            Expression::Delete { object, key } => format!("{};", self.delete(object, key)),
            Expression::Unary {
                operator: UnaryOperator::Void,
                operand,
            } => self.effect(operand),
            Expression::Respond { steps } => self.respond_effect(steps),
            Expression::Sequence { expressions } => {
                let effects: Vec<_> = expressions.iter().map(|it| self.effect(it)).collect();
                effects.join(" ")
            }
            Expression::Conditional {
                test,
                then,
                otherwise,
            } => {
                let test = self.condition(test);
                let (then, otherwise) = (self.effect(then), self.effect(otherwise));
                format!("if {test} {{ {then} }} else {{ {otherwise} }}")
            }
            Expression::Logical {
                operator,
                left,
                right,
            } if *operator != LogicalOperator::Nullish => {
                let test = self.condition(left);
                let right = self.effect(right);
                match operator {
                    LogicalOperator::And => format!("if {test} {{ {right} }}"),
                    _ => format!("if !({test}) {{ {right} }}"),
                }
            }
            _ => {
                let code = self.expression(expression);
                let pure = code.form != super::code::Form::Owned;
                if pure {
                    String::new()
                } else {
                    format!("{};", code.text)
                }
            }
        }
    }

    fn assign(&mut self, target: &Target, operator: AssignOperator, value: &Expression) -> String {
        match target {
            Target::Local { local } => self.assign_local(*local, operator, value),
            Target::State { state } => self.assign_state(*state, operator, value),
            Target::Property { object, key } => self.assign_property(object, key, operator, value),
            Target::Request { name } => {
                let old = Expression::Request {
                    member: request_place(name),
                };
                let value = self.combined(&old, operator, value, Kind::Value);
                if name == "body" {
                    return format!("req.set_body({value});");
                }
                format!("req.set_property({}, {value});", literal::text(name))
            }
            Target::Response { member } => {
                let old = Expression::Response { member: *member };
                let value = self.combined(&old, operator, value, Kind::Value);
                match member.name() {
                    "statusCode" => format!("res.set_status_code({value});"),
                    "statusMessage" => format!("res.set_status_message({value});"),
                    _ => format!("res.set_locals({value});"),
                }
            }
        }
    }

    /// The new value of a target, as the Rust type of `kind`.
    fn combined(
        &mut self,
        old: &Expression,
        operator: AssignOperator,
        value: &Expression,
        kind: Kind,
    ) -> String {
        let whole = match combination(operator) {
            None => return self.owned_as(kind, value),
            Some(Combination::Binary(operator)) => Expression::Binary {
                operator,
                left: Box::new(old.clone()),
                right: Box::new(value.clone()),
            },
            Some(Combination::Logical(operator)) => Expression::Logical {
                operator,
                left: Box::new(old.clone()),
                right: Box::new(value.clone()),
            },
        };
        self.owned_as(kind, &whole)
    }

    fn assign_local(
        &mut self,
        local: LocalId,
        operator: AssignOperator,
        value: &Expression,
    ) -> String {
        let variable = self.variable(local).clone();
        let native = matches!(
            operator,
            AssignOperator::Add
                | AssignOperator::Subtract
                | AssignOperator::Multiply
                | AssignOperator::Divide
                | AssignOperator::Remainder
        );
        if native && variable.kind == Kind::Number {
            let value = self.number(value);
            return format!("{} {} {};", variable.name, operator.name(), value.text);
        }
        if variable.kind == Kind::Undefined {
            if operator == AssignOperator::And {
                return String::new();
            }
            return self.effect(value);
        }
        let value = self.combined(&Expression::Local { local }, operator, value, variable.kind);
        format!("{} = {value};", variable.name)
    }

    fn assign_state(
        &mut self,
        state: StateId,
        operator: AssignOperator,
        value: &Expression,
    ) -> String {
        let kind = self.context.kinds.state(state.0);
        let value = self.combined(&Expression::State { state }, operator, value, kind);
        format!("{}({value});", self.state_method("set_", state))
    }

    fn assign_property(
        &mut self,
        object: &Expression,
        key: &Key,
        operator: AssignOperator,
        value: &Expression,
    ) -> String {
        let receiver = self.value_receiver(object);
        let call = match combination(operator) {
            None => {
                let value = self.argument(value);
                match key {
                    Key::Name { name } => {
                        format!("{receiver}.set({}, {value})", literal::text(name))
                    }
                    Key::Computed { value: key } => {
                        format!("{receiver}.set_item({}, {value})", self.argument(key))
                    }
                }
            }
            Some(combination) => {
                let changed = self.change(&combination, value);
                match key {
                    Key::Name { name } => {
                        format!("{receiver}.update({}, {changed})", literal::text(name))
                    }
                    Key::Computed { value: key } => {
                        format!("{receiver}.update_item({}, {changed})", self.argument(key))
                    }
                }
            }
        };
        format!("{};", self.try_call(call, Kind::Value).text)
    }

    /// A closure from the old value of a property to its new one.
    fn change(&mut self, combination: &Combination, value: &Expression) -> String {
        let old = self.fresh("value");
        let fails = self.fails;
        let changed = match combination {
            Combination::Binary(BinaryOperator::Add) => {
                format!("{old}.plus({})", self.value_reference(value))
            }
            Combination::Binary(BinaryOperator::Power) => {
                let value = self.number(value).text;
                let power = self.import("math_pow");
                self.import("JsValue");
                format!("Ok(JsValue::from({power}({old}.to_number()?, {value})))")
            }
            Combination::Binary(operator) => {
                let value = self.number(value).operand();
                self.import("JsValue");
                format!(
                    "Ok(JsValue::from({old}.to_number()? {} {value}))",
                    operator.name()
                )
            }
            Combination::Logical(operator) => {
                let value = self.value(value);
                let test = match operator {
                    LogicalOperator::Or => format!("{old}.truthy()"),
                    LogicalOperator::And => format!("!{old}.truthy()"),
                    LogicalOperator::Nullish => format!("!{old}.is_nullish()"),
                };
                format!("Ok(if {test} {{ {old} }} else {{ {value} }})")
            }
        };
        self.fails = fails;
        format!("|{old}| {changed}")
    }

    /// An assignment whose value is used.
    pub(super) fn assign_value(
        &mut self,
        target: &Target,
        operator: AssignOperator,
        value: &Expression,
    ) -> Code {
        let effect = self.assign(target, operator, value);
        match target {
            Target::Local { local } => {
                let variable = self.variable(*local).clone();
                let read = Code::place(variable.name, variable.kind).into_owned();
                Code::open(format!("{{ {effect} {read} }}"), variable.kind)
            }
            Target::State { state } => {
                let kind = self.context.kinds.state(state.0);
                let read = self.state_method("", *state);
                Code::open(format!("{{ {effect} {read}() }}"), kind)
            }
            _ if operator == AssignOperator::Set => self.assign_and_keep(target, value),
            _ => {
                let text = effect.trim_end_matches(';').to_owned();
                Code::owned(text, Kind::Value)
            }
        }
    }

    fn assign_and_keep(&mut self, target: &Target, value: &Expression) -> Code {
        let name = self.fresh("value");
        let kept = self.value(value);
        let mut before = String::new();
        let assigned = match target {
            Target::Property { object, key } => {
                let receiver = self.place_before(("owner", object), &mut before);
                let call = match key {
                    Key::Name { name: key } => {
                        format!("{receiver}.set({}, &{name})", literal::text(key))
                    }
                    Key::Computed { value } => {
                        let key = self.place_before(("key", value), &mut before);
                        format!("{receiver}.set_item({key}, &{name})")
                    }
                };
                self.try_call(call, Kind::Value).text
            }
            Target::Request { name: key } if key == "body" => format!("req.set_body(&{name})"),
            Target::Request { name: key } => {
                format!("req.set_property({}, &{name})", literal::text(key))
            }
            _ => format!("res.set_status_code(&{name})"),
        };
        Code::open(
            format!("{{ {before}let {name} = {kept}; {assigned}; {name} }}"),
            Kind::Value,
        )
    }

    /// A part of the place that is assigned: what it does happens before the value is worked out.
    fn place_before(&mut self, (name, part): (&str, &Expression), before: &mut String) -> String {
        if is_plain(part) {
            return if name == "key" {
                self.argument(part)
            } else {
                self.value_receiver(part)
            };
        }
        let name = self.fresh(name);
        let value = self.value(part);
        before.extend([format!("let {name} = {value}; ")]);
        if name.starts_with("key") {
            format!("&{name}")
        } else {
            name
        }
    }

    fn update(&mut self, target: &Target, by: i8) -> String {
        let sign = if by > 0 { '+' } else { '-' };
        match target {
            Target::Local { local } => {
                let variable = self.variable(*local).clone();
                if variable.kind == Kind::Number {
                    return format!("{} {sign}= 1.0;", variable.name);
                }
                let name = variable.name;
                self.import("JsValue");
                self.fails = true;
                format!("{name} = JsValue::from({name}.to_number()? {sign} 1.0);")
            }
            Target::State { state } => {
                let one = f64::from(by);
                if self.context.kinds.state(state.0) == Kind::Number {
                    let add = self.state_method("add_to_", *state);
                    return format!("{add}({});", literal::number(one));
                }
                self.import("JsValue");
                self.fails = true;
                let (set, read) = (
                    self.state_method("set_", *state),
                    self.state_method("", *state),
                );
                format!("{set}(JsValue::from({read}().to_number()? {sign} 1.0));")
            }
            Target::Property { object, key } => {
                let value = Expression::Number { value: 1.0 };
                let operator = if by > 0 {
                    AssignOperator::Add
                } else {
                    AssignOperator::Subtract
                };
                if by > 0 {
                    return self.increment_property(object, key);
                }
                self.assign_property(object, key, operator, &value)
            }
            Target::Request { .. } | Target::Response { .. } => {
                let one = Expression::Number {
                    value: f64::from(by),
                };
                self.assign(target, AssignOperator::Add, &one)
            }
        }
    }

    /// `object.key++`: the old value becomes a number even where it is text.
    fn increment_property(&mut self, object: &Expression, key: &Key) -> String {
        let receiver = self.value_receiver(object);
        self.import("JsValue");
        let old = self.fresh("value");
        let change = format!("|{old}| Ok(JsValue::from({old}.to_number()? + 1.0))");
        let call = match key {
            Key::Name { name } => format!("{receiver}.update({}, {change})", literal::text(name)),
            Key::Computed { value } => {
                format!("{receiver}.update_item({}, {change})", self.argument(value))
            }
        };
        format!("{};", self.try_call(call, Kind::Value).text)
    }

    /// `++` or `--` whose value is used.
    pub(super) fn update_value(&mut self, target: &Target, by: i8, prefix: bool) -> Code {
        let one = literal::number(f64::from(by));
        if let Target::State { state } = target
            && self.context.kinds.state(state.0) == Kind::Number
        {
            let add = format!("{}({one})", self.state_method("add_to_", *state));
            if prefix {
                return Code::owned(add, Kind::Number);
            }
            return Code::infix(format!("{add} - {one}"), Kind::Number);
        }
        let place = place_of(target);
        let before = self.number(&place).text;
        let effect = self.update(target, by);
        if prefix {
            let after = self.number(&place).text;
            return Code::open(format!("{{ {effect} {after} }}"), Kind::Number);
        }
        let kept = self.fresh("before");
        Code::open(
            format!("{{ let {kept} = {before}; {effect} {kept} }}"),
            Kind::Number,
        )
    }

    pub(super) fn delete(&mut self, object: &Expression, key: &Key) -> String {
        let receiver = self.value_receiver(object);
        let call = match key {
            Key::Name { name } => format!("{receiver}.delete({})", literal::text(name)),
            Key::Computed { value } => {
                let key = self.text_reference(value);
                format!("{receiver}.delete({key})")
            }
        };
        self.try_call(call, Kind::Value).text
    }
}

/// Reads what an assignment writes.
fn place_of(target: &Target) -> Expression {
    match target {
        Target::Local { local } => Expression::Local { local: *local },
        Target::State { state } => Expression::State { state: *state },
        Target::Property {
            object,
            key: Key::Name { name },
        } => Expression::Member {
            object: object.clone(),
            property: name.clone(),
        },
        Target::Property {
            object,
            key: Key::Computed { value },
        } => Expression::Index {
            object: object.clone(),
            index: value.clone(),
        },
        Target::Request { name } => Expression::Request {
            member: request_place(name),
        },
        Target::Response { member } => Expression::Response { member: *member },
    }
}

fn request_place(name: &str) -> RequestMember {
    if name == "body" {
        RequestMember::Body
    } else {
        RequestMember::Property(name.to_owned())
    }
}

/// How an assignment combines the old value with the new one.
enum Combination {
    Binary(BinaryOperator),
    Logical(LogicalOperator),
}

fn combination(operator: AssignOperator) -> Option<Combination> {
    Some(match operator {
        AssignOperator::Add => Combination::Binary(BinaryOperator::Add),
        AssignOperator::Subtract => Combination::Binary(BinaryOperator::Subtract),
        AssignOperator::Multiply => Combination::Binary(BinaryOperator::Multiply),
        AssignOperator::Divide => Combination::Binary(BinaryOperator::Divide),
        AssignOperator::Remainder => Combination::Binary(BinaryOperator::Remainder),
        AssignOperator::Power => Combination::Binary(BinaryOperator::Power),
        AssignOperator::And => Combination::Logical(LogicalOperator::And),
        AssignOperator::Or => Combination::Logical(LogicalOperator::Or),
        AssignOperator::Nullish => Combination::Logical(LogicalOperator::Nullish),
        AssignOperator::Set => return None,
    })
}
