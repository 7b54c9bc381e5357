//! Azure Functions: a custom handler to which the host forwards HTTP requests, and which it calls for other triggers.

mod callers;
mod events;
mod invoked;

use std::time::Duration;

use http::{Method, Request, Response};
use isobar::http::Body;
use isobar::{Capabilities, Capability, Result};
use isobar_serve::event::EventFacts;
use isobar_serve::{
    DeadlineRule, FrontLimits, HttpPlatform, Interface, Load, LocationFacts, LogReader, Marker,
    OwnCall, PlatformCalls, PlatformFacts, PlatformSetup, Protocol, RequestBody, Taken,
    TraceHeader, Variables,
};

use callers::FRONT_DOORS;
use events::EVENTS;
use invoked::HttpMode;
pub use invoked::{HTTP_MODE, Invocation};

/// In every request that the host forwards, and in none of its own.
const INVOCATION: &str = "x-azure-functions-invocationid";

/// What the Functions host does with a custom handler, where `enableProxyingHttpRequest` or `enableForwardingHttpRequest`
/// of `host.json` is true; where neither is, [`HTTP_MODE`] must say so.
///
/// The port is told in `FUNCTIONS_CUSTOMHANDLER_PORT` and called on 127.0.0.1. Until anything answers it sends `GET /`,
/// without the fields that `AddHeaders` gives to invocations (`DefaultHttpWorkerService.cs` of the host). An answer must
/// come within 230 s, when the load balancer gives up. The front end appends the client's address, with its port, to
/// `X-Forwarded-For`. The limits of requests are those of `functions-limits.md`. Only proxying streams responses, and the
/// process cannot see which of the two it is, so that streaming is not promised. The host's client, of .NET, keeps idle
/// connections for a minute by default, in older versions for two (`SocketsHttpHandler.PooledConnectionIdleTimeout`).
pub const FUNCTIONS: PlatformFacts = PlatformFacts {
    name: "azure-functions",
    title: "Azure Functions",
    markers: &[Marker {
        set: &["FUNCTIONS_CUSTOMHANDLER_PORT"],
        unset: &[],
    }],
    interface: Interface::Loopback,
    port_variables: &["FUNCTIONS_CUSTOMHANDLER_PORT"],
    default_port: None,
    protocol: Protocol::Http1,
    request_id_headers: &[INVOCATION],
    trace: TraceHeader::TraceParent,
    deadline: DeadlineRule {
        variable: None,
        fixed: Some(Duration::from_secs(230)),
        header: None,
    },
    trusted_hops: 1,
    location: LocationFacts::AS_SENT,
    limits: FrontLimits {
        target: Some(8_192),
        request_head: None,
        request: Some(100 * 1_024 * 1_024),
        response_head: None,
        response: None,
    },
    idle: Some(Duration::from_mins(3)),
    grace: Duration::from_secs(10),
    runs_between: true,
    logs: LogReader::FunctionsHost,
    own_calls: &[OwnCall {
        method: "GET",
        path: "/",
        mark: Some("no `x-azure-functions-invocationid`"),
    }],
    events: EVENTS,
    front_doors: FRONT_DOORS,
    capabilities: EventFacts::CAPABILITIES.union(Capabilities::of(&[Capability::ChangeEvents])),
    sources: &[
        "https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers",
        "https://github.com/Azure/azure-functions-host/blob/dev/src/WebJobs.Script/Workers/Http/DefaultHttpWorkerService.cs",
        "https://learn.microsoft.com/azure/azure-functions/functions-scale",
        "https://github.com/Azure/azure-functions-host/blob/dev/src/WebJobs.Script/Workers/ScriptInvocationContextExtensions.cs",
        "https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage",
        "https://learn.microsoft.com/azure/azure-functions/functions-bindings-cosmosdb-v2-trigger",
    ],
};

/// Takes the port that the host tells.
pub async fn bind(variables: &Variables<'_>) -> Result<HttpPlatform> {
    let setup = PlatformSetup::new(&FUNCTIONS).with_calls(Readiness);
    let setup = match HttpMode::from_variables(variables)? {
        HttpMode::Forwarded => setup,
        HttpMode::Invoked => setup.with_envelope(Invocation),
    };
    setup.bind(variables).await
}

/// Answers the host while it waits for the handler; any answer will do.
#[derive(Debug)]
struct Readiness;

impl PlatformCalls for Readiness {
    fn started(&self) -> Result<()> {
        Ok(())
    }

    fn take(&self, request: Request<RequestBody>, _: Load) -> Taken {
        let is_poll = request.method() == Method::GET
            && request.uri() == "/"
            && !request.headers().contains_key(INVOCATION);
        if is_poll {
            return Taken::answered(Response::new(Body::empty()));
        }
        Taken::Client(request)
    }

    fn stopping(&self) {}
}
