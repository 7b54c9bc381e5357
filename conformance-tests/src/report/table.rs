//! The report for a terminal: one line a case, one column a provider, and the reasons below.

use std::fmt::Write as _;

use super::Report;
use crate::Outcome;

/// The table, the reasons of what is not plainly supported, and the sums.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    let providers = report.providers();
    let _ = write!(text, "{:<7}", "case");
    for provider in &providers {
        let _ = write!(text, "{provider:<20}");
    }
    text.push_str("rule\n");
    for case in &report.cases {
        let _ = write!(text, "{:<7}", case.id);
        for provider in &providers {
            let outcome = report
                .result(case.id, provider)
                .map(|result| result.outcome);
            let _ = write!(text, "{:<20}", outcome.map_or("-", Outcome::name));
        }
        let _ = writeln!(text, "{}", case.title);
    }
    reasons(report, &mut text);
    text.push_str(&sums(report));
    text
}

fn reasons(report: &Report, text: &mut String) {
    for outcome in [Outcome::Failed, Outcome::NotVerified] {
        let ended_so = report
            .results
            .iter()
            .filter(|result| result.outcome == outcome);
        for result in ended_so {
            let (case, provider, detail) = (result.case, result.provider, &result.detail);
            let _ = write!(text, "\n{outcome}: {case} on {provider}\n    {detail}\n");
        }
    }
    let mut why_not_run: Vec<(&str, &str)> = report
        .results
        .iter()
        .filter(|result| result.outcome == Outcome::NotRun)
        .map(|result| (result.provider, result.detail.as_str()))
        .collect();
    why_not_run.dedup();
    for (provider, why) in why_not_run {
        let _ = write!(text, "\nnot run on {provider}\n    {why}\n");
    }
}

/// One line a provider.
pub fn sums(report: &Report) -> String {
    let mut text = String::from("\n");
    for provider in report.providers() {
        let own = report
            .results
            .iter()
            .filter(|result| result.provider == provider);
        let counts = Outcome::ALL.map(|outcome| {
            let count = own
                .clone()
                .filter(|result| result.outcome == outcome)
                .count();
            format!("{count} {outcome}")
        });
        let evidence = own
            .clone()
            .next()
            .map_or("", |result| result.evidence.name());
        let _ = writeln!(text, "{provider} ({evidence}): {}", counts.join(", "));
    }
    text
}
