//! `process`: the assumed environment, and a fixed working directory.

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{Name, Site, Value};

/// `process.key`.
pub(super) fn member(machine: &mut Machine<'_>, key: &str, site: Site) -> Value {
    match key {
        "env" => machine.builtin(Family::Process, "env", site),
        "argv" => {
            let script = machine.root.to_string_lossy().into_owned();
            machine.array(
                vec![Value::from("/usr/bin/node"), Value::from(script)],
                site,
            )
        }
        "execArgv" => machine.array(Vec::new(), site),
        "platform" => Value::from("linux"),
        "version" => Value::from("v22.0.0"),
        "versions" | "stdout" | "stderr" | "stdin" | "config" => machine.open(Kind::Plain, site),
        "pid" | "exitCode" | "title" => Value::Unknown,
        _ => machine.builtin(Family::Process, key, site),
    }
}

/// `process.env.key`.
pub(super) fn nested(machine: &mut Machine<'_>, name: &str, key: &str, site: Site) -> Value {
    if name != "env" {
        return Value::Undefined;
    }
    machine.assume();
    machine.note_environment(key, site);
    match machine.environment.get(key) {
        Some(value) => value.clone(),
        None => Value::Unset(Name::from(key)),
    }
}

/// Calls a function of `process`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "cwd" => Value::from(machine.root.to_string_lossy().into_owned()),
        "nextTick" => {
            machine.run_callbacks(call, false);
            Value::Undefined
        }
        "on" | "once" | "exit" | "emitWarning" => Value::Undefined,
        _ => Value::Unknown,
    }
}
