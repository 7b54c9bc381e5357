//! What is said over the control socket: one line of JSON each way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::change::{Change, Wish};
use crate::config::Availability;
use crate::ledger::Occasion;
use crate::proxy::ShadowCounts;
use crate::state::RouteState;
use crate::table::{RouteId, States, Table};

/// No line is longer, in bytes.
pub(super) const LONGEST_LINE: u64 = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Question {
    Change { wish: Wish, occasion: Occasion },
    Report,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Answer {
    Changed(Change),
    Report(Vec<RouteReport>),
    /// Against the rules; nothing was changed.
    Refused(String),
    Failed(String),
}

/// One route as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteReport {
    /// Its key.
    pub route: String,
    /// Its state.
    pub state: RouteState,
    /// The group with which it moves.
    pub group: Option<String>,
    /// Why the ported application does not have it, where it does not.
    pub legacy_only: Option<String>,
    /// What became of copies of its requests.
    pub shadow: ShadowCounts,
}

pub(super) fn report(
    table: &Table,
    states: &States,
    shadow: &BTreeMap<RouteId, ShadowCounts>,
) -> Vec<RouteReport> {
    table
        .routes()
        .map(|(id, route)| RouteReport {
            route: route.key(),
            state: states.of(id),
            group: route.group.clone(),
            legacy_only: match &route.availability {
                Availability::Ported => None,
                Availability::LegacyOnly(reason) => Some(reason.clone()),
            },
            shadow: shadow.get(&id).copied().unwrap_or_default(),
        })
        .collect()
}
