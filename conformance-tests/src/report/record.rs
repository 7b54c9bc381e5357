//! Results as a report in JSON keeps them: read again, published, and compared.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::CaseResult;

/// One result, as a report in JSON has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The case's id.
    pub case: String,
    /// The provider's name.
    pub provider: String,
    /// How it ended, by its name.
    pub outcome: String,
    /// What that is worth, by its name.
    pub evidence: String,
    /// Why, where it is not supported.
    pub detail: String,
}

impl From<&CaseResult> for Record {
    fn from(result: &CaseResult) -> Self {
        Self {
            case: result.case.to_owned(),
            provider: result.provider.to_owned(),
            outcome: result.outcome.name().to_owned(),
            evidence: result.evidence.name().to_owned(),
            detail: result.detail.clone(),
        }
    }
}

#[derive(Deserialize)]
struct Document {
    results: Vec<Record>,
}

/// The results of a report in JSON.
pub fn read(json: &str) -> serde_json::Result<Vec<Record>> {
    serde_json::from_str(json).map(|document: Document| document.results)
}

/// The report as it is published: one result a line, so that a change of it reads well.
pub fn publish(report: &Report) -> serde_json::Result<String> {
    let manifest = serde_json::to_string_pretty(&report.manifest)?;
    let results = report.results.iter().map(serde_json::to_string);
    let results = results.collect::<serde_json::Result<Vec<_>>>()?;
    let results = results.join(",\n");
    Ok(format!(
        "{{\n\"manifest\": {manifest},\n\"results\": [\n{results}\n]\n}}\n"
    ))
}

/// What differs between two reports in one case of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    case: String,
    provider: String,
    before: Option<String>,
    after: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            |side: &Option<String>| side.as_deref().unwrap_or("not in the report").to_owned();
        let (before, after) = (text(&self.before), text(&self.after));
        write!(f, "{} on {}: {before} -> {after}", self.case, self.provider)
    }
}

/// The differences in outcome and evidence, by provider and case; details may differ.
pub fn differences(before: &[Record], after: &[Record]) -> Vec<Difference> {
    let (before, after) = (by_case(before), by_case(after));
    let keys = before
        .keys()
        .chain(after.keys().filter(|key| !before.contains_key(*key)));
    let mut found: Vec<Difference> = keys
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| Difference {
            case: key.1.to_owned(),
            provider: key.0.to_owned(),
            before: before.get(key).cloned(),
            after: after.get(key).cloned(),
        })
        .collect();
    found.sort_by(|a, b| (&a.provider, &a.case).cmp(&(&b.provider, &b.case)));
    found
}

fn by_case(records: &[Record]) -> BTreeMap<(&str, &str), String> {
    let worth = |record: &Record| format!("{} ({})", record.outcome, record.evidence);
    records
        .iter()
        .map(|record| {
            (
                (record.provider.as_str(), record.case.as_str()),
                worth(record),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use crate::report::markdown;

    fn record(case: &str, outcome: &str, detail: &str) -> Record {
        Record {
            case: case.to_owned(),
            provider: "p".to_owned(),
            outcome: outcome.to_owned(),
            evidence: "e".to_owned(),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn outcomes_differ_and_details_do_not() {
        let before = [
            record("1", "supported", ""),
            record("2", "failed", "a"),
            record("3", "x", ""),
        ];
        let after = [
            record("1", "failed", ""),
            record("2", "failed", "b"),
            record("4", "x", ""),
        ];
        let found: Vec<String> = differences(&before, &after)
            .iter()
            .map(Difference::to_string)
            .collect();
        let expected = [
            "1 on p: supported (e) -> failed (e)",
            "3 on p: x (e) -> not in the report",
            "4 on p: not in the report -> x (e)",
        ];
        assert_eq!(found, expected);
        assert_eq!(differences(&before, &before), []);
    }

    fn published(name: &str) -> String {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../docs")
            .join(name);
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    const RENEW: &str =
        "run the program of conformance-tests/cosmos with --publish docs and all providers";

    #[test]
    fn the_published_page_is_that_of_the_published_results() {
        let records = read(&published("conformance.json")).unwrap();
        let page = markdown::page(&catalogue(), &records);
        assert!(page == published("conformance.md"), "{RENEW}");
    }

    /// A case that nobody ran, or that is gone, makes the page stale; so does a failure.
    #[test]
    fn the_published_results_are_of_the_cases_there_are() {
        let records = read(&published("conformance.json")).unwrap();
        let mut providers: Vec<&str> = records.iter().map(|r| r.provider.as_str()).collect();
        providers.dedup();
        for provider in providers {
            let own = records.iter().filter(|record| record.provider == provider);
            let ran: Vec<&str> = own.clone().map(|record| record.case.as_str()).collect();
            let all: Vec<&str> = catalogue().iter().map(|case| case.id).collect();
            assert_eq!(ran, all, "{provider}: {RENEW}");
            let failed = own.filter(|record| record.outcome == "failed").count();
            assert_eq!(failed, 0, "{provider}");
        }
    }
}
