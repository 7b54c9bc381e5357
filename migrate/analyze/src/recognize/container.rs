//! Recognizes containers that inject dependencies by the types of constructor parameters:
//! typedi, tsyringe and inversify.
//!
//! ```ts
//! import express from 'express';
//! import { Container, Service } from 'typedi';
//! @Service()
//! class Notes { list = (req, res) => res.json([]); }
//! @Service()
//! class NotesRouter {
//!   public router = express.Router();
//!   constructor(private notes: Notes) { this.router.get('/notes', this.notes.list); }
//! }
//! const app = express();
//! app.use(Container.get(NotesRouter).router);
//! ```
//! ```routes
//! GET /notes app.ts:8
//! ```

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::function::Code;
use crate::machine::heap::{Kind, Property};
use crate::machine::value::{Site, Value};

/// Whether a package is such a container.
pub(super) fn is_known(name: &str) -> bool {
    matches!(name, "typedi" | "tsyringe" | "inversify")
}

/// The module of such a package.
pub(super) fn module(machine: &mut Machine<'_>, name: &str, site: Site) -> Value {
    let id = machine.plain_object(site);
    let container = match name {
        "inversify" => machine.builtin(Family::Package, "container.construct", site),
        _ => object(machine, site),
    };
    let names = if name == "tsyringe" {
        ["container", "Lifecycle"]
    } else {
        ["Container", "default"]
    };
    for name in names {
        let property = Property::plain(container.clone());
        machine
            .heap
            .get_mut(id)
            .properties
            .insert(name.into(), property);
    }
    for decorator in [
        "Service",
        "Inject",
        "Injectable",
        "injectable",
        "inject",
        "singleton",
        "scoped",
        "Token",
        "autoInjectable",
    ] {
        let value = machine.builtin(Family::Package, "container.decorator", site);
        machine
            .heap
            .get_mut(id)
            .properties
            .insert(decorator.into(), Property::plain(value));
    }
    machine.heap.get_mut(id).open = true;
    Value::Object(id)
}

fn object(machine: &mut Machine<'_>, site: Site) -> Value {
    let id = machine.plain_object(site);
    machine.heap.get_mut(id).open = true;
    for method in [
        "get",
        "resolve",
        "bind",
        "rebind",
        "to",
        "toSelf",
        "toConstantValue",
        "inSingletonScope",
        "set",
        "register",
        "registerInstance",
        "registerSingleton",
        "of",
        "has",
    ] {
        let value = machine.builtin(Family::Package, &format!("container.{method}"), site);
        machine
            .heap
            .get_mut(id)
            .properties
            .insert(method.into(), Property::plain(value));
    }
    Value::Object(id)
}

/// Calls a function of a container.
pub(super) fn call(machine: &mut Machine<'_>, method: &str, call: &Call) -> Value {
    let token = call.argument(0);
    match method {
        "construct" => object(machine, call.site),
        "decorator" => machine.builtin(Family::Console, "decorator", call.site),
        "get" | "resolve" => match bound(machine, &call.this, &token, call) {
            Some(value) => value,
            None => resolve(machine, &token, call),
        },
        "bind" | "rebind" => binding(machine, &token, call),
        "set" | "register" | "registerInstance" | "registerSingleton" => {
            let provided = provided(machine, call);
            bind(machine, &call.this, &token, provided);
            call.this.clone()
        }
        "to" | "toConstantValue" => {
            let container = machine.get(&call.this, "#container", call.site);
            let token = machine.get(&call.this, "#token", call.site);
            bind(machine, &container, &token, call.argument(0));
            call.this.clone()
        }
        "has" => Value::Unknown,
        _ => call.this.clone(),
    }
}

fn resolve(machine: &mut Machine<'_>, token: &Value, call: &Call) -> Value {
    match machine.heap.kind(token) {
        Some(Kind::Function(closure)) if matches!(closure.code, Code::Class(_)) => {
            match token.as_object() {
                Some(class) => machine.injected(class, call.site),
                None => Value::Unknown,
            }
        }
        _ => Value::Unknown,
    }
}

fn binding(machine: &mut Machine<'_>, token: &Value, call: &Call) -> Value {
    let binding = object(machine, call.site);
    if let Value::Object(id) = binding {
        let fields = &mut machine.heap.get_mut(id).properties;
        fields.insert("#container".into(), Property::hidden(call.this.clone()));
        fields.insert("#token".into(), Property::hidden(token.clone()));
    }
    binding
}

/// What `register(token, { useClass })` and its siblings provide.
fn provided(machine: &mut Machine<'_>, call: &Call) -> Value {
    let second = call.argument(1);
    for field in ["useClass", "useValue", "useFactory", "value", "type"] {
        if let Value::Object(id) = &second
            && let Some((_, found)) = machine.heap.find(*id, field)
        {
            return found.value.clone();
        }
    }
    second
}

fn token_key(machine: &Machine<'_>, token: &Value) -> Option<String> {
    match token {
        Value::Object(id) => Some(format!("#bound:{}", id.0)),
        _ => machine.text_of(token).map(|text| format!("#bound:{text}")),
    }
}

fn bind(machine: &mut Machine<'_>, container: &Value, token: &Value, value: Value) {
    if let (Value::Object(id), Some(key)) = (container, token_key(machine, token)) {
        machine
            .heap
            .get_mut(*id)
            .properties
            .insert(key.into(), Property::hidden(value));
    }
}

fn bound(
    machine: &mut Machine<'_>,
    container: &Value,
    token: &Value,
    call: &Call,
) -> Option<Value> {
    let id = container.as_object()?;
    let key = token_key(machine, token)?;
    let value = machine
        .heap
        .get(id)
        .properties
        .get(key.as_str())?
        .value
        .clone();
    match machine.heap.kind(&value) {
        Some(Kind::Function(closure)) if matches!(closure.code, Code::Class(_)) => {
            Some(resolve(machine, &value, call))
        }
        _ => Some(value),
    }
}
