//! Compares one scan with one recorded application.

use isobar_migrate_model::{Application, Layer, Route};
use serde::Serialize;

use crate::truth::{Exclusions, TrueRoute, Truth};

/// Lines by which a site may differ and still count.
const LINE_TOLERANCE: u32 = 3;

/// How a scan compares.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Score {
    pub(crate) app: String,
    /// Whether the sources were there.
    pub(crate) run: bool,
    /// Recorded routes.
    pub(crate) routes: usize,
    /// Recorded routes in the static subset.
    pub(crate) static_routes: usize,
    /// Those whose method and full path were reported.
    pub(crate) found: usize,
    /// Those of the static subset.
    pub(crate) static_found: usize,
    /// Found routes whose file and line agree.
    pub(crate) sites: usize,
    /// Found routes before which as much middleware was found as real Express ran.
    pub(crate) middleware: usize,
    /// Reported routes that were not recorded.
    pub(crate) wrong: usize,
    /// Recorded routes that were not reported.
    pub(crate) missed: Vec<String>,
    /// Reported routes that were not recorded, by name and place.
    pub(crate) wrong_routes: Vec<String>,
    /// How long the scan took.
    pub(crate) milliseconds: u128,
}

impl Score {
    pub(crate) fn not_run(truth: &Truth, exclusions: &Exclusions) -> Self {
        Self {
            run: false,
            ..compare(truth, exclusions, &Application::default())
        }
    }
}

/// Pairs recorded with reported routes: each reported route counts once.
pub(crate) fn compare(truth: &Truth, exclusions: &Exclusions, application: &Application) -> Score {
    let mut score = Score {
        app: truth.app.clone(),
        run: true,
        routes: truth.routes.len(),
        ..Score::default()
    };
    let mut left: Vec<&Route> = application.routes.iter().collect();
    let mut excluded = std::collections::BTreeMap::new();
    for recorded in &truth.routes {
        let key = format!("{} {}", recorded.method, recorded.path);
        let found = best(&left, recorded, truth.base());
        let taken = excluded.entry(key.clone()).or_insert(0);
        let is_static = *taken >= exclusions.count(&truth.app, &key);
        *taken += 1;
        score.static_routes += usize::from(is_static);
        let Some(index) = found else {
            let note = if is_static { "" } else { " (excluded)" };
            score.missed.push(format!("{key}{note}"));
            continue;
        };
        let route = left.swap_remove(index);
        score.found += 1;
        score.static_found += usize::from(is_static);
        score.sites += usize::from(is_same_site(route, recorded, truth.base()));
        score.middleware += usize::from(has_same_chain(route, recorded, truth));
    }
    score.wrong = left.len();
    score.wrong_routes = left
        .iter()
        .map(|route| format!("{route} {}", route.place()))
        .collect();
    score
}

fn best(left: &[&Route], recorded: &TrueRoute, base: &str) -> Option<usize> {
    let equal = |route: &&Route| route.method == recorded.method && route.path == recorded.path;
    let exact = left
        .iter()
        .position(|route| equal(route) && is_same_site(route, recorded, base));
    exact.or_else(|| left.iter().position(equal))
}

fn is_same_site(route: &Route, recorded: &TrueRoute, base: &str) -> bool {
    let (file, line) = recorded.site();
    route.file.strip_prefix(base) == Some(file) && route.line.abs_diff(line) <= LINE_TOLERANCE
}

/// Whether as much middleware was found as ran. Express 4 puts two functions of its own in front
/// of every application, mounted ones included; `param` handlers are no middleware there.
fn has_same_chain(route: &Route, recorded: &TrueRoute, truth: &Truth) -> bool {
    let found = route
        .middleware
        .iter()
        .filter(|middleware| middleware.layer != Layer::Param)
        .count();
    let Some(rest) = recorded.inherited_middleware.checked_sub(found) else {
        return false;
    };
    if truth.express.starts_with('4') {
        rest > 0 && rest % 2 == 0
    } else {
        rest == 0
    }
}
