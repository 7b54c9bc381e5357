//! Recognizes the package `methods`: the names of all HTTP methods, to loop over.
//!
//! ```js
//! const methods = require('methods');
//! const app = require('express')();
//! methods.filter((name) => ['get', 'copy'].includes(name)).forEach((name) => app[name]('/x', h));
//! ```
//! ```routes
//! COPY /x app.js:3
//! GET /x app.js:3
//! ```

use crate::machine::Machine;
use crate::machine::value::{Site, Value};

/// The methods that Express registers functions for: `http.METHODS` of Node.js 20, lower case.
pub(super) const METHODS: [&str; 34] = [
    "acl",
    "bind",
    "checkout",
    "connect",
    "copy",
    "delete",
    "get",
    "head",
    "link",
    "lock",
    "m-search",
    "merge",
    "mkactivity",
    "mkcalendar",
    "mkcol",
    "move",
    "notify",
    "options",
    "patch",
    "post",
    "propfind",
    "proppatch",
    "purge",
    "put",
    "rebind",
    "report",
    "search",
    "source",
    "subscribe",
    "trace",
    "unbind",
    "unlink",
    "unlock",
    "unsubscribe",
];

/// `require('methods')`.
pub(super) fn module(machine: &mut Machine<'_>, site: Site) -> Value {
    let names = METHODS.iter().map(|name| Value::from(*name)).collect();
    machine.array(names, site)
}
