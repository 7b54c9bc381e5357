//! What kind of noise an expression gives, if any.

use isobar_migrate_model::code::{
    Argument, BinaryOperator, Builtin, Callee, Element, Expression, FunctionId, Method,
    RequestMember, TemplatePart, UnaryOperator,
};

use super::origin::{Holder, Origins};
use crate::compare::NoiseKind;

impl Origins {
    /// The kind of noise that `expression` gives inside `function`.
    pub(super) fn kind(&self, function: FunctionId, expression: &Expression) -> Option<NoiseKind> {
        let kind = |part: &Expression| self.kind(function, part);
        match expression {
            Expression::Local { local } => self.get(&Holder::Local(function, *local)),
            Expression::Constant { constant } => self.get(&Holder::Constant(constant.0)),
            Expression::Request {
                member: RequestMember::Property(name),
            } => self.get(&Holder::Request(name.clone())),
            Expression::Conditional {
                then: one,
                otherwise: other,
                ..
            }
            | Expression::Logical {
                left: one,
                right: other,
                ..
            }
            | Expression::Default {
                value: one,
                default: other,
            } => kind(one).or_else(|| kind(other)),
            Expression::Optional { chain: part, .. } | Expression::Assign { value: part, .. } => {
                kind(part)
            }
            Expression::Sequence { expressions } => expressions.last().and_then(kind),
            Expression::Unary {
                operator: UnaryOperator::Plus | UnaryOperator::Minus,
                operand,
            } => kind(operand),
            Expression::Binary {
                operator,
                left,
                right,
            } => combined(*operator, kind(left), kind(right)),
            Expression::Template { parts } => parts.iter().find_map(|part| match part {
                TemplatePart::Value { value } => kind(value),
                TemplatePart::Text { .. } => None,
            }),
            Expression::Array { elements } => elements.iter().find_map(|element| match element {
                Element::Value { value } | Element::Spread { value, .. } => kind(value),
            }),
            Expression::Call { callee, arguments } => self.of_call(function, callee, arguments),
            _ => None,
        }
    }

    /// The kind of noise of a constant, whose expression belongs to no function and has no variables.
    pub(super) fn of_constant(&self, value: &Expression) -> Option<NoiseKind> {
        self.kind(FunctionId(usize::MAX), value)
    }

    fn of_call(
        &self,
        function: FunctionId,
        callee: &Callee,
        arguments: &[Argument],
    ) -> Option<NoiseKind> {
        let first = || match arguments.first() {
            Some(Argument::Value { value }) => self.kind(function, value),
            _ => None,
        };
        match callee {
            Callee::Function { function } => self.get(&Holder::Result(*function)),
            Callee::Method {
                receiver, method, ..
            } => of_method(*method, self.kind(function, receiver)?),
            Callee::Builtin { builtin } => match builtin {
                Builtin::DateNow => Some(NoiseKind::Time),
                Builtin::NewDate if arguments.is_empty() => Some(NoiseKind::Time),
                Builtin::RandomUuid => Some(NoiseKind::Id),
                Builtin::MathRandom | Builtin::ProcessUptime => Some(NoiseKind::Number),
                Builtin::Number
                | Builtin::String
                | Builtin::ParseInt
                | Builtin::ParseFloat
                | Builtin::NewDate
                | Builtin::MathAbs
                | Builtin::MathCeil
                | Builtin::MathFloor
                | Builtin::MathRound
                | Builtin::MathTrunc => first(),
                _ => None,
            },
            Callee::Local { .. } | Callee::Request { .. } => None,
        }
    }
}

/// What arithmetic makes of noise. A comparison gives none: it takes the same turn on both sides, or shows.
fn combined(
    operator: BinaryOperator,
    left: Option<NoiseKind>,
    right: Option<NoiseKind>,
) -> Option<NoiseKind> {
    let either = left.or(right)?;
    match operator {
        // The time from one event to another.
        BinaryOperator::Subtract if left.is_some() && right.is_some() => Some(NoiseKind::Number),
        BinaryOperator::Add | BinaryOperator::Subtract => Some(either),
        BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Remainder
        | BinaryOperator::BitAnd
        | BinaryOperator::BitOr
        | BinaryOperator::BitXor
        | BinaryOperator::ShiftLeft
        | BinaryOperator::ShiftRight
        | BinaryOperator::ShiftRightZero => Some(NoiseKind::Number),
        _ => None,
    }
}

fn of_method(method: Method, receiver: NoiseKind) -> Option<NoiseKind> {
    match method {
        Method::ToString if receiver == NoiseKind::Number => Some(NoiseKind::Token),
        Method::GetTime
        | Method::ValueOf
        | Method::ToIsoString
        | Method::ToJson
        | Method::ToString
        | Method::ToFixed
        | Method::ToLowerCase
        | Method::ToUpperCase
        | Method::Trim
        | Method::Concat => Some(receiver),
        Method::Slice
        | Method::Substring
        | Method::Substr
        | Method::PadStart
        | Method::PadEnd
        | Method::Replace
        | Method::ReplaceAll => Some(match receiver {
            // A part of a time is not written as a time.
            NoiseKind::Time | NoiseKind::Number => NoiseKind::Number,
            NoiseKind::Token | NoiseKind::Id => NoiseKind::Id,
        }),
        Method::GetMilliseconds
        | Method::GetSeconds
        | Method::GetUtcSeconds
        | Method::GetMinutes
        | Method::GetUtcMinutes => Some(NoiseKind::Number),
        _ => None,
    }
}
