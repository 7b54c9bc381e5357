//! Which values of a route's answers differ from run to run, as the code that makes them says.
//!
//! A field is noise where what is put there comes from a clock, from chance or from a generator of ids: directly, by way
//! of variables, of functions that return it, or of properties that middleware has set on the request. What only
//! compares such values or counts with them in ways that are not followed here is not noise; it shows as a difference.

mod kind;
mod origin;
mod reached;
mod sight;

use std::collections::{BTreeMap, BTreeSet};

use isobar_migrate_model::Application;
use isobar_migrate_model::code::{FunctionId, Program};

use crate::compare::NoiseMark;
use origin::Origins;
use reached::Reached;

/// The marks of each route of `application` that has any, by [`Route::key`](isobar_migrate_model::Route::key).
pub fn noise_in_code(
    program: &Program,
    application: &Application,
) -> BTreeMap<String, Vec<NoiseMark>> {
    let origins = Origins::of(program);
    let made: Vec<BTreeSet<NoiseMark>> = program
        .functions
        .iter()
        .enumerate()
        .map(|(id, function)| sight::marks(&origins, FunctionId(id), function))
        .collect();
    let reached = Reached::of(program);
    let mut noise = BTreeMap::new();
    for route in &application.routes {
        let functions = reached.by_route(&route.method, &route.place());
        let marks: BTreeSet<NoiseMark> = functions
            .into_iter()
            .flat_map(|id| made[id.0].iter().cloned())
            .collect();
        if !marks.is_empty() {
            noise.insert(route.key(), marks.into_iter().collect());
        }
    }
    noise
}
