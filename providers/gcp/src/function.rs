//! Cloud Run: an HTTP server behind Google's front end.

mod callers;
mod events;

use std::time::Duration;

use isobar::{Capabilities, Capability, Result};
use isobar_serve::event::EventFacts;
use isobar_serve::{
    DeadlineRule, FrontLimits, HttpPlatform, Interface, LocationFacts, LogReader, Marker,
    PlatformFacts, PlatformSetup, Protocol, TraceHeader, Unit, Variables,
};

use callers::FRONT_DOORS;
use events::EVENTS;

/// What Cloud Run's container contract says.
///
/// Requests come to 0.0.0.0 on the port of `PORT`, as HTTP/1 or, where the service asks for HTTP/2 end to end, as h2c;
/// SIGTERM comes 10 s before the end. The trace is in `traceparent` and `X-Cloud-Trace-Context`, and is the id under
/// which Cloud Logging files a request; there is no other. `CLOUD_RUN_TIMEOUT_SECONDS` has the request timeout, for
/// functions at least (Google's Functions Framework reads it). The front end appends the address of whoever connected to
/// it to `X-Forwarded-For`; an Application Load Balancer appends its client's and its own, so that behind one
/// `ISOBAR_TRUSTED_HOPS` must be 2. HTTP/1 requests have at most 32 MiB, as have responses that are not streamed; which
/// those are is the front end's to say, so that it is left to refuse them. Pods of Knative have `K_SERVICE` too, and
/// `KUBERNETES_SERVICE_HOST`. How long the front end keeps a connection is not published for Cloud Run; Google's load balancers
/// keep one for 600 s and ask for servers that do so for longer.
pub const CLOUD_RUN: PlatformFacts = PlatformFacts {
    name: "cloud-run",
    title: "Google Cloud Run",
    markers: &[Marker {
        set: &["K_SERVICE"],
        unset: &["KUBERNETES_SERVICE_HOST"],
    }],
    interface: Interface::All,
    port_variables: &["PORT"],
    default_port: Some(8080),
    protocol: Protocol::Http1AndH2c,
    request_id_headers: &[],
    trace: TraceHeader::CloudTrace,
    deadline: DeadlineRule {
        variable: Some(("CLOUD_RUN_TIMEOUT_SECONDS", Unit::Seconds)),
        fixed: None,
        header: None,
    },
    trusted_hops: 1,
    location: LocationFacts::AS_SENT,
    limits: FrontLimits {
        target: None,
        request_head: None,
        request: Some(32 * 1_024 * 1_024),
        response_head: None,
        response: None,
    },
    idle: Some(Duration::from_mins(15)),
    grace: Duration::from_secs(10),
    runs_between: false,
    logs: LogReader::CloudLogging,
    own_calls: &[],
    events: EVENTS,
    front_doors: FRONT_DOORS,
    capabilities: EventFacts::CAPABILITIES.union(Capabilities::of(&[
        Capability::ResponseStreaming,
        Capability::ChangeEvents,
        Capability::DeleteChangeEvents,
    ])),
    sources: &[
        "https://cloud.google.com/run/docs/container-contract",
        "https://cloud.google.com/run/quotas",
        "https://cloud.google.com/load-balancing/docs/https",
        "https://cloud.google.com/blog/topics/developers-practitioners/graceful-shutdowns-cloud-run-deep-dive",
        "https://cloud.google.com/pubsub/docs/push",
        "https://cloud.google.com/eventarc/docs/cloudevents",
        "https://github.com/googleapis/google-cloudevents/tree/main/proto/google/events/cloud/firestore/v1",
        "https://cloud.google.com/storage/docs/pubsub-notifications",
    ],
};

/// Takes the port that Cloud Run tells.
pub async fn bind(variables: &Variables<'_>) -> Result<HttpPlatform> {
    PlatformSetup::new(&CLOUD_RUN).bind(variables).await
}
