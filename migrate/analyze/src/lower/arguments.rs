//! Which arguments of built-in functions and methods are modelled exactly.

use isobar_migrate_model::code::{Argument, Builtin, Expression, Method};

/// Whether the first argument is a callback.
pub(super) fn takes_callback(method: Method) -> bool {
    matches!(
        method,
        Method::Every
            | Method::Filter
            | Method::Find
            | Method::FindIndex
            | Method::FindLast
            | Method::FindLastIndex
            | Method::FlatMap
            | Method::ForEach
            | Method::Map
            | Method::Reduce
            | Method::Some
            | Method::Sort
    )
}

/// Refuses a callback that looks at more than the element and its index.
pub(super) fn check_callback(method: Method, callback: &Expression) -> Result<(), String> {
    let Expression::Closure { parameters, .. } = callback else {
        return Ok(());
    };
    let most = match method {
        Method::Reduce => 3,
        _ => 2,
    };
    if parameters.len() > most || parameters.iter().any(|parameter| parameter.rest) {
        return Err(format!(
            "a callback of {} that takes the whole array",
            method.name()
        ));
    }
    Ok(())
}

pub(super) fn check_method(method: Method, arguments: &[Argument]) -> Result<(), String> {
    let (least, most) = method_arity(method);
    check_arity(method.name(), arguments, least, most)?;
    let spread = arguments
        .iter()
        .any(|it| matches!(it, Argument::Spread { .. }));
    let takes_spread = matches!(method, Method::Push | Method::Unshift | Method::Concat);
    if spread && !takes_spread {
        return Err(format!("a spread argument of {}", method.name()));
    }
    if takes_callback(method) {
        let is_function = match arguments.first() {
            None => method == Method::Sort,
            Some(Argument::Value { value }) => matches!(
                value,
                Expression::Closure { .. } | Expression::Function { .. } | Expression::Local { .. }
            ),
            Some(_) => false,
        };
        if !is_function {
            return Err(format!(
                "a callback of {} that is no function literal",
                method.name()
            ));
        }
    }
    Ok(())
}

/// The fewest and the most arguments that are modelled.
fn method_arity(method: Method) -> (usize, usize) {
    match method {
        Method::Concat | Method::Push | Method::Unshift => (0, 100),
        Method::Splice => (1, 100),
        Method::Reduce | Method::Substr | Method::Substring | Method::PadEnd | Method::PadStart => {
            (1, 2)
        }
        Method::Slice => (0, 2),
        Method::Sort | Method::Join | Method::ToFixed | Method::ToString => (0, 1),
        Method::Replace | Method::ReplaceAll => (2, 2),
        Method::At
        | Method::CharAt
        | Method::CharCodeAt
        | Method::EndsWith
        | Method::Every
        | Method::Exec
        | Method::Fill
        | Method::Filter
        | Method::Find
        | Method::FindIndex
        | Method::FindLast
        | Method::FindLastIndex
        | Method::FlatMap
        | Method::ForEach
        | Method::HasOwnProperty
        | Method::Includes
        | Method::IndexOf
        | Method::LastIndexOf
        | Method::Map
        | Method::Match
        | Method::Repeat
        | Method::Search
        | Method::Some
        | Method::Split
        | Method::StartsWith
        | Method::Test => (1, 1),
        _ => (0, 0),
    }
}

pub(super) fn check_builtin(builtin: Builtin, arguments: &[Argument]) -> Result<(), String> {
    let (least, most) = builtin_arity(builtin);
    check_arity(builtin.name(), arguments, least, most)?;
    let spread = arguments
        .iter()
        .any(|it| matches!(it, Argument::Spread { .. }));
    let takes_spread = matches!(
        builtin,
        Builtin::MathMax | Builtin::MathMin | Builtin::ArrayOf
    );
    if spread && !takes_spread {
        return Err(format!("a spread argument of {}", builtin.name()));
    }
    if builtin == Builtin::JsonStringify {
        return check_stringify(arguments);
    }
    Ok(())
}

fn check_stringify(arguments: &[Argument]) -> Result<(), String> {
    let replacer = arguments.get(1);
    if !matches!(
        replacer,
        None | Some(Argument::Value {
            value: Expression::Null | Expression::Undefined
        })
    ) {
        return Err("JSON.stringify with a replacer".to_owned());
    }
    match arguments.get(2) {
        None
        | Some(Argument::Value {
            value: Expression::Number { .. } | Expression::Text { .. },
        }) => Ok(()),
        Some(_) => Err("JSON.stringify with a computed indent".to_owned()),
    }
}

fn builtin_arity(builtin: Builtin) -> (usize, usize) {
    match builtin {
        Builtin::ArrayOf
        | Builtin::ConsoleDebug
        | Builtin::ConsoleError
        | Builtin::ConsoleInfo
        | Builtin::ConsoleLog
        | Builtin::ConsoleWarn
        | Builtin::MathMax
        | Builtin::MathMin => (0, 100),
        Builtin::DateNow | Builtin::MathRandom | Builtin::ProcessUptime | Builtin::RandomUuid => {
            (0, 0)
        }
        Builtin::NewError
        | Builtin::NewRangeError
        | Builtin::NewSyntaxError
        | Builtin::NewTypeError
        | Builtin::NewDate
        | Builtin::Number
        | Builtin::NewArray
        | Builtin::String => (0, 1),
        Builtin::JsonStringify => (1, 3),
        Builtin::ObjectAssign => (1, 100),
        Builtin::ObjectHasOwn | Builtin::MathPow => (2, 2),
        Builtin::ParseInt | Builtin::CreateError | Builtin::NewRegExp => (1, 2),
        _ => (1, 1),
    }
}

fn check_arity(
    name: &str,
    arguments: &[Argument],
    least: usize,
    most: usize,
) -> Result<(), String> {
    if arguments.len() < least || arguments.len() > most {
        return Err(format!("{name} with {} arguments", arguments.len()));
    }
    Ok(())
}
