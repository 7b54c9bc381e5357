//! What is known of Function Compute.

use std::time::Duration;

use isobar_serve::event::EventFacts;
use isobar_serve::{
    DeadlineRule, FrontLimits, Interface, LocationFacts, LogReader, Marker, OwnCall, PlatformFacts,
    Protocol, TraceHeader, Unit,
};

use crate::function::events::EVENTS;

/// The field that says what a request is: `/http-invoke` of a client, `/invoke` of an event, or a hook.
///
/// Clients cannot send it: no field of theirs may begin with `x-fc-`. Whoever reaches the port around Function Compute could,
/// so that nobody may.
/// <https://www.alibabacloud.com/help/en/functioncompute/fc/context-and-log-format-1>
pub const CONTROL_PATH: &str = "x-fc-control-path";

/// The field that says whose the function is.
pub const ACCOUNT: &str = "x-fc-account-id";

/// The fields with which the role of a function, where it has one, is lent to it: no client sends them, and no handler sees
/// them. [`Credentials`](crate::function::Credentials) has them.
pub const CREDENTIALS: [&str; 3] = [
    "x-fc-access-key-id",
    "x-fc-access-key-secret",
    "x-fc-security-token",
];

/// The hooks that can be configured, called where they are.
/// <https://www.alibabacloud.com/help/en/functioncompute/user-guide/lifecycle-hooks-for-function-instances-3>
pub const HOOKS: [&str; 3] = ["/initialize", "/pre-freeze", "/pre-stop"];

/// What it says of the event of a trigger that is not HTTP.
pub const INVOKE: &str = "/invoke";

const MARKED: Option<&str> = Some("`x-fc-control-path` is its path");

const fn marker(set: &'static [&'static str]) -> Marker {
    Marker { set, unset: &[] }
}

const fn hook(method: &'static str, path: &'static str) -> OwnCall {
    OwnCall {
        method,
        path,
        mark: MARKED,
    }
}

/// What Function Compute's documents say of custom runtimes.
///
/// The server listens on 0.0.0.0, on the port of the function's configuration (`CAPort`), 9000 unless it says another;
/// it is told in `FC_SERVER_PORT`, which Alibaba's own samples read, and in `FC_CUSTOM_LISTEN_PORT`, which its local
/// runner sets. `x-fc-function-timeout` has whole seconds, as in the recorded requests of Function Compute's examples.
/// Function Compute appends the address that it sees to `X-Forwarded-For`. A request with more than 4 KB of path and
/// query or 8 KB of header fields is answered 400 by Function Compute itself, as is one of more than 32 MB; the documents of
/// version 2.0 had 4 KB of fields. Its limit of responses is not published. It keeps connections, and asks for a server that
/// closes none that is idle, or none before 15 minutes: a POST over one that closes meanwhile is answered 502.
///
/// With tracing on, Function Compute tells its span in a field of its own, in the form of Jaeger: its clients read it there,
/// and its runtimes. Of each invocation it wants a line at the start and one at the end on standard output.
pub const FUNCTION_COMPUTE: PlatformFacts = PlatformFacts {
    name: "alibaba-fc",
    title: "Alibaba Function Compute",
    markers: &[
        marker(&["FC_SERVER_PORT"]),
        marker(&["FC_CUSTOM_LISTEN_PORT"]),
        marker(&["FC_FUNCTION_NAME"]),
    ],
    interface: Interface::All,
    port_variables: &["FC_SERVER_PORT", "FC_CUSTOM_LISTEN_PORT"],
    default_port: Some(9000),
    protocol: Protocol::Http1,
    request_id_headers: &["x-fc-request-id"],
    trace: TraceHeader::SpanContext("x-fc-tracing-opentracing-span-context"),
    deadline: DeadlineRule {
        variable: None,
        fixed: None,
        header: Some(("x-fc-function-timeout", Unit::Seconds)),
    },
    trusted_hops: 1,
    location: LocationFacts::AS_SENT,
    limits: FrontLimits {
        target: Some(4 * 1_024),
        request_head: Some(8 * 1_024),
        request: Some(32 * 1_024 * 1_024),
        response_head: None,
        response: None,
    },
    idle: Some(Duration::from_hours(24)),
    grace: Duration::from_secs(10),
    runs_between: false,
    logs: LogReader::FunctionCompute,
    own_calls: &[
        hook("POST", "/initialize"),
        hook("GET", "/pre-freeze"),
        hook("GET", "/pre-stop"),
        hook("POST", INVOKE),
    ],
    events: EVENTS,
    front_doors: &[],
    capabilities: EventFacts::CAPABILITIES,
    sources: &[
        "https://www.alibabacloud.com/help/en/functioncompute/fc/context-and-log-format-1",
        "https://www.alibabacloud.com/help/en/functioncompute/fc/code-development-in-custom-container-runtimes",
        "https://www.alibabacloud.com/help/en/functioncompute/fc-2-0/user-guide/event-handlers-1",
        "https://help.aliyun.com/en/functioncompute/fc-2-0/user-guide/custom-runtime-specification-details",
        "https://github.com/aliyun/fc-java-sdk/blob/master/src/main/java/com/aliyuncs/fc/constants/HeaderKeys.java",
        "https://www.alibabacloud.com/help/en/functioncompute/fc/mns-queue-triggers",
        "https://github.com/devsapp/fc3/blob/master/docs/zh/yaml/triggers.md",
        "https://www.alibabacloud.com/help/en/functioncompute/fc-2-0/how-to-handle-the-process-exited-unexpectedly-before-completing-request-error-1",
    ],
};
