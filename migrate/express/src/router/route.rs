//! The handlers of one path, by method.

use std::fmt;

use crate::handler::{Handler, IntoHandlers};

/// What `app.route(path)` returns: handlers in order of registration, each for one method or for all.
pub struct Route<S = ()> {
    pub(super) steps: Vec<Step<S>>,
}

/// One handler of a route.
#[derive(Debug)]
pub(super) struct Step<S> {
    /// In upper case; `None` for `all`.
    pub(super) method: Option<String>,
    pub(super) handler: Handler<S>,
}

impl<S> Route<S> {
    /// A route without handlers.
    pub fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Handlers for every method.
    #[must_use]
    pub fn all<M>(self, handlers: impl IntoHandlers<S, M>) -> Self {
        self.push(None, handlers)
    }

    /// Handlers for any method that Node's HTTP parser knows, in upper or lower case.
    #[must_use]
    pub fn on<M>(self, method: &str, handlers: impl IntoHandlers<S, M>) -> Self {
        self.push(Some(&method.to_ascii_uppercase()), handlers)
    }

    fn push<M>(mut self, method: Option<&str>, handlers: impl IntoHandlers<S, M>) -> Self {
        let step = |handler| Step {
            method: method.map(str::to_owned),
            handler,
        };
        self.steps
            .extend(handlers.into_handlers().into_iter().map(step));
        self
    }

    /// Whether a request of `method` may have a handler here. `HEAD` is served by `GET` handlers unless the route has
    /// its own for `HEAD`.
    pub(super) fn handles(&self, method: &str) -> bool {
        let wanted = self.effective_method(method);
        self.steps
            .iter()
            .any(|step| step.method.as_deref().is_none_or(|own| own == wanted))
    }

    /// The method whose handlers serve `method`.
    pub(super) fn effective_method<'m>(&self, method: &'m str) -> &'m str {
        if method == "HEAD" && !self.has("HEAD") {
            "GET"
        } else {
            method
        }
    }

    /// The methods that an automatic `OPTIONS` answer lists for this route, in order of registration.
    pub(super) fn allowed(&self) -> Vec<String> {
        let mut allowed: Vec<String> = Vec::new();
        for method in self.steps.iter().filter_map(|step| step.method.as_ref()) {
            if !allowed.contains(method) {
                allowed.push(method.clone());
            }
        }
        if self.has("GET") && !self.has("HEAD") {
            allowed.push("HEAD".to_owned());
        }
        allowed
    }

    fn has(&self, method: &str) -> bool {
        self.steps
            .iter()
            .any(|step| step.method.as_deref() == Some(method))
    }
}

impl<S> Default for Route<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods: Vec<&str> = self
            .steps
            .iter()
            .map(|step| step.method.as_deref().unwrap_or("*"))
            .collect();
        f.write_str(&methods.join(","))
    }
}
