//! What built-in functions and methods give.

use isobar_migrate_model::code::{Builtin, Method};

use crate::kind::Kind;

/// Which values have a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Text,
    Array,
    Date,
    Number,
    /// More than one type has it, so that only the running program can say.
    Several,
}

/// Who has `method`.
pub(crate) fn owner(method: Method) -> Owner {
    match method {
        Method::CharAt
        | Method::CharCodeAt
        | Method::EndsWith
        | Method::Match
        | Method::PadEnd
        | Method::PadStart
        | Method::Repeat
        | Method::Replace
        | Method::ReplaceAll
        | Method::Search
        | Method::Split
        | Method::StartsWith
        | Method::Substr
        | Method::Substring
        | Method::ToLowerCase
        | Method::ToUpperCase
        | Method::Trim
        | Method::TrimEnd
        | Method::TrimStart => Owner::Text,
        Method::Entries
        | Method::Keys
        | Method::Values
        | Method::Every
        | Method::Fill
        | Method::Filter
        | Method::Find
        | Method::FindIndex
        | Method::FindLast
        | Method::FindLastIndex
        | Method::Flat
        | Method::FlatMap
        | Method::ForEach
        | Method::Join
        | Method::Map
        | Method::Pop
        | Method::Push
        | Method::Reduce
        | Method::Reverse
        | Method::Shift
        | Method::Some
        | Method::Sort
        | Method::Splice
        | Method::Unshift => Owner::Array,
        Method::ToFixed => Owner::Number,
        method if is_of_date(method) => Owner::Date,
        _ => Owner::Several,
    }
}

fn is_of_date(method: Method) -> bool {
    matches!(
        method,
        Method::GetDate
            | Method::GetDay
            | Method::GetFullYear
            | Method::GetHours
            | Method::GetMilliseconds
            | Method::GetMinutes
            | Method::GetMonth
            | Method::GetSeconds
            | Method::GetTime
            | Method::GetUtcDate
            | Method::GetUtcDay
            | Method::GetUtcFullYear
            | Method::GetUtcHours
            | Method::GetUtcMinutes
            | Method::GetUtcMonth
            | Method::GetUtcSeconds
            | Method::ToIsoString
    )
}

/// The kind of what `method` gives on a receiver of some kind.
pub(crate) fn method(method: Method, receiver: Kind) -> Kind {
    match method {
        Method::CharAt
        | Method::Join
        | Method::PadEnd
        | Method::PadStart
        | Method::Repeat
        | Method::Replace
        | Method::ReplaceAll
        | Method::Substr
        | Method::Substring
        | Method::ToFixed
        | Method::ToIsoString
        | Method::ToLowerCase
        | Method::ToString
        | Method::ToUpperCase
        | Method::Trim
        | Method::TrimEnd
        | Method::TrimStart => Kind::Text,
        Method::EndsWith
        | Method::Every
        | Method::HasOwnProperty
        | Method::Includes
        | Method::Some
        | Method::StartsWith
        | Method::Test => Kind::Bool,
        Method::Entries
        | Method::Keys
        | Method::Values
        | Method::Fill
        | Method::Filter
        | Method::Flat
        | Method::FlatMap
        | Method::Map
        | Method::Reverse
        | Method::Sort
        | Method::Splice
        | Method::Split => Kind::Array,
        Method::ForEach => Kind::Undefined,
        Method::At
        | Method::Exec
        | Method::Find
        | Method::FindLast
        | Method::Match
        | Method::Pop
        | Method::Reduce
        | Method::Shift
        | Method::ToJson
        | Method::ValueOf => Kind::Value,
        Method::Slice | Method::Concat => match receiver {
            Kind::Text | Kind::Array | Kind::Unseen => receiver,
            _ => Kind::Value,
        },
        _ => Kind::Number,
    }
}

/// The kind of what a built-in function gives.
pub(crate) fn builtin(builtin: Builtin) -> Kind {
    match builtin {
        Builtin::String
        | Builtin::EncodeUriComponent
        | Builtin::DecodeUriComponent
        | Builtin::RandomUuid
        | Builtin::EscapeHtml => Kind::Text,
        Builtin::Boolean
        | Builtin::IsNaN
        | Builtin::IsFinite
        | Builtin::NumberIsInteger
        | Builtin::NumberIsSafeInteger
        | Builtin::NumberIsNaN
        | Builtin::NumberIsFinite
        | Builtin::ObjectHasOwn
        | Builtin::ArrayIsArray => Kind::Bool,
        Builtin::Number
        | Builtin::ParseInt
        | Builtin::ParseFloat
        | Builtin::MathAbs
        | Builtin::MathCeil
        | Builtin::MathFloor
        | Builtin::MathMax
        | Builtin::MathMin
        | Builtin::MathPow
        | Builtin::MathRandom
        | Builtin::MathRound
        | Builtin::MathSign
        | Builtin::MathSqrt
        | Builtin::MathTrunc
        | Builtin::DateNow
        | Builtin::DateParse
        | Builtin::ProcessUptime => Kind::Number,
        Builtin::ObjectKeys
        | Builtin::ObjectValues
        | Builtin::ObjectEntries
        | Builtin::ArrayFrom
        | Builtin::ArrayOf
        | Builtin::NewArray => Kind::Array,
        Builtin::ConsoleLog
        | Builtin::ConsoleInfo
        | Builtin::ConsoleDebug
        | Builtin::ConsoleWarn
        | Builtin::ConsoleError
        | Builtin::SuperError
        | Builtin::CaptureStackTrace => Kind::Undefined,
        _ => Kind::Value,
    }
}
