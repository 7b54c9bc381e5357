//! Recognizes loops and object functions of lodash, underscore and async over route tables.
//!
//! ```js
//! const _ = require('lodash');
//! const app = require('express')();
//! _.forEach({ '/a': h1, '/b': h2 }, (handler, path) => app.get(path, handler));
//! _.each(_.keys({ '/c': 1 }), (path) => app.post(path, h));
//! require('async').eachSeries(['/d'], (path, done) => { app.put(path, h); done(); });
//! const paths = _.merge({ e: { path: '/e' } }, { e: { method: 'patch' } });
//! _.without(_.union(['e'], ['e', 'f']), 'f').forEach((name) => app[paths[name].method](paths[name].path, h));
//! ```
//! ```routes
//! GET /a app.js:3
//! GET /b app.js:3
//! POST /c app.js:4
//! PUT /d app.js:5
//! PATCH /e app.js:7
//! ```

use std::collections::HashSet;

use crate::machine::Machine;
use crate::machine::builtin::{self, Family};
use crate::machine::call::Call;
use crate::machine::heap::{Foreign, Kind};
use crate::machine::value::{ObjectId, Site, Truth, Value};

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
        "concat" | "includes" | "indexOf" | "join" | "slice" | "flatten" | "reverse" => {
            let method = if name == "flatten" { "flat" } else { name };
            builtin::call(machine, Family::Array, method, rest)
        }
        "union" | "uniq" | "compact" | "without" | "difference" => set_of(machine, name, call),
        "toLower" => builtin::call(machine, Family::Text, "toLowerCase", rest),
        "toUpper" => builtin::call(machine, Family::Text, "toUpperCase", rest),
        "startsWith" | "endsWith" | "trim" | "split" | "replace" => {
            builtin::call(machine, Family::Text, name, rest)
        }
        "bind" => builtin::call(machine, Family::Function, "bind", rest),
        _ => of_object(machine, name, call),
    }
}

/// Functions over objects and single values.
fn of_object(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "keys" | "values" | "entries" | "toPairs" | "assign" | "extend" | "fromPairs" => {
            let name = match name {
                "toPairs" => "entries",
                "extend" => "assign",
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
        "merge" | "defaults" | "defaultsDeep" => merge(machine, name, call),
        "cloneDeep" | "clone" | "pick" | "omit" => {
            let id = machine.plain_object(call.site);
            machine.copy_properties(id, &call.argument(0), call.site);
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
        "get" => {
            let path = machine.text_of(&call.argument(1)).unwrap_or_default();
            path.split('.').fold(call.argument(0), |value, key| {
                machine.get(&value, key, call.site)
            })
        }
        "has" => machine
            .has_property(&call.argument(0), &call.argument(1))
            .into(),
        "identity" => call.argument(0),
        "noop" => Value::Undefined,
        _ => {
            machine.note_effect(crate::serve::Effect::library("lodash", name, call.site));
            machine.run_callbacks(call, true);
            machine.outcome("lodash", &format!("{name}()"), call)
        }
    }
}

/// Arrays as sets. What is not known is kept.
fn set_of(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let (joined, others) = match name {
        "union" => (call.arguments.as_slice(), &[][..]),
        _ => call.arguments.split_at(call.arguments.len().min(1)),
    };
    let left_out: Vec<Value> = match name {
        "without" => others.to_vec(),
        "difference" => elements_of_all(machine, others),
        _ => Vec::new(),
    };
    let mut kept: Vec<Value> = Vec::new();
    for element in elements_of_all(machine, joined) {
        let is_repeated = name != "compact" && kept.contains(&element) && !element.is_unknown();
        let is_empty = name == "compact" && machine.truth(&element) == Truth::No;
        if !is_repeated && !is_empty && !left_out.contains(&element) {
            kept.push(element);
        }
    }
    machine.array(kept, call.site)
}

fn elements_of_all(machine: &mut Machine<'_>, lists: &[Value]) -> Vec<Value> {
    let elements = lists.iter().filter_map(|list| machine.elements_of(list));
    elements.flatten().collect()
}

/// Puts the later arguments into the first, objects into objects.
fn merge(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let target = call.argument(0);
    let mut merge = Merge {
        keeps_present: name != "merge",
        is_deep: name != "defaults",
        merged: HashSet::new(),
        site: call.site,
    };
    if let Value::Object(id) = target {
        for source in call.arguments.iter().skip(1) {
            merge.put(machine, id, source);
        }
    }
    target
}

struct Merge {
    /// Whether a property that is there stays, as with `_.defaults`.
    keeps_present: bool,
    /// Whether an object is put into the object that is there.
    is_deep: bool,
    /// Pairs that were put together, because objects may contain themselves.
    merged: HashSet<(ObjectId, ObjectId)>,
    site: Site,
}

impl Merge {
    fn put(&mut self, machine: &mut Machine<'_>, target: ObjectId, source: &Value) {
        let Some(from) = source.as_object() else {
            return;
        };
        if !self.merged.insert((target, from)) {
            return;
        }
        for (key, value) in machine.entries_of(from, self.site) {
            let present = machine
                .heap
                .find(target, &key)
                .map(|(_, found)| found.value.clone());
            match (&present, &value) {
                (Some(Value::Object(inner)), Value::Object(_))
                    if self.is_deep && matches!(machine.heap.get(*inner).kind, Kind::Plain) =>
                {
                    self.put(machine, *inner, &value);
                }
                (Some(_), _) if self.keeps_present => {}
                _ => machine.set(target, &key, value, self.site),
            }
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
