//! Proof that the cases catch a broken rule: local drivers that break one rule at a time.
//!
//! Each [`Sabotage`] names the rule it breaks and the case that must fail for it. A suite that
//! still passes would prove nothing of the providers that pass it.
//!
//! The cases of the topics `fault` and `blob-fault` have none: decision record 0037 says what proves them instead.

mod blob;
mod blobs;
mod document;
mod door;
mod doors;
mod events;
mod filters;
mod publish;
mod queries;
mod rebuilt;
mod streams;
mod uploads;
mod values;
mod writes;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::door::Doors;
use crate::harness::{StartFailure, local};
use crate::{Case, CaseResult, Outcome, Provider, Settings, Topic, catalogue, run};
use blob::{BlobFault, SabotagedBlobs};
use document::{DocumentFault, SabotagedDocuments};
use door::{DoorFault, SabotagedDoors};
use publish::{SabotagedExchanges, TopicFault};

/// One broken rule.
#[derive(Clone, Copy)]
pub struct Sabotage {
    /// What is broken, as the fault of a store.
    pub name: &'static str,
    /// The case that must fail for it.
    pub case: &'static str,
    /// What that must say, where it would fail for another reason too.
    because: &'static str,
    harm: Harm,
    /// The doors that are broken, where those of the local platform have nothing of the kind.
    behind: Option<OtherDoors>,
}

#[derive(Clone, Copy)]
enum Harm {
    Document(DocumentFault),
    Blob(BlobFault),
    Door(DoorFault),
    Publish(TopicFault),
}

/// Starts others than the local platform's doors; nothing where there are none.
type OtherDoors = fn() -> Option<Arc<dyn Doors>>;

/// What the cases made of one sabotage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Catch {
    /// What was broken.
    pub sabotage: &'static str,
    /// The part it was broken in.
    pub topic: &'static str,
    /// The cases that failed; none where nothing noticed.
    pub cases: Vec<&'static str>,
    /// What the first of them said.
    pub detail: String,
}

impl Catch {
    /// Whether any case failed.
    pub fn is_caught(&self) -> bool {
        !self.cases.is_empty()
    }
}

impl Sabotage {
    const fn document(name: &'static str, case: &'static str, fault: DocumentFault) -> Self {
        Self::new(name, case, Harm::Document(fault))
    }

    const fn blob(name: &'static str, case: &'static str, fault: BlobFault) -> Self {
        Self::new(name, case, Harm::Blob(fault))
    }

    const fn door(name: &'static str, case: &'static str, fault: DoorFault) -> Self {
        Self::new(name, case, Harm::Door(fault))
    }

    const fn publish(name: &'static str, case: &'static str, fault: TopicFault) -> Self {
        Self::new(name, case, Harm::Publish(fault))
    }

    const fn new(name: &'static str, case: &'static str, harm: Harm) -> Self {
        Self {
            name,
            case,
            because: "",
            harm,
            behind: None,
        }
    }

    /// Breaks other doors than those of the local platform.
    const fn behind(mut self, doors: OtherDoors) -> Self {
        self.behind = Some(doors);
        self
    }

    /// Is caught only by a failure with this text.
    const fn because(mut self, text: &'static str) -> Self {
        self.because = text;
        self
    }

    /// The part it is broken in.
    pub fn topic(&self) -> Topic {
        match self.harm {
            Harm::Document(_) => Topic::Document,
            Harm::Blob(_) => Topic::Blob,
            Harm::Door(_) => Topic::Gateway,
            Harm::Publish(_) => Topic::Publish,
        }
    }

    fn apply(self, provider: Provider) -> Provider {
        let (documents, blobs) = (provider.documents.clone(), provider.blobs.clone());
        let others = self.behind.and_then(|others| others());
        let doors = others.or_else(|| provider.doors.clone());
        let exchanges = provider.exchanges.clone();
        match self.harm {
            Harm::Document(fault) => Provider {
                documents: documents.map(|inner| SabotagedDocuments::over(inner, fault)),
                ..provider
            },
            Harm::Blob(fault) => Provider {
                blobs: blobs.map(|inner| SabotagedBlobs::over(inner, fault)),
                ..provider
            },
            Harm::Door(fault) => Provider {
                doors: doors.map(|inner| SabotagedDoors::over(inner, fault)),
                ..provider
            },
            Harm::Publish(fault) => Provider {
                exchanges: exchanges.map(|inner| SabotagedExchanges::over(inner, fault)),
                ..provider
            },
        }
    }
}

impl fmt::Debug for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sabotage({:?})", self.name)
    }
}

/// All sabotages.
pub fn all() -> Vec<Sabotage> {
    [
        writes::ALL,
        values::ALL,
        queries::ALL,
        filters::ALL,
        blobs::ALL,
        uploads::ALL,
        doors::ALL,
        events::ALL,
        streams::ALL,
        publish::ALL,
    ]
    .concat()
}

/// The cases that do not pass without any sabotage; there must be none.
pub async fn baseline(settings: &Arc<Settings>) -> Result<Vec<CaseResult>, StartFailure> {
    let provider = Arc::new(local::start_in_memory().await?);
    let sabotages = all();
    let cases: Vec<Case> = catalogue()
        .into_iter()
        .filter(|case| {
            let mut concerned = sabotages.iter();
            concerned.any(|sabotage| sabotage.topic() == case.topic || sabotage.case == case.id)
        })
        .collect();
    let mut results = run(&provider, settings, &cases, |_, _| {}).await;
    let elsewhere = sabotages.iter().filter(|one| one.behind.is_some());
    let elsewhere: BTreeMap<&str, Sabotage> = elsewhere.map(|one| (one.case, *one)).collect();
    results.retain(|result| match result.outcome {
        Outcome::Supported => false,
        Outcome::NotVerified | Outcome::RefusedAsDeclared => !elsewhere.contains_key(result.case),
        _ => true,
    });
    for (case, sabotage) in elsewhere {
        results.extend(baseline_behind(sabotage, case, settings).await?);
    }
    Ok(results)
}

/// The same of a case behind the doors that a sabotage breaks.
async fn baseline_behind(
    sabotage: Sabotage,
    case: &str,
    settings: &Arc<Settings>,
) -> Result<Vec<CaseResult>, StartFailure> {
    let provider = Arc::new(Provider {
        doors: sabotage.behind.and_then(|others| others()),
        ..local::start_in_memory().await?
    });
    let cases = catalogue().into_iter().filter(|known| known.id == case);
    let cases: Vec<Case> = cases.collect();
    let mut results = run(&provider, settings, &cases, |_, _| {}).await;
    results.retain(|result| result.outcome != Outcome::Supported);
    Ok(results)
}

/// Runs the case that must fail for the sabotage and, where it does not, all of its topic.
pub async fn attempt(sabotage: Sabotage, settings: &Arc<Settings>) -> Result<Catch, StartFailure> {
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for case in catalogue() {
        match case {
            case if case.id == sabotage.case => named.push(case),
            case if case.topic == sabotage.topic() => others.push(case),
            _ => {}
        }
    }
    let mut failed = failures(sabotage, settings, &named).await?;
    if failed.is_empty() {
        failed = failures(sabotage, settings, &others).await?;
    }
    Ok(Catch {
        sabotage: sabotage.name,
        topic: sabotage.topic().name(),
        cases: failed.iter().map(|result| result.case).collect(),
        detail: failed
            .into_iter()
            .next()
            .map_or_else(String::new, |result| result.detail),
    })
}

async fn failures(
    sabotage: Sabotage,
    settings: &Arc<Settings>,
    cases: &[Case],
) -> Result<Vec<CaseResult>, StartFailure> {
    let provider = Arc::new(sabotage.apply(local::start_in_memory().await?));
    let mut results = run(&provider, settings, cases, |_, _| {}).await;
    results.retain(|result| {
        result.outcome == Outcome::Failed && result.detail.contains(sabotage.because)
    });
    Ok(results)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Rules that no sabotage of a driver can break, and what holds them.
    const HELD_ELSEWHERE: [(&str, &str); 2] = [
        ("R2", "decimals are not part of the portable interface yet"),
        ("R24", "stored bytes: the tests of each provider's format"),
    ];

    #[test]
    fn each_rule_about_documents_has_a_sabotage() {
        let cases = catalogue();
        let broken: BTreeSet<&str> = all()
            .iter()
            .filter(|sabotage| sabotage.topic() == Topic::Document)
            .filter_map(|sabotage| cases.iter().find(|case| case.id == sabotage.case))
            .flat_map(|case| case.rules.split(' '))
            .collect();
        let rules: Vec<String> = (1..=24).map(|number| format!("R{number}")).collect();
        for rule in rules {
            let elsewhere = HELD_ELSEWHERE.iter().any(|(held, _)| *held == rule);
            assert_eq!(broken.contains(&*rule), !elsewhere, "{rule}");
        }
    }
}
