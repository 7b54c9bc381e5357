//! Recognizes request handlers among functions, by the names of their parameters.
//!
//! Code that is handed a handler does not run it while the application starts, so that what a
//! handler does is not mistaken for what start-up does.
//!
//! ```js
//! const app = require('express')();
//! const wrap = require('some-wrapper');
//! app.get('/a', [check, [load]], wrap(async (req, res) => { app.get('/never', res); }));
//! ```
//! ```routes
//! GET /a app.js:3
//! ```

use crate::machine::Machine;
use crate::machine::value::{ObjectId, Value};

/// What the parameters of a function say that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandlerShape {
    /// `(req, res)`, `(req, res, next)`.
    Request,
    /// `(err, req, res, next)`.
    Error,
    Other,
}

/// The shape of a function with these parameters.
pub(crate) fn handler_shape(names: &[&str]) -> HandlerShape {
    let is_request =
        |name: Option<&&str>| name.is_some_and(|name| is_named(name, "req", "request"));
    let is_response =
        |name: Option<&&str>| name.is_some_and(|name| is_named(name, "res", "response"));
    if is_request(names.first()) && (names.len() == 1 || is_response(names.get(1))) {
        return HandlerShape::Request;
    }
    if is_response(names.get(1)) && names.len() <= 4 {
        return HandlerShape::Request;
    }
    if is_request(names.get(1)) && is_response(names.get(2)) {
        return HandlerShape::Error;
    }
    HandlerShape::Other
}

fn is_named(name: &str, short: &str, long: &str) -> bool {
    let name = name
        .trim_start_matches('_')
        .trim_end_matches('_')
        .to_lowercase();
    name == short || name == long
}

/// Whether a function with these parameters handles requests.
pub(crate) fn looks_like_handler(names: &[&str]) -> bool {
    handler_shape(names) != HandlerShape::Other
}

/// Values and arrays that one list of arguments may hold.
const MAX_FLAT: usize = 10_000;

/// Arrays in arrays that are looked into.
const MAX_NESTED: usize = 64;

/// The values in a list of arguments, out of nested arrays. One that contains itself ends there.
pub(super) fn flatten(machine: &Machine<'_>, arguments: &[Value]) -> Vec<Value> {
    let mut flattening = Flattening {
        machine,
        outer: Vec::new(),
        seen: 0,
        flat: Vec::new(),
    };
    flattening.list(arguments);
    flattening.flat
}

struct Flattening<'m, 'a> {
    machine: &'m Machine<'a>,
    /// The arrays that are being looked into.
    outer: Vec<ObjectId>,
    seen: usize,
    flat: Vec<Value>,
}

impl Flattening<'_, '_> {
    fn list(&mut self, values: &[Value]) {
        for value in values {
            self.seen += 1;
            if self.seen > MAX_FLAT {
                return;
            }
            match (value.as_object(), self.machine.heap.array(value)) {
                (Some(id), Some(elements)) => self.array(id, elements),
                _ => self.flat.push(value.clone()),
            }
        }
    }

    fn array(&mut self, id: ObjectId, elements: &[Value]) {
        if self.outer.len() < MAX_NESTED && !self.outer.contains(&id) {
            self.outer.push(id);
            self.list(elements);
            self.outer.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_known_by_their_parameters() {
        for (names, shape) in [
            (&["req", "res"][..], HandlerShape::Request),
            (&["_req", "res", "next"], HandlerShape::Request),
            (&["err", "req", "res", "next"], HandlerShape::Error),
            (&["request", "response"], HandlerShape::Request),
            (&["app"], HandlerShape::Other),
            (&["err", "db"], HandlerShape::Other),
            (&[], HandlerShape::Other),
        ] {
            assert_eq!(handler_shape(names), shape, "{names:?}");
        }
    }
}
