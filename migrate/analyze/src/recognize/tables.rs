//! Recognizes loops and object functions of lodash, underscore and async over route tables.
//!
//! ```js
//! const _ = require('lodash');
//! const app = require('express')();
//! _.forEach({ '/a': h1, '/b': h2 }, (handler, path) => app.get(path, handler));
//! _.each(_.keys({ '/c': 1 }), (path) => app.post(path, h));
//! require('async').eachSeries(['/d'], (path, done) => { app.put(path, h); done(); });
//! ```
//! ```routes
//! GET /a app.js:3
//! GET /b app.js:3
//! POST /c app.js:4
//! PUT /d app.js:5
//! ```

use crate::machine::Machine;
use crate::machine::builtin::{self, Family};
use crate::machine::call::Call;
use crate::machine::heap::{Foreign, Kind};
use crate::machine::value::{Site, Value};

/// Whether a package is known here.
pub(super) fn is_known(name: &str) -> bool {
    matches!(name, "lodash" | "underscore" | "lodash-es")
}

/// `require('lodash')`, callable for chains.
pub(super) fn module(machine: &mut Machine<'_>, _name: &str, site: Site) -> Value {
    machine.builtin(Family::Package, "table", site)
}

/// Calls `_.name(…)`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let rest = Call {
        this: call.argument(0),
        arguments: call.arguments.iter().skip(1).cloned().collect(),
        ..call.clone()
    };
    match name {
        "forEach" | "each" | "map" | "filter" | "find" | "some" | "every" | "reduce"
        | "flatMap" | "forOwn" | "forIn" | "mapValues" | "collect" => over(machine, name, &rest),
        "keys" | "values" | "entries" | "toPairs" | "assign" | "extend" | "fromPairs"
        | "defaults" => {
            let name = match name {
                "toPairs" => "entries",
                "extend" | "defaults" => "assign",
                "fromPairs" => "fromEntries",
                _ => name,
            };
            builtin::call(
                machine,
                Family::Static,
                &format!("Object.{name}"),
                call.clone(),
            )
        }
        "merge" | "cloneDeep" | "clone" | "defaultsDeep" | "pick" | "omit" => {
            let id = machine.plain_object(call.site);
            for source in &call.arguments {
                machine.copy_properties(id, source, call.site);
            }
            Value::Object(id)
        }
        "isArray" => builtin::call(machine, Family::Static, "Array.isArray", call.clone()),
        "isFunction" => is_a(machine, "function", call),
        "isString" => is_a(machine, "string", call),
        "isObject" | "isPlainObject" => is_a(machine, "object", call),
        "isUndefined" | "isNil" => match call.argument(0) {
            Value::Unknown => Value::Unknown,
            value => Value::Boolean(value.is_nullish()),
        },
        "concat" | "includes" | "indexOf" | "join" | "slice" | "flatten" | "reverse" => {
            let method = if name == "flatten" { "flat" } else { name };
            builtin::call(machine, Family::Array, method, rest)
        }
        "lowerCase" | "toLower" => builtin::call(machine, Family::Text, "toLowerCase", rest),
        "toUpper" | "upperCase" => builtin::call(machine, Family::Text, "toUpperCase", rest),
        "get" => {
            let path = machine.text_of(&call.argument(1)).unwrap_or_default();
            path.split('.').fold(call.argument(0), |value, key| {
                machine.get(&value, key, call.site)
            })
        }
        "bind" => builtin::call(machine, Family::Function, "bind", rest),
        "identity" => call.argument(0),
        "noop" => Value::Undefined,
        _ => {
            machine.note_effect(crate::serve::Effect::library("lodash", name, call.site));
            machine.run_callbacks(call, true);
            machine.outcome("lodash", &format!("{name}()"), call)
        }
    }
}

fn is_a(machine: &Machine<'_>, name: &str, call: &Call) -> Value {
    match machine.type_of(&call.argument(0)) {
        Value::Text(kind) => Value::Boolean(&*kind == name),
        _ => Value::Unknown,
    }
}

/// Iterates over an array or an object. Objects give value and key.
fn over(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let is_object = matches!(
        machine.heap.kind(&call.this),
        Some(Kind::Plain | Kind::Module(_))
    );
    let array_method = match name {
        "each" | "forOwn" | "forIn" => "forEach",
        "collect" | "mapValues" => "map",
        _ => name,
    };
    if !is_object {
        return builtin::call(machine, Family::Array, array_method, call.clone());
    }
    let Value::Object(id) = call.this else {
        return Value::Unknown;
    };
    let mut outcomes = Vec::new();
    for (key, value) in machine.entries_of(id, call.site) {
        let arguments = vec![value, Value::Text(key), call.this.clone()];
        outcomes.push(machine.call_simply(
            &call.argument(0),
            Value::Undefined,
            arguments,
            call.site,
        ));
    }
    if !machine.is_closed(&call.this) {
        machine.run_callbacks(call, true);
    }
    machine.array(outcomes, call.site)
}

/// Functions of other packages that iterate: `async.each(list, fn)`, `lodash.foreach`.
pub(super) fn foreign_call(
    machine: &mut Machine<'_>,
    foreign: &Foreign,
    call: &Call,
) -> Option<Value> {
    let standalone = foreign.package.strip_prefix("lodash.")?;
    let name = match standalone {
        "foreach" => "forEach",
        "isplainobject" => "isPlainObject",
        "isstring" => "isString",
        other => other,
    };
    Some(self::call(machine, name, call))
}
