//! One route: what it answers to, what runs before it and whether it can move.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Contract, Place, Reason, Verdict};

/// One route as Express registered it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// Method in capitals; `ALL` for `app.all`.
    pub method: String,
    /// Full path with every mount prefix, written as Express writes it: `:name`, `*`, and a
    /// regular expression as its literal.
    pub path: String,
    /// File of the call that registered the route, relative to the scanned directory.
    pub file: String,
    /// Line of that call, from 1.
    pub line: u32,
    /// The route's own functions in order: route-level middleware, then the handler.
    pub handlers: Vec<Handler>,
    /// Middleware registered before the route, outermost and earliest first.
    pub middleware: Vec<Middleware>,
    /// Whether the route can leave the legacy application.
    pub verdict: Verdict,
    /// What holds the route back; empty when it can move.
    pub reasons: Vec<Reason>,
    /// Names of the state groups that the route belongs to.
    pub state_groups: Vec<String>,
    /// Whether a request to this route can change anything: state, a store, a file.
    pub writes: bool,
    /// What the code shows of the request and the answers.
    pub contract: Contract,
}

impl Route {
    /// The name by which reports and other parts of the model refer to this route.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Sets what holds the route back, and the verdict that follows from it.
    pub fn set_reasons(&mut self, reasons: Vec<Reason>) {
        self.verdict = if reasons.is_empty() {
            Verdict::Ported
        } else {
            Verdict::Blocked
        };
        self.reasons = reasons;
    }

    /// Where the route was registered.
    pub fn place(&self) -> Place {
        Place::new(self.file.clone(), self.line)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// One function of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handler {
    /// Name of the function, or the text of the expression that names it; empty for an
    /// anonymous function.
    pub name: String,
    /// Where the function's source begins; absent when it was not found.
    pub place: Option<Place>,
    /// Byte offsets of the function's source in its file, start and end.
    pub span: Option<(u32, u32)>,
    /// The package that made the function, when it is not the application's own.
    pub library: Option<String>,
}

/// The level at which middleware was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Layer {
    /// `app.use`.
    Application,
    /// `router.use`.
    Router,
    /// `app.param` or `router.param`.
    Param,
}

/// One function that Express may run before the route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Middleware {
    /// The function itself.
    #[serde(flatten)]
    pub handler: Handler,
    /// The mount path it was registered for, with every prefix; `/` when it runs for all.
    pub path: String,
    /// File of the `use` call.
    pub file: String,
    /// Line of the `use` call.
    pub line: u32,
    /// Level of the `use` call.
    pub layer: Layer,
    /// Whether the mount path can match the route's path.
    pub applies: bool,
}
