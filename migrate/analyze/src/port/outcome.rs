//! What became of each route.

use isobar_migrate_model::{Place, Reason};

/// One route and what holds it back, if anything does.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) place: Place,
    pub(crate) reasons: Vec<Reason>,
    /// The functions that run for it, by their place in the porter's table.
    pub(crate) functions: Vec<usize>,
}
