//! What is known of a platform: a table that is read at start, and by the documents.

use std::time::Duration;

use http::HeaderName;
use isobar::driver::function::LogReader;
use isobar::{Capabilities, Error, Result};

use super::claims::FrontDoorClaims;
use super::deadline::DeadlineRule;
use super::location::LocationFacts;
use crate::config::{LISTEN_VARIABLE, Variables};
use crate::event::EventFacts;
use crate::options::{Options, Protocol};

/// The facts of a platform, most of whose functions are HTTP servers on a port.
///
/// A vendor's crate has one such table for each of its platforms, each fact with its source.
#[derive(Debug, Clone, Copy)]
pub struct PlatformFacts {
    /// The name in `ISOBAR_PLATFORM`, errors, spans and reports, such as `cloud-run`.
    pub name: &'static str,
    /// The vendor's name for it.
    pub title: &'static str,
    /// How a process sees that it runs there: any of these; none where the platform leaves no mark.
    pub markers: &'static [Marker],
    /// Where the front end reaches the process.
    pub interface: Interface,
    /// The variables that tell the port, the first that is set wins.
    pub port_variables: &'static [&'static str],
    /// The port where no variable tells it; `None` where one must.
    pub default_port: Option<u16>,
    /// What the front end speaks.
    pub protocol: Protocol,
    /// The fields in which it passes the request's id, the first usable one wins (rule N9).
    pub request_id_headers: &'static [&'static str],
    /// The field of its own in which it passes the trace, beside `traceparent`.
    pub trace: TraceHeader,
    /// How a request learns when the platform cuts it (rule N8).
    pub deadline: DeadlineRule,
    /// How many of the platform's own proxies append to `X-Forwarded-For`; with 0 the client's address is the peer's.
    pub trusted_hops: usize,
    /// How the front end tells where the client has reached it.
    pub location: LocationFacts,
    /// What the front end lets through.
    pub limits: FrontLimits,
    /// How long the server keeps an idle connection of the front end: longer than that keeps it, which would take one that is
    /// closed in the moment of its next request for a failure of it. `None` where that is as long as a head may take.
    pub idle: Option<Duration>,
    /// The time between SIGTERM and the end.
    pub grace: Duration,
    /// Whether its processes run between invocations; others are frozen then, or have no processor.
    pub runs_between: bool,
    /// Who reads what a process logs.
    pub logs: LogReader,
    /// What the platform asks of the process itself.
    pub own_calls: &'static [OwnCall],
    /// The events that it brings.
    pub events: EventFacts,
    /// The front doors that check callers and say who they are.
    pub front_doors: &'static [FrontDoorClaims],
    /// What it can do.
    pub capabilities: Capabilities,
    /// Where the facts come from.
    pub sources: &'static [&'static str],
}

/// A mark that a platform leaves in the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker {
    /// All of these are set.
    pub set: &'static [&'static str],
    /// None of these is.
    pub unset: &'static [&'static str],
}

/// The network interface that a platform's front end reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// All of them: the front end is another machine.
    All,
    /// The machine's own: the front end is a process beside this one.
    Loopback,
    /// None: the front end is a process that shares a directory, and `port_variables` tell the Unix socket there.
    UnixSocket,
    /// None: the front end has started the process, and writes to its standard input.
    Pipes,
    /// None: the process asks for each invocation, at the host and the port that `port_variables` tell.
    RuntimeApi,
}

/// A field in which a platform passes the trace, in a form of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceHeader {
    /// W3C's alone.
    TraceParent,
    /// `X-Cloud-Trace-Context: TRACE/SPAN;o=OPTIONS`, with the span as a decimal number.
    CloudTrace,
    /// A field of this name with `TRACE:SPAN:PARENT:FLAGS`, as Jaeger's clients write it, in lower case.
    SpanContext(&'static str),
}

/// What a platform's front end lets through, in bytes; `None` where it has no limit, or none is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrontLimits {
    /// Path and query; refused by the front end.
    pub target: Option<u64>,
    /// The header fields of a request; refused by the front end.
    pub request_head: Option<u64>,
    /// The content of a request; refused with 413 where it should come through.
    pub request: Option<u64>,
    /// The header fields of a response; one that is larger becomes 502.
    pub response_head: Option<u64>,
    /// The content of a response; one that is larger becomes 502.
    pub response: Option<u64>,
}

/// A request of the platform itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnCall {
    /// Its method.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What tells it from a client's request; `None` where its path alone does, which clients cannot use then.
    pub mark: Option<&'static str>,
}

impl Marker {
    /// Whether a process with these variables runs there.
    pub fn is_in(&self, variables: &Variables<'_>) -> bool {
        let is_set = |name: &&str| variables(name).is_some_and(|value| !value.is_empty());
        self.set.iter().all(is_set) && !self.unset.iter().any(is_set)
    }
}

impl FrontLimits {
    /// No limit is known.
    pub const NONE: Self = Self {
        target: None,
        request_head: None,
        request: None,
        response_head: None,
        response: None,
    };
}

impl PlatformFacts {
    /// Whether a process with these variables runs on this platform.
    pub fn detects(&self, variables: &Variables<'_>) -> bool {
        self.markers.iter().any(|marker| marker.is_in(variables))
    }

    /// The calls of the platform that keep clients from a path.
    pub fn reserved(&self) -> impl Iterator<Item = &'static OwnCall> {
        self.own_calls.iter().filter(|call| call.mark.is_none())
    }

    /// The server's options on this platform.
    pub fn options(&self) -> Options {
        let names = self.request_id_headers.iter();
        let names = names.filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok());
        let options = Options::default()
            .with_protocol(self.protocol)
            .with_idle_timeout(self.idle)
            .with_grace(self.grace)
            .with_request_id_headers(names.collect())
            .with_event_calls(self.events.calls);
        match self.limits.request {
            Some(bytes) => options.with_max_body_bytes(bytes),
            None => options,
        }
    }

    /// The address to listen on: the platform's own, unless `ISOBAR_LISTEN` names another host, or host and port.
    ///
    /// Fails with `InvalidArgument` where a variable is wrong, naming it, and where the platform has no port.
    pub fn listen_address(&self, variables: &Variables<'_>) -> Result<String> {
        let listen = variables(LISTEN_VARIABLE).filter(|listen| !listen.is_empty());
        self.address(listen.as_deref(), variables)
    }

    /// `HOST:PORT` or only `HOST` of `listen` in place of the platform's own.
    fn address(&self, listen: Option<&str>, variables: &Variables<'_>) -> Result<String> {
        if let Some(whole) = listen.filter(|text| has_port(text)) {
            return Ok(whole.to_owned());
        }
        let host = match self.interface {
            Interface::All => "0.0.0.0",
            Interface::Loopback => "127.0.0.1",
            Interface::UnixSocket | Interface::Pipes | Interface::RuntimeApi => {
                return Err(Error::invalid(format!("{} has no port", self.title)));
            }
        };
        let host = listen.unwrap_or(host);
        Ok(format!("{host}:{}", self.port(variables)?))
    }

    fn port(&self, variables: &Variables<'_>) -> Result<u16> {
        let told = self.port_variables.iter().find_map(|name| {
            let text = variables(name).filter(|text| !text.is_empty())?;
            Some((name, text))
        });
        if let Some((name, text)) = told {
            return text.parse().map_err(|error: std::num::ParseIntError| {
                let message = format!("{name} is {text:?}, it must be the number of a port");
                Error::invalid(message).with_source(error)
            });
        }
        self.default_port.ok_or_else(|| {
            let names = self.port_variables.join(" or ");
            Error::invalid(format!(
                "{} tells the port in {names}, which is not set",
                self.title
            ))
        })
    }
}

/// `[::1]:80` and `127.0.0.1:80` have one, `[::1]` and `127.0.0.1` have none.
fn has_port(text: &str) -> bool {
    let after_host = text.rsplit_once(']').map_or(text, |(_, rest)| rest);
    after_host.matches(':').count() == 1
}

#[cfg(test)]
mod tests {
    use isobar::Capabilities;

    use super::*;

    const FACTS: PlatformFacts = PlatformFacts {
        name: "made-up",
        title: "A platform",
        markers: &[],
        interface: Interface::All,
        port_variables: &["FIRST", "SECOND"],
        default_port: Some(8080),
        protocol: Protocol::Http1,
        request_id_headers: &[],
        trace: TraceHeader::TraceParent,
        deadline: DeadlineRule::UNTOLD,
        trusted_hops: 0,
        location: LocationFacts::AS_SENT,
        limits: FrontLimits::NONE,
        idle: None,
        grace: Duration::ZERO,
        runs_between: true,
        logs: LogReader::Anybody,
        own_calls: &[],
        events: EventFacts::OWN,
        front_doors: &[],
        capabilities: Capabilities::of(&[]),
        sources: &[],
    };

    fn check(listen: Option<&str>, set: &'static [(&'static str, &'static str)], expected: &str) {
        let variables = |name: &str| {
            let found = set.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let address = FACTS.address(listen, &variables);
        assert_eq!(address.unwrap(), expected, "{listen:?}, {set:?}");
    }

    #[test]
    fn the_first_variable_that_is_set_tells_the_port() {
        check(None, &[], "0.0.0.0:8080");
        check(None, &[("SECOND", "9001")], "0.0.0.0:9001");
        check(
            None,
            &[("SECOND", "9001"), ("FIRST", "9000")],
            "0.0.0.0:9000",
        );
        check(None, &[("FIRST", ""), ("SECOND", "9001")], "0.0.0.0:9001");
    }

    #[test]
    fn another_host_keeps_the_port_unless_it_names_one() {
        check(Some("127.0.0.1"), &[("FIRST", "9000")], "127.0.0.1:9000");
        check(Some("127.0.0.1:0"), &[("FIRST", "9000")], "127.0.0.1:0");
        check(Some("[::1]"), &[], "[::1]:8080");
        check(Some("[::1]:81"), &[], "[::1]:81");
        check(Some("localhost"), &[], "localhost:8080");
    }

    #[test]
    fn a_mark_is_what_is_set_without_what_is_not() {
        let marker = Marker {
            set: &["A", "B"],
            unset: &["C"],
        };
        let check = |set: &'static [&'static str], expected| {
            let variables = |name: &str| set.contains(&name).then(|| "x".to_owned());
            assert_eq!(marker.is_in(&variables), expected, "{set:?}");
        };
        check(&["A", "B"], true);
        check(&["A"], false);
        check(&["A", "B", "C"], false);
        assert!(!marker.is_in(&|_| Some(String::new())));
    }
}
