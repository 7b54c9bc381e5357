//! Promises: those whose value is known are settled at once.

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::Value;

/// `promise.then(…)` and its siblings.
pub(super) fn method(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let settled = machine.settled(call.this.clone());
    match name {
        "then" => {
            let handler = call.argument(0);
            if machine.trace.is_some() && machine.is_callable(&call.argument(1)) {
                let rejected = call.argument(1);
                machine.uncertainly(|machine| {
                    machine.call_simply(
                        &rejected,
                        Value::Undefined,
                        vec![Value::Unknown],
                        call.site,
                    )
                });
            }
            if !machine.is_callable(&handler) {
                return machine.promise(settled, call.site);
            }
            let value = machine.call_simply(&handler, Value::Undefined, vec![settled], call.site);
            machine.promise(value, call.site)
        }
        "catch" => {
            // While a request is served a promise may fail; while starting it is taken to succeed.
            if machine.trace.is_some() {
                machine.run_callbacks(call, true);
            }
            machine.promise(settled, call.site)
        }
        "finally" => {
            machine.call_simply(&call.argument(0), Value::Undefined, Vec::new(), call.site);
            machine.promise(settled, call.site)
        }
        _ => Value::Unknown,
    }
}

/// `Promise.all(…)` and its siblings.
pub(super) fn static_method(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match name {
        "resolve" | "try" => machine.promise(call.argument(0), call.site),
        "all" | "allSettled" => {
            let list = call.argument(0);
            let Some(elements) = machine.elements_of(&list) else {
                return machine.promise(Value::Unknown, call.site);
            };
            let settled: Vec<Value> = elements
                .into_iter()
                .map(|element| machine.settled(element))
                .collect();
            let open = !machine.is_closed(&list);
            let values = machine.array(settled, call.site);
            if let Value::Object(id) = values {
                machine.heap.get_mut(id).open = open;
            }
            machine.promise(values, call.site)
        }
        _ => machine.promise(Value::Unknown, call.site),
    }
}

/// `new Promise((resolve, reject) => …)`.
pub(super) fn construct(machine: &mut Machine<'_>, call: &Call) -> Value {
    let promise = machine
        .heap
        .allocate(Kind::Promise(Value::Unknown), call.site);
    let resolve = machine.builtin(
        crate::machine::builtin::Family::Global,
        "resolve",
        call.site,
    );
    let bound = Kind::Bound {
        target: resolve,
        this: Value::Object(promise),
        arguments: Vec::new(),
    };
    let resolve = machine.allocate(bound, call.site);
    let reject = machine.builtin(crate::machine::builtin::Family::Global, "reject", call.site);
    let executor = call.argument(0);
    machine.call_simply(
        &executor,
        Value::Undefined,
        vec![resolve, reject],
        call.site,
    );
    Value::Object(promise)
}

/// The function that settles the promise `call.this`.
pub(super) fn resolve(machine: &mut Machine<'_>, call: &Call) -> Value {
    let value = machine.settled(call.argument(0));
    if let Value::Object(id) = &call.this
        && let Kind::Promise(inner) = &mut machine.heap.get_mut(*id).kind
        && inner.is_unknown()
    {
        *inner = value;
    }
    Value::Undefined
}
