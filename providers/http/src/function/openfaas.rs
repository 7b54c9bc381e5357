//! OpenFaaS, as its watchdog does, in whose place the process stands.

use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Method, Request, StatusCode, Uri};
use isobar::{Capabilities, Capability, Result};
use isobar_serve::event::EventFacts;
use isobar_serve::{
    BasePathSource, DeadlineRule, FrontLimits, HostSource, HttpPlatform, Interface, Load,
    LocationFacts, LogReader, Marker, OwnCall, PlatformCalls, PlatformFacts, PlatformSetup,
    Protocol, RequestBody, Taken, TraceHeader, Unit, Variables,
};

use super::status;
use crate::config::Watchdog;
use crate::error;

const HEALTH: &str = "/_/health";
const READY: &str = "/_/ready";

/// What the contract of of-watchdog says.
///
/// The gateway numbers calls in `X-Call-Id`; `X-Timeout`, a duration as Go writes it, may shorten `exec_timeout`, which
/// is 30 s unless set; beyond it the answer is 504 (`getTimeout` in `executor/http_runner.go`). `/_/health` and
/// `/_/ready` are the watchdog's, as are the lock file and the two steps of the end (`pkg/watchdog.go`). The name of the
/// function is told in `OPENFAAS_NAME`, by OpenFaaS Standard at least; elsewhere set `ISOBAR_PLATFORM`. The gateway is a
/// proxy of this process's own cluster, whose number of hops only its operator knows. It puts the function's address into `Host`,
/// and the client's host into `X-Forwarded-Host` unless the client has written one (`gateway/handlers/forwarding_proxy.go`);
/// `/function/NAME`, or what an ingress has in its place, is taken from before the path and told nowhere. How long it keeps idle connections has
/// not been looked up: the time here is above the 90 s that Go has by default.
pub const OPENFAAS: PlatformFacts = PlatformFacts {
    name: "openfaas",
    title: "OpenFaaS",
    markers: &[Marker {
        set: &["OPENFAAS_NAME"],
        unset: &[],
    }],
    interface: Interface::All,
    port_variables: &["port"],
    default_port: Some(8080),
    protocol: Protocol::Http1,
    request_id_headers: &["x-call-id"],
    trace: TraceHeader::TraceParent,
    deadline: DeadlineRule {
        variable: Some(("exec_timeout", Unit::GoDuration)),
        fixed: Some(Duration::from_secs(30)),
        header: Some(("x-timeout", Unit::GoDuration)),
    },
    trusted_hops: 0,
    location: LocationFacts {
        host: HostSource::ForwardedHost,
        base_path: BasePathSource::Untold,
    },
    limits: FrontLimits::NONE,
    idle: Some(Duration::from_mins(2)),
    grace: Duration::from_secs(30),
    runs_between: true,
    logs: LogReader::Anybody,
    own_calls: &[
        OwnCall {
            method: "GET",
            path: HEALTH,
            mark: None,
        },
        OwnCall {
            method: "GET",
            path: READY,
            mark: None,
        },
    ],
    events: EventFacts::OWN,
    front_doors: &[],
    capabilities: EventFacts::CAPABILITIES
        .union(Capabilities::of(&[Capability::ResponseStreaming])),
    sources: &[
        "https://github.com/openfaas/of-watchdog/blob/master/README.md",
        "https://github.com/openfaas/faas/blob/master/gateway/handlers/forwarding_proxy.go",
    ],
};

/// Takes the port of the watchdog, as its variables configure it.
pub async fn bind_openfaas(variables: &Variables<'_>) -> Result<HttpPlatform> {
    let watchdog = Watchdog::from_variables(variables)?;
    PlatformSetup::new(&OPENFAAS)
        .with_end(watchdog.healthcheck_interval, watchdog.write_timeout)
        .with_most_under_way(watchdog.most_under_way)
        .with_calls(watchdog)
        .bind(variables)
        .await
}

impl PlatformCalls for Watchdog {
    fn started(&self) -> Result<()> {
        let Some(lock) = &self.lock else {
            return Ok(());
        };
        std::fs::write(lock, []).map_err(|source| error::lock_file(lock, source))
    }

    fn take(&self, request: Request<RequestBody>, load: Load) -> Taken {
        let found = match request.uri().path() {
            HEALTH => self.health(load),
            READY => self.readiness(load),
            _ => return Taken::Client(request),
        };
        if request.method() != Method::GET {
            return Taken::answered(status(StatusCode::METHOD_NOT_ALLOWED));
        }
        match &self.ready_path {
            Some(path) if found == StatusCode::OK && request.uri().path() == READY => {
                Taken::Client(with_path(request, path))
            }
            _ => Taken::answered(status(found)),
        }
    }

    fn stopping(&self) {
        let Some(lock) = &self.lock else { return };
        if let Err(error) = std::fs::remove_file(lock) {
            tracing::warn!(target: "isobar", %error, "the lock file cannot be removed");
        }
    }
}

impl Watchdog {
    fn health(&self, load: Load) -> StatusCode {
        let locked = self.lock.as_ref().is_none_or(|lock| lock.exists());
        if load.stopping || !locked {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        }
    }

    fn readiness(&self, load: Load) -> StatusCode {
        match self.health(load) {
            StatusCode::OK if load.full => StatusCode::TOO_MANY_REQUESTS,
            health => health,
        }
    }
}

/// The request, for the application's own answer to whether it is ready.
fn with_path(mut request: Request<RequestBody>, path: &str) -> Request<RequestBody> {
    if let Ok(path) = path.parse::<PathAndQuery>() {
        *request.uri_mut() = Uri::from(path);
    }
    request
}
