//! What the environments of these platforms tell.

use std::path::PathBuf;
use std::time::Duration;

use isobar::{Error, Result};
use isobar_serve::{Variables, go_duration};

/// How OpenFaaS's watchdog is configured, whose place the process takes.
///
/// <https://github.com/openfaas/of-watchdog/blob/master/README.md#configuration>
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watchdog {
    /// The file that tells health checks that the process is well; `None` where `suppress_lock` is set.
    pub lock: Option<PathBuf>,
    /// `ready_path`: the path of the application that answers `/_/ready`.
    pub ready_path: Option<String>,
    /// `max_inflight`: how many requests may be under way.
    pub most_under_way: Option<usize>,
    /// `healthcheck_interval`: how long the gateway takes to hear that the process is not well.
    pub healthcheck_interval: Duration,
    /// `write_timeout`: how long a response may take.
    pub write_timeout: Duration,
}

/// What the watchdog takes where a time is not set.
const DEFAULT_TIME: Duration = Duration::from_secs(30);

impl Watchdog {
    /// As the variables tell it; `InvalidArgument` where one is wrong, naming it.
    pub fn from_variables(variables: &Variables<'_>) -> Result<Self> {
        let set = |name: &str| variables(name).filter(|value| !value.is_empty());
        let suppressed = set("suppress_lock").is_some_and(|value| value == "true" || value == "1");
        let write_timeout = time("write_timeout", variables)?.unwrap_or(DEFAULT_TIME);
        let most = set("max_inflight").map(|text| {
            text.parse().map_err(|error: std::num::ParseIntError| {
                let message = format!("max_inflight is {text:?}, it must be a number of requests");
                Error::invalid(message).with_source(error)
            })
        });
        Ok(Self {
            // Go's `os.TempDir`, as the watchdog and its `--run-healthcheck` take it.
            lock: (!suppressed).then(|| std::env::temp_dir().join(".lock")),
            ready_path: set("ready_path"),
            most_under_way: most.transpose()?.filter(|most| *most > 0),
            healthcheck_interval: time("healthcheck_interval", variables)?.unwrap_or(write_timeout),
            write_timeout,
        })
    }
}

/// A number of seconds, or a duration as Go writes it.
fn time(name: &str, variables: &Variables<'_>) -> Result<Option<Duration>> {
    let Some(text) = variables(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let seconds = text.parse().ok().map(Duration::from_secs);
    let time = seconds.or_else(|| go_duration(&text)).ok_or_else(|| {
        let message = format!(
            "{name} is {text:?}, it must be a duration such as 1m30s, or a number of seconds"
        );
        Error::invalid(message)
    });
    time.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Watchdog> {
        let owned: Vec<(String, String)> = set
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Watchdog::from_variables(&move |name| {
            let found = owned.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.clone())
        })
    }

    #[test]
    fn what_is_not_set_is_as_the_watchdog_has_it() {
        let watchdog = read(&[]).unwrap();
        assert_eq!(watchdog.write_timeout, Duration::from_secs(30));
        assert_eq!(watchdog.healthcheck_interval, Duration::from_secs(30));
        assert_eq!(watchdog.most_under_way, None);
        assert!(watchdog.lock.is_some_and(|lock| lock.ends_with(".lock")));
    }

    #[test]
    fn what_is_set_counts() {
        let watchdog = read(&[
            ("write_timeout", "1m"),
            ("healthcheck_interval", "5"),
            ("max_inflight", "3"),
            ("suppress_lock", "true"),
            ("ready_path", "/ready"),
        ]);
        let watchdog = watchdog.unwrap();
        assert_eq!(watchdog.write_timeout, Duration::from_mins(1));
        assert_eq!(watchdog.healthcheck_interval, Duration::from_secs(5));
        assert_eq!(watchdog.most_under_way, Some(3));
        assert_eq!(watchdog.lock, None);
        assert_eq!(watchdog.ready_path.as_deref(), Some("/ready"));
        for (name, value) in [("write_timeout", "soon"), ("max_inflight", "many")] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
