//! What is known of Fn, and what its environment tells.

use std::path::PathBuf;
use std::time::Duration;

use isobar::{Capabilities, Error, ErrorKind, Result};
use isobar_serve::event::EventFacts;
use isobar_serve::{
    DeadlineRule, FrontLimits, Interface, LocationFacts, LogReader, Marker, PlatformFacts,
    Protocol, TraceHeader, Unit, Variables,
};

const LISTENER: &str = "FN_LISTENER";
const FORMAT: &str = "FN_FORMAT";
const APP_NAME: &str = "FN_APP_NAME";

/// The one format of calls that Fn still has.
const HTTP_STREAM: &str = "http-stream";
/// What goes before the name of the socket while it may not be found.
pub(crate) const PHONY: &str = "phony";
/// What the address of a Unix socket holds, in bytes, less what goes before its name.
const MOST_PATH: usize = 107 - PHONY.len();

/// What Fn's container contract says.
///
/// The function listens on the Unix socket of `FN_LISTENER`, where the agent calls `POST /call`, one call at a time.
/// `Fn-Call-Id` and `Fn-Deadline`, an instant, come with each. Requests through HTTP triggers have `Fn-Intent:
/// httprequest`, their method and URL in fields of their own, and the client's fields below `Fn-Http-H-`. No limit of
/// sizes is set unless by the operator (`api/agent/config.go`), and who appends to `X-Forwarded-For` is known to the
/// operator alone. A call has 30 s unless the function says otherwise.
pub const FN: PlatformFacts = PlatformFacts {
    name: "fn",
    title: "Fn",
    markers: &[Marker {
        set: &[LISTENER],
        unset: &[],
    }],
    interface: Interface::UnixSocket,
    port_variables: &[LISTENER],
    default_port: None,
    protocol: Protocol::Http1,
    request_id_headers: &["fn-call-id"],
    trace: TraceHeader::TraceParent,
    deadline: DeadlineRule {
        variable: None,
        fixed: None,
        header: Some(("fn-deadline", Unit::Instant)),
    },
    trusted_hops: 0,
    location: LocationFacts::AS_SENT,
    limits: FrontLimits::NONE,
    idle: None,
    grace: Duration::from_secs(30),
    runs_between: false,
    logs: LogReader::Anybody,
    own_calls: &[],
    events: EventFacts::OWN,
    front_doors: &[],
    capabilities: Capabilities::of(&[]),
    sources: &[
        "https://github.com/fnproject/docs/blob/master/fn/develop/fn-format.md",
        "https://github.com/fnproject/fn/blob/master/api/server/runner_httptrigger.go",
        "https://github.com/fnproject/fn/blob/master/api/agent/agent.go",
    ],
};

/// What Fn tells a function at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Where the socket has to be.
    pub(crate) socket: PathBuf,
    /// The name of the application that the function belongs to, which stands before the paths of its triggers.
    pub(crate) app_name: Option<String>,
}

impl Settings {
    /// `InvalidArgument` where the contract is broken, `Unsupported` in a format that Fn had once.
    pub(crate) fn from_variables(variables: &Variables<'_>) -> Result<Self> {
        let set = |name: &str| variables(name).filter(|value| !value.is_empty());
        if let Some(other) = set(FORMAT).filter(|format| format != HTTP_STREAM) {
            let message = format!("{FORMAT} is {other:?}, only {HTTP_STREAM} is served");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let told = set(LISTENER).unwrap_or_default();
        let path = told.strip_prefix("unix:").filter(|path| {
            let has_name = !path.ends_with('/');
            path.starts_with('/') && has_name && path.len() <= MOST_PATH
        });
        let path = path.ok_or_else(|| {
            Error::invalid(format!(
                "{LISTENER} is {told:?}, it must be unix:PATH with at most {MOST_PATH} bytes of path"
            ))
        })?;
        Ok(Self {
            socket: PathBuf::from(path),
            app_name: set(APP_NAME),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(set: &[(&str, &str)], expected: &str) {
        let owned: Vec<(String, String)> = set
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let read = Settings::from_variables(&move |name| {
            let found = owned.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.clone())
        });
        let shown = read.map_or_else(
            |error| error.to_string(),
            |settings| settings.socket.display().to_string(),
        );
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn the_contract_is_checked_before_a_socket_is_made() {
        let listener = (LISTENER, "unix:/iofs/lsnr.sock");
        check(&[listener], "/iofs/lsnr.sock");
        check(&[listener, (FORMAT, "http-stream")], "/iofs/lsnr.sock");
        check(&[listener, (FORMAT, "json")], "FN_FORMAT is \"json\"");
        // 103 bytes.
        let long = format!("unix:/{}", "p".repeat(102));
        for broken in ["", "tcp:1", "unix:", "unix:/", "unix:there", "/iofs", &long] {
            check(&[(LISTENER, broken)], "FN_LISTENER is");
        }
    }
}
