//! The language's own objects and functions, and the modules of Node.js that start-up code uses.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::operator::MAX_TEXT_BYTES;
use crate::machine::scope::Binding;
use crate::machine::value::{ModuleId, SYMBOL, Site, Value};

pub(crate) mod array;
mod collection;
mod constructor;
mod events;
mod fs;
mod function;
mod global;
pub(crate) mod integer;
mod json;
mod math;
pub(crate) mod object;
mod path;
mod process;
mod promise;
mod reflect;
mod regexp;
mod require;
mod statics;
mod text;
pub(crate) mod unit;
mod url;
mod util;

/// A group of functions that are dispatched by name in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// `Array`, `Object`, `Promise`, …: callable, with statics and a prototype.
    Constructor,
    /// `Object.keys`, `Promise.all`, …: named with their constructor.
    Static,
    Array,
    Text,
    Number,
    ObjectMethods,
    Function,
    Promise,
    Map,
    Set,
    RegExp,
    /// Functions that stand alone.
    Global,
    Console,
    Json,
    Math,
    Reflect,
    Require,
    Process,
    Path,
    Fs,
    FsPromises,
    Util,
    Url,
    Events,
    /// Methods of the request and the response.
    Message,
    /// What recognizers offer for Express itself.
    Express,
    /// What recognizers offer for other packages.
    Package,
}

impl Family {
    /// Whether its functions are methods that all values of a kind inherit.
    pub(crate) fn is_prototype(self) -> bool {
        matches!(
            self,
            Self::Array
                | Self::Text
                | Self::Number
                | Self::ObjectMethods
                | Self::Function
                | Self::Promise
                | Self::Map
                | Self::Set
                | Self::RegExp
        )
    }
}

impl Family {
    /// Whether its functions give data that was not there before, or change what they are called on.
    fn makes_data(self) -> bool {
        matches!(
            self,
            Self::Constructor
                | Self::Static
                | Self::Array
                | Self::Text
                | Self::Map
                | Self::Set
                | Self::RegExp
                | Self::Json
                | Self::Global
        )
    }
}

/// Names of constructors that are global.
const CONSTRUCTORS: [&str; 25] = [
    "Array",
    "Object",
    "Function",
    "String",
    "Number",
    "Boolean",
    "Symbol",
    "BigInt",
    "Promise",
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "RegExp",
    "Error",
    "TypeError",
    "RangeError",
    "SyntaxError",
    "Date",
    "URL",
    "URLSearchParams",
    "Proxy",
    "Buffer",
    "AbortController",
    "EventTarget",
];

/// Global functions.
const FUNCTIONS: [&str; 19] = [
    "parseInt",
    "parseFloat",
    "isNaN",
    "isFinite",
    "encodeURIComponent",
    "decodeURIComponent",
    "encodeURI",
    "decodeURI",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "clearTimeout",
    "clearInterval",
    "clearImmediate",
    "queueMicrotask",
    "structuredClone",
    "fetch",
    "eval",
    "escape",
];

/// Global objects.
const NAMESPACES: [(&str, Family); 5] = [
    ("JSON", Family::Json),
    ("Math", Family::Math),
    ("Reflect", Family::Reflect),
    ("console", Family::Console),
    ("process", Family::Process),
];

/// Modules of Node.js that are known.
const MODULES: [(&str, Family); 9] = [
    ("path", Family::Path),
    ("path/posix", Family::Path),
    ("fs", Family::Fs),
    ("fs/promises", Family::FsPromises),
    ("util", Family::Util),
    ("url", Family::Url),
    ("events", Family::Events),
    ("process", Family::Process),
    ("console", Family::Console),
];

pub(crate) use path::normalize as normalize_path;

/// Where what has no position of its own was made.
pub(crate) const NOWHERE: Site = Site {
    module: ModuleId(0),
    offset: 0,
};

/// Declares the global names.
pub(crate) fn define_globals(machine: &mut Machine<'_>) {
    for name in CONSTRUCTORS {
        let value = machine.builtin(Family::Constructor, name, NOWHERE);
        machine
            .scopes
            .declare(machine.global, name, Binding::new(value, NOWHERE));
    }
    for name in FUNCTIONS {
        let value = machine.builtin(Family::Global, name, NOWHERE);
        machine
            .scopes
            .declare(machine.global, name, Binding::new(value, NOWHERE));
    }
    for (name, family) in NAMESPACES {
        let value = machine.allocate(Kind::Namespace(family), NOWHERE);
        machine
            .scopes
            .declare(machine.global, name, Binding::new(value, NOWHERE));
    }
    let global = machine.open(Kind::Plain, NOWHERE);
    for name in ["globalThis", "global"] {
        machine
            .scopes
            .declare(machine.global, name, Binding::new(global.clone(), NOWHERE));
    }
    for (name, value) in [("NaN", f64::NAN), ("Infinity", f64::INFINITY)] {
        machine.scopes.declare(
            machine.global,
            name,
            Binding::new(Value::Number(value), NOWHERE),
        );
    }
}

/// The known module of Node.js with this name.
pub(crate) fn node_module(machine: &mut Machine<'_>, name: &str, site: Site) -> Option<Value> {
    let (_, family) = MODULES.iter().find(|(known, _)| *known == name)?;
    Some(machine.allocate(Kind::Namespace(*family), site))
}

/// Calls the function `name` of `family`.
pub(crate) fn call(machine: &mut Machine<'_>, family: Family, name: &str, call: Call) -> Value {
    let before = machine.assumptions_made();
    let value = dispatch(machine, family, name, call);
    let assumed = machine.assumptions_made() != before;
    match value {
        Value::Text(text) if text.len() > MAX_TEXT_BYTES => Value::Unknown,
        Value::Object(id) if assumed && family.makes_data() => {
            machine.heap.get_mut(id).past.assumed = true;
            value
        }
        value => value,
    }
}

fn dispatch(machine: &mut Machine<'_>, family: Family, name: &str, call: Call) -> Value {
    match family {
        Family::Constructor => constructor::call(machine, name, &call),
        Family::Static => statics::call(machine, name, &call),
        Family::Array => array::call(machine, name, &call),
        Family::Text => text::call(machine, name, &call),
        Family::Number => constructor::number_method(name, &call),
        Family::ObjectMethods => object::method(machine, name, &call),
        Family::Function => function::call(machine, name, call),
        Family::Promise => promise::method(machine, name, &call),
        Family::Map | Family::Set => collection::call(machine, name, &call),
        Family::RegExp => regexp::method(machine, name, &call),
        Family::Global => global::call(machine, name, &call),
        Family::Console => Value::Undefined,
        Family::Json => json::call(machine, name, &call),
        Family::Math => math::call(name, &call),
        Family::Reflect => reflect::call(machine, name, &call),
        Family::Require => require::call(machine, name, &call),
        Family::Process => process::call(machine, name, &call),
        Family::Path => path::call(machine, name, &call),
        Family::Fs | Family::FsPromises => fs::call(machine, family, name, &call),
        Family::Util => util::call(machine, name, &call),
        Family::Url => url::call(machine, name, &call),
        Family::Events => events::call(machine, name, &call),
        Family::Message => crate::serve::message_call(machine, name, &call),
        Family::Express => crate::recognize::express_call(machine, name, &call),
        Family::Package => crate::recognize::package_call(machine, name, &call),
    }
}

/// `Constructor.key`, `function.key` of a built-in.
pub(crate) fn static_member(
    machine: &mut Machine<'_>,
    family: Family,
    name: &str,
    key: &str,
    site: Site,
) -> Value {
    if matches!(key, "call" | "apply" | "bind") {
        return machine.builtin(Family::Function, key, site);
    }
    match family {
        Family::Constructor if key == "prototype" => {
            let family = constructor::instance_family(name);
            machine.allocate(Kind::Namespace(family), site)
        }
        Family::Constructor if name == "Symbol" && key != "for" => {
            Value::from(format!("{SYMBOL}{key}"))
        }
        Family::Constructor if key == "name" => Value::from(name),
        Family::Constructor => machine.builtin(Family::Static, &format!("{name}.{key}"), site),
        Family::Require => require::member(machine, key, site),
        Family::Express => crate::recognize::express_member(machine, name, key, site),
        Family::Package => crate::recognize::package_member(machine, name, key, site),
        Family::Events => events::member(machine, name, key, site),
        Family::Process => process::nested(machine, name, key, site),
        _ if family.is_prototype() => Value::Unknown,
        _ => Value::Undefined,
    }
}

/// `namespace.key`.
pub(crate) fn namespace_member(
    machine: &mut Machine<'_>,
    family: Family,
    key: &str,
    site: Site,
) -> Value {
    match (family, key) {
        (
            Family::Path
            | Family::Fs
            | Family::FsPromises
            | Family::Util
            | Family::Url
            | Family::Events,
            "default",
        ) => machine.allocate(Kind::Namespace(family), site),
        (_, "__esModule") | (Family::Reflect, "decorate") => Value::Undefined,
        (Family::Path, "sep") => Value::from("/"),
        (Family::Path, "delimiter") => Value::from(":"),
        (Family::Path, "posix" | "win32") => machine.allocate(Kind::Namespace(Family::Path), site),
        (Family::Fs, "promises") => machine.allocate(Kind::Namespace(Family::FsPromises), site),
        (Family::Math, "PI") => Value::Number(std::f64::consts::PI),
        (Family::Math, "E") => Value::Number(std::f64::consts::E),
        // What it holds may have been added by the application.
        (family, _) if family.is_prototype() && !object::is_method(key) => {
            machine.assume();
            machine.builtin(family, key, site)
        }
        (Family::Process, _) => process::member(machine, key, site),
        (Family::Events, _) => events::member(machine, "", key, site),
        (Family::Url, "URL" | "URLSearchParams") => machine.builtin(Family::Constructor, key, site),
        _ => machine.builtin(family, key, site),
    }
}
