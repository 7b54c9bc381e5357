//! Recognizes `app.param(name, handler)`, which runs before the routes that have the parameter.
//!
//! ```js
//! const app = require('express')();
//! app.param('user', (req, res, next, id) => next());
//! app.get('/user/:user', show);
//! ```
//! ```routes
//! GET /user/:user app.js:3
//! ```

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::value::{Name, RouterId, Value};
use crate::recognize::Layer;

/// `router.param(…)`.
pub(super) fn register(machine: &mut Machine<'_>, router: RouterId, call: &Call) -> Value {
    let handlers = call
        .arguments
        .iter()
        .filter(|value| machine.is_callable(value))
        .cloned()
        .collect();
    let first = call.argument(0);
    let listed = machine
        .heap
        .array(&first)
        .cloned()
        .unwrap_or_else(|| vec![first]);
    let names = listed
        .iter()
        .filter_map(Value::as_text)
        .map(Name::from)
        .collect();
    let layer = Layer::Param {
        names,
        handlers,
        site: call.site,
    };
    machine.add_layer(router, layer);
    call.this.clone()
}
