//! Prints scores.

use std::fmt::Write;

use serde::Serialize;

use crate::compare::Score;

/// Totals over the applications that were run.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    pub(crate) apps_run: usize,
    pub(crate) apps_not_run: usize,
    pub(crate) routes: usize,
    pub(crate) found: usize,
    pub(crate) static_routes: usize,
    pub(crate) static_found: usize,
    pub(crate) sites: usize,
    pub(crate) middleware: usize,
    pub(crate) wrong: usize,
}

impl Summary {
    pub(crate) fn of(scores: &[Score]) -> Self {
        let mut summary = Self::default();
        for score in scores {
            if !score.run {
                summary.apps_not_run += 1;
                continue;
            }
            summary.apps_run += 1;
            summary.routes += score.routes;
            summary.found += score.found;
            summary.static_routes += score.static_routes;
            summary.static_found += score.static_found;
            summary.sites += score.sites;
            summary.middleware += score.middleware;
            summary.wrong += score.wrong;
        }
        summary
    }

    /// Full paths found in the static subset, in percent.
    pub(crate) fn static_percent(&self) -> f64 {
        percent(self.static_found, self.static_routes)
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of routes are small")]
    let share = if whole == 0 {
        0.0
    } else {
        part as f64 * 100.0 / whole as f64
    };
    share
}

/// One line per application, then misses, then totals.
pub(crate) fn text(scores: &[Score], summary: &Summary) -> String {
    let mut text = String::from(
        "app                                     true static  found  site chain wrong     ms\n",
    );
    for score in scores {
        line(&mut text, score);
    }
    for score in scores.iter().filter(|score| score.run) {
        for missed in &score.missed {
            append(&mut text, format_args!("missed {} {missed}\n", score.app));
        }
        for wrong in &score.wrong_routes {
            append(&mut text, format_args!("wrong  {} {wrong}\n", score.app));
        }
    }
    totals(&mut text, summary);
    text
}

fn totals(text: &mut String, summary: &Summary) {
    let mut share = |what: &str, part: usize, whole: usize| {
        let percent = percent(part, whole);
        append(
            text,
            format_args!("{what}: {part} of {whole} ({percent:.1} %)\n"),
        );
    };
    share(
        "applications run",
        summary.apps_run,
        summary.apps_run + summary.apps_not_run,
    );
    share("all routes", summary.found, summary.routes);
    share("static subset", summary.static_found, summary.static_routes);
    share("sites", summary.sites, summary.found);
    share("middleware counts", summary.middleware, summary.found);
    append(text, format_args!("wrong routes: {}\n", summary.wrong));
}

fn line(text: &mut String, score: &Score) {
    if !score.run {
        append(
            text,
            format_args!(
                "{:<38} {:>5} {:>6}  not run\n",
                score.app, score.routes, score.static_routes
            ),
        );
        return;
    }
    append(
        text,
        format_args!(
            "{:<38} {:>5} {:>6} {:>6} {:>5} {:>5} {:>5} {:>6}\n",
            score.app,
            score.routes,
            score.static_routes,
            score.found,
            score.sites,
            score.middleware,
            score.wrong,
            score.milliseconds
        ),
    );
}

fn append(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line)
        .expect("writing to a String cannot fail");
}
