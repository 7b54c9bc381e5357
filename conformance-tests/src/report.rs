//! Results for people and for programs.

pub mod json;
pub mod junit;
pub mod manifest;
pub mod markdown;
pub mod record;
pub mod table;

pub use manifest::Manifest;

use crate::{Case, CaseResult, Outcome};

/// A finished run.
#[derive(Debug)]
pub struct Report {
    /// What makes the run repeatable.
    pub manifest: Manifest,
    /// The cases that were asked for.
    pub cases: Vec<Case>,
    /// The results, provider by provider, in the order of the cases.
    pub results: Vec<CaseResult>,
}

impl Report {
    /// How many results ended so.
    pub fn count(&self, outcome: Outcome) -> usize {
        let ended_so = |result: &&CaseResult| result.outcome == outcome;
        self.results.iter().filter(ended_so).count()
    }

    /// The providers, in the order of the run.
    pub(crate) fn providers(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.results.iter().map(|r| r.provider).collect();
        names.dedup();
        names
    }

    pub(crate) fn result(&self, case: &str, provider: &str) -> Option<&CaseResult> {
        let wanted = |result: &&CaseResult| result.case == case && result.provider == provider;
        self.results.iter().find(wanted)
    }
}
