//! The report as JUnit XML, which continuous-integration servers read.

use std::fmt::Write as _;

use super::Report;
use crate::{CaseResult, Outcome};

/// One suite a provider; refusals, and what was not run or not verified, are skipped tests.
pub fn render(report: &Report) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for provider in report.providers() {
        let own: Vec<&CaseResult> = report
            .results
            .iter()
            .filter(|result| result.provider == provider)
            .collect();
        let failed = own
            .iter()
            .filter(|result| result.outcome == Outcome::Failed);
        let _ = writeln!(
            text,
            "  <testsuite name=\"{provider}\" tests=\"{}\" failures=\"{}\">",
            own.len(),
            failed.count()
        );
        for result in own {
            text.push_str(&test_case(report, result));
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn test_case(report: &Report, result: &CaseResult) -> String {
    let mut found = report.cases.iter().filter(|case| case.id == result.case);
    let (topic, title) = found
        .next()
        .map_or(("", ""), |case| (case.topic.name(), case.title));
    let (case, provider) = (result.case, result.provider);
    let name = escaped(&format!("{case} {title}"));
    let open = format!("    <testcase classname=\"{provider}.{topic}\" name=\"{name}\"");
    let detail = escaped(&result.detail);
    match result.outcome {
        Outcome::Supported => format!("{open}/>\n"),
        Outcome::Failed => format!("{open}><failure message=\"{detail}\"/></testcase>\n"),
        Outcome::RefusedAsDeclared | Outcome::NotVerified | Outcome::NotRun => {
            let outcome = result.outcome;
            format!("{open}><skipped message=\"{outcome}: {detail}\"/></testcase>\n")
        }
    }
}

/// Escapes for attribute values; characters that XML 1.0 cannot hold become U+FFFD.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\n' | '\r' | '\t' => format!("&#{};", u32::from(c)),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}'.to_string(),
            _ => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_replaced() {
        assert_eq!(
            escaped("a<b & \"c\"\n\u{1}"),
            "a&lt;b &amp; &quot;c&quot;&#10;\u{fffd}"
        );
    }
}
