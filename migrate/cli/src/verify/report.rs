//! The report that people read: a verdict for each route, and where the sides differ.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use isobar_migrate_gateway::verify::{Report, RequestDifference, RouteResult, Verdict};

/// The report, at most `width` columns wide.
pub(super) fn text(report: &Report, width: usize) -> String {
    let mut text = table(&report.routes, width);
    text.push('\n');
    for route in report
        .routes
        .iter()
        .filter(|route| route.verdict == Verdict::Different)
    {
        append(
            &mut text,
            format_args!(
                "\n{} differs in {} of {} requests\n",
                route.route, route.different, route.requests
            ),
        );
        differences(&mut text, &route.differences);
    }
    if !report.beside.is_empty() {
        text.push_str("\nBeside the routes (these requests stay with the legacy application)\n");
        differences(&mut text, &report.beside);
    }
    append(
        &mut text,
        format_args!(
            "\n{} equal, {} different, {} not verified; {} requests to both sides\n",
            report.count(Verdict::Equal),
            report.count(Verdict::Different),
            report.count(Verdict::NotVerified),
            report.requests
        ),
    );
    text
}

fn table(routes: &[RouteResult], width: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for route in routes {
        let statuses: Vec<String> = route
            .statuses
            .iter()
            .map(|(status, count)| format!("{status} x{count}"))
            .collect();
        let detail = route.reason.clone().unwrap_or_else(|| statuses.join(", "));
        table.add_row(vec![
            verdict(route.verdict).to_owned(),
            route.route.clone(),
            detail,
        ]);
    }
    table.trim_fmt()
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Equal => "equal",
        Verdict::Different => "different",
        Verdict::NotVerified => "not verified",
    }
}

pub(crate) fn differences(text: &mut String, differences: &[RequestDifference]) {
    for different in differences {
        let body = different.body.as_ref().map(|body| format!(" {body}"));
        append(
            text,
            format_args!("  {}{}\n", different.request, body.unwrap_or_default()),
        );
        for difference in &different.differences {
            append(text, format_args!("    {difference}\n"));
        }
    }
}

fn append(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line)
        .expect("writing to a String cannot fail");
}
