//! What a server allows and how long it waits.

use std::time::Duration;

use http::HeaderName;

use isobar::function::REQUEST_ID;

use crate::event::EventCalls;

/// The protocols spoken on the port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP/1.0 and HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/1 and, with prior knowledge, HTTP/2 without TLS.
    Http1AndH2c,
}

/// Limits and timeouts of a server.
///
/// The defaults suit a service that faces the internet; sizes are bytes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Protocols spoken on the port; HTTP/1 only by default.
    pub protocol: Protocol,
    /// Connections served at once; more wait in the kernel's backlog. 10,000 by default.
    pub max_connections: u32,
    /// Request line and header fields together; 32 KiB by default.
    pub max_head_bytes: usize,
    /// Number of header fields; 100 by default, which is also the fastest value (hyper keeps it on the stack).
    pub max_headers: usize,
    /// Request target; 8 KiB by default.
    pub max_target_bytes: usize,
    /// Request body; 10 MiB by default.
    pub max_body_bytes: u64,
    /// The beginnings of paths whose requests may have bodies of any size, because what answers them limits them
    /// itself; none by default.
    pub unlimited_bodies_below: Vec<&'static str>,
    /// Time for a whole head to arrive, counted from the end of the previous response, so that it also ends
    /// connections that are idle, unless [`idle_timeout`](Self::idle_timeout) is set; 30 seconds by default.
    pub head_timeout: Duration,
    /// Time for which a connection may be idle of which no byte of a next head has come, give or take a `head_timeout`; by
    /// default none, so that `head_timeout` counts. One that is longer is for front ends that keep connections: they take what
    /// closes in the moment of their next request for a failure of it.
    pub idle_timeout: Option<Duration>,
    /// Time between two pieces of a body; 30 seconds by default.
    pub body_idle_timeout: Duration,
    /// Bytes of a body that have to come in each second on the average, beyond the first
    /// [`body_idle_timeout`](Self::body_idle_timeout), in the time for which the server waits for them; 240 by default, as
    /// [Kestrel](https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/options#minimum-request-body-data-rate)
    /// has it. With 0 a body may go on for ever that never stops for longer than that.
    pub least_body_rate: u32,
    /// Time for which a client that is sent something may take nothing of it, after which the connection is reset; 60 seconds
    /// by default, as [nginx](https://nginx.org/en/docs/http/ngx_http_core_module.html#send_timeout) has it. It counts only while
    /// the connection's buffers are full: a handler may be silent within its response for as long as it likes. A connection
    /// that was upgraded has no such bound.
    pub response_idle_timeout: Duration,
    /// Bytes that a client has to take in each second on the average, beyond the first
    /// [`response_idle_timeout`](Self::response_idle_timeout), in the time for which the server waits for it; 240 by default, as
    /// [Kestrel](https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits.minresponsedatarate)
    /// has it for each of its writes. With 0 a response may be taken as slowly as its client likes that never stops for longer
    /// than that.
    pub least_response_rate: u32,
    /// Time that requests under way are given after a stop was requested; 10 seconds by default.
    pub grace: Duration,
    /// Time for which connections are still accepted after a stop was requested, until whoever sends requests has heard
    /// of it; nothing by default.
    pub drain_delay: Duration,
    /// Header fields in which a platform or a proxy in front passes the request's id, first match wins;
    /// `x-request-id` by default.
    pub request_id_headers: Vec<HeaderName>,
    /// The calls by which a platform brings events, whose answers say what became of them also where the server gives them
    /// itself: 413, 414, 408 and 500 are told as that platform reads them. None by default.
    pub event_calls: Option<EventCalls>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            max_connections: 10_000,
            max_head_bytes: 32 * 1024,
            max_headers: DEFAULT_MAX_HEADERS,
            max_target_bytes: 8 * 1024,
            max_body_bytes: 10 * 1024 * 1024,
            unlimited_bodies_below: Vec::new(),
            head_timeout: Duration::from_secs(30),
            idle_timeout: None,
            body_idle_timeout: Duration::from_secs(30),
            least_body_rate: 240,
            response_idle_timeout: Duration::from_mins(1),
            least_response_rate: 240,
            grace: Duration::from_secs(10),
            drain_delay: Duration::ZERO,
            request_id_headers: vec![REQUEST_ID],
            event_calls: None,
        }
    }
}

/// What hyper keeps on the stack; setting another value costs it an allocation a request.
pub(crate) const DEFAULT_MAX_HEADERS: usize = 100;

impl Options {
    /// Sets [`Options::protocol`].
    #[must_use]
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Sets [`Options::max_connections`].
    #[must_use]
    pub fn with_max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections;
        self
    }

    /// Sets [`Options::max_head_bytes`].
    #[must_use]
    pub fn with_max_head_bytes(mut self, bytes: usize) -> Self {
        self.max_head_bytes = bytes;
        self
    }

    /// Sets [`Options::max_headers`].
    #[must_use]
    pub fn with_max_headers(mut self, count: usize) -> Self {
        self.max_headers = count;
        self
    }

    /// Sets [`Options::max_target_bytes`].
    #[must_use]
    pub fn with_max_target_bytes(mut self, bytes: usize) -> Self {
        self.max_target_bytes = bytes;
        self
    }

    /// Sets [`Options::max_body_bytes`].
    #[must_use]
    pub fn with_max_body_bytes(mut self, bytes: u64) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Adds to [`Options::unlimited_bodies_below`].
    #[must_use]
    pub fn with_unlimited_bodies_below(mut self, path: &'static str) -> Self {
        self.unlimited_bodies_below.push(path);
        self
    }

    /// The size of the largest body of a request with this path.
    pub(crate) fn body_bytes_at(&self, path: &str) -> u64 {
        let mut unlimited = self.unlimited_bodies_below.iter();
        if unlimited.any(|below| path.starts_with(below)) {
            return u64::MAX;
        }
        self.max_body_bytes
    }

    /// Sets [`Options::head_timeout`].
    #[must_use]
    pub fn with_head_timeout(mut self, timeout: Duration) -> Self {
        self.head_timeout = timeout;
        self
    }

    /// Sets [`Options::idle_timeout`].
    #[must_use]
    pub fn with_idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets [`Options::least_body_rate`].
    #[must_use]
    pub fn with_least_body_rate(mut self, bytes_per_second: u32) -> Self {
        self.least_body_rate = bytes_per_second;
        self
    }

    /// Sets [`Options::body_idle_timeout`].
    #[must_use]
    pub fn with_body_idle_timeout(mut self, timeout: Duration) -> Self {
        self.body_idle_timeout = timeout;
        self
    }

    /// Sets [`Options::response_idle_timeout`].
    #[must_use]
    pub fn with_response_idle_timeout(mut self, timeout: Duration) -> Self {
        self.response_idle_timeout = timeout;
        self
    }

    /// Sets [`Options::least_response_rate`].
    #[must_use]
    pub fn with_least_response_rate(mut self, bytes_per_second: u32) -> Self {
        self.least_response_rate = bytes_per_second;
        self
    }

    /// Sets [`Options::grace`].
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets [`Options::drain_delay`].
    #[must_use]
    pub fn with_drain_delay(mut self, delay: Duration) -> Self {
        self.drain_delay = delay;
        self
    }

    /// Sets [`Options::request_id_headers`].
    #[must_use]
    pub fn with_request_id_headers(mut self, names: Vec<HeaderName>) -> Self {
        self.request_id_headers = names;
        self
    }

    /// Sets [`Options::event_calls`].
    #[must_use]
    pub fn with_event_calls(mut self, calls: Option<EventCalls>) -> Self {
        self.event_calls = calls;
        self
    }
}
