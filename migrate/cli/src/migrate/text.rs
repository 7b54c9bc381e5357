//! The report of a migration that people read: where each route stands, and how to go on.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};

use super::standing::{Standing, Verdict};
use super::{Migrated, invocation};
use crate::port::FileOutcome;
use crate::verify::differences;

pub(super) fn report(migrated: &Migrated, width: usize) -> String {
    let mut text = headline(migrated);
    text.push_str(&table(&migrated.routes, width));
    text.push('\n');
    for route in of(migrated, Verdict::Different) {
        if let Some(asked) = &route.asked {
            append(
                &mut text,
                format_args!(
                    "\n{} differs in {} of {} requests\n",
                    route.route, asked.different, asked.requests
                ),
            );
            differences(&mut text, &asked.differences);
        }
    }
    beside(&mut text, migrated);
    kept(&mut text, migrated);
    append(
        &mut text,
        format_args!("\nPorted crate  {}\n", folder(migrated)),
    );
    if let Some(gateway) = &migrated.gateway {
        let address = gateway.local_addr();
        append(
            &mut text,
            format_args!("Gateway       http://{address} (Ctrl-C ends it and both applications)\n"),
        );
    }
    going_on(&mut text, migrated);
    text
}

/// The folder of the ported crate.
pub(super) fn folder(migrated: &Migrated) -> String {
    let configuration = &migrated.places.configuration;
    invocation::path(configuration.parent().unwrap_or(configuration))
}

/// What to type next, each with what it does.
pub(super) fn commands(migrated: &Migrated) -> Vec<(String, &'static str)> {
    let Some(example) = example(migrated) else {
        return Vec::new();
    };
    let program = invocation::program();
    let config = invocation::path(&migrated.places.configuration);
    let route = invocation::quoted(&example.route);
    let serve = (
        format!("{program} gateway --config {config}"),
        "serve both applications",
    );
    let there = [
        (
            format!("{program} promote --config {config}"),
            "show where each route stands",
        ),
        (
            format!("{program} promote --config {config} {route}"),
            "let the ported application answer a route, and the routes that share its state",
        ),
        (
            format!("{program} rollback --config {config} all"),
            "give everything back to the legacy application",
        ),
    ];
    let serve = migrated.gateway.is_none().then_some(serve);
    serve.into_iter().chain(there).collect()
}

fn headline(migrated: &Migrated) -> String {
    let application = &migrated.ported.application;
    let count = |verdict| of(migrated, verdict).count();
    let requests = migrated.report.as_ref().map_or(0, |report| report.requests);
    let version = application
        .express_version
        .as_deref()
        .unwrap_or("of unknown version");
    format!(
        "\n{} (Express {version}): {} routes; {} ported and equal, {} different, {} not verified, {} stay; \
         {requests} requests to both sides\n\n",
        application.name,
        application.routes.len(),
        count(Verdict::Equal),
        count(Verdict::Different),
        count(Verdict::NotVerified),
        count(Verdict::Stays),
    )
}

fn table(routes: &[Standing], width: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(["ROUTE", "ANSWERED BY", "PORT", ""]);
    for route in routes {
        let verdict = match route.verdict {
            Verdict::Equal => "equal",
            Verdict::Different => "DIFFERENT",
            Verdict::NotVerified => "not verified",
            Verdict::Stays => "stays",
        };
        let detail = if route.reasons.is_empty() {
            statuses(route)
        } else {
            route.reasons.join("; ")
        };
        table.add_row([&route.route, &route.state, verdict, &detail]);
    }
    table.trim_fmt()
}

fn statuses(route: &Standing) -> String {
    let statuses = route.asked.iter().flat_map(|asked| &asked.statuses);
    let said: Vec<String> = statuses
        .map(|(status, count)| format!("{status} x{count}"))
        .collect();
    said.join(", ")
}

/// Differences that no route is to blame for.
fn beside(text: &mut String, migrated: &Migrated) {
    let beside = migrated.report.iter().flat_map(|report| &report.beside);
    let beside: Vec<_> = beside.cloned().collect();
    if beside.is_empty() {
        return;
    }
    text.push_str(
        "\nRequests that belong to no route, and so stay with the legacy application, differ:\n",
    );
    differences(text, &beside);
}

fn kept(text: &mut String, migrated: &Migrated) {
    let files = migrated.ported.files.iter();
    let kept: Vec<&str> = files
        .filter(|file| file.outcome == FileOutcome::Kept)
        .map(|file| file.path.as_str())
        .collect();
    if !kept.is_empty() {
        append(
            text,
            format_args!("\nKept as they were changed by hand: {}\n", kept.join(", ")),
        );
    }
}

fn going_on(text: &mut String, migrated: &Migrated) {
    let commands = commands(migrated);
    if commands.is_empty() {
        return;
    }
    text.push_str(if migrated.gateway.is_some() {
        "\nNext, in another terminal:\n"
    } else {
        "\nNext:\n"
    });
    for (command, purpose) in commands {
        append(text, format_args!("  # {purpose}\n  {command}\n"));
    }
}

/// A route that can be moved: best one that shares no state, so that it moves alone.
fn example(migrated: &Migrated) -> Option<&Standing> {
    let shares = |route: &&Standing| {
        let groups = &migrated.ported.application.state_groups;
        groups
            .iter()
            .any(|group| group.routes.contains(&route.route))
    };
    of(migrated, Verdict::Equal)
        .find(|route| !shares(route))
        .or_else(|| of(migrated, Verdict::Equal).next())
}

fn of(migrated: &Migrated, verdict: Verdict) -> impl Iterator<Item = &Standing> {
    let routes = migrated.routes.iter();
    routes.filter(move |route| route.verdict == verdict)
}

fn append(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line)
        .expect("writing to a String cannot fail");
}
