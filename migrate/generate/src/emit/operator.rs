//! Operators and conditions.

use isobar_migrate_model::code::{
    BinaryOperator, Expression, LogicalOperator, TemplatePart, UnaryOperator,
};

use super::Emitter;
use super::code::{Code, Form, Level};
use crate::kind::Kind;
use crate::literal;

impl Emitter<'_> {
    /// An expression as a `bool`.
    pub(crate) fn condition(&mut self, expression: &Expression) -> String {
        self.condition_code(expression).text
    }

    fn condition_code(&mut self, expression: &Expression) -> Code {
        match expression {
            Expression::Logical {
                operator: LogicalOperator::And,
                left,
                right,
            } => {
                let left = self.condition_operand(left, "&&");
                let right = self.condition_operand(right, "&&");
                Code::infix(format!("{left} && {right}"), Kind::Bool)
            }
            Expression::Logical {
                operator: LogicalOperator::Or,
                left,
                right,
            } => {
                let left = self.condition_operand(left, "||");
                let right = self.condition_operand(right, "||");
                Code::infix(format!("{left} || {right}"), Kind::Bool)
            }
            Expression::Unary {
                operator: UnaryOperator::Not,
                operand,
            } => self.not(operand),
            _ => self.truth(expression),
        }
    }

    /// An operand of `&&` or `||`. Operators of another kind are put in parentheses only where they must be.
    fn condition_operand(&mut self, expression: &Expression, operator: &str) -> String {
        let code = self.condition_code(expression);
        let is_other_logical = match expression {
            Expression::Logical {
                operator: inner, ..
            } => inner.name() != operator,
            _ => false,
        };
        if code.level == Level::Open || is_other_logical {
            return format!("({})", code.text);
        }
        code.text
    }

    fn truth(&mut self, expression: &Expression) -> Code {
        let code = self.expression(expression);
        match code.kind {
            Kind::Bool => code,
            Kind::Undefined => Code::owned(code.then("false"), Kind::Bool),
            Kind::Text if code.form == Form::Literal => {
                let is_true = code.text != "\"\"";
                Code::literal(is_true.to_string(), Kind::Bool)
            }
            Kind::Array => Code::owned(format!("{}.truthy()", code.receiver()), Kind::Bool),
            Kind::Number | Kind::Text => {
                self.import("Truthy");
                Code::owned(format!("{}.truthy()", code.receiver()), Kind::Bool)
            }
            Kind::Value | Kind::Unseen => {
                Code::owned(format!("{}.truthy()", code.receiver()), Kind::Bool)
            }
        }
    }

    fn not(&mut self, operand: &Expression) -> Code {
        // `!(a === b)` reads better as `a != b`.
        if let Expression::Binary {
            operator,
            left,
            right,
        } = operand
            && let Some(opposite) = opposite(*operator)
        {
            return self.binary(opposite, left, right);
        }
        let code = self.condition_code(operand);
        let text = format!("!{}", code.operand());
        Code {
            level: Level::Prefix,
            ..Code::owned(text, Kind::Bool)
        }
    }

    pub(super) fn unary(&mut self, operator: UnaryOperator, operand: &Expression) -> Code {
        match operator {
            UnaryOperator::Not => self.not(operand),
            UnaryOperator::Plus => self.number(operand),
            UnaryOperator::Minus => {
                let text = format!("-{}", self.number(operand).operand());
                Code {
                    level: Level::Prefix,
                    ..Code::owned(text, Kind::Number)
                }
            }
            UnaryOperator::BitNot => {
                let operand = self.integer(operand);
                Code::owned(format!("f64::from(!{operand})"), Kind::Number)
            }
            UnaryOperator::Void => {
                let effect = self.effect(operand);
                if effect.is_empty() {
                    return Code::literal("()", Kind::Undefined);
                }
                Code::open(format!("{{ {effect} }}"), Kind::Undefined)
            }
            UnaryOperator::TypeOf => self.type_of(operand),
        }
    }

    fn type_of(&mut self, operand: &Expression) -> Code {
        let code = self.expression(operand);
        let name = match code.kind {
            Kind::Undefined => "undefined",
            Kind::Bool => "boolean",
            Kind::Number => "number",
            Kind::Text => "string",
            Kind::Array => "object",
            Kind::Value | Kind::Unseen => {
                return Code::literal(format!("{}.type_of()", code.receiver()), Kind::Text);
            }
        };
        let name = literal::text(name);
        let is_worked_out = code.text.contains('(') && code.text != "()";
        if is_worked_out {
            self.import("JsString");
            let name = format!("JsString::literal({name})");
            return Code::open(format!("{{ let _ = {}; {name} }}", code.text), Kind::Text);
        }
        Code::literal(name, Kind::Text)
    }

    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> Code {
        match operator {
            BinaryOperator::Same | BinaryOperator::NotSame => self.same(operator, left, right),
            BinaryOperator::Equal | BinaryOperator::NotEqual => self.equal(operator, left, right),
            BinaryOperator::Add => self.add(left, right),
            BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual => self.order(operator, left, right),
            BinaryOperator::In => {
                let object = self.value_reference(right);
                let key = self.argument(left);
                self.try_call(
                    format!("{}.contains({key})", object.trim_start_matches('&')),
                    Kind::Bool,
                )
            }
            BinaryOperator::BitAnd
            | BinaryOperator::BitOr
            | BinaryOperator::BitXor
            | BinaryOperator::ShiftLeft
            | BinaryOperator::ShiftRight
            | BinaryOperator::ShiftRightZero => self.bits(operator, left, right),
            BinaryOperator::Power => {
                let power = self.import("math_pow");
                let (left, right) = (self.number(left).text, self.number(right).text);
                Code::owned(format!("{power}({left}, {right})"), Kind::Number)
            }
            _ => {
                let (left, right) = (self.number(left).operand(), self.number(right).operand());
                Code::infix(format!("{left} {} {right}", operator.name()), Kind::Number)
            }
        }
    }

    fn same(&mut self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Code {
        let negated = operator == BinaryOperator::NotSame;
        for (value, other) in [(left, right), (right, left)] {
            let test = match other {
                Expression::Undefined => "is_undefined",
                Expression::Null => "is_null",
                _ => continue,
            };
            if self.kind(value) == Kind::Value {
                return self.tested(value, test, negated);
            }
        }
        let symbol = if negated { "!=" } else { "==" };
        let (left_kind, right_kind) = (self.kind(left), self.kind(right));
        let comparable = left_kind == right_kind
            || matches!(
                (left_kind, right_kind),
                (Kind::Value, Kind::Bool | Kind::Number | Kind::Text)
            )
            || matches!(
                (left_kind, right_kind),
                (Kind::Bool | Kind::Number | Kind::Text, Kind::Value)
            );
        let text = if comparable && left_kind != Kind::Undefined && left_kind != Kind::Array {
            let (left, right) = (self.expression(left), self.expression(right));
            compared(&left, symbol, &right)
        } else {
            format!("{} {symbol} {}", self.value(left), self.value(right))
        };
        Code::infix(text, Kind::Bool)
    }

    fn tested(&mut self, value: &Expression, method: &str, negated: bool) -> Code {
        let receiver = self.value_receiver(value);
        let text = format!("{receiver}.{method}()");
        if negated {
            return Code {
                level: Level::Prefix,
                ..Code::owned(format!("!{text}"), Kind::Bool)
            };
        }
        Code::owned(text, Kind::Bool)
    }

    fn equal(&mut self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Code {
        let negated = operator == BinaryOperator::NotEqual;
        let is_nullish = |it: &Expression| matches!(it, Expression::Undefined | Expression::Null);
        if is_nullish(right) && self.kind(left) == Kind::Value {
            return self.tested(left, "is_nullish", negated);
        }
        let (left_kind, right_kind) = (self.kind(left), self.kind(right));
        let same_type =
            left_kind == right_kind && matches!(left_kind, Kind::Bool | Kind::Number | Kind::Text);
        if same_type {
            let strict = if negated {
                BinaryOperator::NotSame
            } else {
                BinaryOperator::Same
            };
            return self.same(strict, left, right);
        }
        let receiver = self.value_receiver(left);
        let right = self.value_reference(right);
        let code = self.try_call(format!("{receiver}.loosely_equals({right})"), Kind::Bool);
        if negated {
            let text = format!("!{}", code.text);
            return Code {
                level: Level::Prefix,
                ..Code::owned(text, Kind::Bool)
            };
        }
        code
    }

    fn order(&mut self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Code {
        let (left_kind, right_kind) = (self.kind(left), self.kind(right));
        let is_numeric = |kind| matches!(kind, Kind::Number | Kind::Bool | Kind::Undefined);
        if left_kind == Kind::Text && right_kind == Kind::Text {
            let (left, right) = (self.text_reference(left), self.text_reference(right));
            return Code::infix(format!("{left} {} {right}", operator.name()), Kind::Bool);
        }
        // A side that is a number makes the comparison numeric, whatever the other side is.
        if is_numeric(left_kind) || is_numeric(right_kind) {
            let (left, right) = (self.number(left).operand(), self.number(right).operand());
            return Code::infix(format!("{left} {} {right}", operator.name()), Kind::Bool);
        }
        let method = match operator {
            BinaryOperator::Less => "less",
            BinaryOperator::LessOrEqual => "at_most",
            BinaryOperator::Greater => "greater",
            _ => "at_least",
        };
        let receiver = self.value_receiver(left);
        let right = self.value_reference(right);
        self.try_call(format!("{receiver}.{method}({right})"), Kind::Bool)
    }

    fn add(&mut self, left: &Expression, right: &Expression) -> Code {
        let (left_kind, right_kind) = (self.kind(left), self.kind(right));
        if left_kind == Kind::Text || right_kind == Kind::Text {
            let mut parts = Vec::new();
            self.concatenated(left, &mut parts);
            self.concatenated(right, &mut parts);
            self.import("text");
            return Code::owned(format!("text![{}]", parts.join(", ")), Kind::Text);
        }
        let is_numeric = |kind| matches!(kind, Kind::Number | Kind::Bool);
        if is_numeric(left_kind) && is_numeric(right_kind) {
            let (left, right) = (self.number(left).operand(), self.number(right).operand());
            return Code::infix(format!("{left} + {right}"), Kind::Number);
        }
        let receiver = self.value_receiver(left);
        let right = self.value_reference(right);
        self.try_call(format!("{receiver}.plus({right})"), Kind::Value)
    }

    /// The parts of a concatenation from left to right, as far as the text begins on the left.
    fn concatenated(&mut self, expression: &Expression, parts: &mut Vec<String>) {
        match expression {
            Expression::Binary {
                operator: BinaryOperator::Add,
                left,
                right,
            } if self.kind(left) == Kind::Text || self.kind(right) == Kind::Text => {
                self.concatenated(left, parts);
                self.concatenated(right, parts);
            }
            Expression::Template { parts: inner } => {
                for part in inner {
                    parts.push(match part {
                        TemplatePart::Text { value } => literal::text(value),
                        TemplatePart::Value { value } => self.text_part(value),
                    });
                }
            }
            _ => parts.push(self.text_part(expression)),
        }
    }

    fn bits(&mut self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Code {
        let (left, right) = (self.integer(left), self.integer(right));
        let text = match operator {
            BinaryOperator::ShiftLeft => format!("f64::from({left}.wrapping_shl({right} as u32))"),
            BinaryOperator::ShiftRight => format!("f64::from({left}.wrapping_shr({right} as u32))"),
            BinaryOperator::ShiftRightZero => {
                format!("f64::from(({left} as u32).wrapping_shr({right} as u32))")
            }
            _ => format!("f64::from({left} {} {right})", operator.name()),
        };
        Code::owned(text, Kind::Number)
    }

    fn integer(&mut self, expression: &Expression) -> String {
        let code = self.number(expression);
        let function = self.import("to_int32");
        format!("{function}({})", code.text)
    }

    pub(super) fn logical(
        &mut self,
        operator: LogicalOperator,
        left: &Expression,
        right: &Expression,
    ) -> Code {
        let (left_kind, right_kind) = (self.kind(left), self.kind(right));
        if left_kind == Kind::Bool
            && right_kind == Kind::Bool
            && operator != LogicalOperator::Nullish
        {
            let whole = Expression::Logical {
                operator,
                left: Box::new(left.clone()),
                right: Box::new(right.clone()),
            };
            return self.condition_code(&whole);
        }
        let kind = left_kind.or(right_kind).settled();
        let first = self.owned_as(kind, left);
        let fails = std::mem::take(&mut self.fails);
        let imports = self.imports.clone();
        let second = self.expression(right);
        let simple = matches!(second.form, Form::Literal | Form::Place) && !self.fails;
        self.imports = imports;
        self.fails = fails;
        if simple && !first.starts_with("if ") && !first.starts_with("match ") {
            return self.eager(operator, &first, kind, right);
        }
        let second = self.owned_as(kind, right);
        if kind != Kind::Value {
            self.import("Truthy");
        }
        let arms = match operator {
            LogicalOperator::Or => format!("value if value.truthy() => value, _ => {second}"),
            LogicalOperator::And => format!("value if value.truthy() => {second}, value => value"),
            LogicalOperator::Nullish => {
                format!("value if value.is_nullish() => {second}, value => value")
            }
        };
        Code::open(format!("match {first} {{ {arms} }}"), kind)
    }

    /// An operator whose right side costs nothing to evaluate.
    fn eager(
        &mut self,
        operator: LogicalOperator,
        first: &str,
        kind: Kind,
        right: &Expression,
    ) -> Code {
        let method = match operator {
            LogicalOperator::Or => "or",
            LogicalOperator::And => "and",
            LogicalOperator::Nullish => "or_if_nullish",
        };
        let second = if kind == Kind::Value {
            self.argument(right)
        } else {
            self.import("Truthy");
            self.owned_as(kind, right)
        };
        let first = if first.starts_with('-') {
            format!("({first})")
        } else {
            first.to_owned()
        };
        Code::owned(format!("{first}.{method}({second})"), kind)
    }
}

fn opposite(operator: BinaryOperator) -> Option<BinaryOperator> {
    match operator {
        BinaryOperator::Same => Some(BinaryOperator::NotSame),
        BinaryOperator::NotSame => Some(BinaryOperator::Same),
        BinaryOperator::Equal => Some(BinaryOperator::NotEqual),
        BinaryOperator::NotEqual => Some(BinaryOperator::Equal),
        _ => None,
    }
}

/// Both sides of `==` without moving them.
fn compared(left: &Code, symbol: &str, right: &Code) -> String {
    format!("{} {symbol} {}", left.compared(), right.compared())
}
