//! What the machine knows about Express and about packages that take part in registering routes.
//!
//! One file per recognizer. Each opens with a snippet of an application and the routes or
//! findings that the scan must report for it; `tests/it/recognizers.rs` runs every snippet.

use indexmap::IndexMap;

use crate::machine::Machine;
use crate::machine::builtin::{self, Family};
use crate::machine::call::Call;
use crate::machine::function::Closure;
use crate::machine::heap::Kind;
use crate::machine::value::{Name, ObjectId, RouterId, Site, Value};

mod application;
mod configuration;
mod container;
mod controllers;
mod directory;
mod environment;
mod generated;
mod handler;
pub(crate) mod library;
mod method_names;
mod mount;
mod nconf;
mod param;
mod path;
mod route;
mod router;
mod tables;
mod verb;

pub(crate) use handler::{HandlerShape, handler_shape, looks_like_handler};
pub(crate) use path::{PathPattern, UNKNOWN, join};

/// The applications and routers of one scan.
#[derive(Debug, Default)]
pub(crate) struct Routing {
    pub(crate) routers: Vec<Router>,
    /// `express.application` and `express.Router.prototype`, which applications may extend.
    prototype: Option<ObjectId>,
}

/// What `express()` or `express.Router()` made.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) object: ObjectId,
    pub(crate) is_application: bool,
    pub(crate) site: Site,
    pub(crate) layers: Vec<Layer>,
    pub(crate) settings: IndexMap<Name, Value>,
    /// What the router was made with.
    pub(crate) options: Value,
}

/// One entry of a router's stack, in registration order.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    /// `use`: middleware and mounted routers.
    Use {
        paths: Vec<PathPattern>,
        targets: Vec<Value>,
        site: Site,
    },
    /// A route: one path or several, and handlers by method.
    Route {
        paths: Vec<PathPattern>,
        methods: Vec<(Name, Vec<Value>)>,
        site: Site,
    },
    /// `param`: the names it is for, and the functions.
    Param {
        names: Vec<Name>,
        handlers: Vec<Value>,
        site: Site,
    },
}

impl Machine<'_> {
    /// Adds an entry to a router's stack; gives its number.
    pub(crate) fn add_layer(&mut self, router: RouterId, layer: Layer) -> usize {
        self.spending.registrations += 1;
        let layers = &mut self.routing.get_mut(router).layers;
        layers.push(layer);
        layers.len() - 1
    }
}

impl Routing {
    pub(crate) fn get_mut(&mut self, id: RouterId) -> &mut Router {
        &mut self.routers[id.0 as usize]
    }

    pub(crate) fn get(&self, id: RouterId) -> &Router {
        &self.routers[id.0 as usize]
    }
}

/// Whether a package is recognized by name, so that its own code is never read.
pub(crate) fn is_known_package(name: &str) -> bool {
    router::is_express(name)
        || router::makes_routers(name)
        || matches!(
            name,
            "dotenv" | "config" | "nconf" | "reflect-metadata" | "methods" | "http-methods"
        )
        || tables::is_known(name)
        || directory::is_known(name)
        || container::is_known(name)
        || controllers::is_known(name)
        || library::is_transparent(name)
}

/// The value of a package that is recognized by name.
pub(crate) fn package(machine: &mut Machine<'_>, specifier: &str, site: Site) -> Option<Value> {
    let name = specifier.strip_prefix("node:").unwrap_or(specifier);
    if let Some(module) = builtin::node_module(machine, name, site) {
        return Some(module);
    }
    if router::is_express(name) {
        return Some(machine.builtin(Family::Express, "express", site));
    }
    if router::makes_routers(name) {
        return Some(machine.builtin(Family::Express, "Router", site));
    }
    match name {
        "dotenv" | "dotenv/config" | "dotenv-flow" | "dotenv-safe" | "dotenv-expand" => {
            Some(environment::module(machine, name, site))
        }
        "config" | "nconf" => Some(machine.builtin(Family::Package, name, site)),
        "reflect-metadata" => Some(machine.open(Kind::Plain, site)),
        "methods" | "http-methods" => Some(method_names::module(machine, site)),
        _ if tables::is_known(name) => Some(tables::module(machine, name, site)),
        _ if directory::is_known(name) => Some(machine.builtin(Family::Package, name, site)),
        _ if container::is_known(name) => Some(container::module(machine, name, site)),
        _ => None,
    }
}

/// `router.key`, for an application, a router or a route.
pub(crate) fn member(machine: &mut Machine<'_>, id: ObjectId, key: &str, site: Site) -> Value {
    if matches!(machine.heap.get(id).kind, Kind::Route(..)) {
        return machine.builtin(Family::Express, &format!("route.{key}"), site);
    }
    application::member(machine, id, key, site)
}

/// A router called as a function: it is handed a request.
pub(crate) fn called(_machine: &mut Machine<'_>, _router: RouterId, _call: &Call) -> Value {
    Value::Undefined
}

/// Whether an assignment means more than storing a value.
pub(crate) fn assigned(machine: &mut Machine<'_>, id: ObjectId, key: &str, value: &Value) -> bool {
    if let Kind::Builtin(Family::Process, name) = &machine.heap.get(id).kind
        && &**name == "env"
    {
        machine.environment.insert(key.into(), value.clone());
        return true;
    }
    false
}

/// A call of the application's own code that stands for something known.
pub(crate) fn before_call<'a>(
    machine: &mut Machine<'a>,
    function: ObjectId,
    closure: &Closure<'a>,
    call: &Call,
) -> Option<Value> {
    generated::before_call(machine, function, closure, call)
        .or_else(|| machine.library_boundary(closure, call))
}

/// A call into a package that is not read, where the package is recognized.
pub(crate) fn foreign_call(machine: &mut Machine<'_>, id: ObjectId, call: &Call) -> Option<Value> {
    let foreign = machine.foreign(id)?.clone();
    controllers::foreign_call(machine, &foreign, call)
        .or_else(|| tables::foreign_call(machine, &foreign, call))
}

/// `super(…)` of a class that extends one of a package that is recognized.
pub(crate) fn extend(machine: &mut Machine<'_>, parent: ObjectId, instance: ObjectId, call: &Call) {
    controllers::extend_server(machine, parent, instance, call);
}

/// Calls a function that this module offers for Express.
pub(crate) fn express_call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name.split_once('.') {
        Some(("route", method)) => route::call(machine, method, call),
        Some(("router", method)) => application::call(machine, method, call),
        _ => match name {
            "express" => application::create(machine, call),
            "Router" | "express.Router" => router::create(machine, call),
            _ => library::express_middleware(machine, name, call),
        },
    }
}

/// `express.key`.
pub(crate) fn express_member(
    machine: &mut Machine<'_>,
    name: &str,
    key: &str,
    site: Site,
) -> Value {
    match (name, key) {
        (_, "default" | "express") => machine.builtin(Family::Express, name, site),
        (_, "__esModule") => Value::Undefined,
        ("express" | "Router", "Router") => machine.builtin(Family::Express, "Router", site),
        ("express", "application" | "Route") | ("Router", "prototype") => {
            Value::Object(application::prototype(machine, site))
        }
        ("express", "request" | "response") => machine.open(Kind::Plain, site),
        ("express", _) => machine.builtin(Family::Express, key, site),
        _ => Value::Unknown,
    }
}

/// Calls a function that this module offers for another package.
pub(crate) fn package_call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name.split_once('.') {
        _ if name == "true" || name == "false" => Value::Boolean(name == "true"),
        Some(("generated", _)) => {
            let target = call.this.clone();
            generated::run_generator(
                machine,
                &target,
                Value::Undefined,
                call.arguments.clone(),
                call.site,
            )
        }
        Some(("dotenv", _)) => environment::load(machine, call),
        Some(("config", method)) => configuration::call(machine, method, call),
        Some(("nconf", method)) => nconf::call(machine, method, call),
        Some(("controllers", _)) => controllers::add(machine, call),
        Some(("table", method)) => tables::call(machine, method, call),
        Some(("container", method)) => container::call(machine, method, call),
        _ if directory::is_known(name.split('.').next().unwrap_or(name)) => {
            directory::call(machine, name, call)
        }
        _ => machine.outcome("", name, call),
    }
}

/// `package.key`, for another package.
pub(crate) fn package_member(
    machine: &mut Machine<'_>,
    name: &str,
    key: &str,
    site: Site,
) -> Value {
    match (name, key) {
        (_, "__esModule") => Value::Undefined,
        (_, "default") => machine.builtin(Family::Package, name, site),
        ("config", "get" | "has" | "util") => {
            machine.builtin(Family::Package, &format!("config.{key}"), site)
        }
        ("config", _) => configuration::setting(machine, key, site),
        _ if directory::is_known(name) => {
            machine.builtin(Family::Package, &format!("{name}.{key}"), site)
        }
        _ => machine.builtin(Family::Package, &format!("{name}.{key}"), site),
    }
}
