//! The report that people read: blockers first, then routes, state and findings.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets};
use isobar_migrate_model::{
    Application, Blocker, Finding, ReasonCode, Route, StateGroup, Verdict, rank_blockers,
};

/// Blockers that are listed.
const MAX_BLOCKERS: usize = 12;

/// Findings that are listed before the rest is only counted.
const MAX_FINDINGS: usize = 40;

/// The report on an application, at most `width` columns wide.
pub(super) fn text(application: &Application, width: usize) -> String {
    let mut report = headline(application);
    blockers(&mut report, &rank_blockers(&application.routes));
    routes(&mut report, &application.routes, width);
    state(&mut report, &application.state_groups);
    settings(&mut report, application);
    findings(&mut report, &application.findings);
    report
}

fn headline(application: &Application) -> String {
    let total = application.routes.len();
    let ported = application
        .routes
        .iter()
        .filter(|route| route.verdict == Verdict::Ported)
        .count();
    let express = match (application.express, &application.express_version) {
        (Some(major), Some(version)) => format!("Express {major} ({version})"),
        (Some(major), None) => format!("Express {major}"),
        (None, _) => "no Express".to_owned(),
    };
    format!(
        "{}: {express}, {} {}, {ported} can move, {} held back\n",
        application.name,
        total,
        plural(total, "route"),
        total - ported
    )
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        noun.to_owned()
    } else {
        format!("{noun}s")
    }
}

fn blockers(report: &mut String, blockers: &[Blocker]) {
    if blockers.is_empty() {
        return;
    }
    report.push_str("\nWhat holds routes back\n");
    for blocker in blockers.iter().take(MAX_BLOCKERS) {
        let subject = subject(blocker);
        let place = &blocker.place;
        let held = blocker.routes;
        let line = match blocker.alone {
            0 => format!(
                "  {subject} {place} is among what holds back {held} {}",
                plural(held, "route")
            ),
            alone => format!(
                "  {subject} {place} holds back {held} {}; unlocking it moves {alone}",
                plural(held, "route")
            ),
        };
        report.push_str(&line);
        report.push('\n');
    }
    if blockers.len() > MAX_BLOCKERS {
        append(
            report,
            format_args!("  and {} more\n", blockers.len() - MAX_BLOCKERS),
        );
    }
}

fn subject(blocker: &Blocker) -> String {
    match blocker.code {
        ReasonCode::Unresolved => {
            format!(
                "the unknown call {}",
                blocker.subject.split(' ').next().unwrap_or_default()
            )
        }
        _ => blocker.subject.clone(),
    }
}

fn routes(report: &mut String, routes: &[Route], width: usize) {
    if routes.is_empty() {
        return;
    }
    report.push_str("\nRoutes\n");
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for route in routes {
        let why: Vec<String> = route.reasons.iter().map(ToString::to_string).collect();
        table.add_row(vec![
            route.verdict.to_string(),
            route.method.clone(),
            route.path.clone(),
            route.place().to_string(),
            why.join("; "),
        ]);
    }
    report.push_str(&table.trim_fmt());
    report.push('\n');
}

fn state(report: &mut String, groups: &[StateGroup]) {
    if groups.is_empty() {
        return;
    }
    report.push_str("\nState that routes share (these move together)\n");
    for group in groups {
        append(report, format_args!("  {}\n", group.name));
        for state in &group.states {
            append(
                report,
                format_args!("    {} {}, {}\n", state.name, state.place, kind(state)),
            );
            append(
                report,
                format_args!("      read by {}\n", list(&state.readers)),
            );
            append(
                report,
                format_args!("      written by {}\n", list(&state.writers)),
            );
        }
    }
}

fn kind(state: &isobar_migrate_model::SharedState) -> &'static str {
    match state.kind {
        isobar_migrate_model::StateKind::Data => "data",
        isobar_migrate_model::StateKind::Connection => "a connection",
        isobar_migrate_model::StateKind::Cache => "a cache",
        isobar_migrate_model::StateKind::Configuration => "configuration",
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

fn settings(report: &mut String, application: &Application) {
    if application.environment.is_empty() {
        return;
    }
    report.push_str("\nSettings (environment variables that the code reads)\n");
    for setting in &application.environment {
        let default = match &setting.default {
            Some(default) if !setting.secret => format!(" = {default}"),
            _ => String::new(),
        };
        let secret = if setting.secret { ", secret" } else { "" };
        append(
            report,
            format_args!("  {}{default} {}{secret}\n", setting.name, setting.place),
        );
    }
}

fn findings(report: &mut String, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    report.push_str("\nFindings\n");
    for finding in findings.iter().take(MAX_FINDINGS) {
        append(report, format_args!("  {finding}\n"));
    }
    if findings.len() > MAX_FINDINGS {
        append(
            report,
            format_args!("  and {} more\n", findings.len() - MAX_FINDINGS),
        );
    }
}

fn append(report: &mut String, line: std::fmt::Arguments<'_>) {
    report
        .write_fmt(line)
        .expect("writing to a String cannot fail");
}
