//! A function as a value: only as far as callbacks need it.

use std::fmt;
use std::sync::Arc;

use super::{JsString, JsValue, Thrown};

type Body = dyn Fn(&[JsValue]) -> Result<JsValue, Thrown> + Send + Sync;

/// A native closure that JavaScript values can refer to.
#[derive(Clone)]
pub struct JsFunction {
    name: JsString,
    body: Arc<Body>,
}

impl JsFunction {
    /// A function with a name (which may be empty) and a body that receives its arguments.
    pub fn new(
        name: impl Into<JsString>,
        body: impl Fn(&[JsValue]) -> Result<JsValue, Thrown> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            body: Arc::new(body),
        }
    }

    /// The function's `name`.
    pub fn name(&self) -> &JsString {
        &self.name
    }

    /// Calls the function with `undefined` as `this`.
    pub fn call(&self, arguments: &[JsValue]) -> Result<JsValue, Thrown> {
        (self.body)(arguments)
    }
}

impl fmt::Debug for JsFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[Function: {}]", self.name)
    }
}
