//! What a ported function asks the router to do when it returns.

use crate::value::{JsValue, Thrown};

/// What a handler, middleware, error handler or param hook returns; an error is a thrown value.
pub type Handled = Result<Flow, Thrown>;

/// How the router goes on after a function that threw nothing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Flow {
    /// The function is done: it has answered, or it never will, as in Express when `next` is not called.
    Done,
    /// `next()`: the next function of the stack.
    Next,
    /// `next('route')`: the next route that matches.
    NextRoute,
    /// `next('router')`: leaves this router.
    NextRouter,
    /// `next(error)`: the next error handler.
    Error(Thrown),
}

impl Flow {
    /// `next(value)`, where only running the program shows what the value is.
    ///
    /// A falsy value goes on, the words `route` and `router` mean what they mean in Express, and anything else is an
    /// error (`express/lib/router/index.js` and `route.js`, `next`).
    ///
    /// In an `async` function of an Express 4 application this differs from throwing the value: see
    /// [`promise`](crate::promise).
    pub fn next_with(value: impl Into<JsValue>) -> Handled {
        Ok(Self::of(value.into()))
    }

    pub(crate) fn of(value: JsValue) -> Self {
        if !value.truthy() {
            Self::Next
        } else if value == "route" {
            Self::NextRoute
        } else if value == "router" {
            Self::NextRouter
        } else {
            Self::Error(Thrown::new(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Into<JsValue>, expected: &str) {
        assert_eq!(format!("{:?}", Flow::next_with(value).unwrap()), expected);
    }

    #[test]
    fn next_with_a_value_does_what_express_does() {
        check(JsValue::Undefined, "Next");
        check(0, "Next");
        check("route", "NextRoute");
        check("router", "NextRouter");
        check("oops", "Error(Thrown(oops))");
    }
}
