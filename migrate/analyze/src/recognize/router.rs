//! Recognizes `express.Router()` and the packages whose routers register in the same way.
//!
//! ```js
//! const { Router } = require('express');
//! const app = require('express')();
//! const users = Router({ mergeParams: true });
//! users.get('/', list);
//! users.get('/:id', show);
//! app.use('/users', users);
//! ```
//! ```routes
//! GET /users app.js:4
//! GET /users/:id app.js:5
//! ```

use indexmap::IndexMap;

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::Kind;
use crate::machine::value::{RouterId, Value};
use crate::recognize::{Router, application};

/// Whether a package is Express itself.
pub(crate) fn is_express(name: &str) -> bool {
    matches!(
        name,
        "express" | "ultimate-express" | "@feathersjs/express" | "express4" | "express5"
    )
}

/// Whether a package exports a router that registers as Express's does.
pub(crate) fn makes_routers(name: &str) -> bool {
    matches!(
        name,
        "router"
            | "express-promise-router"
            | "express-async-router"
            | "express-router"
            | "express-promise-wrap-router"
            | "async-express-router"
    )
}

/// `express.Router()`.
pub(super) fn create(machine: &mut Machine<'_>, call: &Call) -> Value {
    make(machine, false, call)
}

/// A new router or application.
pub(super) fn make(machine: &mut Machine<'_>, is_application: bool, call: &Call) -> Value {
    let number = u32::try_from(machine.routing.routers.len()).unwrap_or(u32::MAX);
    let prototype = application::prototype(machine, call.site);
    let object = machine
        .heap
        .allocate(Kind::Router(RouterId(number)), call.site);
    machine.heap.get_mut(object).prototype = Some(prototype);
    machine.spending.registrations += 1;
    machine.routing.routers.push(Router {
        object,
        is_application,
        site: call.site,
        layers: Vec::new(),
        settings: IndexMap::new(),
        options: call.argument(0),
    });
    Value::Object(object)
}
