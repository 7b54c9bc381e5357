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
use crate::machine::call::Call;
use crate::machine::decorator::{DECORATORS, MEMBERS};
use crate::machine::function::Code;
use crate::machine::heap::{Foreign, Kind};
use crate::machine::value::{Name, ObjectId, RouterId, Site, Value};
use crate::recognize::path::{PathPattern, join};
use crate::recognize::{Layer, router, verb};

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
            for class in classes(machine, &call.argument(1)) {
                register(machine, router, "", class, call.site);
            }
            Some(Value::Undefined)
        }
        path if path.ends_with("build") || path.ends_with("addControllers") => None,
        _ => None,
    }
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
    let controllers = option(machine, &options, "controllers").unwrap_or(Value::Undefined);
    for class in classes(machine, &controllers) {
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

fn classes(machine: &mut Machine<'_>, list: &Value) -> Vec<ObjectId> {
    let elements = machine.elements_of(list).unwrap_or_default();
    let is_class = |machine: &Machine<'_>, value: &Value| matches!(machine.heap.kind(value), Some(Kind::Function(closure)) if matches!(closure.code, Code::Class(_)));
    elements
        .iter()
        .filter(|value| is_class(machine, value))
        .filter_map(Value::as_object)
        .collect()
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
            machine.routing.get_mut(router).layers.push(Layer::Route {
                paths,
                methods,
                site: place,
            });
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
                let path = match foreign.inputs.first() {
                    Some(Value::Text(path)) => PathPattern::Text(Name::clone(path)),
                    None | Some(Value::Undefined | Value::Object(_)) => {
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
