//! Recognizes `app.METHOD(path, …handlers)`: chained, computed, with several paths.
//!
//! ```js
//! const app = require('express')();
//! const methods = { list: 'get', add: 'post' };
//! for (const name in methods) app[methods[name]]('/' + name, handlers[name]);
//! app.get('/a', h).put('/a', h).del('/a', h);
//! app.all(['/b', '/c/:id'], h);
//! app.get(/^\/d\/(.*)$/, h);
//! ```
//! ```routes
//! GET /list app.js:3
//! POST /add app.js:3
//! GET /a app.js:4
//! PUT /a app.js:4
//! DELETE /a app.js:4
//! ALL /b app.js:5
//! ALL /c/:id app.js:5
//! GET /^\/d\/(.*)$/ app.js:6
//! ```

use isobar_migrate_model::FindingCode;

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::value::{RouterId, Value};
use crate::recognize::method_names::METHODS;
use crate::recognize::path::{PathPattern, paths_of};
use crate::recognize::{Layer, handler};

/// The HTTP method that a router's function registers for, when it is one.
pub(super) fn method(name: &str) -> Option<String> {
    match name {
        "all" => Some("ALL".to_owned()),
        "del" => Some("DELETE".to_owned()),
        _ => METHODS.contains(&name).then(|| name.to_uppercase()),
    }
}

/// `router.METHOD(path, …)`.
pub(super) fn register(
    machine: &mut Machine<'_>,
    router: RouterId,
    name: &str,
    call: &Call,
) -> Value {
    let Some(method) = method(name) else {
        return Value::Unknown;
    };
    let paths = match paths_of(machine, &call.argument(0)) {
        Some(paths) => paths,
        // `router.get(handler)` of a promise router, or a path that is not known.
        None if call.arguments.len() == 1 => vec![PathPattern::Text("/".into())],
        None => vec![PathPattern::Unknown],
    };
    if paths.contains(&PathPattern::Unknown) {
        machine.find_unresolved(&method, call.site);
    }
    let handlers = handler::flatten(machine, &call.arguments[1.min(call.arguments.len())..]);
    let methods = vec![(method.into(), handlers)];
    let layer = Layer::Route {
        paths,
        methods,
        site: call.site,
    };
    machine.add_layer(router, layer);
    call.this.clone()
}

/// `router[method](…)` where the method is not known.
pub(super) fn register_unknown(machine: &mut Machine<'_>, _router: RouterId, call: &Call) -> Value {
    machine.find_unresolved("a method that is computed", call.site);
    call.this.clone()
}

impl Machine<'_> {
    /// Tells that a route is registered whose method or path is not known.
    pub(crate) fn find_unresolved(&mut self, method: &str, site: crate::machine::value::Site) {
        let message =
            format!("a route for {method} whose path is known only when the program runs");
        self.find(FindingCode::UnresolvedPath, site, message);
    }
}
