//! Recognizes the package `nconf`, whose settings the program puts in itself.
//!
//! ```js
//! const nconf = require('nconf');
//! nconf.defaults({ base: '/nc', sub: { path: '/deep' } });
//! nconf.set('base', '/changed');
//! const app = require('express')();
//! app.get(nconf.get('base') + nconf.get('sub:path'), h);
//! ```
//! ```routes
//! GET /changed/deep app.js:5
//! ```

use std::collections::HashSet;

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{ObjectId, Site, Value};

/// A function of `nconf`. Keys are parts joined by `:`.
pub(super) fn call(machine: &mut Machine<'_>, method: &str, call: &Call) -> Value {
    let store = store(machine, call.site);
    match method {
        "set" => {
            if let Some(key) = call.text(0).map(str::to_owned) {
                machine.set(store, &key, call.argument(1), call.site);
            }
            Value::Boolean(true)
        }
        "defaults" | "overrides" => {
            for (key, value) in settings(machine, &call.argument(0), call.site) {
                if method == "overrides" || machine.heap.find(store, &key).is_none() {
                    machine.set(store, &key, value, call.site);
                }
            }
            call.this.clone()
        }
        "get" | "any" => get(machine, store, call),
        "required" => Value::Boolean(true),
        _ => call.this.clone(),
    }
}

fn get(machine: &mut Machine<'_>, store: ObjectId, call: &Call) -> Value {
    let key = call.text(0).unwrap_or_default();
    let found = machine
        .heap
        .find(store, key)
        .map(|(_, found)| found.value.clone());
    match found.or_else(|| machine.environment.get(key).cloned()) {
        Some(value) => value,
        None => machine.outcome("nconf", "get()", call),
    }
}

fn store(machine: &mut Machine<'_>, site: Site) -> ObjectId {
    if let Some(store) = machine.nconf_store {
        return store;
    }
    let store = machine.plain_object(site);
    machine.nconf_store = Some(store);
    store
}

/// The settings in an object and in the objects in it, each with its whole key.
fn settings(machine: &mut Machine<'_>, object: &Value, site: Site) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![(String::new(), object.clone())];
    while let Some((prefix, object)) = waiting.pop() {
        let Some(id) = object.as_object().filter(|id| seen.insert(*id)) else {
            continue;
        };
        for (key, value) in machine.entries_of(id, site) {
            let is_nested = matches!(machine.heap.kind(&value), Some(Kind::Plain));
            waiting.extend(is_nested.then(|| (format!("{prefix}{key}:"), value.clone())));
            found.push((format!("{prefix}{key}"), value));
        }
    }
    found
}
