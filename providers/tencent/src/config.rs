//! What is known of web functions.

use std::time::Duration;

use isobar_serve::event::EventFacts;
use isobar_serve::{
    DeadlineRule, FrontLimits, Interface, LogReader, Marker, PlatformFacts, Protocol, TraceHeader,
    Unit,
};

/// Where the runtime of an event function asks for events; a web function has requests instead.
/// <https://www.tencentcloud.com/document/product/583/38130>
pub(crate) const EVENT_RUNTIME: &str = "SCF_RUNTIME_API";

/// What SCF's documents say of web functions.
///
/// The server must listen on port 9000, not on the loopback interface; a proxy in the function's environment forwards to
/// it. `X-Scf-Request-Id` and `X-Scf-Timeout`, which recorded requests show in milliseconds, are set by it and cannot be
/// set by clients. A response has at most 4 KB of header fields and 6 MB of content. The limits of requests are those
/// that the documents of the first HTTP functions told: 4 KB of fields, 4 KB of path and query, 6 MB of content. The
/// proxy overwrites neither `X-Forwarded-For` nor tells how many stand before it, so none is trusted until
/// `ISOBAR_TRUSTED_HOPS` says how many.
pub const WEB_FUNCTION: PlatformFacts = PlatformFacts {
    name: "tencent-scf",
    title: "Tencent SCF web function",
    markers: &[Marker {
        set: &["TENCENTCLOUD_RUNENV"],
        unset: &[],
    }],
    interface: Interface::All,
    port_variables: &[],
    default_port: Some(9000),
    protocol: Protocol::Http1,
    request_id_headers: &["x-scf-request-id"],
    trace: TraceHeader::TraceParent,
    deadline: DeadlineRule {
        variable: None,
        fixed: None,
        header: Some(("x-scf-timeout", Unit::Milliseconds)),
    },
    trusted_hops: 0,
    limits: FrontLimits {
        target: Some(4 * 1_024),
        request_head: Some(4 * 1_024),
        request: Some(6 * 1_024 * 1_024),
        response_head: Some(4 * 1_024),
        response: Some(6 * 1_024 * 1_024),
    },
    grace: Duration::from_secs(10),
    runs_between: false,
    logs: LogReader::Anybody,
    own_calls: &[],
    events: EventFacts::OWN,
    front_doors: &[],
    capabilities: EventFacts::CAPABILITIES,
    sources: &[
        "https://www.tencentcloud.com/document/product/583/40688",
        "https://cloud.tencent.com/document/product/583/56126",
    ],
};
