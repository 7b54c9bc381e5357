//! Names of the language and of Node.

use isobar_migrate_model::ReasonCode;
use isobar_migrate_model::code::{Builtin, Expression};

use crate::lower::{Named, Obstacle};

/// What a global name stands for, by a handle for those that have members.
pub(super) fn name(name: &str, handle: impl FnOnce(&str) -> Named) -> Named {
    if let Some(builtin) = Builtin::from_name(name) {
        return Named::Builtin(builtin);
    }
    match name {
        "undefined" => Named::Literal(Expression::Undefined),
        "JSON" | "Math" | "Object" | "Array" | "Date" | "console" | "process" | "crypto" => {
            handle(name)
        }
        "Error" | "TypeError" | "RangeError" | "SyntaxError" | "RegExp" => constructor(name),
        "setTimeout" | "setInterval" | "setImmediate" | "clearTimeout" | "clearInterval" => {
            Named::Refused(Obstacle::new(
                ReasonCode::Timer,
                name,
                format!("calls {name}"),
            ))
        }
        "fetch" => Named::Refused(Obstacle::new(ReasonCode::OutboundHttp, name, "calls fetch")),
        "require" => Named::Refused("require() while a request is handled".into()),
        _ => Named::Refused(format!("the global {name}").into()),
    }
}

/// A class that can be called with and without `new`.
fn constructor(name: &str) -> Named {
    match Builtin::from_name(&format!("new {name}")) {
        Some(builtin) => Named::Builtin(builtin),
        None => Named::Refused(format!("the global {name}").into()),
    }
}

/// What a member of a global object stands for.
pub(super) fn member(object: &str, property: &str, handle: impl FnOnce(&str) -> Named) -> Named {
    let path = format!("{object}.{property}");
    if let Some(builtin) = Builtin::from_name(&path) {
        return Named::Builtin(builtin);
    }
    match path.as_str() {
        "process.env" => Named::Environment,
        "Number.parseFloat" => Named::Builtin(Builtin::ParseFloat),
        "Number.parseInt" => Named::Builtin(Builtin::ParseInt),
        "Number.MAX_SAFE_INTEGER" => number(9_007_199_254_740_991.0),
        "Number.MIN_SAFE_INTEGER" => number(-9_007_199_254_740_991.0),
        "Number.EPSILON" => number(f64::EPSILON),
        "Math.PI" => number(std::f64::consts::PI),
        "Math.E" => number(std::f64::consts::E),
        "console.trace" => Named::Builtin(Builtin::ConsoleError),
        "process.pid" | "process.version" | "process.platform" | "process.memoryUsage" => {
            Named::Refused(Obstacle::new(
                ReasonCode::Process,
                path.clone(),
                format!("reads {path}"),
            ))
        }
        "global.process" | "globalThis.process" => handle("process"),
        _ => Named::Refused(path.into()),
    }
}

fn number(value: f64) -> Named {
    Named::Literal(Expression::Number { value })
}
