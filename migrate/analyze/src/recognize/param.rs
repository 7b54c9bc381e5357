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
use crate::machine::value::{RouterId, Value};
use crate::recognize::Layer;

/// `router.param(…)`.
pub(super) fn register(machine: &mut Machine<'_>, router: RouterId, call: &Call) -> Value {
    let handlers = call
        .arguments
        .iter()
        .filter(|value| machine.is_callable(value))
        .cloned()
        .collect();
    let layer = Layer::Param {
        handlers,
        site: call.site,
    };
    machine.add_layer(router, layer);
    call.this.clone()
}
