//! `require`, and what hangs on it.

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{Site, Value};
use crate::resolve::{ImportKind, Resolution};

/// Calls `require(…)` or one of its functions.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let specifier = call.argument(0);
    let Some(specifier) = specifier.as_text() else {
        machine.note_dynamic_module(call.site);
        return machine.outcome("", "", call);
    };
    match name {
        "resolve" => resolve(machine, specifier, call),
        "require" => {
            let loaded = machine.import(specifier, ImportKind::Require, call.site);
            machine.required(&loaded, call.site)
        }
        _ => Value::Unknown,
    }
}

fn resolve(machine: &mut Machine<'_>, specifier: &str, call: &Call) -> Value {
    let from = machine.modules[call.site.module.0 as usize].path.clone();
    match machine
        .resolver
        .resolve(&from, specifier, ImportKind::Require)
    {
        Resolution::File(path) => Value::from(path.to_string_lossy().into_owned()),
        Resolution::Builtin(name) => Value::from(name),
        Resolution::Missing => Value::Unknown,
    }
}

/// `require.key`.
pub(super) fn member(machine: &mut Machine<'_>, key: &str, site: Site) -> Value {
    match key {
        "resolve" => machine.builtin(Family::Require, key, site),
        // Every entry point is taken to be the program that was started.
        "main" => Value::Object(machine.modules[site.module.0 as usize].object),
        _ => machine.open(Kind::Plain, site),
    }
}
