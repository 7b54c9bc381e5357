//! What a legacy application is: routes, handlers, state and findings as plain data.
//!
//! The scanner fills this model, every other part of the toolkit reads it, and `isobar scan
//! --json` prints it. Nothing here knows how the facts were found. The JSON form carries
//! [`FORMAT`]; a reader refuses a newer one.

mod application;
pub mod code;
mod contract;
mod finding;
mod place;
mod route;
mod state;
mod verdict;

pub use application::{Application, EnvironmentSetting, FORMAT};
pub use contract::{BodyShape, Contract, ResponseShape};
pub use finding::{Finding, FindingCode, Severity};
pub use place::Place;
pub use route::{Handler, Layer, Middleware, Route};
pub use state::{DataAccess, SharedState, StateGroup, StateKind};
pub use verdict::{Blocker, Reason, ReasonCode, Verdict, rank_blockers};
