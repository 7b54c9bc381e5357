//! Evaluates operators.

use std::cmp::Ordering;

use oxc_ast::ast::{
    BinaryExpression, Expression, LogicalExpression, UnaryExpression, UpdateExpression,
};
use oxc_syntax::operator::{BinaryOperator, LogicalOperator, UnaryOperator, UpdateOperator};

use crate::machine::builtin::Family;
use crate::machine::heap::{Kind, Step};
use crate::machine::value::{Name, ObjectId, SYMBOL, Truth, Value, number_of_text};
use crate::machine::{Frame, Machine};

/// Texts above this size are not computed: no path, name or setting is that long.
pub(crate) const MAX_TEXT_BYTES: usize = 256 * 1024;

/// Arrays in arrays whose text is computed. An array may contain itself.
const MAX_TEXT_LEVELS: u32 = 4;

/// What making or walking through a text of this length costs.
pub(crate) fn steps_of_text(bytes: usize) -> u64 {
    bytes as u64 / 32
}

impl<'a> Machine<'a> {
    pub(crate) fn binary_expression(
        &mut self,
        binary: &'a BinaryExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        let left = self.eval(&binary.left, frame);
        let right = self.eval(&binary.right, frame);
        self.binary(binary.operator, &left, &right)
    }

    pub(crate) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
    ) -> Value {
        match operator {
            BinaryOperator::Addition => self.add(left, right),
            BinaryOperator::StrictEquality => self.strictly_equal(left, right).into(),
            BinaryOperator::StrictInequality => self.strictly_equal(left, right).map(|e| !e).into(),
            BinaryOperator::Equality => self.loosely_equal(left, right).into(),
            BinaryOperator::Inequality => self.loosely_equal(left, right).map(|e| !e).into(),
            BinaryOperator::Instanceof => self.instance_of(left, right).into(),
            BinaryOperator::In => self.has_property(right, left).into(),
            _ => compare_or_compute(operator, left, right),
        }
    }

    fn add(&mut self, left: &Value, right: &Value) -> Value {
        if let (Value::Number(a), Value::Number(b)) = (left, right) {
            return Value::Number(a + b);
        }
        let textual = |value: &Value| matches!(value, Value::Text(_) | Value::Object(_));
        if left.is_symbol() || right.is_symbol() {
            return Value::Unknown;
        }
        if !textual(left) && !textual(right) {
            return match (number_of(left), number_of(right)) {
                (Some(a), Some(b)) => Value::Number(a + b),
                _ => Value::Unknown,
            };
        }
        match (self.text_of(left), self.text_of(right)) {
            (Some(a), Some(b)) if a.len() + b.len() <= MAX_TEXT_BYTES => {
                self.spend(steps_of_text(a.len() + b.len()));
                Value::from(format!("{a}{b}"))
            }
            _ => Value::Unknown,
        }
    }

    /// The text that string conversion makes of any value.
    pub(crate) fn text_of(&self, value: &Value) -> Option<Name> {
        self.text_within(value, MAX_TEXT_LEVELS)
    }

    fn text_within(&self, value: &Value, levels: u32) -> Option<Name> {
        let Value::Object(id) = value else {
            return value.to_text();
        };
        let object = self.heap.get(*id);
        match &object.kind {
            Kind::RegExp { source, flags } => Some(format!("/{source}/{flags}").into()),
            Kind::Array(elements) if !object.open && levels > 0 && object.properties.is_empty() => {
                self.joined_within(elements, ",", levels - 1)
            }
            // A URL.
            Kind::Plain if object.open => object
                .properties
                .get("href")
                .and_then(|href| href.value.to_text()),
            _ => None,
        }
    }

    /// The texts of some values with a separator between them; nothing for what is absent.
    pub(crate) fn joined(&self, values: &[Value], separator: &str) -> Option<Name> {
        self.joined_within(values, separator, MAX_TEXT_LEVELS)
    }

    fn joined_within(&self, values: &[Value], separator: &str, levels: u32) -> Option<Name> {
        let mut joined = String::new();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                joined.push_str(separator);
            }
            if !value.is_nullish() {
                joined.push_str(&self.text_within(value, levels)?);
            }
            if joined.len() > MAX_TEXT_BYTES {
                return None;
            }
        }
        Some(joined.into())
    }

    pub(crate) fn strictly_equal(&self, left: &Value, right: &Value) -> Option<bool> {
        match (left, right) {
            (Value::Unknown, _) | (_, Value::Unknown) => None,
            (Value::Undefined | Value::Unset(_), Value::Undefined | Value::Unset(_)) => Some(true),
            (Value::Object(a), Value::Object(b)) if a == b => Some(true),
            (Value::Object(a), Value::Object(b))
                if matches!(
                    self.heap.get(*a).kind,
                    Kind::Builtin(..) | Kind::Namespace(_)
                ) && matches!(
                    self.heap.get(*b).kind,
                    Kind::Builtin(..) | Kind::Namespace(_)
                ) =>
            {
                self.same_builtin(*a, *b)
            }
            (Value::Object(id), _) | (_, Value::Object(id)) => {
                let object = self.heap.get(*id);
                let foreign =
                    matches!(&object.kind, Kind::Foreign(foreign) if foreign.step != Step::Root);
                let unclear = object.maybe || foreign || matches!(object.kind, Kind::Input(_));
                (!unclear).then_some(false)
            }
            _ => Some(left == right),
        }
    }

    /// Whether two built-in things are one, which are made anew whenever they are looked up.
    fn same_builtin(&self, a: ObjectId, b: ObjectId) -> Option<bool> {
        match (&self.heap.get(a).kind, &self.heap.get(b).kind) {
            (Kind::Builtin(family, name), Kind::Builtin(other, same)) => {
                ((family, name) == (other, same)).then_some(true)
            }
            (Kind::Namespace(family), Kind::Namespace(other)) => (family == other).then_some(true),
            _ => None,
        }
    }

    fn loosely_equal(&self, left: &Value, right: &Value) -> Option<bool> {
        match (left, right) {
            (a, b) if a.is_nullish() && b.is_nullish() => Some(true),
            (a, b) if a.is_unknown() || b.is_unknown() => None,
            (Value::Object(_), Value::Object(_)) => self.strictly_equal(left, right),
            (object @ Value::Object(_), other) | (other, object @ Value::Object(_)) => {
                let is_plain = matches!(
                    self.heap.kind(object),
                    Some(Kind::Plain | Kind::Function(_))
                );
                let known = other.is_nullish() || is_plain;
                known.then(|| self.strictly_equal(object, other)).flatten()
            }
            (a, b) if a.is_nullish() || b.is_nullish() => Some(false),
            (Value::Text(_), Value::Text(_)) => self.strictly_equal(left, right),
            (a, b) => Some(number_of(a)?.partial_cmp(&number_of(b)?) == Some(Ordering::Equal)),
        }
    }

    fn instance_of(&self, left: &Value, right: &Value) -> Option<bool> {
        let (Value::Object(object), Value::Object(class)) = (left, right) else {
            return matches!(
                left,
                Value::Text(_)
                    | Value::Number(_)
                    | Value::Boolean(_)
                    | Value::Undefined
                    | Value::Null
            )
            .then_some(false);
        };
        let object = self.heap.get(*object);
        match (&object.kind, &self.heap.get(*class).kind) {
            (Kind::Array(_), Kind::Builtin(_, name)) => Some(matches!(&**name, "Array" | "Object")),
            (Kind::RegExp { .. }, Kind::Builtin(_, name)) => Some(&**name == "RegExp"),
            (Kind::Function(_), Kind::Builtin(_, name)) => {
                Some(matches!(&**name, "Function" | "Object"))
            }
            (Kind::Plain, Kind::Builtin(_, name)) if &**name != "Object" && !object.open => {
                object.prototype.is_none().then_some(false)
            }
            (_, Kind::Function(_)) => {
                let prototype = self
                    .heap
                    .get(*class)
                    .properties
                    .get("prototype")?
                    .value
                    .as_object()?;
                let mut current = object.prototype;
                for _ in 0..64 {
                    match current {
                        Some(id) if id == prototype => return Some(true),
                        Some(id) => current = self.heap.get(id).prototype,
                        None => return Some(false),
                    }
                }
                None
            }
            _ => None,
        }
    }

    pub(crate) fn logical_expression(
        &mut self,
        logical: &'a LogicalExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        let left = self.eval(&logical.left, frame);
        self.logical(logical.operator, left, &logical.right, frame)
    }

    pub(crate) fn logical(
        &mut self,
        operator: LogicalOperator,
        left: Value,
        right: &'a Expression<'a>,
        frame: &mut Frame,
    ) -> Value {
        let truth = match operator {
            LogicalOperator::Coalesce if left.is_nullish() => Truth::No,
            LogicalOperator::Coalesce => match self.truth(&left) {
                Truth::Maybe => Truth::Maybe,
                _ => Truth::Yes,
            },
            _ => self.truth(&left),
        };
        match (operator, truth) {
            (LogicalOperator::Or | LogicalOperator::Coalesce, Truth::Yes)
            | (LogicalOperator::And, Truth::No | Truth::UnlessSet) => left,
            (_, Truth::Maybe) => self.uncertainly(|machine| {
                let right = machine.eval(right, frame);
                // An option that is not known is taken to be left out, so that its default holds.
                if operator == LogicalOperator::And {
                    right
                } else {
                    machine.choose(left, right)
                }
            }),
            _ => {
                let value = self.eval(right, frame);
                if let Value::Unset(name) = &left {
                    self.note_environment_default(name, &value);
                }
                value
            }
        }
    }

    pub(crate) fn unary_expression(
        &mut self,
        unary: &'a UnaryExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        if unary.operator == UnaryOperator::Delete {
            return self.delete(&unary.argument, frame);
        }
        let value = self.eval(&unary.argument, frame);
        match unary.operator {
            UnaryOperator::LogicalNot => match self.truth(&value) {
                Truth::Yes => Value::Boolean(false),
                Truth::No => Value::Boolean(true),
                Truth::UnlessSet => {
                    self.absent_reads += 1;
                    Value::Boolean(true)
                }
                Truth::Maybe => Value::Unknown,
            },
            UnaryOperator::Typeof => self.type_of(&value),
            UnaryOperator::Void => Value::Undefined,
            UnaryOperator::UnaryPlus => number_of(&value).map_or(Value::Unknown, Value::Number),
            UnaryOperator::UnaryNegation => {
                number_of(&value).map_or(Value::Unknown, |number| Value::Number(-number))
            }
            UnaryOperator::BitwiseNot => number_of(&value).map_or(Value::Unknown, |number| {
                Value::Number(f64::from(!to_int32(number)))
            }),
            UnaryOperator::Delete => Value::Boolean(true),
        }
    }

    pub(crate) fn type_of(&self, value: &Value) -> Value {
        let name = match value {
            Value::Unknown => return Value::Unknown,
            Value::Undefined | Value::Unset(_) => "undefined",
            Value::Null => "object",
            Value::Boolean(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(text) if text.starts_with(SYMBOL) => "symbol",
            Value::Text(_) => "string",
            Value::Object(id) => match &self.heap.get(*id).kind {
                Kind::Foreign(_) | Kind::Input(_) => return Value::Unknown,
                Kind::Builtin(Family::Process, name) if &**name == "env" => "object",
                Kind::Function(_)
                | Kind::Bound { .. }
                | Kind::Builtin(..)
                | Kind::Router(_)
                | Kind::Next => "function",
                _ if self.heap.get(*id).maybe => return Value::Unknown,
                _ => "object",
            },
        };
        Value::from(name)
    }

    pub(crate) fn update_expression(
        &mut self,
        update: &'a UpdateExpression<'a>,
        frame: &mut Frame,
    ) -> Value {
        let place = self.target(&update.argument, frame);
        let before = self.read_target(&place, frame);
        let step = if update.operator == UpdateOperator::Increment {
            1.0
        } else {
            -1.0
        };
        let after = match number_of(&before) {
            Some(number) if self.trace.is_none() => Value::Number(number + step),
            _ => Value::Unknown,
        };
        self.write_target(&place, after.clone(), frame);
        if update.prefix {
            return after;
        }
        number_of(&before).map_or(Value::Unknown, Value::Number)
    }
}

/// A value as a number, for primitive values.
pub(crate) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Boolean(value) => Some(f64::from(u8::from(*value))),
        Value::Null => Some(0.0),
        Value::Undefined | Value::Unset(_) => Some(f64::NAN),
        Value::Text(text) if text.starts_with(SYMBOL) => None,
        Value::Text(text) => Some(number_of_text(text)),
        Value::Unknown | Value::Object(_) => None,
    }
}

fn compare_or_compute(operator: BinaryOperator, left: &Value, right: &Value) -> Value {
    if let (Value::Text(a), Value::Text(b)) = (left, right) {
        let order = a.encode_utf16().cmp(b.encode_utf16());
        match operator {
            BinaryOperator::LessThan => return Value::Boolean(order.is_lt()),
            BinaryOperator::LessEqualThan => return Value::Boolean(order.is_le()),
            BinaryOperator::GreaterThan => return Value::Boolean(order.is_gt()),
            BinaryOperator::GreaterEqualThan => return Value::Boolean(order.is_ge()),
            _ => {}
        }
    }
    let (Some(a), Some(b)) = (number_of(left), number_of(right)) else {
        return Value::Unknown;
    };
    match operator {
        BinaryOperator::LessThan => Value::Boolean(a < b),
        BinaryOperator::LessEqualThan => Value::Boolean(a <= b),
        BinaryOperator::GreaterThan => Value::Boolean(a > b),
        BinaryOperator::GreaterEqualThan => Value::Boolean(a >= b),
        BinaryOperator::Subtraction => Value::Number(a - b),
        BinaryOperator::Multiplication => Value::Number(a * b),
        BinaryOperator::Division => Value::Number(a / b),
        BinaryOperator::Remainder => Value::Number(a % b),
        BinaryOperator::Exponential => power(a, b),
        _ => bitwise(operator, a, b),
    }
}

/// A power, where every way to compute it gives the same: a whole number below 2^53.
pub(crate) fn power(base: f64, exponent: f64) -> Value {
    let power = base.powf(exponent);
    let exact = base.fract() == 0.0 && exponent >= 0.0 && exponent.fract() == 0.0;
    if exact && power.abs() < 9_007_199_254_740_992.0 {
        Value::Number(power)
    } else {
        Value::Unknown
    }
}

fn bitwise(operator: BinaryOperator, a: f64, b: f64) -> Value {
    let (a, b) = (to_int32(a), to_int32(b));
    let shift = u32::try_from(b & 31).unwrap_or(0);
    let outcome = match operator {
        BinaryOperator::BitwiseOR => a | b,
        BinaryOperator::BitwiseAnd => a & b,
        BinaryOperator::BitwiseXOR => a ^ b,
        BinaryOperator::ShiftLeft => a.wrapping_shl(shift),
        BinaryOperator::ShiftRight => a.wrapping_shr(shift),
        BinaryOperator::ShiftRightZeroFill => {
            return Value::Number(f64::from(a.cast_unsigned().wrapping_shr(shift)));
        }
        _ => return Value::Unknown,
    };
    Value::Number(f64::from(outcome))
}

/// The low 32 bits of a number without its fraction.
fn to_int32(number: f64) -> i32 {
    let low = number.trunc() % 4_294_967_296.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below 2^32, and 0 for what is no number"
    )]
    let low = low as i64;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low 32 bits are what is asked for"
    )]
    let low = low as i32;
    low
}
