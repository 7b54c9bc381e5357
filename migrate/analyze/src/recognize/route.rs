//! Recognizes `app.route(path)` and the methods chained to it. Express counts such routes at the
//! place of the `route` call.
//!
//! ```js
//! const app = require('express')();
//! app
//!   .route('/notes/:id')
//!   .all(check)
//!   .get(show)
//!   .delete(remove);
//! ```
//! ```routes
//! ALL /notes/:id app.js:3
//! GET /notes/:id app.js:3
//! DELETE /notes/:id app.js:3
//! ```

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{RouterId, Value};
use crate::recognize::path::{PathPattern, paths_of};
use crate::recognize::{Layer, handler, verb};

/// `router.route(path)`.
pub(super) fn open(machine: &mut Machine<'_>, router: RouterId, call: &Call) -> Value {
    let paths = paths_of(machine, &call.argument(0)).unwrap_or_else(|| vec![PathPattern::Unknown]);
    if paths.contains(&PathPattern::Unknown) {
        machine.find_unresolved("`route`", call.site);
    }
    let layer = Layer::Route {
        paths,
        methods: Vec::new(),
        site: call.site,
    };
    let index = machine.add_layer(router, layer);
    machine.allocate(Kind::Route(router, index), call.site)
}

/// `route.METHOD(…handlers)`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    let Some(Kind::Route(router, index)) = machine.heap.kind(&call.this).cloned() else {
        return machine.unknown_call(call);
    };
    if let Some(method) = verb::method(name)
        && machine.trace.is_none()
    {
        let added = handler::flatten(machine, &call.arguments);
        if let Some(Layer::Route { methods, .. }) =
            machine.routing.get_mut(router).layers.get_mut(index)
        {
            match methods.iter_mut().find(|(known, _)| **known == *method) {
                Some((_, handlers)) => handlers.extend(added),
                None => methods.push((method.into(), added)),
            }
        }
    }
    call.this.clone()
}
