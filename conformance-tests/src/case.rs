//! What a case is, and the list of all of them.

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;

use isobar::Capability;

use crate::{Context, Failure, blob, document, fault, function, gateway, publish};

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
    /// Sending messages.
    Publish,
}

impl Topic {
    /// Every topic, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Document,
        Self::Blob,
        Self::Gateway,
        Self::Function,
        Self::Fault,
        Self::BlobFault,
        Self::Publish,
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
            Self::Publish => "publish",
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
            let all = "document, blob, gateway, function, fault, blob-fault, publish";
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

    pub(crate) const fn publish(
        id: &'static str,
        title: &'static str,
        rules: &'static str,
        body: fn(Context) -> CaseFuture,
    ) -> Self {
        let case = Self::new(Topic::Publish, [id, title, rules], body);
        case.needs(&[Capability::Publish])
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
        .chain(publish::CASES)
        .flat_map(|group| group.iter().copied())
        .collect();
    cases.sort_by_key(|case| (case.topic, case.id));
    cases
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::catalogue;

    /// The ids of the catalogue that the suite was written from, about documents.
    const DOCUMENTS: &[RangeInclusive<u32>] = &[
        1..=80,
        90..=114,
        120..=127,
        130..=136,
        200..=218,
        220..=224,
        230..=245,
        250..=257,
        260..=277,
        280..=286,
        290..=297,
        300..=306,
        310..=311,
    ];
    /// The same, about blobs.
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

    /// The same, about requests and invocations.
    const GATEWAY: &[RangeInclusive<u32>] = &[
        100..=112,
        200..=210,
        220..=229,
        240..=246,
        250..=253,
        260..=268,
        280..=280,
    ];

    /// The ids that a row about deviations is for, such as `D-003 to D-006` or `D-026, D-027`.
    fn ids(row: &str) -> Vec<String> {
        let cell = row.split('|').nth(1).unwrap_or_default();
        let cell = cell.split(" on ").next().unwrap_or_default();
        let mut ids = Vec::new();
        for part in cell.split(", ") {
            let (first, last) = part.trim().split_once(" to ").unwrap_or((part, part));
            let number = |id: &str| id.trim().get(2..).and_then(|id| id.parse::<u32>().ok());
            let (Some(first), Some(last)) = (number(first), number(last)) else {
                continue;
            };
            let kind = part.trim().get(..2).unwrap_or_default();
            ids.extend((first..=last).map(|number| format!("{kind}{number:03}")));
        }
        ids
    }

    #[test]
    fn each_model_has_a_case_or_a_reason_why_it_has_none() {
        let deviations = include_str!("../../docs/conformance-deviations.md");
        let rows = deviations.lines().filter(|line| line.starts_with('|'));
        let reasons: Vec<String> = rows.flat_map(ids).collect();
        let cases = catalogue();
        for (kind, numbers) in [('D', DOCUMENTS), ('B', BLOBS), ('G', GATEWAY)] {
            for number in numbers.iter().cloned().flatten() {
                let id = format!("{kind}-{number:03}");
                let has_case = cases.iter().any(|case| case.id == id);
                assert!(has_case || reasons.contains(&id), "{id}");
            }
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
