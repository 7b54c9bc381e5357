//! What is known of one route while a script runs, and the verdict that follows from it.

use std::collections::BTreeMap;

use super::report::{RequestDifference, RouteResult, Verdict};
use crate::config::Availability;
use crate::table::{RouteId, Table};

/// What is known of one route so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) requests: usize,
    pub(super) statuses: BTreeMap<u16, usize>,
    pub(super) differences: Vec<RequestDifference>,
    pub(super) different: usize,
    pub(super) withheld: bool,
    pub(super) unanswered: usize,
    /// How many requests the ported application left to the legacy one.
    pub(super) handed_back: usize,
}

impl Tally {
    pub(super) fn result(self, table: &Table, id: RouteId) -> RouteResult {
        let reason = self.unverified(table, id);
        let verdict = if self.different > 0 {
            Verdict::Different
        } else if reason.is_some() {
            Verdict::NotVerified
        } else {
            Verdict::Equal
        };
        RouteResult {
            route: table.route(id).key(),
            reason: reason.filter(|_| verdict == Verdict::NotVerified),
            verdict,
            requests: self.requests,
            statuses: self.statuses,
            differences: self.differences,
            different: self.different,
        }
    }

    /// Why equal answers, or none, prove nothing.
    fn unverified(&self, table: &Table, id: RouteId) -> Option<String> {
        if let Availability::LegacyOnly(reason) = &table.route(id).availability {
            return Some(format!("it stays with the legacy application: {reason}"));
        }
        if self.requests == 0 && self.withheld {
            return Some("its requests could change something, and the applications were not started here (--allow-writes sends them)".to_owned());
        }
        if self.requests == 0 {
            return Some("no request reached it".to_owned());
        }
        if self.handed_back == self.requests {
            return Some("the ported application leaves each request to the legacy one".to_owned());
        }
        if self.statuses.is_empty() {
            return Some("neither application answered".to_owned());
        }
        // A refusal is mostly that of something before the route.
        let refused = self
            .statuses
            .keys()
            .all(|status| (400..500).contains(status));
        let told: Vec<String> = self
            .statuses
            .iter()
            .map(|(status, count)| format!("{status} x{count}"))
            .collect();
        refused.then(|| format!("only refusals were seen ({})", told.join(", ")))
    }
}
