//! `Reflect`, with the metadata functions of the package reflect-metadata.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::value::{Name, ObjectId, Value};

/// Calls a function of `Reflect`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "defineMetadata" => {
            if let Some(key) = key(machine, call, 2) {
                machine.metadata.insert(key, call.argument(1));
            }
            Value::Undefined
        }
        "getMetadata" | "getOwnMetadata" => read(machine, call),
        "hasMetadata" | "hasOwnMetadata" => {
            let found =
                key(machine, call, 1).is_some_and(|key| machine.metadata.contains_key(&key));
            Value::Boolean(found)
        }
        "metadata" => machine.builtin(super::Family::Console, "metadata", call.site),
        "ownKeys" => super::statics::call(machine, "Object.getOwnPropertyNames", call),
        "get" => {
            let key = call.argument(1);
            machine.get_computed(&call.argument(0), &key, call.site)
        }
        "set" => {
            machine.set_computed(
                &call.argument(0),
                &call.argument(1),
                call.argument(2),
                call.site,
            );
            Value::Boolean(true)
        }
        "has" => machine
            .has_property(&call.argument(0), &call.argument(1))
            .into(),
        "apply" => {
            let arguments = machine.elements_of(&call.argument(2)).unwrap_or_default();
            machine.call_simply(&call.argument(0), call.argument(1), arguments, call.site)
        }
        "construct" => {
            let arguments = machine.elements_of(&call.argument(1)).unwrap_or_default();
            let made = Call {
                arguments,
                construct: true,
                this: Value::Undefined,
                ..call.clone()
            };
            machine.call(&call.argument(0), made)
        }
        _ => Value::Unknown,
    }
}

fn key(machine: &Machine<'_>, call: &Call, target: usize) -> Option<(ObjectId, Name, Name)> {
    let name = machine.text_of(&call.argument(0))?;
    let object = call.argument(target).as_object()?;
    let member = machine
        .text_of(&call.argument(target + 1))
        .filter(|member| &**member != "undefined");
    Some((object, member.unwrap_or_default(), name))
}

fn read(machine: &mut Machine<'_>, call: &Call) -> Value {
    let Some((mut object, member, name)) = key(machine, call, 1) else {
        return Value::Unknown;
    };
    for _ in 0..16 {
        let entry = (object, Name::clone(&member), Name::clone(&name));
        if let Some(value) = machine.metadata.get(&entry) {
            return value.clone();
        }
        match machine.heap.get(object).prototype {
            Some(above) => object = above,
            None => break,
        }
    }
    if &*name == "design:paramtypes" {
        let classes = machine.parameter_classes(object);
        let classes = classes
            .into_iter()
            .map(|class| class.map_or(Value::Unknown, Value::Object));
        let classes = classes.collect();
        return machine.array(classes, call.site);
    }
    Value::Undefined
}
