//! `call`, `apply` and `bind`.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::Value;

/// Calls one of them on the function `call.this`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: Call) -> Value {
    let target = call.this.clone();
    let this = call.argument(0);
    match name {
        "call" => {
            let arguments = call.arguments.into_iter().skip(1).collect();
            machine.call_simply(&target, this, arguments, call.site)
        }
        "apply" => {
            let list = call.argument(1);
            let arguments = machine
                .elements_of(&list)
                .unwrap_or_else(|| vec![Value::Unknown]);
            machine.call_simply(&target, this, arguments, call.site)
        }
        "bind" => {
            let label = target.as_object().and_then(|id| machine.function_name(id));
            let arguments = call.arguments.into_iter().skip(1).collect();
            let bound = machine.allocate(
                Kind::Bound {
                    target,
                    this,
                    arguments,
                },
                call.site,
            );
            if let Some(label) = label {
                machine.name_value(&bound, &label, call.site);
            }
            bound
        }
        _ => Value::Unknown,
    }
}
