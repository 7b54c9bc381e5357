//! Recognizes classes whose decorators name their routes: routing-controllers,
//! inversify-express-utils, overnightjs and packages that look like them.
//!
//! ```ts
//! import express from 'express';
//! import { useExpressServer, JsonController, Get, Post } from 'routing-controllers';
//! @JsonController('/notes')
//! class Notes {
//!   @Get()
//!   list() { return []; }
//!   @Post('/:id')
//!   save() {}
//! }
//! const app = express();
//! useExpressServer(app, { routePrefix: '/api', controllers: [Notes] });
//! ```
//! ```routes
//! GET /api/notes app.ts:6
//! POST /api/notes/:id app.ts:8
//! ```

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::decorator::{DECORATORS, MEMBERS};
use crate::machine::function::Code;
use crate::machine::heap::{Foreign, Kind, Property};
use crate::machine::module::Loaded;
use crate::machine::value::{Name, ObjectId, RouterId, Site, Value};
use crate::recognize::path::{PathPattern, join};
use crate::recognize::{Layer, directory, router, verb};

/// Whether a package is known here.
pub(super) fn is_known(name: &str) -> bool {
    matches!(
        name,
        "routing-controllers"
            | "inversify-express-utils"
            | "@overnightjs/core"
            | "@decorators/express"
    )
}

/// A call into such a package that registers controllers.
pub(super) fn foreign_call(
    machine: &mut Machine<'_>,
    foreign: &Foreign,
    call: &Call,
) -> Option<Value> {
    if !is_known(&foreign.package) || machine.trace.is_some() {
        return None;
    }
    match &*foreign.path {
        "useExpressServer" | "createExpressServer" => Some(server(machine, foreign, call)),
        "attachControllers" => {
            let router = router_of(machine, &call.argument(0))?;
            for class in classes(machine, &call.argument(1), call) {
                register(machine, router, "", class, call.site);
            }
            Some(Value::Undefined)
        }
        "InversifyExpressServer().setConfig" | "InversifyExpressServer().setErrorConfig" => {
            let (Value::Object(server), callback) = (&call.this, call.argument(0)) else {
                return None;
            };
            let name = foreign.path.rsplit('.').next().unwrap_or_default();
            let property = Property::hidden(callback);
            machine
                .heap
                .get_mut(*server)
                .properties
                .insert(format!("#{name}").into(), property);
            Some(call.this.clone())
        }
        "InversifyExpressServer().build" => Some(build(machine, call)),
        _ => None,
    }
}

/// `new InversifyExpressServer(container).build()`: every decorated class counts.
fn build(machine: &mut Machine<'_>, call: &Call) -> Value {
    let application = router::make(machine, true, call);
    let configure = |machine: &mut Machine<'_>, name: &str| {
        let id = call.this.as_object()?;
        let callback = machine.heap.get(id).properties.get(name)?.value.clone();
        machine.call_simply(
            &callback,
            Value::Undefined,
            vec![application.clone()],
            call.site,
        );
        Some(())
    };
    configure(machine, "#setConfig");
    if let Some(router) = router_of(machine, &application) {
        for class in decorated_classes(machine) {
            register(machine, router, "", class, call.site);
        }
    }
    configure(machine, "#setErrorConfig");
    application
}

/// `super()` in a class that extends overnightjs's `Server`: it gets an application.
pub(super) fn extend_server(
    machine: &mut Machine<'_>,
    parent: ObjectId,
    instance: ObjectId,
    call: &Call,
) {
    let is_server = machine.foreign(parent).is_some_and(|foreign| {
        &*foreign.package == "@overnightjs/core" && &*foreign.path == "Server"
    });
    if is_server {
        let application = router::make(machine, true, call);
        let add = machine.builtin(Family::Package, "controllers.add", call.site);
        let properties = &mut machine.heap.get_mut(instance).properties;
        properties.insert("app".into(), Property::plain(application));
        properties.insert("addControllers".into(), Property::hidden(add));
    }
}

/// `server.addControllers(…)` with one instance or an array of them.
pub(super) fn add(machine: &mut Machine<'_>, call: &Call) -> Value {
    let application = machine.get(&call.this, "app", call.site);
    let Some(router) = router_of(machine, &application) else {
        return Value::Undefined;
    };
    let first = call.argument(0);
    let instances = machine
        .heap
        .array(&first)
        .cloned()
        .unwrap_or_else(|| vec![first]);
    for instance in instances {
        if let Value::Object(class) = machine.get(&instance, "constructor", call.site) {
            register(machine, router, "", class, call.site);
        }
    }
    Value::Undefined
}

fn server(machine: &mut Machine<'_>, foreign: &Foreign, call: &Call) -> Value {
    let creates = foreign.path.starts_with("create");
    let application = if creates {
        router::make(machine, true, call)
    } else {
        call.argument(0)
    };
    let options = call.argument(usize::from(!creates));
    let Some(router) = router_of(machine, &application) else {
        return application;
    };
    let prefix =
        option(machine, &options, "routePrefix").and_then(|prefix| machine.text_of(&prefix));
    let classes = match option(machine, &options, "controllers") {
        Some(controllers) => classes(machine, &controllers, call),
        None => decorated_classes(machine),
    };
    for class in classes {
        register(
            machine,
            router,
            prefix.as_deref().unwrap_or(""),
            class,
            call.site,
        );
    }
    application
}

/// Without a list, every class that was decorated counts.
fn decorated_classes(machine: &Machine<'_>) -> Vec<ObjectId> {
    let keys = machine.metadata.keys();
    let of_classes = keys.filter(|(_, member, name)| member.is_empty() && &**name == DECORATORS);
    let mut classes: Vec<ObjectId> = of_classes.map(|(class, _, _)| *class).collect();
    classes.sort_unstable();
    classes
}

fn option(machine: &mut Machine<'_>, options: &Value, key: &str) -> Option<Value> {
    let id = options.as_object()?;
    machine
        .heap
        .find(id, key)
        .map(|(_, found)| found.value.clone())
}

fn router_of(machine: &Machine<'_>, value: &Value) -> Option<RouterId> {
    match machine.heap.kind(value)? {
        Kind::Router(router) => Some(*router),
        _ => None,
    }
}

/// The classes in a list. A text names files by a pattern, whose exports count.
fn classes(machine: &mut Machine<'_>, list: &Value, call: &Call) -> Vec<ObjectId> {
    let mut values = Vec::new();
    for element in machine.elements_of(list).unwrap_or_default() {
        match element.as_text() {
            Some(pattern) => values.extend(exports_of_files(machine, pattern, call)),
            None => values.push(element),
        }
    }
    let is_class = |machine: &Machine<'_>, value: &Value| matches!(machine.heap.kind(value), Some(Kind::Function(closure)) if matches!(closure.code, Code::Class(_)));
    values
        .iter()
        .filter(|value| is_class(machine, value))
        .filter_map(Value::as_object)
        .collect()
}

fn exports_of_files(machine: &mut Machine<'_>, pattern: &str, call: &Call) -> Vec<Value> {
    let mut values = Vec::new();
    for file in directory::files_matching(machine, pattern) {
        let module = machine.load(&file, None);
        let exports = module.map(|module| machine.required(&Loaded::Module(module), call.site));
        if let Some(Value::Object(id)) = exports {
            values.extend(
                machine
                    .entries_of(id, call.site)
                    .into_iter()
                    .map(|(_, value)| value),
            );
        }
    }
    values
}

fn register(
    machine: &mut Machine<'_>,
    router: RouterId,
    prefix: &str,
    class: ObjectId,
    site: Site,
) {
    let of_class = decorators(machine, class, "");
    let base = of_class
        .iter()
        .find(|decorator| is_controller(&decorator.name));
    let Some(base) = base.map(|base| join(prefix, &base.path)) else {
        return;
    };
    let instance = machine.injected(class, site);
    for member in members(machine, class) {
        for decorator in decorators(machine, class, &member) {
            let Some(method) = verb_of(&decorator.name) else {
                continue;
            };
            let handler = machine.get(&instance, &member, site);
            let place = handler
                .as_object()
                .map_or(site, |id| machine.heap.get(id).site);
            let path = join(&base, &decorator.path);
            let paths = vec![PathPattern::Text(path.into())];
            let methods = vec![(method.into(), vec![handler])];
            machine.add_layer(
                router,
                Layer::Route {
                    paths,
                    methods,
                    site: place,
                },
            );
        }
    }
}

fn is_controller(name: &str) -> bool {
    matches!(name, "Controller" | "JsonController" | "controller")
}

/// The method that a decorator such as `Get` or `httpGet` stands for.
fn verb_of(name: &str) -> Option<String> {
    let name = name.strip_prefix("http").unwrap_or(name);
    verb::method(&name.to_lowercase())
}

struct Applied {
    name: String,
    path: PathPattern,
}

fn decorators(machine: &mut Machine<'_>, class: ObjectId, member: &str) -> Vec<Applied> {
    let key = (class, Name::from(member), Name::from(DECORATORS));
    let list = machine
        .metadata
        .get(&key)
        .cloned()
        .unwrap_or(Value::Undefined);
    let applied = machine.elements_of(&list).unwrap_or_default();
    applied
        .iter()
        .filter_map(|decorator| match machine.heap.kind(decorator) {
            Some(Kind::Foreign(foreign)) => {
                // This package writes the first slash itself.
                let slash = match &*foreign.package {
                    "@overnightjs/core" => "/",
                    _ => "",
                };
                let path = match foreign.inputs.first() {
                    Some(Value::Text(path)) if !path.is_empty() => {
                        PathPattern::Text(format!("{slash}{path}").into())
                    }
                    None | Some(Value::Text(_) | Value::Undefined | Value::Object(_)) => {
                        PathPattern::Text("".into())
                    }
                    Some(_) => PathPattern::Unknown,
                };
                Some(Applied {
                    name: foreign.path.trim_end_matches("()").to_owned(),
                    path,
                })
            }
            _ => None,
        })
        .collect()
}

fn members(machine: &mut Machine<'_>, class: ObjectId) -> Vec<Name> {
    let key = (class, Name::from(""), Name::from(MEMBERS));
    let list = machine
        .metadata
        .get(&key)
        .cloned()
        .unwrap_or(Value::Undefined);
    let elements = machine.elements_of(&list).unwrap_or_default();
    elements
        .iter()
        .filter_map(|member| member.as_text().map(Name::from))
        .collect()
}
