//! What a case is, and the list of all of them.

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;

use isobar::Capability;

use crate::{Context, Failure, blob, document, fault, function, gateway};

/// The part of the portable interface that a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Documents.
    Document,
    /// Blobs.
    Blob,
    /// Requests and responses.
    Gateway,
    /// Invocations and events.
    Function,
    /// What a network and a busy service do to requests about documents.
    Fault,
    /// What they do to requests about blobs.
    BlobFault,
}

impl Topic {
    /// Every topic, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Document,
        Self::Blob,
        Self::Gateway,
        Self::Function,
        Self::Fault,
        Self::BlobFault,
    ];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Blob => "blob",
            Self::Gateway => "gateway",
            Self::Function => "function",
            Self::Fault => "fault",
            Self::BlobFault => "blob-fault",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Topic {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|topic| topic.name() == name);
        found.ok_or_else(|| {
            let all = "document, blob, gateway, function, fault, blob-fault";
            format!("{name:?} is none of {all}")
        })
    }
}

/// A running case.
pub type CaseFuture = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// One rule as a program.
#[derive(Clone, Copy)]
pub struct Case {
    /// The id in the list of cases, such as `D-200`; stable across releases.
    pub id: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// The sentence that must hold.
    pub title: &'static str,
    /// The rules of the portable semantics that it checks, such as `R1 R6`.
    pub rules: &'static str,
    /// What a provider must declare; one that does not must refuse with `Unsupported`.
    pub needs: &'static [Capability],
    /// Whether it runs while no other case does.
    pub(crate) alone: bool,
    pub(crate) body: fn(Context) -> CaseFuture,
}

impl Case {
    pub(crate) const fn document(
        id: &'static str,
        title: &'static str,
        rules: &'static str,
        body: fn(Context) -> CaseFuture,
    ) -> Self {
        Self::new(Topic::Document, [id, title, rules], body)
    }

    pub(crate) const fn blob(
        id: &'static str,
        title: &'static str,
        rules: &'static str,
        body: fn(Context) -> CaseFuture,
    ) -> Self {
        Self::new(Topic::Blob, [id, title, rules], body)
    }

    pub(crate) const fn gateway(
        id: &'static str,
        title: &'static str,
        rules: &'static str,
        body: fn(Context) -> CaseFuture,
    ) -> Self {
        Self::new(Topic::Gateway, [id, title, rules], body)
    }

    pub(crate) const fn function(
        id: &'static str,
        title: &'static str,
        rules: &'static str,
        body: fn(Context) -> CaseFuture,
    ) -> Self {
        Self::new(Topic::Function, [id, title, rules], body)
    }

    pub(crate) const fn fault(
        id: &'static str,
        title: &'static str,
        rules: &'static str,
        body: fn(Context) -> CaseFuture,
    ) -> Self {
        Self::new(Topic::Fault, [id, title, rules], body)
    }

    pub(crate) const fn blob_fault(
        id: &'static str,
        title: &'static str,
        rules: &'static str,
        body: fn(Context) -> CaseFuture,
    ) -> Self {
        Self::new(Topic::BlobFault, [id, title, rules], body)
    }

    const fn new(
        topic: Topic,
        [id, title, rules]: [&'static str; 3],
        body: fn(Context) -> CaseFuture,
    ) -> Self {
        Self {
            id,
            topic,
            title,
            rules,
            needs: &[],
            alone: false,
            body,
        }
    }

    /// For a case that measures the process, or keeps an emulator from answering others in time.
    pub(crate) const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    pub(crate) const fn needs(mut self, capabilities: &'static [Capability]) -> Self {
        self.needs = capabilities;
        self
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({} {:?})", self.id, self.title)
    }
}

/// All cases, by topic and id.
pub fn catalogue() -> Vec<Case> {
    let mut cases: Vec<Case> = document::CASES
        .iter()
        .chain(blob::CASES)
        .chain(gateway::CASES)
        .chain(function::CASES)
        .chain(fault::CASES)
        .flat_map(|group| group.iter().copied())
        .collect();
    cases.sort_by_key(|case| (case.topic, case.id));
    cases
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::catalogue;

    /// The ids of the catalogue about blobs that the suite was written from.
    const BLOBS: &[RangeInclusive<u32>] = &[
        1..=22,
        200..=206,
        210..=215,
        220..=227,
        230..=241,
        250..=256,
        260..=267,
        270..=274,
        280..=285,
    ];

    #[test]
    fn each_model_about_blobs_has_a_case_or_a_reason_why_it_has_none() {
        let deviations = include_str!("../../docs/conformance-deviations.md");
        let cases = catalogue();
        for number in BLOBS.iter().cloned().flatten() {
            let id = format!("B-{number:03}");
            let has_case = cases.iter().any(|case| case.id == id);
            let mut rows = deviations.lines().filter(|line| line.starts_with('|'));
            let has_reason =
                rows.any(|row| row.split('|').nth(1).is_some_and(|ids| ids.contains(&id)));
            assert!(has_case || has_reason, "{id}");
        }
    }

    #[test]
    fn each_id_belongs_to_one_case() {
        let cases = catalogue();
        for pair in cases.windows(2) {
            assert_ne!(pair[0].id, pair[1].id, "{:?} and {:?}", pair[0], pair[1]);
        }
    }
}
