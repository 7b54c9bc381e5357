//! Knative Serving, whose front end is the queue proxy in the same pod.

use std::time::Duration;

use isobar::function::{EventData, Schedule};
use isobar::{Capabilities, Capability, Error, Result};
use isobar_serve::event::{CloudEvent, EventFacts, EventForm, EventSource};
use isobar_serve::{
    DeadlineRule, FrontLimits, HttpPlatform, Interface, LocationFacts, LogReader, Marker,
    PlatformFacts, PlatformSetup, Protocol, TraceHeader, Variables,
};

/// What Knative's runtime contract says.
///
/// HTTP/1.1 and, with prior knowledge, HTTP/2 come on the port of `PORT` ("Protocols and Ports"); trace fields are those
/// of W3C ("Headers"). The contract tells neither an id nor a deadline; ingresses made of Envoy set `x-request-id`. How
/// many proxies append to `X-Forwarded-For` depends on the ingress and on whether the activator stands in the way, so
/// none is trusted until `ISOBAR_TRUSTED_HOPS` says how many. `K_SERVICE` is Cloud Run's too; Kubernetes sets
/// `KUBERNETES_SERVICE_HOST` in every pod. The queue proxy keeps idle connections for 90 s, as Go does by default
/// (`pkg/network/transports.go`).
pub const KNATIVE: PlatformFacts = PlatformFacts {
    name: "knative",
    title: "Knative",
    markers: &[Marker {
        set: &["K_SERVICE", "KUBERNETES_SERVICE_HOST"],
        unset: &[],
    }],
    interface: Interface::All,
    port_variables: &["PORT"],
    default_port: Some(8080),
    protocol: Protocol::Http1AndH2c,
    request_id_headers: &["x-request-id"],
    trace: TraceHeader::TraceParent,
    deadline: DeadlineRule::UNTOLD,
    trusted_hops: 0,
    location: LocationFacts::AS_SENT,
    limits: FrontLimits::NONE,
    idle: Some(Duration::from_mins(2)),
    // The queue proxy has drained before the container hears of the end; this is for what it left.
    grace: Duration::from_secs(30),
    runs_between: true,
    logs: LogReader::Anybody,
    own_calls: &[],
    events: EVENTS,
    front_doors: &[],
    capabilities: EventFacts::CAPABILITIES.union(Capabilities::of(&[
        Capability::ResponseStreaming,
        Capability::ReplyEvents,
    ])),
    sources: &[
        "https://github.com/knative/specs/blob/main/specs/serving/runtime-contract.md",
        "https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables",
        "https://knative.dev/docs/eventing/sources/ping-source/reference/",
        "https://github.com/knative/specs/blob/main/specs/eventing/data-plane.md",
    ],
};

/// Beside events of Isobar's own types, those of Knative's source of ticks; a trigger for any other type names a topic in
/// its path.
///
/// What a broker or channel brings may be answered by an event, and it says so (`Prefer: reply`). Done is 200 without
/// content: the contract leaves 204 to later versions, and a broker takes any other content for a failure.
const EVENTS: EventFacts = EventFacts {
    sources: &[EventSource {
        wakes: Capability::Schedules,
        sender: "a PingSource named `SCHEDULE` or `PREFIX-SCHEDULE`",
        form: EventForm::CloudEvents {
            types: &["dev.knative.sources.ping"],
            read: ping,
        },
    }],
    done: Some(""),
    ..EventFacts::OWN
};

/// A tick of a PingSource, whose name ends its source: `/apis/v1/namespaces/NAMESPACE/pingsources/NAME`.
fn ping(event: &CloudEvent) -> Result<EventData> {
    let name = event.source.rsplit('/').next().unwrap_or_default();
    let due = event
        .time
        .ok_or_else(|| Error::invalid("the event of the PingSource does not tell its time"))?;
    Ok(Schedule::new(name, due).into())
}

/// Takes the port that Knative tells.
pub async fn bind_knative(variables: &Variables<'_>) -> Result<HttpPlatform> {
    PlatformSetup::new(&KNATIVE).bind(variables).await
}
