//! What is known of web functions and of event functions.

use std::time::Duration;

use isobar::{Capabilities, Capability};
use isobar_serve::event::EventFacts;
use isobar_serve::{
    BasePathSource, DeadlineRule, FrontLimits, HostSource, Interface, LocationFacts, LogReader,
    Marker, PlatformFacts, Protocol, TraceHeader, Unit,
};

use crate::function::events::EVENTS;

/// Where the runtime of an event function asks for events, and at which port.
///
/// The documents list them among the variables of custom runtimes; none says whether web functions have them, so that the
/// start scripts of a package say which kind of function this is.
pub const RUNTIME_API: &str = "SCF_RUNTIME_API";
/// The APPID of the account that the function is of. Runtimes that others have written read it, SCF's documents do not list it:
/// where it is not set, nothing is compared.
pub(crate) const APP_ID: &str = "TENCENTCLOUD_APPID";
/// The port of [`RUNTIME_API`].
pub const RUNTIME_API_PORT: &str = "SCF_RUNTIME_API_PORT";

/// The field of an event's answer that has the id of its invocation.
pub(crate) const REQUEST_ID_FIELD: &str = "request_id";
/// What SCF takes as the answer of an invocation, in bytes ("Quota Management").
pub(crate) const MOST_BYTES: u64 = 6 * 1_024 * 1_024;

/// What SCF's documents say of web functions.
///
/// The server must listen on port 9000, not on the loopback interface; a proxy in the function's environment forwards to
/// it. `X-Scf-Request-Id` and `X-Scf-Timeout`, which recorded requests show in milliseconds, are set by it and cannot be
/// set by clients. A response has at most 4 KB of header fields and 6 MB of content. The limits of requests are those
/// that the documents of the first HTTP functions told: 4 KB of fields, 4 KB of path and query, 6 MB of content. The
/// proxy overwrites neither `X-Forwarded-For` nor tells how many stand before it, so none is trusted until
/// `ISOBAR_TRUSTED_HOPS` says how many. Function URLs take nothing from before the path; whether a request came by one of them, or
/// by API Gateway with a stage, is told by the host alone. How long the proxy keeps idle connections is not published: the time here is a guess on
/// the safe side.
pub const WEB_FUNCTION: PlatformFacts = PlatformFacts {
    name: "tencent-scf",
    title: "Tencent SCF web function",
    markers: &[Marker {
        set: &["TENCENTCLOUD_RUNENV"],
        unset: &[RUNTIME_API],
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
    location: LocationFacts {
        host: HostSource::Host,
        base_path: BasePathSource::NoneAt(".tencentscf.com"),
    },
    limits: FrontLimits {
        target: Some(4 * 1_024),
        request_head: Some(4 * 1_024),
        request: Some(6 * 1_024 * 1_024),
        response_head: Some(4 * 1_024),
        response: Some(6 * 1_024 * 1_024),
    },
    idle: Some(Duration::from_mins(15)),
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
        "https://www.tencentcloud.com/document/product/583/69491",
    ],
};

/// What SCF's documents say of event functions with a custom runtime.
///
/// The process says that it is ready, then asks for one event after another; the fields of each answer tell the id of the
/// invocation, and in milliseconds how long it may take. Requests come by a trigger of API Gateway with an integration
/// request and an integration response. An invocation and its answer have at most 6 MB. The trace of a request is that of
/// its fields.
pub const EVENT_FUNCTION: PlatformFacts = PlatformFacts {
    name: "tencent-scf-events",
    title: "Tencent SCF event function",
    markers: &[Marker {
        set: &[RUNTIME_API],
        unset: &[],
    }],
    interface: Interface::RuntimeApi,
    port_variables: &[RUNTIME_API, RUNTIME_API_PORT],
    default_port: None,
    protocol: Protocol::Http1,
    request_id_headers: &[REQUEST_ID_FIELD],
    trace: TraceHeader::TraceParent,
    deadline: DeadlineRule {
        variable: None,
        fixed: None,
        header: Some(("time_limit_in_ms", Unit::Milliseconds)),
    },
    trusted_hops: 0,
    location: LocationFacts::AS_SENT,
    limits: FrontLimits {
        target: None,
        request_head: None,
        request: Some(MOST_BYTES),
        response_head: None,
        response: Some(MOST_BYTES),
    },
    idle: None,
    grace: Duration::from_secs(10),
    runs_between: false,
    logs: LogReader::Anybody,
    own_calls: &[],
    events: EVENTS,
    front_doors: &[],
    capabilities: Capabilities::of(&[
        Capability::Schedules,
        Capability::Messages,
        Capability::BlobEvents,
    ]),
    sources: &[
        "https://www.tencentcloud.com/document/product/583/38130",
        "https://cloud.tencent.com/document/product/583/47274",
        "https://www.tencentcloud.com/document/product/583/31439",
        "https://www.tencentcloud.com/document/product/583/12513",
        "https://www.tencentcloud.com/document/product/583/11637",
        "https://www.tencentcloud.com/document/product/628/11810",
    ],
};
