//! The module `events`: emitters that hold on to their listeners.

use crate::machine::Machine;
use crate::machine::builtin::Family;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{Site, Value};

/// `events.key`, where both the module and `EventEmitter` are the class.
pub(super) fn member(machine: &mut Machine<'_>, name: &str, key: &str, site: Site) -> Value {
    match (name, key) {
        ("" | "EventEmitter", "EventEmitter" | "default") => {
            machine.builtin(Family::Events, "EventEmitter", site)
        }
        ("" | "EventEmitter", "prototype") => {
            machine.allocate(Kind::Namespace(Family::Events), site)
        }
        ("" | "EventEmitter", "__esModule") => Value::Undefined,
        _ => machine.builtin(Family::Events, key, site),
    }
}

/// `new EventEmitter()`, and calls of its methods on `call.this`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "" | "EventEmitter" => machine.open(Kind::Plain, call.site),
        "on" | "once" | "addListener" => {
            machine.run_callbacks(call, false);
            call.this.clone()
        }
        _ => Value::Unknown,
    }
}
