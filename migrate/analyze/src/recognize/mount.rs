//! Recognizes `app.use(…)`: middleware, routers and applications, with or without a path.
//!
//! ```js
//! const express = require('express');
//! const app = express();
//! const admin = express();
//! const router = express.Router().get('/x', h);
//! admin.get('/', h);
//! app.use(['/a', '/b'], check, router);
//! app.use('/admin', admin);
//! app.use([router]);
//! ```
//! ```routes
//! GET /a/x app.js:4
//! GET /b/x app.js:4
//! GET /admin app.js:5
//! GET /x app.js:4
//! ```

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::value::{RouterId, Value};
use crate::recognize::path::{PathPattern, paths_of};
use crate::recognize::{Layer, handler};

/// `router.use(…)`.
pub(super) fn register(machine: &mut Machine<'_>, router: RouterId, call: &Call) -> Value {
    let first = call.argument(0);
    let several = call.arguments.len() > 1;
    let (paths, rest) = match paths_of(machine, &first) {
        Some(paths) => (paths, &call.arguments[1..]),
        None if several && matches!(first, Value::Unknown | Value::Undefined | Value::Null) => {
            let path = if first.is_unknown() {
                PathPattern::Unknown
            } else {
                PathPattern::Text("/".into())
            };
            (vec![path], &call.arguments[1..])
        }
        None => (vec![PathPattern::Text("/".into())], &call.arguments[..]),
    };
    let targets = handler::flatten(machine, rest);
    if paths.contains(&PathPattern::Unknown)
        && targets
            .iter()
            .any(|target| machine.reaches_router(target, 3))
    {
        machine.find_unresolved("`use`", call.site);
    }
    machine.add_layer(
        router,
        Layer::Use {
            paths,
            targets,
            site: call.site,
        },
    );
    call.this.clone()
}
