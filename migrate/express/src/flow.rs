//! What a ported function asks the router to do when it returns.

use crate::value::{JsValue, Thrown};

/// What a handler, middleware, error handler or param hook returns; an error is what Express calls `next(err)`.
pub type Handled = Result<Flow, Thrown>;

/// How the router goes on after a function that threw nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The function is done: it has answered, or it never will, as in Express when `next` is not called.
    Done,
    /// `next()`: the next function of the stack.
    Next,
    /// `next('route')`: the next route that matches.
    NextRoute,
    /// `next('router')`: leaves this router.
    NextRouter,
}

impl Flow {
    /// `next(value)`, where only running the program shows what the value is.
    ///
    /// A falsy value goes on, the words `route` and `router` mean what they mean in Express, and anything else is an
    /// error (`express/lib/router/index.js` and `route.js`, `next`).
    pub fn next_with(value: impl Into<JsValue>) -> Handled {
        let value = value.into();
        if !value.truthy() {
            return Ok(Self::Next);
        }
        if value == "route" {
            return Ok(Self::NextRoute);
        }
        if value == "router" {
            return Ok(Self::NextRouter);
        }
        Err(Thrown::new(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_with_a_value_does_what_express_does() {
        assert_eq!(Flow::next_with(JsValue::Undefined).unwrap(), Flow::Next);
        assert_eq!(Flow::next_with(0).unwrap(), Flow::Next);
        assert_eq!(Flow::next_with("route").unwrap(), Flow::NextRoute);
        assert_eq!(Flow::next_with("router").unwrap(), Flow::NextRouter);
        assert_eq!(Flow::next_with("oops").unwrap_err().to_string(), "oops");
    }
}
