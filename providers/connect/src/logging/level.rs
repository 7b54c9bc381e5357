//! What is logged, at start and from a change on.

use std::path::{Path, PathBuf};

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::reload;

use crate::config::{Config, LOG, LOG_FILE};

/// Lambda's own name for the level, where its logs are JSON.
const LAMBDA_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

type Filter = reload::Layer<Targets, Registry>;

/// The file that says what is logged, read again at each SIGHUP.
pub(super) struct Change {
    file: Option<PathBuf>,
    filter: reload::Handle<Targets, Registry>,
    /// What was not understood at start.
    ignored: Vec<String>,
}

/// What the file says, else `ISOBAR_LOG`, else the platform's own variable, else `info`.
pub(super) fn filter(config: &Config) -> (Filter, Change) {
    let file = config.get(LOG_FILE).map(PathBuf::from);
    let mut ignored = Vec::new();
    let mut understood = |told: Result<Targets, String>| told.map_err(|why| ignored.push(why)).ok();
    let of_file = file.as_ref().and_then(|file| understood(read(file)));
    let targets = of_file.or_else(|| {
        let text = config.get(LOG)?;
        understood(parse(LOG, &text))
    });
    let targets = targets.unwrap_or_else(|| Targets::new().with_default(platform_level(config)));
    let (layer, filter) = reload::Layer::new(targets);
    let change = Change {
        file,
        filter,
        ignored,
    };
    (layer, change)
}

fn platform_level(config: &Config) -> LevelFilter {
    let told = config.get(LAMBDA_LEVEL).unwrap_or_default();
    match told.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

/// Levels and `TARGET=LEVEL`, between commas or on lines of their own.
///
/// The parser of `Targets` takes a word that is no level for a target whose level is `trace`, so that a slip would silence
/// everything else.
fn parse(what: &str, directives: &str) -> Result<Targets, String> {
    let parts = directives.split([',', '\n', '\r']).map(str::trim);
    let mut targets = Targets::new();
    let mut is_empty = true;
    for directive in parts.filter(|part| !part.is_empty()) {
        is_empty = false;
        let (target, level) = match directive.split_once('=') {
            Some((target, level)) => (Some(target.trim_end()), level.trim_start()),
            None => (None, directive),
        };
        let is_target = |target: &str| {
            !target.is_empty()
                && !target.contains(|c: char| c.is_whitespace() || "[]{}".contains(c))
        };
        // An empty level would be `error`.
        let known = level.parse::<LevelFilter>().ok();
        let Some(level) = known.filter(|_| !level.is_empty() && target.is_none_or(is_target))
        else {
            return Err(format!(
                "{what} has {directive:?}, which is no level and no TARGET=LEVEL: it has no effect"
            ));
        };
        targets = match target {
            Some(target) => targets.with_target(target, level),
            None => targets.with_default(level),
        };
    }
    // None at all would be taken for silence.
    if is_empty {
        return Err(format!("{what} is empty: it has no effect"));
    }
    Ok(targets)
}

fn read(file: &Path) -> Result<Targets, String> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("{LOG_FILE} names {shown}, which cannot be read: {error}"))?;
    parse(&shown.to_string(), &text)
}

impl Change {
    /// Says what was not understood, and waits for signals where there is a file.
    pub(super) fn follow(self) {
        for ignored in &self.ignored {
            tracing::warn!(target: "isobar", "{ignored}");
        }
        let Some(file) = self.file else { return };
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => hangups,
            Err(error) => {
                tracing::warn!(target: "isobar", %error, "{LOG_FILE} is not read again");
                return;
            }
        };
        let filter = self.filter;
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                follow_file(&file, &filter);
            }
        });
    }
}

/// What was logged before still is where the file cannot be followed.
fn follow_file(file: &Path, filter: &reload::Handle<Targets, Registry>) {
    let targets = match read(file) {
        Ok(targets) => targets,
        Err(why) => {
            tracing::warn!(target: "isobar", "{why}");
            return;
        }
    };
    let levels = targets.to_string();
    if filter.reload(targets).is_ok() {
        tracing::info!(target: "isobar", levels, "what is logged has changed");
    }
}

#[cfg(test)]
mod tests {
    use isobar::function::Description;
    use tracing::Level;

    use super::*;

    fn check(
        set: &'static [(&'static str, &'static str)],
        on: &[(&str, Level)],
        complaints: usize,
    ) {
        let description = isobar::App::new("levels", |_| Ok(())).describe();
        let description: &Description = &description;
        let found = |name: &str| set.iter().find(|(own, _)| *own == name);
        let variable = move |name: &str| found(name).map(|(_, value)| (*value).to_owned());
        let (layer, change) = filter(&Config::new(variable, description));
        let enabled = |target: &str, level: &Level| {
            change
                .filter
                .with_current(|targets| targets.would_enable(target, level))
                .unwrap()
        };
        for (target, most) in on {
            assert!(enabled(target, most), "{set:?}: {target} at {most}");
            let above = match *most {
                Level::ERROR => Level::WARN,
                Level::WARN => Level::INFO,
                Level::INFO => Level::DEBUG,
                _ => continue,
            };
            assert!(!enabled(target, &above), "{set:?}: {target} at {above}");
        }
        assert_eq!(change.ignored.len(), complaints, "{:?}", change.ignored);
        drop(layer);
    }

    #[test]
    fn a_list_of_directives_comes_before_the_platforms_own_level() {
        check(&[], &[("any", Level::INFO)], 0);
        check(
            &[("AWS_LAMBDA_LOG_LEVEL", "WARN")],
            &[("any", Level::WARN)],
            0,
        );
        check(
            &[("AWS_LAMBDA_LOG_LEVEL", "FATAL")],
            &[("any", Level::ERROR)],
            0,
        );
        check(
            &[
                ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
                ("ISOBAR_LOG", "error,notes=info"),
            ],
            &[("any", Level::ERROR), ("notes::orders", Level::INFO)],
            0,
        );
    }

    #[test]
    fn directives_may_stand_on_lines_and_after_spaces() {
        for text in [
            "warn, isobar=debug",
            "warn\nisobar = debug\r\n",
            ",warn,,isobar=debug,",
        ] {
            let targets = parse("a list", text).unwrap();
            assert!(targets.would_enable("any", &Level::WARN), "{text:?}");
            assert!(!targets.would_enable("any", &Level::INFO), "{text:?}");
            assert!(targets.would_enable("isobar", &Level::DEBUG), "{text:?}");
        }
    }

    #[test]
    fn a_slip_silences_nothing() {
        for text in [
            "inof",
            "warning",
            "debug,isobar",
            "isobar=",
            "=debug",
            "isobar=loud",
            "my app=info",
            "info isobar=debug",
            "a[b]=info",
            "",
            " , ",
        ] {
            assert!(parse("a list", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_and_has_no_effect() {
        check(&[("ISOBAR_LOG", "a=b=c")], &[("any", Level::INFO)], 1);
        check(
            &[
                ("ISOBAR_LOG_FILE", "/nowhere/levels"),
                ("ISOBAR_LOG", "warn"),
            ],
            &[("any", Level::WARN)],
            1,
        );
    }
}
