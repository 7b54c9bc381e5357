//! Where each route stands: who answers it now, and whether the ported side has been shown to answer the same.

use std::collections::BTreeMap;

use isobar_migrate_gateway::config::{Availability, Migration};
use isobar_migrate_gateway::state::RouteState;
use isobar_migrate_gateway::table::Table;
use isobar_migrate_gateway::verify::{self, Report, RouteResult};
use isobar_migrate_gateway::{Places, read_states};
use isobar_migrate_model::{Application, Route, Verdict as PortVerdict};
use serde::Serialize;

use crate::exit::Failure;
use crate::runtime::failed;

/// One route of the application.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing {
    /// Method and path.
    pub(super) route: String,
    /// Where it is registered.
    pub(super) place: String,
    /// Who answers it: `legacy`, `shadow`, `canary N%` or `ported`.
    pub(super) state: String,
    pub(super) verdict: Verdict,
    /// Why it stays, or why nothing can be said.
    pub(super) reasons: Vec<String>,
    /// What was asked and what differed; absent where the gateway does not list the route.
    #[serde(flatten)]
    pub(super) asked: Option<Asked>,
}

/// What the verification did with a route.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    pub(super) requests: usize,
    pub(super) different: usize,
    pub(super) statuses: BTreeMap<u16, usize>,
    pub(super) differences: Vec<verify::RequestDifference>,
}

/// What is known of a route's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Verdict {
    /// Ported, and each request was answered the same by both sides.
    Equal,
    /// Ported, and a request was answered differently.
    Different,
    /// Ported, and nothing is proven.
    NotVerified,
    /// Not ported.
    Stays,
}

/// What the gateway's files and the verification say, by route.
#[derive(Default)]
pub(super) struct Known(BTreeMap<String, Listed>);

struct Listed {
    state: RouteState,
    stays: bool,
    result: RouteResult,
}

impl Known {
    pub(super) fn of(
        migration: &Migration,
        report: &Report,
        places: &Places,
    ) -> Result<Self, Failure> {
        let table = Table::new(migration).map_err(failed)?;
        let states = read_states(places, &table).map_err(failed)?;
        let results = table.routes().zip(&report.routes);
        let listed = results.map(|((id, spec), result)| {
            let listed = Listed {
                state: states.of(id),
                stays: matches!(spec.availability, Availability::LegacyOnly(_)),
                result: result.clone(),
            };
            (spec.key(), listed)
        });
        Ok(Self(listed.collect()))
    }
}

/// All routes in the order of their registration.
pub(super) fn standings(application: &Application, known: &Known) -> Vec<Standing> {
    let standing = |route| standing(route, known.0.get(&Route::key(route)));
    application.routes.iter().map(standing).collect()
}

/// How many routes were ported.
pub(super) fn ported(application: &Application) -> usize {
    let routes = application.routes.iter();
    routes
        .filter(|route| route.verdict == PortVerdict::Ported)
        .count()
}

fn standing(route: &Route, listed: Option<&Listed>) -> Standing {
    let stays = listed.map_or(route.verdict == PortVerdict::Blocked, |listed| listed.stays);
    let verdict = match listed {
        _ if stays => Verdict::Stays,
        None => Verdict::NotVerified,
        Some(listed) => match listed.result.verdict {
            verify::Verdict::Equal => Verdict::Equal,
            verify::Verdict::Different => Verdict::Different,
            verify::Verdict::NotVerified => Verdict::NotVerified,
        },
    };
    let reasons = match (verdict, listed) {
        (Verdict::Stays, _) => route.reasons.iter().map(ToString::to_string).collect(),
        (Verdict::NotVerified, None) => vec![UNLISTED.to_owned()],
        (_, listed) => listed
            .and_then(|listed| listed.result.reason.clone())
            .into_iter()
            .collect(),
    };
    Standing {
        route: route.key(),
        place: route.place().to_string(),
        state: listed
            .map_or(RouteState::Legacy, |listed| listed.state)
            .to_string(),
        verdict,
        reasons,
        asked: listed.map(asked),
    }
}

const UNLISTED: &str =
    "its path has no pattern of its own, so the gateway cannot tell it from others";

fn asked(listed: &Listed) -> Asked {
    let result = listed.result.clone();
    Asked {
        requests: result.requests,
        different: result.different,
        statuses: result.statuses,
        differences: result.differences,
    }
}
