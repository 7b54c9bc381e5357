//! What a verification found, route by route.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compare::Difference;

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The listed routes, in order.
    pub routes: Vec<RouteResult>,
    /// Requests that no listed route takes, and that the two sides answered differently. They belong to the legacy
    /// application in every state, so this is only worth knowing.
    pub beside: Vec<RequestDifference>,
    /// How many requests were sent to both sides.
    pub requests: usize,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteResult {
    /// Its key.
    pub route: String,
    /// Whether the sides agree.
    pub verdict: Verdict,
    /// Why it was not verified.
    pub reason: Option<String>,
    /// How many requests reached it.
    pub requests: usize,
    /// How often the legacy side answered with each status.
    pub statuses: BTreeMap<u16, usize>,
    /// The requests to which the sides answered differently: the first few.
    pub differences: Vec<RequestDifference>,
    /// How many requests were answered differently.
    pub different: usize,
}

/// Whether the two sides answer a route the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Every request to it was answered the same.
    Equal,
    /// At least one was not.
    Different,
    /// Nothing can be said.
    NotVerified,
}

/// A request to which the sides answered differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestDifference {
    /// Method, path and query.
    pub request: String,
    /// The body that was sent, where there was one.
    pub body: Option<String>,
    /// Where the answers differ.
    pub differences: Vec<Difference>,
}

impl Report {
    /// How many routes have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.routes
            .iter()
            .filter(|route| route.verdict == verdict)
            .count()
    }
}
