//! Runs the chain of one route: its middleware, then its own handlers.

use crate::machine::heap::Kind;
use crate::machine::value::{Site, Value};
use crate::machine::{Machine, builtin};
use crate::recognize::{HandlerShape, handler_shape, library};
use crate::serve::{Effect, Status, Trace};

/// Nodes that one route's chain may evaluate.
const SERVE_FUEL: u64 = 200_000;

/// One function of a chain, and where it was registered.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) value: Value,
    pub(crate) site: Site,
}

/// What serving one route showed.
pub(crate) type Evidence = Trace;

/// Runs `chain` on a request about which nothing is known.
pub(crate) fn serve(machine: &mut Machine<'_>, application: &Value, chain: &[Link]) -> Evidence {
    let fuel = std::mem::replace(&mut machine.fuel, SERVE_FUEL);
    let spending = std::mem::take(&mut machine.spending);
    machine.trace = Some(Trace {
        oldest_object: machine.heap.len(),
        oldest_scope: machine.scopes.len(),
        effects: std::collections::BTreeSet::new(),
        reads: std::collections::BTreeMap::new(),
        writes: std::collections::BTreeMap::new(),
        query: std::collections::BTreeSet::new(),
        body: std::collections::BTreeSet::new(),
        headers: std::collections::BTreeSet::new(),
        responses: Vec::new(),
        status: Status::Known(200),
        application: application.clone(),
        request: Value::Unknown,
        response: Value::Unknown,
    });
    let request = machine.allocate(Kind::Request, builtin::NOWHERE);
    let response = machine.allocate(Kind::Response, builtin::NOWHERE);
    if let Some(trace) = &mut machine.trace {
        trace.request = request.clone();
        trace.response = response.clone();
    }
    let next = machine.allocate(Kind::Next, builtin::NOWHERE);
    for link in chain {
        machine.restore_status(Some(Status::Known(200)));
        handle(
            machine,
            link,
            &[request.clone(), response.clone(), next.clone()],
        );
    }
    if machine.fuel == 0
        && let Some(last) = chain.last()
    {
        machine.note_effect(Effect::Budget(last.site));
    }
    machine.fuel = fuel;
    machine.spending = spending;
    machine.deferred.clear();
    machine.thrown = None;
    machine
        .trace
        .take()
        .expect("set at the beginning of this function, and only taken here")
}

fn handle(machine: &mut Machine<'_>, link: &Link, arguments: &[Value]) {
    match machine.heap.kind(&link.value).cloned() {
        Some(Kind::Function(closure)) => {
            let names = closure.code.parameter_names();
            if names.len() == 4 && handler_shape(&names) == HandlerShape::Error {
                return;
            }
            machine.call_simply(&link.value, Value::Undefined, arguments.to_vec(), link.site);
        }
        Some(Kind::Bound { .. } | Kind::Builtin(..)) => {
            machine.call_simply(&link.value, Value::Undefined, arguments.to_vec(), link.site);
        }
        Some(Kind::Foreign(foreign)) => {
            let handlers: Vec<Value> = foreign
                .inputs
                .iter()
                .filter(|input| machine.is_callable(input))
                .cloned()
                .collect();
            let own = foreign.package.is_empty() || &*foreign.package == "express";
            if !own && !library::is_transparent(&foreign.package) {
                let (package, operation) = (foreign.package, foreign.path);
                machine.note_effect(Effect::Library {
                    package,
                    operation,
                    site: link.site,
                });
            } else if foreign.package.is_empty() && handlers.is_empty() {
                machine.note_unresolved("middleware", link.site);
            }
            for handler in handlers {
                machine.call_simply(&handler, Value::Undefined, arguments.to_vec(), link.site);
            }
        }
        Some(Kind::Router(_)) | None if !link.value.is_unknown() => {}
        _ => machine.note_unresolved("handler", link.site),
    }
}
