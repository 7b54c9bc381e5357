//! Recognizes `express()`, and dispatches the methods of applications and routers.
//!
//! ```js
//! const express = require('express');
//! const app = express();
//! app.set('prefix', '/v1');
//! app.get(app.get('prefix') + '/health', (req, res) => res.send('ok'));
//! express.application.ping = function (path) { this.get(path, (req, res) => res.end()); };
//! app.ping('/ping');
//! ```
//! ```routes
//! GET /v1/health app.js:4
//! GET /ping app.js:5
//! ```

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::heap::{Kind, Property};
use crate::machine::value::{ObjectId, RouterId, Site, Value};
use crate::recognize::{mount, param, route, router, verb};

/// `express()`.
pub(super) fn create(machine: &mut Machine<'_>, call: &Call) -> Value {
    let application = router::make(machine, true, call);
    if let Value::Object(id) = application {
        let locals = machine.plain_object(call.site);
        machine.heap.get_mut(locals).open = true;
        let locals = Property::plain(Value::Object(locals));
        machine
            .heap
            .get_mut(id)
            .properties
            .insert("locals".into(), locals);
    }
    application
}

/// The object that applications and routers inherit added methods from.
pub(super) fn prototype(machine: &mut Machine<'_>, site: Site) -> ObjectId {
    if let Some(prototype) = machine.routing.prototype {
        return prototype;
    }
    let prototype = machine.plain_object(site);
    machine.routing.prototype = Some(prototype);
    prototype
}

/// `app.key`.
pub(super) fn member(machine: &mut Machine<'_>, id: ObjectId, key: &str, site: Site) -> Value {
    match key {
        "router" => Value::Object(id),
        "settings" | "_router" | "stack" | "mountpath" | "cache" | "engines" => Value::Unknown,
        "call" | "apply" | "bind" => machine.builtin(Family::Function, key, site),
        "hasOwnProperty" => machine.builtin(Family::ObjectMethods, key, site),
        _ if is_method(key) => machine.builtin(Family::Express, &format!("router.{key}"), site),
        _ => Value::Undefined,
    }
}

fn is_method(key: &str) -> bool {
    verb::method(key).is_some()
        || matches!(
            key,
            "use"
                | "route"
                | "param"
                | "set"
                | "enable"
                | "disable"
                | "enabled"
                | "disabled"
                | "engine"
                | "listen"
                | "render"
                | "path"
                | "handle"
                | "on"
                | "once"
                | "emit"
                | "unknown-method"
                | "off"
                | "removeListener"
                | "addListener"
                | "ws"
        )
}

/// Calls a method of the application or router `call.this`.
pub(super) fn call(machine: &mut Machine<'_>, method: &str, call: &Call) -> Value {
    let Some(router) = receiver(machine, &call.this) else {
        return machine.unknown_call(call);
    };
    if machine.trace.is_some() {
        return while_serving(machine, router, method, call);
    }
    match method {
        "use" => mount::register(machine, router, call),
        "route" => route::open(machine, router, call),
        "param" => param::register(machine, router, call),
        "set" | "enable" | "disable" => set(machine, router, method, call),
        "enabled" | "disabled" | "path" | "render" | "handle" | "emit" => Value::Unknown,
        "listen" => {
            machine.run_callbacks(call, false);
            machine.outcome("http", "Server", call)
        }
        "on" | "once" | "addListener" => {
            machine.run_callbacks(call, false);
            call.this.clone()
        }
        "get" if call.arguments.len() == 1 => setting(machine, router, call),
        "unknown-method" => verb::register_unknown(machine, router, call),
        _ if verb::method(method).is_some() => verb::register(machine, router, method, call),
        _ => call.this.clone(),
    }
}

/// The router that `this` is; a router made by a class is its instance.
fn receiver(machine: &Machine<'_>, this: &Value) -> Option<RouterId> {
    match machine.heap.kind(this)? {
        Kind::Router(router) => Some(*router),
        _ => None,
    }
}

fn set(machine: &mut Machine<'_>, router: RouterId, method: &str, call: &Call) -> Value {
    let Some(name) = call.text(0).map(str::to_owned) else {
        return call.this.clone();
    };
    let value = match method {
        "enable" => Value::Boolean(true),
        "disable" => Value::Boolean(false),
        _ if call.arguments.len() == 1 => return setting(machine, router, call),
        _ => call.argument(1),
    };
    machine
        .routing
        .get_mut(router)
        .settings
        .insert(name.into(), value);
    call.this.clone()
}

fn setting(machine: &Machine<'_>, router: RouterId, call: &Call) -> Value {
    let Some(name) = call.text(0) else {
        return Value::Unknown;
    };
    match (machine.routing.get(router).settings.get(name), name) {
        (Some(value), _) => value.clone(),
        (None, "env") => machine
            .environment
            .get("NODE_ENV")
            .cloned()
            .unwrap_or(Value::from("development")),
        (None, _) => Value::Unknown,
    }
}

/// A method called while a request is served: routes are not registered any more.
fn while_serving(machine: &mut Machine<'_>, router: RouterId, method: &str, call: &Call) -> Value {
    match method {
        "get" if call.arguments.len() == 1 => setting(machine, router, call),
        _ => {
            machine.note_application_settings(method, call);
            Value::Unknown
        }
    }
}
